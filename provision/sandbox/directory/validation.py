"""What an application may say of itself.

Limits: https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation and
https://learn.microsoft.com/entra/identity-platform/reply-url; identifier URIs:
https://learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from provision.sandbox.entities.application import AUDIENCES
from provision.sandbox.entities.schema import is_guid
from provision.sandbox.errors import Detail, GraphError, bad_request, conflict, invalid_value
from provision.sandbox.keeping.store import Record, Tenant

Json = dict[str, Any]
PERSONAL = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
_MAX_ENTRIES = 1200  # of all collections of a manifest together


def check(tenant: Tenant, props: Json, sent: Iterable[str], current: Record | None) -> None:
    """Refuse what the service refuses; only the properties that were sent are looked at."""
    names = set(sent)
    for name, test in _CHECKS.items():
        if name in names:
            test(props)
    if names & {"web", "spa", "publicClient"}:
        _distinct_over_platforms(props)
    if "uniqueName" in names:
        _unique_name(tenant, props, current)
    if "identifierUris" in names:
        _identifier_uris(tenant, props, current)
    if props["signInAudience"] in PERSONAL and props["api"]["requestedAccessTokenVersion"] != 2:
        raise bad_request("Property api.requestedAccessTokenVersion is invalid.")
    if _entries(props) > _MAX_ENTRIES:
        raise GraphError(
            403,
            "Directory_ResourceSizeExceeded",
            "The size of the object has exceeded its limit. Please reduce the number of values and retry your"
            " request.",
        )


def _entries(props: Json) -> int:
    total = sum(len(r["resourceAccess"]) for r in props["requiredResourceAccess"])
    total += sum(len(props[part]["redirectUris"]) for part in ("web", "spa", "publicClient"))
    total += sum(
        len(props[n]) for n in ("appRoles", "identifierUris", "keyCredentials", "passwordCredentials")
    )
    return total + len(props["api"]["oauth2PermissionScopes"])


def _invalid(name: str) -> GraphError:
    return invalid_value(name, "Application")


def _display_name(props: Json) -> None:
    if not props["displayName"] or not props["displayName"].strip() or len(props["displayName"]) > 256:
        raise _invalid("displayName")


def _text(name: str, limit: int) -> Any:
    def test(props: Json) -> None:
        if props[name] is not None and len(props[name]) > limit:
            raise _invalid(name)

    return test


def _audience(props: Json) -> None:
    if props["signInAudience"] not in AUDIENCES:
        raise _invalid("signInAudience")


def _token_version(props: Json) -> None:
    if props["api"]["requestedAccessTokenVersion"] not in (None, 1, 2):
        raise bad_request("Property api.requestedAccessTokenVersion is invalid.")
    scopes = props["api"]["oauth2PermissionScopes"]
    _entries_have_ids(scopes, "api")


def _tags(props: Json) -> None:
    tags = props["tags"]
    if any(not 1 <= len(t) <= 256 or any(c.isspace() for c in t) for t in tags):
        raise _invalid("tags")
    _refuse_duplicates("tags", tags)


def _required_access(props: Json) -> None:
    wanted = props["requiredResourceAccess"]
    if any(not is_guid(r["resourceAppId"] or "") for r in wanted):
        # Azure-Samples/ms-identity-javascript-react-spa-dotnetcore-webapi-obo issue 6, 2020-06.
        raise invalid_value("resourceAppId", "RequiredResourceAccess")
    _refuse_duplicates("requiredResourceAccess", [r["resourceAppId"].lower() for r in wanted])
    for resource in wanted:
        _refuse_duplicates("requiredResourceAccess", [a["id"] for a in resource["resourceAccess"]])
        if any(a["id"] is None or a["type"] not in ("Role", "Scope") for a in resource["resourceAccess"]):
            raise _invalid("requiredResourceAccess")
    if len(wanted) > 50 or sum(len(r["resourceAccess"]) for r in wanted) > 400:
        raise _invalid("requiredResourceAccess")


def _app_roles(props: Json) -> None:
    _entries_have_ids(props["appRoles"], "appRoles")
    for role in props["appRoles"]:
        if not role["allowedMemberTypes"] or set(role["allowedMemberTypes"]) - {"User", "Application"}:
            raise _invalid("appRoles")
        if not role["displayName"] or not role["description"]:
            raise _invalid("appRoles")


def _entries_have_ids(entries: list[Json], name: str) -> None:
    if any(e["id"] is None for e in entries):
        raise _invalid(name)
    values = [e["value"] for e in entries if e["value"] is not None]
    _refuse_duplicates(name, [e["id"] for e in entries])
    _refuse_duplicates(name, values)
    if any(len(v) > 120 or any(c.isspace() for c in v) for v in values):
        raise _invalid(name)


def _refuse_duplicates(name: str, values: list[str]) -> None:
    """400 for the same entry twice: quoted in microsoft-graph-docs issue 21667."""
    if len(set(values)) != len(values):
        text = "Request contains a property with duplicate values."
        raise GraphError(400, "DuplicateValue", text, (Detail("DuplicateValue", text, name),))


# -- addresses ------------------------------------------------------------------------------

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _redirects(part: str) -> Any:
    def test(props: Json) -> None:
        uris = props[part]["redirectUris"]
        limit = 100 if props["signInAudience"] in PERSONAL else 256
        _refuse_duplicates(part, uris)
        personal = props["signInAudience"] in PERSONAL
        if len(uris) > limit or not all(_redirect(uri, part, personal=personal) for uri in uris):
            raise _invalid(part)  # by its own name, not the member's: msgraph-sdk-powershell issue 3149
        if part == "web":
            _web_urls(props["web"])

    return test


def _distinct_over_platforms(props: Json) -> None:
    """An address belongs to one platform: quoted in MicrosoftDocs/azure-docs issue 89929."""
    every = [uri for part in ("web", "spa", "publicClient") for uri in props[part]["redirectUris"]]
    if len(set(every)) != len(every):
        raise bad_request("Redirect URIs must have distinct values.")


def _redirect(uri: str, part: str, *, personal: bool) -> bool:
    if not uri or len(uri) > 256 or any(c.isspace() for c in uri) or "#" in uri or "," in uri or ";" in uri:
        return False
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if not parts.scheme:
        return False
    if parts.scheme == "https":
        plain = "*" not in uri and not parts.query
        return bool(host) and (plain or not personal)
    if parts.scheme == "http":
        return host in _LOOPBACK
    if part == "publicClient":
        return True  # custom schemes
    return part == "web" and parts.scheme == "urn"


def _web_urls(web: Json) -> None:
    logout, home = web["logoutUrl"], web["homePageUrl"]
    if logout is not None and (len(logout) > 255 or not (logout.startswith("https://") or _local(logout))):
        raise _invalid("web")
    if home is not None and (urlsplit(home).scheme not in ("http", "https") or len(home) > 255):
        raise _invalid("web")


def _local(url: str) -> bool:
    return url.startswith("http://") and urlsplit(url).hostname in _LOOPBACK


def _identifier_uris(tenant: Tenant, props: Json, current: Record | None) -> None:
    uris = props["identifierUris"]
    before = set(current.props["identifierUris"]) if current else set()
    _refuse_duplicates("identifierUris", uris)
    limit = 120 if props["signInAudience"] in PERSONAL else 255
    for uri in uris:
        if uri in before:
            continue
        if not uri or len(uri) > limit or any(c.isspace() for c in uri) or not urlsplit(uri).scheme:
            raise _invalid("identifierUris")
        if uri.endswith("/"):  # quoted in terraform-provider-azuread pull request 928 and issue 1728
            text = f"Application alias '{uri}' value is invalid."
            raise GraphError(400, "IdentifierUrisEndsWithSlash", text)
        if urlsplit(uri).scheme in ("http", "https"):
            _verified(tenant, uri)
        if any(
            uri in app.props["identifierUris"]
            for app in tenant.all("application")
            if current is None or app.id != current.id
        ):
            raise conflict("identifierUris")


def _verified(tenant: Tenant, uri: str) -> None:
    try:
        host = (urlsplit(uri).hostname or "").lower()
    except ValueError:
        raise _invalid("identifierUris") from None
    if not any(host == d.id or host.endswith("." + d.id) for d in tenant.all("domain")):
        text = (
            "Values of identifierUris property must use a verified domain of the organization or its"
            f" subdomain: '{uri}'"
        )
        raise GraphError(
            400,
            "HostNameNotOnVerifiedDomain",
            text,
            (Detail("HostNameNotOnVerifiedDomain", text, "identifierUris"),),
        )


def _unique_name(tenant: Tenant, props: Json, current: Record | None) -> None:
    name = props["uniqueName"]
    before = current.props["uniqueName"] if current else None
    if name == before:
        return
    if before is not None:
        # Write-once; the text is not verified (docs/sandbox.md).
        raise bad_request("Property 'uniqueName' is read-only and cannot be set.")
    if any(c.isspace() for c in name):
        raise bad_request("Property 'UniqueName' cannot contain whitespace.")
    if not name or len(name) > 256:
        raise _invalid("uniqueName")
    taken = tenant.one("application", "uniqueName", name) is not None or any(
        (r.props.get("uniqueName") or "").lower() == name.lower() for r in tenant.all_deleted("application")
    )
    if taken:  # also by a soft-deleted one: msgraph-bicep-types issue 137
        raise conflict("uniqueName")


_CHECKS = {
    "displayName": _display_name,
    "description": _text("description", 1024),
    "notes": _text("notes", 1024),
    "signInAudience": _audience,
    "api": _token_version,
    "tags": _tags,
    "requiredResourceAccess": _required_access,
    "appRoles": _app_roles,
    "web": _redirects("web"),
    "spa": _redirects("spa"),
    "publicClient": _redirects("publicClient"),
}
