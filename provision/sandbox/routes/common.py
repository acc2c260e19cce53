"""What handlers share: finding objects by their keys, and answering with them."""

from __future__ import annotations

from typing import Any

from provision.sandbox.directory import relations, roles, security_attributes
from provision.sandbox.entities import application, beta, grants, parts, people, service_principal, tenancy
from provision.sandbox.entities.directory_object import DIRECTORY_OBJECT
from provision.sandbox.entities.schema import EntityType, empty_payload, is_guid
from provision.sandbox.errors import (
    after_collection,
    bad_request,
    bad_syntax,
    invalid_identifier,
    invalid_reference,
    not_found,
)
from provision.sandbox.keeping.store import Record
from provision.sandbox.odata import shape as shapes
from provision.sandbox.odata.collection import Listing
from provision.sandbox.odata.path import Key
from provision.sandbox.wire.call import Answer, Call, Json

TYPES: dict[str, EntityType] = {
    t.kind: t
    for t in (
        application.TYPE,
        service_principal.TYPE,
        people.USER,
        people.GROUP,
        people.DIRECTORY_ROLE,
        grants.APP_ROLE_ASSIGNMENT,
        grants.OAUTH2_PERMISSION_GRANT,
        parts.FEDERATED_CREDENTIAL,
        parts.EXTENSION_PROPERTY,
        tenancy.ORGANIZATION,
        tenancy.DOMAIN,
        tenancy.DEFAULT_POLICY,
        tenancy.APP_POLICY,
        tenancy.ROLE_ASSIGNMENT,
        tenancy.ROLE_DEFINITION,
        people.DIRECTORY_ROLE_TEMPLATE,
        people.ADMINISTRATIVE_UNIT,
    )
}


def view(record: Record) -> Json:
    """Return the properties of any record as answered."""
    props = service_principal.view(record) if record.kind == "servicePrincipal" else record.props
    if props.get("keyCredentials"):
        props = {**props, "keyCredentials": [{**k, "key": None} for k in props["keyCredentials"]]}
    return {**props, "deletedDateTime": record.deleted} if record.deleted else props


def type_of(call: Call, kind: str) -> EntityType:
    """Return a type, as the version that was asked has it."""
    return beta.of(TYPES[kind], call.version)


def seen(call: Call, record: Record) -> Json:
    """Return the properties of a record, as the version that was asked has them."""
    return beta.view(view(record)) if call.version == "beta" else view(record)


def find(call: Call, kind: str, key: Key) -> Record:
    """Return the live object that a key names; 400 for a bad key, 404 for no object."""
    record = lookup(call, kind, key)
    if record is None:
        raise not_found(key.value)
    return record


def lookup(call: Call, kind: str, key: Key) -> Record | None:
    """Return the live object that a key names, or None; 400 for a key of the wrong form."""
    entity = TYPES[kind]
    if key.value.startswith("$") and not key.parenthesised:
        raise after_collection(entity.collection)
    if key.name is None or key.name.lower() == "id":
        if kind == "user" and not is_guid(key.value):
            return call.tenant.one("user", "userPrincipalName", key.value)
        if not is_guid(key.value):
            raise invalid_identifier(key.value)
        return call.tenant.get(kind, key.value)
    alternate = _ALTERNATE_KEYS.get(kind, {}).get(key.name.lower())
    if alternate is None:
        raise bad_syntax(
            f"The key property '{key.name}' is not valid on type 'microsoft.graph.{entity.name}'."
        )
    if alternate == "appId" and not is_guid(key.value):
        raise invalid_reference(alternate)
    if not key.value:
        raise invalid_reference(alternate)
    return call.tenant.one(kind, alternate, key.value)


_ALTERNATE_KEYS = {
    "application": {"appid": "appId", "uniquename": "uniqueName"},
    "servicePrincipal": {"appid": "appId"},
    "group": {"uniquename": "uniqueName"},
    "user": {"userprincipalname": "userPrincipalName"},
    "directoryRole": {"roletemplateid": "roleTemplateId"},
}


def one(
    call: Call,
    record: Record,
    *,
    context: str | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    overlay: Json | None = None,
) -> Answer:
    """Return an answer with one object."""
    entity = type_of(call, record.kind)
    shape = shapes.of(entity, call.query)
    props = {**seen(call, record), **(overlay or {})}
    if "keyCredentials" in (shape.select or ()):
        # The keys themselves: of one object, and by name only (graph/api/resources/keycredential).
        props["keyCredentials"] = record.props["keyCredentials"]
    if security_attributes.NAME in (shape.select or ()):
        props[security_attributes.NAME] = security_attributes.shown(call, record)
    body = {
        "@odata.context": f"{call.service}/$metadata#{context or entity.collection}{shape.context()}/$entity",
        **shapes.show(entity, props, shape, lambda name, inner: expanded(call, record, name, inner)),
    }
    return Answer(status, body, headers or {})


def created(call: Call, record: Record, *, context: str | None = None, overlay: Json | None = None) -> Answer:
    """201 with the object and where the directory keeps it."""
    headers = {"Location": location(call, record)}
    return one(call, record, context=context, status=201, headers=headers, overlay=overlay)


def location(call: Call, record: Record) -> str:
    """Return where the directory keeps an object: recorded, always under the public cloud's host."""
    where = f"https://graph.microsoft.com/v2/{call.tenant.id}"
    entity = TYPES[record.kind]
    if record.kind in ("application", "servicePrincipal", "user", "group", "extensionProperty"):
        return f"{where}/directoryObjects/{record.id}/Microsoft.DirectoryServices.{entity.resource}"
    return f"{where}/{entity.collection.split('/')[-1]}/{record.id}"


