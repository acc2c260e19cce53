"""What ``/beta`` knows of a type and ``/v1.0`` does not, or by another name.

The beta pages of https://learn.microsoft.com/graph/api/resources/serviceprincipal, .../approleassignment and
.../oauth2permissiongrant. HashiCorp's provider reads ``samlMetadataUrl`` of a principal here after each
change (``service_principal_resource.go``), and manicminer/hamilton writes applications here
(``permissionIds``). Of what is new here nothing can be written; the names of v1.0 stay beside those that beta
has instead of them, and mean the same. Unasked, beta tells all of a person, and of an application what v1.0
keeps back: hamilton's ``users.go`` and ``applications.go`` read ``accountEnabled``, ``showInAddressList`` and
``oauth2RequirePostResponse`` without ``$select``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from provision.sandbox.entities import application, complex_types, grants, people, service_principal
from provision.sandbox.entities.schema import EntityType, Json, Prop


def _grown(entity: EntityType, *more: Prop) -> EntityType:
    names = {p.name for p in more}
    return replace(entity, props=(*(p for p in entity.props if p.name not in names), *more))


def _open(entity: EntityType, *names: str) -> EntityType:
    """Return the type with some properties, or all, shown without ``$select``."""
    shown = (replace(p, shown=True) if p.name in names or not names else p for p in entity.props)
    return replace(entity, props=tuple(shown))


_TYPES: Mapping[str, EntityType] = {
    t.kind: t
    for t in (
        _grown(
            _open(application.TYPE, "oauth2RequirePostResponse"),
            Prop("onPremisesPublishing", read_only=True, shown=False),
            Prop("windows", read_only=True),
        ),
        _grown(
            service_principal.TYPE,
            Prop("errorUrl", read_only=True),
            Prop("passwordSingleSignOnSettings", read_only=True),
            Prop("preferredTokenSigningKeyEndDateTime", "DateTimeOffset", read_only=True),
            Prop("publishedPermissionScopes", complex_types.PERMISSION_SCOPE, many=True, read_only=True),
            Prop("publisherName", read_only=True),
            Prop("samlMetadataUrl", read_only=True),
        ),
        _grown(grants.APP_ROLE_ASSIGNMENT, Prop("creationTimestamp", "DateTimeOffset", read_only=True)),
        _grown(
            grants.OAUTH2_PERMISSION_GRANT,
            Prop("startTime", "DateTimeOffset"),
            Prop("expiryTime", "DateTimeOffset"),
        ),
        _open(people.USER),
    )
}
_OTHER_NAMES = {"publishedPermissionScopes": "oauth2PermissionScopes", "creationTimestamp": "createdDateTime"}
_API, _KNOWN, _OLD, _NEW = "api", "preAuthorizedApplications", "delegatedPermissionIds", "permissionIds"


def of(entity: EntityType, version: str) -> EntityType:
    """Return the type as a version of the service has it."""
    return _TYPES.get(entity.kind, entity) if version == "beta" else entity


def view(props: Json) -> Json:
    """Return the properties, those that have another name in beta under that one too."""
    shown = props | {new: props[old] for new, old in _OTHER_NAMES.items() if old in props}
    return _with_known(shown, lambda known: {**known, _NEW: known[_OLD]})


def body(sent: Json, entity: EntityType) -> Json:
    """Return a request's members under the names of v1.0; an empty one that is read only here is dropped."""
    only_here = of(entity, "beta").by_name.keys() - entity.by_name.keys()
    plain: Json = {}
    for name, value in sent.items():
        if name.lower() not in only_here or (value not in (None, []) and name not in _OTHER_NAMES):
            plain[name] = value
        elif name in _OTHER_NAMES:
            plain.setdefault(_OTHER_NAMES[name], value)
    return _with_known(plain, lambda known: {_OLD if k == _NEW else k: v for k, v in known.items()})


def _with_known(props: Json, change: Callable[[Json], Json]) -> Json:
    """Return the properties, each client application that the API knows changed."""
    api: Any = props.get(_API)
    known = api.get(_KNOWN) if isinstance(api, dict) else None
    if not isinstance(known, list):
        return props
    return {**props, _API: {**api, _KNOWN: [change(k) if isinstance(k, dict) else k for k in known]}}
