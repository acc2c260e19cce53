"""The one table of clouds: hosts, scope and links, row by row, as Microsoft's pages have them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from provision.clouds import CLOUDS, MICROSOFT_GRAPH_APP_ID
from tests.support import TENANT, Program, write_config

# Graph and portal: https://learn.microsoft.com/graph/deployments
# Sign-in: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
TABLE = {
    "global": ("graph.microsoft.com", "login.microsoftonline.com", "portal.azure.com"),
    # GCC uses the worldwide hosts: https://learn.microsoft.com/graph/deployments
    "gcc": ("graph.microsoft.com", "login.microsoftonline.com", "portal.azure.com"),
    "gcc-high": ("graph.microsoft.us", "login.microsoftonline.us", "portal.azure.us"),
    "dod": ("dod-graph.microsoft.us", "login.microsoftonline.us", "portal.azure.us"),
    "china": ("microsoftgraph.chinacloudapi.cn", "login.partner.microsoftonline.cn", "portal.azure.cn"),
}
CLIENT = "11111111-2222-4333-8444-555555555555"


def test_there_are_five() -> None:
    """No more and no fewer, each under its own name."""
    assert list(CLOUDS) == list(TABLE)
    assert [cloud.name for cloud in CLOUDS.values()] == list(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_hosts_and_links(name: str) -> None:
    """Scope, consent link and portal link are built from the row's own hosts."""
    graph, login, portal = TABLE[name]
    cloud = CLOUDS[name]
    assert (cloud.graph, cloud.login, cloud.portal) == tuple(f"https://{host}" for host in TABLE[name])
    # https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    assert cloud.scope == f"https://{graph}/.default"
    consent = urlsplit(cloud.consent_url(TENANT, CLIENT))
    assert (consent.scheme, consent.netloc, consent.path) == ("https", login, f"/{TENANT}/adminconsent")
    assert parse_qs(consent.query) == {"client_id": [CLIENT]}
    page = urlsplit(cloud.registration_url(CLIENT))
    assert (page.scheme, page.netloc) == ("https", portal)
    assert page.fragment.endswith(f"/appId/{CLIENT}")


def test_a_link_cannot_be_led_elsewhere() -> None:
    """What stands for tenant or client is a part of the path or a value, whatever is in it."""
    link = urlsplit(CLOUDS["global"].consent_url("a?b#c@evil.example", "x&y=z#"))
    assert link.netloc == "login.microsoftonline.com"
    assert parse_qs(link.query) == {"client_id": ["x&y=z#"]}
    assert link.fragment == ""


def test_graph_has_one_id_in_all_of_them() -> None:
    """https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in"""
    assert MICROSOFT_GRAPH_APP_ID == "00000003-0000-0000-c000-000000000000"


@pytest.mark.parametrize("name", TABLE)
def test_a_config_in_that_cloud_is_handed_its_own_link(provision: Program, name: str) -> None:
    """The whole job on the sandbox: the consent link of the result is that cloud's."""
    config = write_config(tenant=f"{TENANT}\n  cloud: {name}", more="consent: handoff\n")
    ran = provision(
        "apply",
        config,
        "--sandbox",
        "--yes",
        "--deliver",
        "file:out.secret",
        "-o",
        "json",
        "--allow",
        "consent-pending",
    )
    assert ran.code == 0, ran.err + ran.out
    assert ran.json["cloud"] == name
    assert urlsplit(ran.json["consent"]["url"]).netloc == TABLE[name][1]
