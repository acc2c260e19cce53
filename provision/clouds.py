"""The one table of Microsoft clouds: hosts, the links built from them, and whom connections trust.

Sources: https://learn.microsoft.com/graph/deployments and
https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import quote, urlencode

MICROSOFT_GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"


@dataclass(frozen=True, slots=True)
class Cloud:
    """Hosts of one cloud, as https origins without a trailing slash."""

    name: str
    graph: str
    login: str
    portal: str

    @property
    def exchange(self) -> str | None:
        """What Connect-ExchangeOnline calls this cloud; ``None`` for hosts that it does not know.

        Source: https://learn.microsoft.com/powershell/module/exchange/connect-exchangeonline
        """
        return _EXCHANGE.get(self.name)

    @property
    def scope(self) -> str:
        """The scope that a token for this cloud's Graph is asked with."""
        return f"{self.graph}/.default"

    def consent_url(self, tenant: str, client_id: str) -> str:
        """Return the page where an administrator grants what the registration declares.

        Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
        """
        return f"{self.login}/{quote(tenant)}/adminconsent?{urlencode({'client_id': client_id})}"

    def registration_url(self, client_id: str) -> str:
        """Return the portal's page of an app registration. The blade's address is not documented."""
        return (
            f"{self.portal}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/"
            f"~/Overview/appId/{quote(client_id)}"
        )


_EXCHANGE = {
    "global": "O365Default",
    "gcc": "O365Default",
    "gcc-high": "O365USGovGCCHigh",
    "dod": "O365USGovDoD",
    "china": "O365China",
}

CLOUDS: dict[str, Cloud] = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            "global",
            graph="https://graph.microsoft.com",
            login="https://login.microsoftonline.com",
            portal="https://portal.azure.com",
        ),
        # Microsoft 365 GCC uses the worldwide hosts.
        Cloud(
            "gcc",
            graph="https://graph.microsoft.com",
            login="https://login.microsoftonline.com",
            portal="https://portal.azure.com",
        ),
        Cloud(
            "gcc-high",
            graph="https://graph.microsoft.us",
            login="https://login.microsoftonline.us",
            portal="https://portal.azure.us",
        ),
        Cloud(
            "dod",
            graph="https://dod-graph.microsoft.us",
            login="https://login.microsoftonline.us",
            portal="https://portal.azure.us",
        ),
        # Microsoft's pages disagree on this login host; both are known to MSAL. This is the Entra page's.
        Cloud(
            "china",
            graph="https://microsoftgraph.chinacloudapi.cn",
            login="https://login.partner.microsoftonline.cn",
            portal="https://portal.azure.cn",
        ),
    )
}


def ca_bundle() -> str | None:
    """Return the file of a private CA that the environment names, for all connections alike."""
    return os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE") or None
