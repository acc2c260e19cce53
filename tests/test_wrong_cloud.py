"""A tenant that lives in another cloud is found out by its OpenID document, before a token is asked for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from provision.clouds import CLOUDS
from provision.errors import ProvisionError, catalogue
from provision.graph.connect import in_process
from provision.graph.tenant import lives_in, refuse_other_cloud, resolve
from tests.support import TENANT, Program, write_config

# What the login hosts answer for public tenants of each cloud, as public programs quote it.
GLOBAL = {"cloud_instance_name": "microsoftonline.com", "msgraph_host": "graph.microsoft.com"}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "global": {**GLOBAL, "tenant_region_scope": "NA"},
    "gcc": {**GLOBAL, "tenant_region_scope": "NA", "tenant_region_sub_scope": "GCC"},
    "gcc-high": {
        "cloud_instance_name": "microsoftonline.us",
        "msgraph_host": "graph.microsoft.us",
        "tenant_region_scope": "USGov",
        "tenant_region_sub_scope": "DODCON",
    },
    "dod": {
        "cloud_instance_name": "microsoftonline.us",
        "msgraph_host": "dod-graph.microsoft.us",
        "tenant_region_scope": "USGov",
        "tenant_region_sub_scope": "DOD",
    },
    "china": {
        "cloud_instance_name": "partner.microsoftonline.cn",
        "msgraph_host": "microsoftgraph.chinacloudapi.cn",
        "tenant_region_scope": "AS",
    },
}
SAME = {("global", "gcc"), ("gcc", "global")}  # one set of hosts


@pytest.mark.parametrize("lives", DOCUMENTS)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_cloud_against_each(cloud: str, lives: str) -> None:
    """Refused by name where the two have hosts of their own, and nowhere else."""
    if cloud == lives or (cloud, lives) in SAME:
        refuse_other_cloud(CLOUDS[cloud], "agency.example", DOCUMENTS[lives])
        return
    with pytest.raises(ProvisionError, match=lives) as caught:
        refuse_other_cloud(CLOUDS[cloud], "agency.example", DOCUMENTS[lives])
    assert caught.value.entry is catalogue.WRONG_CLOUD


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({}, set()),
        ({"msgraph_host": "graph.example", "cloud_instance_name": "login.example"}, set()),
        ({"msgraph_host": 7, "tenant_region_sub_scope": []}, set()),
        ({"msgraph_host": "graph.microsoft.us"}, {"gcc-high", "dod"}),  # which of the two it does not say
        ({"cloud_instance_name": "microsoftonline.us"}, {"gcc-high", "dod"}),
        ({"cloud_instance_name": "microsoftonline.com"}, {"global", "gcc"}),
    ],
)
def test_a_document_that_tells_less(document: dict[str, Any], where: set[str]) -> None:
    """What it does not say is not made up."""
    assert lives_in(document) == where


def test_no_token_is_asked_for() -> None:
    """The document is enough: the credential is never used."""
    document = {"issuer": f"https://x/{TENANT}/", "msgraph_host": "graph.microsoft.us"}
    asked: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(document).encode()})

    async def look() -> None:
        graph = in_process(app, "a token", CLOUDS["global"], "agency.example", notify=lambda _: None)
        graph.tokens.get_authorization_token = lambda uri, _=None: asked.append(uri)  # type: ignore[assignment,return-value]
        try:
            await resolve(graph, "agency.example")
        finally:
            await graph.close()

    with pytest.raises(ProvisionError) as caught:
        asyncio.run(look())
    assert caught.value.entry is catalogue.WRONG_CLOUD
    assert caught.value.exit == 65
    assert asked == []


@pytest.mark.parametrize("cloud", [*CLOUDS])
def test_the_rehearsal_is_in_every_cloud(provision: Program, cloud: str) -> None:
    """The sandbox's own document agrees with whatever cloud the config names; by domain, so it is read."""
    config = write_config(tenant=f"agency.example\n  cloud: {cloud}")
    ran = provision("plan", config, "--sandbox", "-o", "json")
    assert ran.code == 0, ran.out + ran.err
    assert TENANT not in ran.out
