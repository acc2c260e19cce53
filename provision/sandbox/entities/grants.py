"""``appRoleAssignment`` and ``oauth2PermissionGrant``: what was consented to.

https://learn.microsoft.com/graph/api/resources/approleassignment and .../oauth2permissiongrant
"""

from __future__ import annotations

import base64
import hashlib

from provision.sandbox.entities.schema import EntityType, Prop

APP_ROLE_ASSIGNMENT = EntityType(
    kind="appRoleAssignment", name="appRoleAssignment", resource="AppRoleAssignment",
    collection="appRoleAssignments",
    props=(
        Prop("id", read_only=True), Prop("deletedDateTime", "DateTimeOffset", read_only=True),
        Prop("appRoleId", "Guid"), Prop("createdDateTime", "DateTimeOffset", read_only=True),
        Prop("principalDisplayName", read_only=True), Prop("principalId", "Guid"),
        Prop("principalType", read_only=True), Prop("resourceDisplayName", read_only=True),
        Prop("resourceId", "Guid"),
    ),
)  # fmt: skip

OAUTH2_PERMISSION_GRANT = EntityType(
    kind="oauth2PermissionGrant", name="oAuth2PermissionGrant", resource="OAuth2PermissionGrant",
    collection="oauth2PermissionGrants",
    props=(
        Prop("clientId"), Prop("consentType"), Prop("id", read_only=True), Prop("principalId"),
        Prop("resourceId"), Prop("scope"),
        # Required of old clients by the beta service, and ignored since.
        Prop("startTime", "DateTimeOffset", shown=False), Prop("expiryTime", "DateTimeOffset", shown=False),
    ),
)  # fmt: skip


def opaque_id(*parts: str) -> str:
    """The 43 base64url characters by which the service names a grant."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
