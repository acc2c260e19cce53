"""``user``, ``group``, ``directoryRole``: those who hold rights, as far as this work reads them.

https://learn.microsoft.com/graph/api/resources/user and .../group; the properties of an answer
without ``$select`` are those of recorded answers.
"""

from __future__ import annotations

from provision.sandbox.entities.complex_types import SECURITY_ATTRIBUTES
from provision.sandbox.entities.schema import Complex, EntityType, Prop

_ASSIGNED_PLAN = Complex("AssignedPlan", (
    Prop("assignedDateTime", "DateTimeOffset"), Prop("capabilityStatus"), Prop("service"),
    Prop("servicePlanId", "Guid"),
))  # fmt: skip
_ASSIGNED_LICENSE = Complex("AssignedLicense", (
    Prop("disabledPlans", "Guid", many=True), Prop("skuId", "Guid"),
))  # fmt: skip
_PASSWORD_PROFILE = Complex("PasswordProfile", (
    Prop("forceChangePasswordNextSignIn", "Boolean"),
    Prop("forceChangePasswordNextSignInWithMfa", "Boolean"), Prop("password"),
))  # fmt: skip
_AUTHORIZATION = Complex("AuthorizationInfo", (Prop("certificateUserIds", many=True),))
_EMPLOYEE = Complex("EmployeeOrgData", (Prop("division"), Prop("costCenter")))
_IDENTITY = Complex("ObjectIdentity", (Prop("signInType"), Prop("issuer"), Prop("issuerAssignedId")))
_LICENSE_STATE = Complex("LicenseAssignmentState", (
    Prop("skuId", "Guid"), Prop("disabledPlans", "Guid", many=True), Prop("assignedByGroup"), Prop("state"),
    Prop("error"), Prop("lastUpdatedDateTime", "DateTimeOffset"),
))  # fmt: skip
_EXTENSION_ATTRIBUTES = Complex(
    "OnPremisesExtensionAttributes", tuple(Prop(f"extensionAttribute{n}") for n in range(1, 16))
)
_PROVISIONED_PLAN = Complex("ProvisionedPlan", (
    Prop("capabilityStatus"), Prop("provisioningStatus"), Prop("service"),
))  # fmt: skip
_SYNC_ERROR = Complex("OnPremisesProvisioningError", (
    Prop("category"), Prop("occurredDateTime", "DateTimeOffset"), Prop("propertyCausingError"),
    Prop("value"),
))  # fmt: skip
_SERVICE_ERROR = Complex("ServiceProvisioningError", (
    Prop("createdDateTime", "DateTimeOffset"), Prop("isResolved", "Boolean"), Prop("serviceInstance"),
))  # fmt: skip
_LABEL = Complex("AssignedLabel", (Prop("labelId"), Prop("displayName")))

