"""What ``/beta`` knows of a type and ``/v1.0`` does not; only read, never written.

The beta pages of https://learn.microsoft.com/graph/api/resources/serviceprincipal, .../approleassignment and
.../oauth2permissiongrant. HashiCorp's provider reads ``samlMetadataUrl`` of a principal here after each
change (``service_principal_resource.go``). The names of v1.0 stay beside those that beta has instead of them
(``publishedPermissionScopes``, ``creationTimestamp``): a client may ask either version for either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from provision.sandbox.entities import application, complex_types, grants, service_principal
from provision.sandbox.entities.schema import EntityType, Json, Prop


def _grown(entity: EntityType, *more: Prop) -> EntityType:
    names = {p.name for p in more}
    return replace(entity, props=(*(p for p in entity.props if p.name not in names), *more))


_TYPES: Mapping[str, EntityType] = {
    t.kind: t
    for t in (
        _grown(application.TYPE, Prop("onPremisesPublishing", read_only=True, shown=False),
               Prop("windows", read_only=True)),
        _grown(service_principal.TYPE, Prop("errorUrl", read_only=True),
               Prop("passwordSingleSignOnSettings", read_only=True),
               Prop("preferredTokenSigningKeyEndDateTime", "DateTimeOffset", read_only=True),
               Prop("publishedPermissionScopes", complex_types.PERMISSION_SCOPE, many=True, read_only=True),
               Prop("publisherName", read_only=True), Prop("samlMetadataUrl", read_only=True)),
        _grown(grants.APP_ROLE_ASSIGNMENT, Prop("creationTimestamp", "DateTimeOffset", read_only=True)),
        _grown(grants.OAUTH2_PERMISSION_GRANT, Prop("startTime", "DateTimeOffset"),
               Prop("expiryTime", "DateTimeOffset")),
    )
}  # fmt: skip
_OTHER_NAMES = {"publishedPermissionScopes": "oauth2PermissionScopes", "creationTimestamp": "createdDateTime"}


def of(entity: EntityType, version: str) -> EntityType:
    """The type as a version of the service has it."""
    return _TYPES.get(entity.kind, entity) if version == "beta" else entity


def view(props: Json) -> Json:
    """The properties, those that have another name in beta under that one too."""
    return props | {new: props[old] for new, old in _OTHER_NAMES.items() if old in props}
