"""``appRoleAssignment`` and ``oauth2PermissionGrant``: what was consented to.

https://learn.microsoft.com/graph/api/resources/approleassignment and .../oauth2permissiongrant
"""

from __future__ import annotations

import base64
import hashlib
import uuid

from provision.sandbox.entities.schema import EntityType, Prop

APP_ROLE_ASSIGNMENT = EntityType(
    kind="appRoleAssignment",
    name="appRoleAssignment",
    resource="AppRoleAssignment",
    collection="appRoleAssignments",
    props=(
        Prop("id", read_only=True),
        Prop("deletedDateTime", "DateTimeOffset", read_only=True),
        Prop("appRoleId", "Guid"),
        Prop("createdDateTime", "DateTimeOffset", read_only=True),
        Prop("principalDisplayName", read_only=True),
        Prop("principalId", "Guid"),
        Prop("principalType", read_only=True),
        Prop("resourceDisplayName", read_only=True),
        Prop("resourceId", "Guid"),
    ),
)

OAUTH2_PERMISSION_GRANT = EntityType(
    kind="oauth2PermissionGrant",
    name="oAuth2PermissionGrant",
    resource="OAuth2PermissionGrant",
    collection="oauth2PermissionGrants",
    props=(
        Prop("clientId"),
        Prop("consentType"),
        Prop("id", read_only=True),
        Prop("principalId"),
        Prop("resourceId"),
        Prop("scope"),
        # Required of old clients by the beta service, and ignored since.
        Prop("startTime", "DateTimeOffset", shown=False),
        Prop("expiryTime", "DateTimeOffset", shown=False),
    ),
)


def joined_id(*ids: str) -> str:
    """Return the name of an object that joins others: their GUIDs' bytes, base64url.

    A delegated grant is client, resource and, of one person's, that person (Azure/azure-cli issue 20974).
    """
    return _base64(b"".join(uuid.UUID(i).bytes_le for i in ids))


def assignment_id(principal_id: str, resource_id: str, role_id: str) -> str:
    """Return the 43 characters of an app role assignment: its principal, and 16 bytes more.

    What the second half is made of is not known (docs/sandbox.md); here it follows from resource and role.
    """
    rest = hashlib.sha256(f"{resource_id}\0{role_id}\0{uuid.uuid4()}".encode()).digest()[:16]
    return _base64(uuid.UUID(principal_id).bytes_le + rest)


def role_assignment_id(definition_id: str, principal_id: str) -> str:
    """Return a directory role assignment for the whole tenant: role, then principal, and ``-1``.

    The examples of https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments.
    """
    return f"{joined_id(definition_id, principal_id)}-1"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
