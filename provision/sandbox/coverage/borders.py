"""What real Graph has and this sandbox has not, so that nobody takes a refusal here for his own mistake.

Collections, navigation properties, actions and functions by name, of v1.0 as of 2026-08:
https://github.com/microsoftgraph/msgraph-metadata (``clean_v10_metadata/cleanMetadata.xml``).
"""

from __future__ import annotations

from collections.abc import Sequence

from provision.sandbox.odata.path import Key, Segment
from provision.sandbox.wire.routing import plain

HEADER = "x-sandbox-not-emulated"

_OBJECT = "checkMemberGroups checkMemberObjects getMemberGroups getMemberObjects restore"
_LINKS = "createdOnBehalfOf owners homeRealmDiscoveryPolicies tokenIssuancePolicies tokenLifetimePolicies"
# A kind to what may follow an object of it; what follows those again is not looked at ("~": of no kind here).
_NAMES: dict[str, str] = {
    "application": f"{_OBJECT} {_LINKS} addKey addPassword appManagementPolicies extensionProperties"
    " federatedIdentityCredentials removeKey removePassword setVerifiedPublisher synchronization"
    " unsetVerifiedPublisher logo",
    "servicePrincipal": f"{_OBJECT} {_LINKS} addKey addPassword addTokenSigningCertificate"
    " appManagementPolicies appRoleAssignedTo appRoleAssignments claimsMappingPolicies createdObjects"
    " delegatedPermissionClassifications endpoints federatedIdentityCredentials memberOf"
    " oauth2PermissionGrants ownedObjects remoteDesktopSecurityConfiguration removeKey removePassword"
    " synchronization transitiveMemberOf",
    "user": f"{_OBJECT} activities adhocCalls agreementAcceptances appRoleAssignments assignLicense"
    " authentication calendar calendarGroups calendars calendarView changePassword chats cloudClipboard"
    " cloudPCs contactFolders contacts createdObjects dataSecurityAndGovernance"
    " deviceManagementTroubleshootingEvents directReports drive drives employeeExperience events"
    " exportDeviceAndAppManagementData exportPersonalData extensions findMeetingTimes followedSites"
    " getMailTips getManagedAppDiagnosticStatuses getManagedAppPolicies getManagedDevicesWithAppFailures"
    " inferenceClassification insights joinedTeams licenseDetails mailboxSettings mailFolders"
    " managedAppRegistrations managedDevices manager memberOf messages oauth2PermissionGrants onenote"
    " onlineMeetings onPremisesSyncBehavior outlook ownedDevices ownedObjects people permissionGrants photo"
    " photos planner presence registeredDevices reminderView removeAllDevicesFromManagement"
    " reprocessLicenseAssignment retryServiceProvisioning revokeSignInSessions scopedRoleMemberOf sendMail"
    " settings solutions sponsorOf sponsors teamwork todo transitiveMemberOf translateExchangeIds"
    " wipeManagedAppRegistrationsByDeviceTag",
    "group": f"{_OBJECT} acceptedSenders addFavorite appRoleAssignments assignLicense calendar calendarView"
    " checkGrantedPermissionsForApp conversations createdOnBehalfOf drive drives events extensions"
    " groupLifecyclePolicies memberOf members membersWithLicenseErrors onenote onPremisesSyncBehavior owners"
    " permissionGrants photo photos planner rejectedSenders removeFavorite renew resetUnseenCount"
    " retryServiceProvisioning settings sites subscribeByMail team threads transitiveMemberOf"
    " transitiveMembers unsubscribeByMail validateProperties",
    "message": "attachments copy createForward createReply createReplyAll extensions forward move"
    " multiValueExtendedProperties permanentDelete reply replyAll send singleValueExtendedProperties",
    "mailFolder": "childFolders copy messageRules messages move multiValueExtendedProperties permanentDelete"
    " singleValueExtendedProperties",
    "directoryRole": f"{_OBJECT} members scopedMembers",
    "organization": f"{_OBJECT} branding certificateBasedAuthConfiguration extensions"
    " setMobileDeviceManagementAuthority",
    "domain": "domainNameReferences federationConfiguration forceDelete promote rootDomain"
    " serviceConfigurationRecords verificationDnsRecords verify",
    "directoryObject": _OBJECT,
    "oauth2PermissionGrant": "",
    "directory": "administrativeUnits attributeSets customSecurityAttributeDefinitions deletedItems"
    " deviceLocalCredentials federationConfigurations onPremisesSynchronization publicKeyInfrastructure"
    " recovery remoteTenantGroups subscriptions",
    "policies": "activityBasedTimeoutPolicies adminConsentRequestPolicy appManagementPolicies"
    " authenticationFlowsPolicy authenticationMethodsPolicy authenticationStrengthPolicies"
    " authorizationPolicy claimsMappingPolicies conditionalAccessPolicies crossTenantAccessPolicy"
    " defaultAppManagementPolicy deviceRegistrationPolicy featureRolloutPolicies"
    " federatedTokenValidationPolicy homeRealmDiscoveryPolicies identitySecurityDefaultsEnforcementPolicy"
    " ownerlessGroupPolicy permissionGrantPolicies roleManagementPolicies roleManagementPolicyAssignments"
    " tokenIssuancePolicies tokenLifetimePolicies",
    "roleManagement": "directory entitlementManagement",
}
_COLLECTIONS = {
    "applications": "application",
    "servicePrincipals": "servicePrincipal",
    "users": "user",
    "groups": "group",
    "directoryRoles": "directoryRole",
    "organization": "organization",
    "domains": "domain",
    "directoryObjects": "directoryObject",
    "directoryRoleTemplates": "directoryObject",
    "oauth2PermissionGrants": "oauth2PermissionGrant",
}
_BELOW = {("user", "messages"): "message", ("user", "mailfolders"): "mailFolder"}
_SINGLETONS = {
    "me": "user",
    "directory": "directory",
    "policies": "policies",
    "roleManagement": "roleManagement",
}
_OTHERS = (
    "$metadata admin agreementAcceptances agreements appCatalogs applicationTemplates auditLogs"
    " authenticationMethodConfigurations authenticationMethodsPolicy certificateBasedAuthConfiguration chats"
    " communications compliance connections contacts contracts copilot dataPolicyOperations"
    " deviceAppManagement deviceManagement devices domainDnsRecords drives education"
    " employeeExperience external filterOperators functions groupLifecyclePolicies groupSettings"
    " groupSettingTemplates identity identityGovernance identityProtection identityProviders"
    " informationProtection invitations permissionGrants places planner print privacy"
    " reports schemaExtensions scopedRoleMemberships search security shares sites solutions storage"
    " subscribedSkus subscriptions teams teamsTemplates teamwork tenantRelationships"
)
_ON_COLLECTIONS = frozenset({"delta", "getbyids", "validateproperties", "getavailableextensionproperties"})
_WRITES = {  # of paths that are here to be read only
    "domains": "POST",
    "domains/{}": "PATCH DELETE",
    "organization/{}": "PATCH",
    "users/{}/messages": "POST",
    "users/{}/messages/{}": "PATCH DELETE",
    "users/{}/mailfolders": "POST",
    "users/{}/mailfolders/{}": "PATCH DELETE",
    "users/{}/mailboxsettings": "PATCH",
    "me/messages": "POST",
    "me/messages/{}": "PATCH DELETE",
    "me/mailfolders": "POST",
    "me/mailfolders/{}": "PATCH DELETE",
    "me/mailboxsettings": "PATCH",
    "rolemanagement/directory/roledefinitions": "POST",
    "rolemanagement/directory/roledefinitions/{}": "PATCH DELETE",
}
_kinds = {kind: frozenset(names.lower().split()) for kind, names in _NAMES.items()}
_collections = {name.lower(): kind for name, kind in _COLLECTIONS.items()}
_singletons = {name.lower(): kind for name, kind in _SINGLETONS.items()}
_others = frozenset(_OTHERS.lower().split())


