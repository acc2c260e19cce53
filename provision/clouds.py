"""The one table of Microsoft clouds: hosts, and the links built from them.

Sources: https://learn.microsoft.com/graph/deployments and
https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from provision.values import dataclass

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


# What people call the clouds, without blanks, hyphens and case, and the one that is meant, or those among
# which only they can choose. The names are those of Azure CLI and Azure PowerShell, Connect-MgGraph, PnP,
# Connect-ExchangeOnline, Terraform's azuread provider, the DoD's impact levels, and Microsoft's code names.
# Sources: https://learn.microsoft.com/graph/deployments ("US Government L4", "US Government L5 (DOD)"),
# https://learn.microsoft.com/powershell/module/exchange/connect-exchangeonline,
# https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure,
# https://docs.azure.cn/en-us/reliability/regions-list
_AZURE_GOVERNMENT = ("gcc-high", "dod")  # one Azure Government holds tenants of both
_GOVERNMENT = ("gcc", "gcc-high", "dod")
_NAMES: dict[tuple[str, ...], str] = {
    ("global",): "commercial public worldwide ww default standard production prod azure azurecloud "
    "azurepublic azurepubliccloud azureglobal azurecommercial azuread entra m365 o365 microsoft365 office365 "
    "o365default international multinational "
    # Microsoft Cloud Germany closed in October 2021; its tenants moved to the worldwide cloud.
    # Source: https://learn.microsoft.com/previous-versions/azure/germany/
    "germany azuregermany azuregermancloud blackforest o365germanycloud",
    (
        "gcc",
    ): "gccmoderate gccm gccmod gccl2 gccil2 il2 l2 usgovgcc governmentcommunitycloud o365usgovgcc m365gcc "
    "o365gcc office365gcc microsoft365gcc gccworldwide gcclow impactlevel2",
    ("gcc-high",): "gcch gcchi gcchigh gcchighil4 gccl4 gccil4 il4 l4 disal4 high usgovl4 usgovernmentl4 "
    "usgovernmenthigh usgovhigh govhigh usgovgcchigh usgovgcch o365usgovgcchigh arlington itar m365gcchigh "
    "m365gcch o365gcchigh o365gcch office365gcchigh microsoft365gcchigh governmentcommunitycloudhigh "
    "impactlevel4",
    ("dod",): "il5 l5 disal5 dodil5 mil military usdod usgovdod usgovl5 usgovernmentl5 usgovernmentdod usmil "
    "o365usgovdod m365dod o365dod office365dod departmentofdefense army navy airforce azuredod dodcloud "
    "gccdod dod5 dodl5 impactlevel5 usdodeast usdodcentral",
    _AZURE_GOVERNMENT: "usgov usgovernment azureusgovernment azureusgovernmentcloud azureusgov azuregov mag "
    "azuregovernment azuregovcloud usgovcloud usgovernmentcloud azureusgovcloud microsoftazuregovernment "
    "fairfax aadfairfax usgovvirginia usgovarizona usgovtexas usgoviowa azgov azusgov",
    _GOVERNMENT: "gov government govcloud usa us usg federal fed fedramp fedramphigh",
    ("china",): "mooncake azurechina azurechinacloud 21vianet vianet 21vianetchina o365china cn prc gallatin "
    "azurecn chinacloud m365china operatedby21vianet chinaoperatedby21vianet azureoperatedby21vianet "
    "microsoft365operatedby21vianet office365operatedby21vianet chinaeast chinaeast2 chinaeast3 chinanorth "
    "chinanorth2 chinanorth3",
    # Clouds that this program does not know: likeness would lead to one that it does.
    (): "il6 l6 ussec usnat ussecret ustopsecret usgovsecret secret topsecret azuresecret bleu delos local "
    "azurestack azurestackhub aws gcp",
}
CALLED = {word: meant for meant, words in _NAMES.items() for word in words.split()}
# Words of such names that say nothing beside others: "Microsoft Graph for US Government L4".
SAYING_NOTHING = (
    "azure",
    "azuread",
    "cloud",
    "entra",
    "environment",
    "for",
    "graph",
    "m365",
    "microsoft",
    "microsoft365",
    "o365",
    "office",
    "office365",
    "service",
    "tenant",
    "the",
)
# What to tell the choice by.
HOW_TO_TELL = {
    ("global", "gcc"): "Both have these hosts: Microsoft 365 GCC is gcc, any other tenant global.",
    _AZURE_GOVERNMENT: "Azure Government holds tenants of both: GCC High is gcc-high, "
    "the Department of Defense is dod.",
    _GOVERNMENT: "Microsoft 365 GCC is gcc, GCC High is gcc-high, the Department of Defense is dod.",
}


def with_host(text: str) -> tuple[str, ...]:
    """Return the clouds that have this host, written with or without https://."""
    host = text.lower().removeprefix("https://").partition("/")[0]
    return tuple(
        cloud.name
        for cloud in CLOUDS.values()
        if f"https://{host}" in (cloud.graph, cloud.login, cloud.portal)
    )