USER = EntityType(
    kind="user", name="user", resource="User", collection="users",
    navigation=("memberOf", "transitiveMemberOf", "ownedObjects", "mailFolders", "messages",
                "appRoleAssignments", "oauth2PermissionGrants", "manager", "createdObjects"),
    contained=frozenset({"appRoleAssignments", "mailFolders", "messages"}),
    # https://learn.microsoft.com/graph/aad-advanced-queries, "Support for filter"; the same were met in
    # https://learn.microsoft.com/en-us/answers/questions/726469 and .../577870
    advanced=frozenset({"companyName", "employeeHireDate", "employeeType", "faxNumber", "mobilePhone",
                        "officeLocation", "onPremisesSamAccountName", "postalCode", "preferredLanguage",
                        "showInAddressList", "streetAddress"}),
    sortable=frozenset({"createdDateTime", "deletedDateTime", "displayName", "userPrincipalName"}),
    props=(
        Prop("businessPhones", many=True), Prop("displayName"), Prop("givenName"), Prop("jobTitle"),
        Prop("mail"), Prop("mobilePhone"), Prop("officeLocation"), Prop("preferredLanguage"),
        Prop("surname"), Prop("userPrincipalName"), Prop("id", "Guid", read_only=True),
        # On $select only; those that SharePoint and the sign-in logs answer for are left out.
        Prop("accountEnabled", "Boolean", shown=False), Prop("ageGroup", shown=False),
        Prop("assignedLicenses", _ASSIGNED_LICENSE, many=True, shown=False),
        Prop("assignedPlans", _ASSIGNED_PLAN, many=True, shown=False),
        Prop("authorizationInfo", _AUTHORIZATION, nested=True, shown=False),
        Prop("city", shown=False), Prop("companyName", shown=False),
        Prop("consentProvidedForMinor", shown=False), Prop("country", shown=False),
        Prop("createdDateTime", "DateTimeOffset", read_only=True, shown=False),
        Prop("creationType", shown=False),
        Prop("customSecurityAttributes", SECURITY_ATTRIBUTES, shown=False),
        Prop("deletedDateTime", "DateTimeOffset", read_only=True, shown=False),
        Prop("department", shown=False), Prop("employeeHireDate", "DateTimeOffset", shown=False),
        Prop("employeeId", shown=False), Prop("employeeLeaveDateTime", "DateTimeOffset", shown=False),
        Prop("employeeOrgData", _EMPLOYEE, shown=False), Prop("employeeType", shown=False),
        Prop("externalUserState", shown=False),
        Prop("externalUserStateChangeDateTime", "DateTimeOffset", read_only=True, shown=False),
        Prop("faxNumber", shown=False), Prop("identities", _IDENTITY, many=True, shown=False),
        Prop("imAddresses", many=True, shown=False),
        Prop("isManagementRestricted", "Boolean", read_only=True, shown=False),
        Prop("isResourceAccount", "Boolean", read_only=True, shown=False),
        Prop("lastPasswordChangeDateTime", "DateTimeOffset", read_only=True, shown=False),
        Prop("legalAgeGroupClassification", read_only=True, shown=False),
        Prop("licenseAssignmentStates", _LICENSE_STATE, many=True, read_only=True, shown=False),
        Prop("mailNickname", shown=False),
        Prop("onPremisesDistinguishedName", read_only=True, shown=False),
        Prop("onPremisesDomainName", read_only=True, shown=False),
        Prop("onPremisesExtensionAttributes", _EXTENSION_ATTRIBUTES, nested=True, shown=False),
        Prop("onPremisesImmutableId", shown=False),
        Prop("onPremisesLastSyncDateTime", "DateTimeOffset", read_only=True, shown=False),
        Prop("onPremisesProvisioningErrors", _SYNC_ERROR, many=True, read_only=True, shown=False),
        Prop("onPremisesSamAccountName", read_only=True, shown=False),
        Prop("onPremisesSecurityIdentifier", read_only=True, shown=False),
        Prop("onPremisesSyncEnabled", "Boolean", shown=False),
        Prop("onPremisesUserPrincipalName", read_only=True, shown=False),
        Prop("otherMails", many=True, shown=False),
        Prop("passwordPolicies", shown=False), Prop("passwordProfile", _PASSWORD_PROFILE, shown=False),
        Prop("postalCode", shown=False), Prop("preferredDataLocation", shown=False),
        Prop("provisionedPlans", _PROVISIONED_PLAN, many=True, read_only=True, shown=False),
        Prop("proxyAddresses", many=True, read_only=True, shown=False),
        Prop("securityIdentifier", read_only=True, shown=False),
        Prop("serviceProvisioningErrors", _SERVICE_ERROR, many=True, read_only=True, shown=False),
        Prop("showInAddressList", "Boolean", shown=False),
        Prop("signInSessionsValidFromDateTime", "DateTimeOffset", read_only=True, shown=False),
        Prop("state", shown=False),
        Prop("streetAddress", shown=False), Prop("usageLocation", shown=False),
        Prop("userType", default="Member", shown=False),
    ),
)  # fmt: skip

