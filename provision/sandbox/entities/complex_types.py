"""The complex types of applications, service principals and roles, as the public metadata has them."""

from __future__ import annotations

from provision.sandbox.entities.schema import Complex, Prop

VERIFIED_PUBLISHER = Complex(
    "VerifiedPublisher",
    (
        Prop("displayName"),
        Prop("verifiedPublisherId"),
        Prop("addedDateTime", "DateTimeOffset"),
    ),
)
CERTIFICATION = Complex(
    "Certification",
    (
        Prop("certificationDetailsUrl"),
        Prop("certificationExpirationDateTime", "DateTimeOffset"),
        Prop("isCertifiedByMicrosoft", "Boolean"),
        Prop("isPublisherAttested", "Boolean"),
        Prop("lastCertificationDateTime", "DateTimeOffset"),
    ),
)
INFO = Complex(
    "InformationalUrl",
    (
        Prop("logoUrl"),
        Prop("marketingUrl"),
        Prop("privacyStatementUrl"),
        Prop("supportUrl"),
        Prop("termsOfServiceUrl"),
    ),
)
_CLAIM = Complex(
    "OptionalClaim",
    (
        Prop("additionalProperties", many=True),
        Prop("essential", "Boolean", default=False),
        Prop("name"),
        Prop("source"),
    ),
)
OPTIONAL_CLAIMS = Complex(
    "OptionalClaims",
    (
        Prop("accessToken", _CLAIM, many=True),
        Prop("idToken", _CLAIM, many=True),
        Prop("saml2Token", _CLAIM, many=True),
    ),
)
LOCK = Complex(
    "ServicePrincipalLockConfiguration",
    (
        Prop("isEnabled", "Boolean"),
        Prop("allProperties", "Boolean"),
        Prop("credentialsWithUsageVerify", "Boolean"),
        Prop("credentialsWithUsageSign", "Boolean"),
        Prop("identifierUris", "Boolean"),
        Prop("tokenEncryptionKeyId", "Boolean"),
    ),
)
REQUEST_SIGNATURE = Complex(
    "RequestSignatureVerification",
    (
        Prop("allowedWeakAlgorithms"),
        Prop("isSignedRequestRequired", "Boolean"),
    ),
)
AUTHENTICATION_BEHAVIORS = Complex(
    "AuthenticationBehaviors",
    (
        Prop("blockAzureADGraphAccess", "Boolean"),
        Prop("removeUnverifiedEmailClaim", "Boolean"),
        Prop("requireClientServicePrincipal", "Boolean"),
    ),
)
_KEY_VALUE = Complex("KeyValue", (Prop("key"), Prop("value")))
ADD_IN = Complex("AddIn", (Prop("id", "Guid"), Prop("type"), Prop("properties", _KEY_VALUE, many=True)))
PERMISSION_SCOPE = Complex(
    "PermissionScope",
    (
        Prop("adminConsentDescription"),
        Prop("adminConsentDisplayName"),
        Prop("id", "Guid"),
        Prop("isEnabled", "Boolean", default=True),
        Prop("type", default="User"),
        Prop("userConsentDescription"),
        Prop("userConsentDisplayName"),
        Prop("value"),
    ),
)
_PRE_AUTHORIZED = Complex(
    "PreAuthorizedApplication",
    (
        Prop("appId", "Guid"),
        Prop("delegatedPermissionIds", many=True),
    ),
)
API = Complex(
    "ApiApplication",
    (
        Prop("acceptMappedClaims", "Boolean"),
        Prop("knownClientApplications", "Guid", many=True),
        Prop("requestedAccessTokenVersion", "Int32"),
        Prop("oauth2PermissionScopes", PERMISSION_SCOPE, many=True),
        Prop("preAuthorizedApplications", _PRE_AUTHORIZED, many=True),
    ),
)
APP_ROLE = Complex(
    "AppRole",
    (
        Prop("allowedMemberTypes", many=True),
        Prop("description"),
        Prop("displayName"),
        Prop("id", "Guid"),
        Prop("isEnabled", "Boolean", default=True),
        Prop("origin", default="Application"),
        Prop("value"),
    ),
)
KEY_CREDENTIAL = Complex(
    "KeyCredential",
    (
        Prop("customKeyIdentifier", "Binary"),
        Prop("displayName"),
        Prop("endDateTime", "DateTimeOffset"),
        Prop("key", "Binary"),
        Prop("keyId", "Guid"),
        Prop("startDateTime", "DateTimeOffset"),
        Prop("type"),
        Prop("usage"),
    ),
)
PASSWORD_CREDENTIAL = Complex(
    "PasswordCredential",
    (
        Prop("customKeyIdentifier", "Binary"),
        Prop("displayName"),
        Prop("endDateTime", "DateTimeOffset"),
        Prop("hint"),
        Prop("keyId", "Guid"),
        Prop("secretText"),
        Prop("startDateTime", "DateTimeOffset"),
    ),
)
PARENTAL = Complex(
    "ParentalControlSettings",
    (
        Prop("countriesBlockedForMinors", many=True),
        Prop("legalAgeGroupRule", default="Allow"),
    ),
)
REDIRECTS = Complex("PublicClientApplication", (Prop("redirectUris", many=True),))
_RESOURCE_ACCESS = Complex("ResourceAccess", (Prop("id", "Guid"), Prop("type")))
REQUIRED_RESOURCE_ACCESS = Complex(
    "RequiredResourceAccess",
    (
        Prop("resourceAppId"),
        Prop("resourceAccess", _RESOURCE_ACCESS, many=True),
    ),
)
_IMPLICIT = Complex(
    "ImplicitGrantSettings",
    (
        Prop("enableAccessTokenIssuance", "Boolean", default=False),
        Prop("enableIdTokenIssuance", "Boolean", default=False),
    ),
)
_REDIRECT_SETTING = Complex("RedirectUriSettings", (Prop("uri"), Prop("index", "Int32")))
WEB = Complex(
    "WebApplication",
    (
        Prop("homePageUrl"),
        Prop("logoutUrl"),
        Prop("redirectUris", many=True),
        Prop("implicitGrantSettings", _IMPLICIT, nested=True),
        Prop("redirectUriSettings", _REDIRECT_SETTING, many=True),
    ),
)
SECURITY_ATTRIBUTES = Complex("CustomSecurityAttributeValue", ())
SAML_SSO = Complex("SamlSingleSignOnSettings", (Prop("relayState"),))
RESOURCE_SPECIFIC = Complex(
    "ResourceSpecificPermission",
    (
        Prop("id", "Guid"),
        Prop("value"),
        Prop("displayName"),
        Prop("description"),
        Prop("isEnabled", "Boolean"),
    ),
)
ROLE_PERMISSION = Complex(
    "UnifiedRolePermission",
    (
        Prop("allowedResourceActions", many=True),
        Prop("condition"),
    ),
)
