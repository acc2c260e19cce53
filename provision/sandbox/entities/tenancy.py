"""What belongs to the tenant itself: ``organization``, ``domain``, policies, role assignments.

https://learn.microsoft.com/graph/api/resources/organization, .../domain,
.../tenantappmanagementpolicy, .../appmanagementpolicy, .../unifiedroleassignment
"""

from __future__ import annotations

from provision.sandbox.entities.complex_types import ROLE_PERMISSION
from provision.sandbox.entities.schema import Complex, EntityType, Prop

_VERIFIED_DOMAIN = Complex(
    "VerifiedDomain",
    (
        Prop("capabilities"),
        Prop("isDefault", "Boolean"),
        Prop("isInitial", "Boolean"),
        Prop("name"),
        Prop("type"),
    ),
)
_QUOTA = Complex("DirectorySizeQuota", (Prop("used", "Int32"), Prop("total", "Int32")))

ORGANIZATION = EntityType(
    kind="organization",
    name="organization",
    resource="Organization",
    collection="organization",
    props=(
        Prop("id", "Guid", read_only=True),
        Prop("deletedDateTime", "DateTimeOffset", read_only=True),
        Prop("businessPhones", many=True),
        Prop("city"),
        Prop("country"),
        Prop("countryLetterCode"),
        Prop("createdDateTime", "DateTimeOffset", read_only=True),
        Prop("defaultUsageLocation"),
        Prop("displayName"),
        Prop("isMultipleDataLocationsForServicesEnabled", "Boolean"),
        Prop("marketingNotificationEmails", many=True),
        Prop("onPremisesLastSyncDateTime", "DateTimeOffset"),
        Prop("onPremisesSyncEnabled", "Boolean"),
        Prop("partnerTenantType"),
        Prop("postalCode"),
        Prop("preferredLanguage"),
        Prop("securityComplianceNotificationMails", many=True),
        Prop("securityComplianceNotificationPhones", many=True),
        Prop("state"),
        Prop("street"),
        Prop("technicalNotificationMails", many=True),
        Prop("tenantType", default="AAD"),
        Prop("directorySizeQuota", _QUOTA, read_only=True),
        Prop(
            "assignedPlans",
            Complex(
                "AssignedPlan",
                (
                    Prop("assignedDateTime", "DateTimeOffset"),
                    Prop("capabilityStatus"),
                    Prop("service"),
                    Prop("servicePlanId", "Guid"),
                ),
            ),
            many=True,
        ),
        Prop("privacyProfile"),
        Prop("provisionedPlans", many=True),
        Prop("verifiedDomains", _VERIFIED_DOMAIN, many=True),
    ),
)

DOMAIN = EntityType(
    kind="domain",
    name="domain",
    resource="Domain",
    collection="domains",
    directory_object=False,
    props=(
        # As public examples of real answers have them (2022-12).
        Prop("authenticationType", default="Managed"),
        Prop("availabilityStatus"),
        Prop("id", read_only=True),
        Prop("isAdminManaged", "Boolean", default=True),
        Prop("isDefault", "Boolean", default=False),
        Prop("isInitial", "Boolean", default=False),
        Prop("isRoot", "Boolean", default=True),
        Prop("isVerified", "Boolean", default=True),
        Prop("supportedServices", many=True),
        Prop("passwordValidityPeriodInDays", "Int32"),
        Prop("passwordNotificationWindowInDays", "Int32"),
        Prop("state"),
        Prop("manufacturer", shown=False),
        Prop("model", shown=False),
    ),
)

_EXEMPTION = Complex(
    "CustomSecurityAttributeStringValueExemption",
    (
        Prop("id"),
        Prop("operator"),
        Prop("value"),
    ),
)
_EXCLUDE = Complex(
    "AppManagementPolicyActorExemptions", (Prop("customSecurityAttributes", _EXEMPTION, many=True),)
)
_PASSWORD_RULE = Complex(
    "PasswordCredentialConfiguration",
    (
        Prop("restrictionType"),
        Prop("state", default="enabled"),
        Prop("maxLifetime", "Duration"),
        Prop("restrictForAppsCreatedAfterDateTime", "DateTimeOffset"),
        Prop("excludeActors", _EXCLUDE),
    ),
)
_KEY_RULE = Complex(
    "KeyCredentialConfiguration",
    (
        Prop("restrictionType"),
        Prop("state", default="enabled"),
        Prop("maxLifetime", "Duration"),
        Prop("restrictForAppsCreatedAfterDateTime", "DateTimeOffset"),
        Prop("excludeActors", _EXCLUDE),
    ),
)
_URI_RULE = Complex(
    "IdentifierUriRestriction",
    (
        Prop("excludeAppsReceivingV2Tokens", "Boolean"),
        Prop("excludeSaml", "Boolean"),
        Prop("excludeActors", _EXCLUDE),
        Prop("isStateSetByMicrosoft", "Boolean"),
        Prop("restrictForAppsCreatedAfterDateTime", "DateTimeOffset"),
        Prop("state"),
    ),
)
_URIS = Complex(
    "IdentifierUriConfiguration",
    (
        Prop("nonDefaultUriAddition", _URI_RULE),
        Prop("uriAdditionWithoutUniqueTenantIdentifier", _URI_RULE),
    ),
)
APP_RESTRICTIONS = Complex(
    "AppManagementApplicationConfiguration",
    (
        Prop("passwordCredentials", _PASSWORD_RULE, many=True),
        Prop("keyCredentials", _KEY_RULE, many=True),
        Prop("identifierUris", _URIS),
    ),
)
_SP_RESTRICTIONS = Complex(
    "AppManagementServicePrincipalConfiguration",
    (
        Prop("passwordCredentials", _PASSWORD_RULE, many=True),
        Prop("keyCredentials", _KEY_RULE, many=True),
    ),
)