GROUP = EntityType(
    kind="group", name="group", resource="Group", collection="groups",
    navigation=("members", "owners", "memberOf", "transitiveMemberOf", "transitiveMembers",
                "appRoleAssignments"),
    contained=frozenset({"appRoleAssignments"}), sortable=frozenset({"deletedDateTime", "displayName"}),
    advanced=frozenset({"description"}),
    props=(
        Prop("id", "Guid", read_only=True), Prop("deletedDateTime", "DateTimeOffset", read_only=True),
        Prop("assignedLabels", _LABEL, many=True, shown=False),
        Prop("assignedLicenses", _ASSIGNED_LICENSE, many=True, read_only=True, shown=False),
        Prop("classification"), Prop("createdDateTime", "DateTimeOffset", read_only=True),
        Prop("creationOptions", many=True, read_only=True), Prop("description"), Prop("displayName"),
        Prop("expirationDateTime", "DateTimeOffset", read_only=True), Prop("groupTypes", many=True),
        Prop("isAssignableToRole", "Boolean"),
        Prop("isManagementRestricted", "Boolean", read_only=True, shown=False),
        Prop("licenseProcessingState", Complex("LicenseProcessingState", (Prop("state"),)), read_only=True,
             shown=False),
        Prop("mail", read_only=True), Prop("mailEnabled", "Boolean"),
        Prop("mailNickname"), Prop("membershipRule"), Prop("membershipRuleProcessingState"),
        Prop("onPremisesDomainName", read_only=True),
        Prop("onPremisesLastSyncDateTime", "DateTimeOffset", read_only=True),
        Prop("onPremisesNetBiosName", read_only=True), Prop("onPremisesSamAccountName", read_only=True),
        Prop("onPremisesSecurityIdentifier", read_only=True),
        Prop("onPremisesSyncEnabled", "Boolean", read_only=True), Prop("preferredDataLocation"),
        Prop("preferredLanguage"), Prop("proxyAddresses", many=True, read_only=True),
        Prop("renewedDateTime", "DateTimeOffset", read_only=True),
        Prop("resourceBehaviorOptions", many=True), Prop("resourceProvisioningOptions", many=True),
        Prop("securityEnabled", "Boolean"), Prop("securityIdentifier", read_only=True), Prop("theme"),
        Prop("uniqueName"), Prop("visibility"),
        Prop("onPremisesProvisioningErrors", _SYNC_ERROR, many=True, read_only=True),
        Prop("serviceProvisioningErrors", _SERVICE_ERROR, many=True, read_only=True),
    ),
)  # fmt: skip

DIRECTORY_ROLE = EntityType(
    kind="directoryRole", name="directoryRole", resource="DirectoryRole", collection="directoryRoles",
    navigation=("members",), pages=False,
    props=(
        Prop("id", "Guid", read_only=True), Prop("deletedDateTime", "DateTimeOffset", read_only=True),
        Prop("description", read_only=True), Prop("displayName", read_only=True),
        Prop("roleTemplateId"),
    ),
)  # fmt: skip

ADMINISTRATIVE_UNIT = EntityType(  # none is ever made: a cast to it finds nothing
    kind="administrativeUnit", name="administrativeUnit", resource="AdministrativeUnit",
    collection="directory/administrativeUnits",
    props=(
        Prop("id", "Guid", read_only=True), Prop("deletedDateTime", "DateTimeOffset", read_only=True),
        Prop("description"), Prop("displayName"), Prop("visibility"),
    ),
)  # fmt: skip

DIRECTORY_ROLE_TEMPLATE = EntityType(
    kind="directoryRoleTemplate", name="directoryRoleTemplate", resource="DirectoryRoleTemplate",
    collection="directoryRoleTemplates", pages=False,
    props=(
        Prop("id", "Guid", read_only=True), Prop("deletedDateTime", "DateTimeOffset", read_only=True),
        Prop("description", read_only=True), Prop("displayName", read_only=True),
    ),
)  # fmt: skip
