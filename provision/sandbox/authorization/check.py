"""Who may do what: every Graph call is checked here, by the table in ``permissions``, before its handler.

An endpoint without a row is refused to everybody, and a test counts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from provision.sandbox.authorization.permissions import (
    CREATE_APP,
    OWNED_BY,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    Names,
    Right,
    right_of,
)
from provision.sandbox.errors import denied
from provision.sandbox.keeping.store import INDEXED
from provision.sandbox.wire.caller import GLOBAL_ADMINISTRATOR

if TYPE_CHECKING:
    from provision.sandbox.keeping.store import Record
    from provision.sandbox.odata.path import Key
    from provision.sandbox.wire.call import Call
    from provision.sandbox.wire.routing import Endpoint

# Whose application roles only a Privileged Role Administrator may grant: Microsoft Graph's and its
# predecessor's (https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent).
_GUARDED_RESOURCES = frozenset(
    {
        "00000003-0000-0000-c000-000000000000",
        "00000002-0000-0000-c000-000000000000",
    }
)


def authorize(call: Call, endpoint: Endpoint) -> None:
    """Raise ``GraphError`` 403 unless the call's token carries a right that the endpoint asks for."""
    right = right_of(endpoint.method, endpoint.pattern)
    if right is None:
        raise denied()
    if right.exchange:
        from provision.sandbox.exchange import access

        access.authorize(call, right.application, right.delegated)
    elif call.caller.is_user:
        _authorize_person(call, right)
    else:
        _authorize_application(call, right)


def _has(held: Names, groups: tuple[Names, ...]) -> bool:
    return all(held & group for group in groups)


def _authorize_application(call: Call, right: Right) -> None:
    held = call.caller.roles
    if _has(held, right.application):
        return
    if right.owned and OWNED_BY in held and _has(held, right.application[1:]):
        _authorize_owner(call, right)
        return
    if _is_creation(call) and _has(held, CREATE_APP.application):
        return
    raise denied()


def _authorize_owner(call: Call, right: Right) -> None:
    """``Application.ReadWrite.OwnedBy``: the application's own objects, and those to be."""
    targets = list(_targets(call, right))
    if right.creates and not targets:
        # hashicorp/terraform-provider-azuread, serviceprincipals/service_principal_resource.go
        raise denied(
            "When using this permission, the backing application of the service principal being created"
            " must in the local tenant"
        )
    if targets and not any(call.caller.object_id in t.links.get("owners", ()) for t in targets):
        raise denied()


def _authorize_person(call: Call, right: Right) -> None:
    if not _has(call.caller.scopes, right.delegated):
        raise denied()
    roles = call.caller.directory_roles
    if right.roles is None or GLOBAL_ADMINISTRATOR in roles or _is_creation(call):
        return
    allowed = right.roles
    if right.grants and _is_guarded(call):
        allowed = frozenset({PRIVILEGED_ROLE_ADMINISTRATOR})
    if roles & allowed:
        return
    mine = right.owned and any(
        call.caller.object_id in t.links.get("owners", ()) for t in _targets(call, right)
    )
    if not mine:
        raise denied()


def _is_creation(call: Call) -> bool:
    """Say whether it is an upsert that creates: https://learn.microsoft.com/graph/api/application-upsert."""
    key = call.keys.get("id")
    if call.method != "PATCH" or not call.create_if_missing or key is None or key.name is None:
        return False
    if key.name.lower() != "uniquename":
        return False
    return call.tenant.one("application", "uniqueName", key.value) is None


def _is_guarded(call: Call) -> bool:
    """Return whether the resource of the grant in the body is one whose roles are guarded."""
    resource_id = call.body.get("resourceId") if isinstance(call.body, dict) else None
    resource = call.tenant.get("servicePrincipal", resource_id) if isinstance(resource_id, str) else None
    return resource is None or resource.props["appId"] in _GUARDED_RESOURCES


def _targets(call: Call, right: Right) -> Iterator[Record]:
    """Yield the objects whose ownership counts: the one in the path, and a principal's application."""
    if right.creates:
        app_id = call.body.get("appId") if isinstance(call.body, dict) else None
        if isinstance(app_id, str) and (app := call.tenant.one("application", "appId", app_id)):
            yield app
        return
    key = call.keys.get("id")
    if key is None:
        return
    for kind in ("application", "servicePrincipal"):
        record = _lookup(call, kind, key)
        if record is None:
            continue
        yield record
        if kind == "servicePrincipal" and (
            app := call.tenant.one("application", "appId", record.props["appId"])
        ):
            yield app


def _lookup(call: Call, kind: str, key: Key) -> Record | None:
    if key.name is None or key.name.lower() == "id":
        return call.tenant.get(kind, key.value)
    name = {"appid": "appId", "uniquename": "uniqueName"}.get(key.name.lower())
    if name is None or name not in INDEXED[kind]:
        return None
    return call.tenant.one(kind, name, key.value)
