"""Exchange Online as Graph's beta shows it: application roles, who has them, and how far they reach.

https://learn.microsoft.com/graph/api/resources/unifiedroleassignment, .../unifiedroledefinition and
.../customappscope, all under ``/beta/roleManagement/exchange``. The roles are those of
https://learn.microsoft.com/exchange/permissions-exo/application-rbac.
"""

from __future__ import annotations

from provision.sandbox.entities.complex_types import ROLE_PERMISSION
from provision.sandbox.entities.schema import Complex, EntityType, Prop

BASE = "roleManagement/exchange"

ASSIGNMENT = EntityType(
    kind="exchangeAssignment",
    name="unifiedRoleAssignment",
    resource="RoleAssignment",
    expands_one=True,
    collection=f"{BASE}/roleAssignments",
    directory_object=False,
    navigation=("roleDefinition", "appScope"),
    props=(
        Prop("id", read_only=True),
        Prop("principalId"),
        Prop("roleDefinitionId"),
        Prop("directoryScopeId"),
        Prop("appScopeId"),
    ),
)

DEFINITION = EntityType(
    kind="exchangeRole",
    name="unifiedRoleDefinition",
    resource="RoleDefinition",
    collection=f"{BASE}/roleDefinitions",
    directory_object=False,
    props=(
        Prop("id", read_only=True),
        Prop("description"),
        Prop("displayName"),
        Prop("isEnabled", "Boolean"),
        Prop("version"),
        Prop("isBuiltIn", "Boolean"),
        Prop("templateId"),
        Prop("allowedPrincipalTypes"),
        Prop("rolePermissions", ROLE_PERMISSION, many=True),
    ),
)

SCOPE = EntityType(
    kind="customAppScope",
    name="customAppScope",
    resource="CustomAppScope",
    collection=f"{BASE}/customAppScopes",
    directory_object=False,
    props=(
        Prop("id", read_only=True),
        Prop("type"),
        Prop("displayName"),
        Prop(
            "customAttributes",
            Complex(
                "CustomAppScopeAttributesDictionary",
                (
                    Prop("Exclusive", "Boolean", default=False),
                    Prop("RecipientFilter"),
                ),
            ),
        ),
    ),
)

# A role to the permissions of Graph that it gives on the mailboxes in its scope.
ROLES: dict[str, tuple[str, ...]] = {
    "Application Mail.Read": ("Mail.Read",),
    "Application Mail.ReadBasic": ("Mail.ReadBasic",),
    "Application Mail.ReadWrite": ("Mail.ReadWrite",),
    "Application Mail.Send": ("Mail.Send",),
    "Application MailboxSettings.Read": ("MailboxSettings.Read",),
    "Application MailboxSettings.ReadWrite": ("MailboxSettings.ReadWrite",),
    "Application Calendars.Read": ("Calendars.Read",),
    "Application Calendars.ReadWrite": ("Calendars.ReadWrite",),
    "Application Contacts.Read": ("Contacts.Read",),
    "Application Contacts.ReadWrite": ("Contacts.ReadWrite",),
    "Application Mail Full Access": ("Mail.ReadWrite", "Mail.Send"),
    "Application Exchange Full Access": (
        "Mail.ReadWrite",
        "Mail.Send",
        "MailboxSettings.ReadWrite",
        "Calendars.ReadWrite",
        "Contacts.ReadWrite",
    ),
    "Application EWS.AccessAsApp": ("EWS.AccessAsApp",),
}
