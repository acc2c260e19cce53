"""What a registration has beside what a config declares: the fields to read, and what they say.

Sources: https://learn.microsoft.com/graph/api/application-get and
https://learn.microsoft.com/entra/identity/enterprise-apps/deactivate-app-registration
"""

from __future__ import annotations

from typing import Any

from provision.graph.records import disabled, maybe, part, records, text, texts
from provision.resources.undeclared import Settings

FIELDS = (
    "id",
    "appId",
    "web",
    "spa",
    "publicClient",
    "isFallbackPublicClient",
    "identifierUris",
    "api",
    "appRoles",
    "isDisabled",
    "disabledByMicrosoftStatus",
    "keyCredentials",
)
_PLATFORMS = ("web", "spa", "publicClient")


def observed(record: dict[str, Any]) -> Settings:
    """Return what a record of an application says that was read with ``FIELDS``."""
    web, api = part(record, "web"), part(record, "api")
    implicit = part(web, "implicitGrantSettings")
    offered = [
        ("api.oauth2PermissionScopes", records(api, "oauth2PermissionScopes"), "value"),
        ("api.preAuthorizedApplications", records(api, "preAuthorizedApplications"), "appId"),
        ("appRoles", records(record, "appRoles"), "value"),
    ]
    return Settings(
        id=text(record, "id"),
        app_id=text(record, "appId"),
        redirect_uris=tuple(
            (platform, uri)
            for platform in _PLATFORMS
            for uri in texts(part(record, platform), "redirectUris")
        ),
        implicit=tuple(sorted(name for name, value in implicit.items() if value is True)),
        public_client=record.get("isFallbackPublicClient") is True,
        identifier_uris=texts(record, "identifierUris"),
        home_page=maybe(web, "homePageUrl"),
        logout=maybe(web, "logoutUrl"),
        offered=tuple(
            sorted(
                (name, maybe(item, key) or maybe(item, "id") or "")
                for name, items, key in offered
                for item in items
            )
        ),
        disabled=disabled(record),
    )