def action(call: Call, context: str, **members: Any) -> Answer:
    """Return what an action answers; recorded: its ``Location`` is the bare service."""
    body = {"@odata.context": f"{call.service}/$metadata#{context}", **members}
    return Answer(200, body, {"Location": "https://graph.microsoft.com"})


def listing(
    call: Call, kind: str, context: str | None = None, *, pages: bool = True, reference: bool = False
) -> Listing:
    """Return a list of one kind."""
    entity = type_of(call, kind)
    return Listing(
        call,
        entity,
        context or entity.collection,
        pages=pages,
        reference=reference,
        view=lambda record: seen(call, record),
        related=lambda record, name, shape: expanded(call, record, name, shape),
    )


def objects(call: Call, *, action: bool = False, pages: bool = True) -> Listing:
    """Return a list of objects of several kinds, each naming its own; what an action answers is one too."""
    headers = {"Location": "https://graph.microsoft.com"} if action else {}
    return Listing(
        call,
        DIRECTORY_OBJECT,
        "directoryObjects",
        view=view,
        show=typed,
        headers=headers,
        pages=pages,
        reference=not action,
    )


def one_typed(call: Call, record: Record) -> Answer:
    """Return an answer with one object of a kind that the path does not tell."""
    shape = shapes.of(DIRECTORY_OBJECT, call.query)
    context = f"{call.service}/$metadata#directoryObjects{shape.context()}/$entity"
    return Answer(200, {"@odata.context": context, **typed(record, shape)})


def typed(record: Record, shape: shapes.Shape | None = None) -> Json:
    """Return an object among others of other kinds: it names its type, and lacks what its type lacks."""
    entity = TYPES[record.kind]
    shape = shape or shapes.Shape()
    if shape.select is not None:
        known = [entity.by_name[n.lower()].name for n in shape.select if n.lower() in entity.by_name]
        shape = shapes.Shape(tuple(known))
    return {"@odata.type": f"#microsoft.graph.{entity.name}", **shapes.show(entity, view(record), shape)}


def expanded(call: Call, record: Record, name: str, shape: shapes.Shape) -> Json:
    """Return an expanded navigation property; one to parts of the object tells its context.

    https://docs.oasis-open.org/odata/odata-json-format/v4.01/ (4.5.1, 8.3)
    """
    entity = TYPES[record.kind]
    members: Json = {}
    if name in entity.contained:
        where = f"{entity.collection}('{record.id}')/{name}{shape.context()}"
        members[f"{name}@odata.context"] = f"{call.service}/$metadata#{where}"
    return {**members, name: _related(call, record, name, shape)}


def _related(call: Call, record: Record, name: str, shape: shapes.Shape) -> Any:
    """Return what an expanded navigation property leads to: at most 20 objects."""
    if record.kind == "roleAssignment":
        return _role_part(call, record, name, shape)
    inlined = {
        "appRoleAssignments": ("appRoleAssignment", "principalId"),
        "appRoleAssignedTo": ("appRoleAssignment", "resourceId"),
        "oauth2PermissionGrants": ("oauth2PermissionGrant", "clientId"),
        "federatedIdentityCredentials": ("federatedIdentityCredential", "parentId"),
        "extensionProperties": ("extensionProperty", "parentId"),
    }.get(name)
    if inlined is not None:
        kind, prop = inlined
        found = call.tenant.find(kind, prop, record.id)[: shapes.MAX_EXPANDED]
        return [shapes.show(type_of(call, kind), seen(call, r), shape) for r in found]
    return [typed(r, shape) for r in relations.follow(call.tenant, record, name)[: shapes.MAX_EXPANDED]]


def _role_part(call: Call, record: Record, name: str, shape: shapes.Shape) -> Json | None:
    """Return what a role assignment leads to: one definition, one principal."""
    if name == "principal":
        principal = call.tenant.any(record.props["principalId"], relations.KINDS)
        return typed(principal, shape) if principal is not None else None
    wanted = record.props["roleDefinitionId"]
    found = next((d for d in roles.definitions() if d.id == wanted), None)
    return shapes.show(tenancy.ROLE_DEFINITION, found.props, shape) if found is not None else None


def body_of(call: Call, kind: str | None = None) -> Json:
    """Return the request's JSON object; of an object of a kind, under the names of v1.0."""
    if not isinstance(call.body, dict):
        raise empty_payload()
    return beta.body(call.body, TYPES[kind]) if kind and call.version == "beta" else call.body


def member(call: Call, name: str) -> Any:
    """Return one member of the body, its name in any case; None if it is not there."""
    return next((v for k, v in body_of(call).items() if k.lower() == name.lower()), None)


def reference(call: Call, body: Json) -> Record:
    """Return the object that ``{"@odata.id": url}`` names."""
    url = next((v for k, v in body.items() if k.lower() in ("@odata.id", "odata.id")), None)
    if not isinstance(url, str):
        raise bad_request("An @odata.id is required.")
    return referenced(call, url)


def referenced(call: Call, url: str) -> Record:
    """Return the object at the end of a URL, such as ``.../directoryObjects/{id}``."""
    tail = url.rstrip("/").split("/")[-1]
    if "(" in tail:
        tail = tail.partition("(")[2].rstrip(")").strip("'")
    if not is_guid(tail):
        user = call.tenant.one("user", "userPrincipalName", tail)
        if user is not None:
            return user
        raise invalid_identifier(tail)
    record = call.tenant.any(tail, relations.KINDS)
    if record is None:
        raise not_found(tail)
    return record