DEFAULT_POLICY = EntityType(
    kind="defaultAppManagementPolicy",
    name="tenantAppManagementPolicy",
    resource="TenantAppManagementPolicy",
    collection="policies/defaultAppManagementPolicy",
    props=(
        Prop("id", read_only=True),
        Prop("deletedDateTime", "DateTimeOffset", read_only=True, shown=False),
        Prop("displayName", default="Default app management tenant policy"),
        Prop(
            "description",
            default="Default tenant policy that enforces app management restrictions on"
            " applications and service principals. To apply policy to targeted resources, create a new"
            " policy under appManagementPolicies collection.",
        ),
        Prop("isEnabled", "Boolean", default=False),
        Prop("applicationRestrictions", APP_RESTRICTIONS, nested=True),
        Prop("servicePrincipalRestrictions", _SP_RESTRICTIONS, nested=True),
    ),
)

_CUSTOM_RESTRICTIONS = Complex(
    "CustomAppManagementConfiguration",
    (
        Prop("passwordCredentials", _PASSWORD_RULE, many=True),
        Prop("keyCredentials", _KEY_RULE, many=True),
        Prop(
            "applicationRestrictions",
            Complex("CustomAppManagementApplicationConfiguration", (Prop("identifierUris", _URIS),)),
        ),
    ),
)
APP_POLICY = EntityType(
    kind="appManagementPolicy",
    name="appManagementPolicy",
    resource="AppManagementPolicy",
    collection="policies/appManagementPolicies",
    navigation=("appliesTo",),
    props=(
        Prop("id", "Guid", read_only=True),
        Prop("deletedDateTime", "DateTimeOffset", read_only=True, shown=False),
        Prop("displayName"),
        Prop("description"),
        Prop("isEnabled", "Boolean", default=True),
        Prop("restrictions", _CUSTOM_RESTRICTIONS, nested=True),
    ),
)

ROLE_ASSIGNMENT = EntityType(
    kind="roleAssignment",
    name="unifiedRoleAssignment",
    resource="RoleAssignment",
    expands_one=True,
    collection="roleManagement/directory/roleAssignments",
    directory_object=False,
    navigation=("roleDefinition", "principal"),
    props=(
        Prop("id", read_only=True),
        Prop("principalId"),
        Prop("directoryScopeId", default="/"),
        Prop("appScopeId", shown=False),
        Prop("roleDefinitionId"),
        Prop("condition", shown=False),
    ),
)

ROLE_DEFINITION = EntityType(
    kind="roleDefinition",
    name="unifiedRoleDefinition",
    resource="RoleDefinition",
    collection="roleManagement/directory/roleDefinitions",
    directory_object=False,
    disjunctive=False,
    props=(
        Prop("id", read_only=True),
        Prop("description"),
        Prop("displayName"),
        Prop("isBuiltIn", "Boolean", default=True),
        Prop("isEnabled", "Boolean", default=True),
        Prop("resourceScopes", many=True),
        Prop("templateId"),
        Prop("version"),
        Prop("rolePermissions", ROLE_PERMISSION, many=True),
    ),
)

# Built-in directory roles this work asks about:
# https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
ROLES = {
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "cf1c38e5-3621-4004-a7cb-879624dced7c": "Application Developer",
    "29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c": "Groups Administrator",
    DIRECTORY_READERS: "Directory Readers",
    "194ae4cb-b126-40b2-bd5b-6091b380977d": "Security Administrator",
    "5d6b6bb7-de71-4623-b4af-96380a352509": "Security Reader",
    "4a5d8f65-41da-4de4-8968-e035b65339cf": "Reports Reader",
}
# What each says of itself: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
ROLE_DESCRIPTIONS = {
    "Global Administrator": (
        "Can manage all aspects of Microsoft Entra ID and Microsoft services that use Microsoft "
        "Entra identities."
    ),
    "Global Reader": ("Can read everything that a Global Administrator can, but not update anything."),
    "Privileged Role Administrator": (
        "Can manage role assignments in Microsoft Entra ID, and all aspects of Privileged Identity "
        "Management."
    ),
    "Application Administrator": (
        "Can create and manage all aspects of app registrations and enterprise apps."
    ),
    "Cloud Application Administrator": (
        "Can create and manage all aspects of app registrations and enterprise apps except App Proxy."
    ),
    "Application Developer": (
        "Can create application registrations independent of the 'Users can register applications' setting."
    ),
    "Exchange Administrator": "Can manage all aspects of the Exchange product.",
    "User Administrator": (
        "Can manage all aspects of users and groups, including resetting passwords for limited admins."
    ),
    "Groups Administrator": (
        "Members of this role can create/manage groups, create/manage groups settings like naming "
        "and expiration policies, and view groups activity and audit reports."
    ),
    "Directory Readers": (
        "Can read basic directory information. Commonly used to grant directory read access to "
        "applications and guests."
    ),
    "Security Reader": "Can read security information and reports in Microsoft Entra ID and Office 365.",
    "Reports Reader": "Can read sign-in and audit reports.",
    "Security Administrator": (
        "Can read security information and reports, and manage configuration in Microsoft Entra ID "
        "and Office 365."
    ),
}