def beyond(method: str, segments: Sequence[Segment], *, here: bool = False) -> str | None:
    """Return the path of real Graph that a refused request was for, with ``{id}`` for keys, if it has one.

    Asked about a path that no endpoint here answers; ``here`` says that one does, by another method.
    """
    names = [s.value if isinstance(s, Key) else plain(s) for s in segments]
    if not names or not (_writes(method, names) or (not here and _has(names))):
        return None
    shown = ["{id}" if isinstance(s, Key) else s for s in segments]
    if names[0] in _collections and len(shown) > 1 and names[1] not in _ON_COLLECTIONS:
        shown[1] = "{id}"
    return "/".join(shown)


def _has(names: Sequence[str]) -> bool:
    first, rest = names[0], names[1:]
    if first in _others:
        return True
    if first in _singletons:
        return _follows(_singletons[first], rest)
    if first in _collections:
        return bool(rest) and (rest[0] in _ON_COLLECTIONS or _follows(_collections[first], rest[1:]))
    return False


def _follows(kind: str, names: Sequence[str]) -> bool:
    """Return whether an object of this kind is followed so; a member of a member is taken on trust."""
    if not names or names[0] not in _kinds[kind]:
        return False
    below = _BELOW.get((kind, names[0]))
    if below is None or len(names) < 3:
        return True
    return names[2] in _kinds[below]


def _writes(method: str, names: Sequence[str]) -> bool:
    return any(
        method in methods.split()
        and len(names) == len(parts := pattern.split("/"))
        and all(part in ("{}", name) for part, name in zip(parts, names, strict=True))
        for pattern, methods in _WRITES.items()
    )
