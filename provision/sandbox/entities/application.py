"""``application``: an app registration.

https://learn.microsoft.com/graph/api/resources/application; the defaults are those of recorded
answers of 2024-11.
"""

from __future__ import annotations

from provision.sandbox.entities import complex_types as ct
from provision.sandbox.entities.schema import EntityType, Prop

TYPE = EntityType(
    kind="application",
    name="application",
    resource="Application",
    collection="applications",
    navigation=(
        "owners",
        "federatedIdentityCredentials",
        "extensionProperties",
        "appManagementPolicies",
        "createdOnBehalfOf",
        "homeRealmDiscoveryPolicies",
        "tokenIssuancePolicies",
        "tokenLifetimePolicies",
    ),
    contained=frozenset({"federatedIdentityCredentials", "extensionProperties"}),
    sortable=frozenset({"createdDateTime", "deletedDateTime", "displayName"}),
    unfilterable=frozenset(
        {
            "passwordCredentials",
            "addIns",
            "api",
            "optionalClaims",
            "spa",
            "publicClient",
            "parentalControlSettings",
            "notes",
        }
    ),
    props=(
        Prop("id", "Guid", read_only=True),
        Prop("deletedDateTime", "DateTimeOffset", read_only=True),
        Prop("appId", "Guid", read_only=True),
        Prop("applicationTemplateId", read_only=True),
        Prop("disabledByMicrosoftStatus", read_only=True),
        Prop("createdByAppId", read_only=True),
        Prop("createdDateTime", "DateTimeOffset", read_only=True),
        Prop("displayName"),
        Prop("description"),
        Prop("groupMembershipClaims"),
        Prop("identifierUris", many=True),
        Prop("isDeviceOnlyAuthSupported", "Boolean"),
        Prop("isDisabled", "Boolean"),
        Prop("isFallbackPublicClient", "Boolean"),
        Prop("nativeAuthenticationApisEnabled"),
        Prop("notes"),
        Prop("oauth2RequirePostResponse", "Boolean", shown=False),
        Prop("publisherDomain", read_only=True),
        Prop("serviceManagementReference"),
        Prop("signInAudience", default="AzureADMyOrg"),
        Prop("tags", many=True),
        Prop("tokenEncryptionKeyId", "Guid"),
        Prop("uniqueName"),
        Prop("samlMetadataUrl"),
        Prop("defaultRedirectUri"),
        Prop("authenticationBehaviors", ct.AUTHENTICATION_BEHAVIORS, shown=False),
        Prop("certification", ct.CERTIFICATION, read_only=True),
        Prop("optionalClaims", ct.OPTIONAL_CLAIMS),
        Prop("servicePrincipalLockConfiguration", ct.LOCK),
        Prop("requestSignatureVerification", ct.REQUEST_SIGNATURE),
        Prop("addIns", ct.ADD_IN, many=True),
        Prop("api", ct.API, nested=True),
        Prop("appRoles", ct.APP_ROLE, many=True),
        Prop("info", ct.INFO, nested=True),
        Prop("keyCredentials", ct.KEY_CREDENTIAL, many=True),
        Prop("parentalControlSettings", ct.PARENTAL, nested=True),
        Prop("passwordCredentials", ct.PASSWORD_CREDENTIAL, many=True),
        Prop("publicClient", ct.REDIRECTS, nested=True),
        Prop("requiredResourceAccess", ct.REQUIRED_RESOURCE_ACCESS, many=True),
        Prop("verifiedPublisher", ct.VERIFIED_PUBLISHER, nested=True, read_only=True),
        Prop("web", ct.WEB, nested=True),
        Prop("spa", ct.REDIRECTS, nested=True),
    ),
)

AUDIENCES = (
    "AzureADMyOrg",
    "AzureADMultipleOrgs",
    "AzureADandPersonalMicrosoftAccount",
    "PersonalMicrosoftAccount",
)
