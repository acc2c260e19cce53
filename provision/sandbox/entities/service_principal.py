"""``servicePrincipal``: an application's instance in a tenant.

https://learn.microsoft.com/graph/api/resources/serviceprincipal. What mirrors the application
(names, roles, reply URLs) is copied when the application is written (``mirrored``); Microsoft's
own principals read theirs from the data (``view``).
"""

from __future__ import annotations

from provision.sandbox.data import first_party
from provision.sandbox.entities import complex_types as ct
from provision.sandbox.entities.schema import EntityType, Json, Prop
from provision.sandbox.keeping.store import Record

TYPE = EntityType(
    kind="servicePrincipal",
    name="servicePrincipal",
    resource="ServicePrincipal",
    collection="servicePrincipals",
    navigation=(
        "owners",
        "appRoleAssignments",
        "appRoleAssignedTo",
        "oauth2PermissionGrants",
        "memberOf",
        "transitiveMemberOf",
        "ownedObjects",
        "createdObjects",
        "appManagementPolicies",
        "claimsMappingPolicies",
        "delegatedPermissionClassifications",
        "endpoints",
        "homeRealmDiscoveryPolicies",
        "tokenIssuancePolicies",
        "tokenLifetimePolicies",
    ),
    contained=frozenset(
        {"appRoleAssignments", "appRoleAssignedTo", "delegatedPermissionClassifications", "endpoints"}
    ),
    sortable=frozenset({"createdDateTime", "deletedDateTime", "displayName"}),
    unfilterable=frozenset(
        {"passwordCredentials", "addIns", "appRoles", "oauth2PermissionScopes", "info", "notes"}
    ),
    props=(
        Prop("id", "Guid", read_only=True),
        Prop("deletedDateTime", "DateTimeOffset", read_only=True),
        Prop("accountEnabled", "Boolean", default=True),
        Prop("alternativeNames", many=True),
        Prop("appDisplayName", read_only=True),
        Prop("appDescription", read_only=True),
        Prop("appId"),
        Prop("applicationTemplateId", read_only=True),
        Prop("appOwnerOrganizationId", "Guid", read_only=True),
        Prop("appRoleAssignmentRequired", "Boolean", default=False),
        Prop("createdByAppId", read_only=True),
        Prop("createdDateTime", "DateTimeOffset", read_only=True),
        Prop("description"),
        Prop("disabledByMicrosoftStatus", read_only=True),
        Prop("displayName"),
        Prop("homepage"),
        Prop("isDisabled", "Boolean"),
        Prop("loginUrl"),
        Prop("logoutUrl"),
        Prop("notes"),
        Prop("notificationEmailAddresses", many=True),
        Prop("preferredSingleSignOnMode"),
        Prop("preferredTokenSigningKeyThumbprint"),
        Prop("replyUrls", many=True),
        Prop("servicePrincipalNames", many=True),
        Prop("servicePrincipalType", default="Application"),
        Prop("signInAudience", read_only=True),
        Prop("tags", many=True),
        Prop("tokenEncryptionKeyId", "Guid"),
        Prop("samlSingleSignOnSettings", ct.SAML_SSO),
        Prop("addIns", ct.ADD_IN, many=True),
        Prop("appRoles", ct.APP_ROLE, many=True),
        Prop("info", ct.INFO, nested=True),
        Prop("keyCredentials", ct.KEY_CREDENTIAL, many=True),
        Prop("oauth2PermissionScopes", ct.PERMISSION_SCOPE, many=True),
        Prop("passwordCredentials", ct.PASSWORD_CREDENTIAL, many=True),
        Prop("resourceSpecificApplicationPermissions", ct.RESOURCE_SPECIFIC, many=True, read_only=True),
        Prop("verifiedPublisher", ct.VERIFIED_PUBLISHER, nested=True, read_only=True),
        Prop("customSecurityAttributes", ct.SECURITY_ATTRIBUTES, shown=False),
    ),
)


def app_roles(record: Record) -> list[Json]:
    """Return the application roles that a principal offers."""
    roles: list[Json] = view(record)["appRoles"]
    return roles


def scopes(record: Record) -> list[Json]:
    """Return the delegated permissions that a principal offers."""
    offered: list[Json] = view(record)["oauth2PermissionScopes"]
    return offered


def view(record: Record) -> Json:
    """Return the properties as answered: Microsoft's own principals take theirs from the data."""
    known = first_party.get(record.props["appId"])
    if known is None:
        return record.props
    return record.props | known.props | {"appRoles": known.app_roles, "oauth2PermissionScopes": known.scopes}


def mirrored(application: Json, own: Json) -> Json:
    """Return what a principal takes from its application; ``own`` are its own tags and names.

    Recorded: a change of ``redirectUris`` shows in ``replyUrls`` within a second. The service
    keeps the two in step when the application is written, and so does the sandbox.
    """
    web = application["web"]
    names = [*application["identifierUris"], application["appId"], *own.get("servicePrincipalNames", ())]
    return {
        "displayName": application["displayName"],
        "appDisplayName": application["displayName"],
        "appDescription": application["description"],
        "appRoles": application["appRoles"],
        "oauth2PermissionScopes": application["api"]["oauth2PermissionScopes"],
        "replyUrls": [
            u for part in ("web", "spa", "publicClient") for u in application[part]["redirectUris"]
        ],
        "servicePrincipalNames": list(dict.fromkeys(names)),
        "signInAudience": application["signInAudience"],
        "tags": list(dict.fromkeys([*own.get("tags", ()), *application["tags"]])),
        "homepage": web["homePageUrl"],
        "logoutUrl": web["logoutUrl"],
        "info": application["info"],
        "verifiedPublisher": application["verifiedPublisher"],
    }
