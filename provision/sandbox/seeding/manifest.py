"""The portal's old application manifest, read as Graph's JSON.

The portal showed a manifest in Azure AD Graph's words until 2024, and people keep such files:
https://learn.microsoft.com/entra/identity-platform/reference-app-manifest (old) and
https://learn.microsoft.com/entra/identity-platform/reference-microsoft-graph-app-manifest (new, which is
Graph's own JSON).
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
# Names that only the old form has: one of them says that a file is one.
_MARKS = ("replyUrlsWithType", "oauth2AllowImplicitFlow", "accessTokenAcceptedVersion", "informationalUrls")
_SAME = (
    "id",
    "appId",
    "createdDateTime",
    "groupMembershipClaims",
    "identifierUris",
    "notes",
    "optionalClaims",
    "parentalControlSettings",
    "publisherDomain",
    "requiredResourceAccess",
    "samlMetadataUrl",
    "signInAudience",
    "tags",
    "tokenEncryptionKeyId",
    "addIns",
    "serviceManagementReference",
)
_PLATFORMS = {"Web": "web", "Spa": "spa", "InstalledClient": "publicClient"}
_PAGES = {
    "marketing": "marketingUrl",
    "privacy": "privacyStatementUrl",
    "support": "supportUrl",
    "termsOfService": "termsOfServiceUrl",
}


def as_graph(value: Json) -> Json:
    """Return an application in Graph's words; one that already is comes back as it was."""
    if not any(mark in value for mark in _MARKS):
        return value
    out: Json = {name: value[name] for name in _SAME if value.get(name) is not None}
    out["displayName"] = value.get("name") or value.get("displayName")
    out["isFallbackPublicClient"] = value.get("allowPublicClient")
    out["appRoles"] = [_without(role, "lang", "origin") for role in _dicts(value, "appRoles")]
    out["api"] = _api(value)
    out |= _platforms(value)
    pages = value.get("informationalUrls")
    if isinstance(pages, dict):
        out["info"] = {new: pages[old] for old, new in _PAGES.items() if pages.get(old) is not None}
    for name in ("passwordCredentials", "keyCredentials"):
        out[name] = [_credential(item) for item in _dicts(value, name)]
    return out


def _api(value: Json) -> Json:
    return {
        "acceptMappedClaims": value.get("acceptMappedClaims"),
        "knownClientApplications": value.get("knownClientApplications") or [],
        "requestedAccessTokenVersion": value.get("accessTokenAcceptedVersion"),
        "oauth2PermissionScopes": [
            _without(scope, "lang", "origin") for scope in _dicts(value, "oauth2Permissions")
        ],
        "preAuthorizedApplications": [
            {"appId": item.get("appId"), "delegatedPermissionIds": item.get("permissionIds") or []}
            for item in _dicts(value, "preAuthorizedApplications")
        ],
    }


def _platforms(value: Json) -> Json:
    uris: dict[str, list[Any]] = {part: [] for part in _PLATFORMS.values()}
    for item in _dicts(value, "replyUrlsWithType"):
        uris[_PLATFORMS.get(str(item.get("type")), "web")].append(item.get("url"))
    out: Json = {part: {"redirectUris": found} for part, found in uris.items()}
    out["web"] |= {
        "homePageUrl": value.get("signInUrl"),
        "logoutUrl": value.get("logoutUrl"),
        "implicitGrantSettings": {
            "enableIdTokenIssuance": bool(value.get("oauth2AllowIdTokenImplicitFlow")),
            "enableAccessTokenIssuance": bool(value.get("oauth2AllowImplicitFlow")),
        },
    }
    return out


def _credential(item: Json) -> Json:
    renamed = {"startDate": "startDateTime", "endDate": "endDateTime"}
    return {renamed.get(name, name): part for name, part in item.items()}


def _without(item: Json, *names: str) -> Json:
    return {name: part for name, part in item.items() if name not in names}


def _dicts(value: Json, name: str) -> list[Json]:
    found = value.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
