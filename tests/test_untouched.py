"""What we did not make and the config does not declare stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import TENANT, Program, Ran, Tenant, journal, write_config
from tests.test_drift import GRAPH, MAIL_READ, Hand, certificate

SECURITY = Path(__file__).parents[1] / "SECURITY.md"
LOST = "00000000-0000-4000-8000-00000000000a"


def test_everything_undeclared_survives_an_update(provision: Program, applied: Ran) -> None:
    """Foreign secrets, certificates, redirect URIs, permissions, owners, tags and settings stay."""
    tenant = Tenant()
    app = tenant.application()
    mine = app["passwordCredentials"][0]["keyId"]
    other = tenant.do(
        "POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {"displayName": "theirs"}}
    )
    access = [
        *app["requiredResourceAccess"],
        {
            "resourceAppId": "00000002-0000-0ff1-ce00-000000000000",
            "resourceAccess": [{"id": "dc890d15-9560-4a4c-9b7f-a736ec74ec40", "type": "Role"}],
        },
    ]
    access[0]["resourceAccess"].append({"id": "e383f46e-2787-4529-855e-0e479a3ffac0", "type": "Scope"})
    foreign = {
        "web": {
            "redirectUris": ["https://other.example/cb", *app["web"]["redirectUris"]],
            "homePageUrl": "https://other.example",
        },
        "requiredResourceAccess": access,
        "tags": [*app["tags"], "HideApp"],
        "notes": "theirs",
        "description": "theirs too",
    }
    tenant.do("PATCH", f"/applications/{app['id']}", foreign)
    hand = Hand()
    hand.own(hand.at)
    hand.grant(GRAPH, MAIL_READ)
    hand.patch(keyCredentials=[certificate()])
    lists = (f"{hand.at}/owners", f"{hand.principal_at}/appRoleAssignments")
    others = [tenant.get(path)["value"] for path in lists]
    assert all(others)
    assert provision("plan", "prod.yaml", "--sandbox", "--detailed-exitcode").code == 0
    config = write_config(display_name="New name")
    Path(config).write_text(
        Path(config).read_text().replace("mail:\n", "  redirect_uris: [https://third.example/x]\nmail:\n")
    )
    for verb in (("apply",), ("rotate",), ("rotate", "--again"), ("rotate", "--emergency")):
        ran = provision(*verb, config, "--sandbox", "--yes", "--deliver", "file:out.secret")
        assert ran.code == 0, ran.err
    after = Tenant().application()
    assert [Tenant().get(path)["value"] for path in lists] == others
    assert [item["displayName"] for item in after["keyCredentials"]] == ["intruder"]
    assert after["displayName"] == "New name"
    assert set(after["web"]["redirectUris"]) == {
        "https://other.example/cb",
        "https://third.example/x",
        *app["web"]["redirectUris"],
    }
    assert after["web"]["homePageUrl"] == "https://other.example"
    assert {"HideApp", "provision"} <= set(after["tags"])
    assert (after["notes"], after["description"]) == ("theirs", "theirs too")
    left = {item["keyId"] for item in after["passwordCredentials"]}
    assert other["keyId"] in left
    assert mine not in left  # ours went in the emergency
    declared = {
        (entry["resourceAppId"], role["id"])
        for entry in after["requiredResourceAccess"]
        for role in entry["resourceAccess"]
    }
    assert declared == {(e["resourceAppId"], r["id"]) for e in access for r in e["resourceAccess"]}


def test_order_and_case_are_no_difference(provision: Program, applied: Ran) -> None:
    """Graph keeps no order, and a host has no case: neither is a change."""
    tenant = Tenant()
    app = tenant.application()
    tenant.do(
        "PATCH",
        f"/applications/{app['id']}",
        {
            "web": {
                "redirectUris": ["https://COLLAB.agency.example/connectors/SMTP.aspx", "https://a.example"]
            },
            "tags": list(reversed(app["tags"])),
        },
    )
    ran = provision("plan", "prod.yaml", "--sandbox", "--detailed-exitcode")
    assert ran.code == 0, ran.out


THERE = ("prod.yaml", "--sandbox")
LOOKS = {
    "validate": ("prod.yaml",),
    **dict.fromkeys(("plan", "show", "drift", "expiry", "doctor", "orphans", "exchange"), THERE),
    "verify": (*THERE, "--secret-from", "file:out.secret"),
    "import": ("--search", "--tenant", TENANT, "--sandbox"),
}
# They know of no tenant, or ask before they make a file.
STRANGERS = {"example", "docs", "completion", "schema", "explain", "combine", "init"}


def test_all_that_look_are_tried() -> None:
    """By SECURITY.md: whoever writes nothing in the tenant."""
    table = SECURITY.read_text().split("| Command | In the tenant | Elsewhere |")[1].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if "`" in line]
    looks = {verb for verbs, tenant, _ in rows if tenant.startswith("nothing") for verb in verbs.split(", ")}
    assert {verb.strip("`") for verb in looks} == LOOKS.keys() | STRANGERS | {"sandbox"}


@pytest.mark.parametrize("verb", LOOKS)
def test_who_looks_never_writes(provision: Program, config: str, applied: Ran, verb: str) -> None:
    """Every verb that looks sends nothing that changes, and leaves every file to the byte.

    There is something to do of every kind: a difference, a renewal that is due, an end, and a secret that a
    run left which was killed.
    """
    tenant = Tenant()
    app = tenant.application()
    tenant.do("PATCH", f"/applications/{app['id']}", {"displayName": "drifted"})
    lost = {"displayName": "left [provision:collab-prod]", "keyId": LOST}
    tenant.do("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": lost})
    noted = journal()
    written = json.loads(noted.read_text().splitlines()[-1])
    with noted.open("a") as more:
        more.write(json.dumps({**written, "event": "intended", "key_id": LOST}) + "\n")
    tenant.advance(days=175)
    if verb == "exchange":
        Path(config).write_text(f"{Path(config).read_text()}  scope: mailbox\n")
    before, files = Tenant().writes, kept()
    for output in ("text", "json", "markdown"):
        ran = provision(verb, *LOOKS[verb], "-o", output)
        assert ran.code in (0, 4), ran.err
    assert Tenant().writes == before
    assert kept() == files


def kept() -> dict[Path, bytes]:
    """Every file below here."""
    return {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}
