"""A secret that somebody made by hand, and that the product uses: ``secret.adopt``."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import Program, Ran, Tenant, write_config

SANDBOX = ("--sandbox", "-o", "json")
DELIVERED = ("--deliver", "file:out.secret")
URI = "https://collab.agency.example/connectors/SMTP.aspx"
GRAPH = "00000003-0000-0000-c000-000000000000"
MAIL_SEND = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
UNKNOWN = "99999999-0000-4000-8000-000000000001"


class HandMade:
    """A registration as the product's manual has people make it, and the config that takes it over."""

    def __init__(self, provision: Program, *, days: int = 700) -> None:
        provision("plan", write_config(), "--sandbox")  # which makes the tenant
        self.tenant = Tenant()
        entry = {"resourceAppId": GRAPH, "resourceAccess": [{"id": MAIL_SEND, "type": "Role"}]}
        self.app = self.tenant.do(
            "POST",
            "/applications",
            {
                "displayName": "FOIAXpress Collaboration Mail",
                "signInAudience": "AzureADMyOrg",
                "web": {"redirectUris": [URI]},
                "requiredResourceAccess": [entry],
            },
        )
        principal = self.tenant.do("POST", "/servicePrincipals", {"appId": self.app["appId"]})
        graph = self.tenant.get(f"/servicePrincipals(appId='{GRAPH}')")
        self.tenant.do(
            "POST",
            f"/servicePrincipals/{principal['id']}/appRoleAssignments",
            {"principalId": principal["id"], "resourceId": graph["id"], "appRoleId": MAIL_SEND},
        )
        self.key = self.secret("by hand", days)
        self.config = "prod.yaml"
        self.write(adopt=self.key)

    def secret(self, name: str, days: int = 700) -> str:
        """Make a secret by hand, and return its key id."""
        end = f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
        made = self.tenant.do(
            "POST",
            f"/applications/{self.app['id']}/addPassword",
            {"passwordCredential": {"displayName": name, "endDateTime": end}},
        )
        return str(made["keyId"])

    def write(self, *, adopt: str | None, stamp: bool | None = None) -> None:
        """Write the config with these lines."""
        more = f"secret:\n  adopt: {adopt}\n" if adopt else ""
        write_config(self.config, more=more)
        lines = f"  client_id: {self.app['appId']}\n"
        lines += "" if stamp is None else f"  stamp: {str(stamp).lower()}\n"
        text = Path(self.config).read_text().replace("application:\n", f"application:\n{lines}")
        Path(self.config).write_text(text)

    @property
    def keys(self) -> set[str]:
        """The key ids that are there."""
        found = self.tenant.get(f"/applications/{self.app['id']}")["passwordCredentials"]
        return {item["keyId"] for item in found}


@pytest.fixture
def made(provision: Program) -> HandMade:
    """A registration made by hand whose one secret is adopted."""
    return HandMade(provision)


def actions(ran: Ran) -> dict[str, str]:
    """What a plan would do, by address."""
    return {c["address"]: c["change"]["actions"][0] for c in ran.json["resource_changes"]}


def findings(ran: Ran) -> dict[str, str]:
    """The severities of a plan's findings, by name."""
    return {item["name"]: item["severity"] for item in ran.json["findings"]}


def test_the_plan_is_empty_and_apply_writes_nothing(provision: Program, made: HandMade) -> None:
    """Neither name nor tag is put on it, no secret is made; plan, show, expiry and drift call it adopted."""
    before = made.tenant.get(f"/applications/{made.app['id']}")
    plan = provision("plan", made.config, *SANDBOX, *DELIVERED)
    assert set(actions(plan).values()) == {"no-op"}
    assert findings(plan)["secret-adopted"] == "info"
    assert provision("plan", made.config, "--sandbox", "--detailed-exitcode").code == 0
    assert provision("apply", made.config, *SANDBOX, *DELIVERED, "--yes").code == 0
    writes = made.tenant.writes  # the first one made the mailbox of the rehearsal
    assert provision("apply", made.config, *SANDBOX, *DELIVERED, "--yes").code == 0
    assert made.tenant.writes == writes
    assert made.tenant.get(f"/applications/{made.app['id']}") == before
    shown = provision("show", made.config, *SANDBOX)
    assert shown.json["outputs"]["secret_key"]["key_id"] == made.key
    assert shown.json["outputs"]["secret_key"]["adopted"] is True
    assert "adopted" in provision("show", made.config, "--sandbox").out
    (row,) = provision("expiry", made.config, *SANDBOX).json["secrets"]
    assert (row["managed"], row["adopted"], row["state"]) == (True, True, "fine")
    assert "adopted" in provision("expiry", made.config, "--sandbox").out
    drift = provision("drift", made.config, *SANDBOX)
    assert drift.code == 0
    assert "secret-adopted" in drift.out
    assert "undeclared-secret" not in drift.out


def test_what_is_entered_is_proved_by_the_adopted_one_s_beginning(
    provision: Program, made: HandMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its hint is used as that of a secret of ours: a value that begins otherwise is no secret of it."""
    Path("value").write_text("aB3~kQ9rTz.7mWc-2LxVn8pYd_5sJhG4fEu6R1oK")
    with Path("value").open() as given:
        monkeypatch.setattr("sys.stdin", given)
        ran = provision("verify", made.config, *SANDBOX, "--secret-from", "-")
    assert ran.code != 0
    assert f"key id {made.key}" in ran.out, ran.out


def test_a_rotation_overlaps_and_only_confirm_retires_it(provision: Program, made: HandMade) -> None:
    """The new one does not live as long as the old; the emergency and --again leave the adopted one alone."""
    other = made.secret("somebody else's")
    ran = provision("rotate", made.config, *SANDBOX, *DELIVERED, "--yes")
    assert ran.code == 0, ran.out
    first = ran.json["outputs"]["secret_key"]
    assert first["adopted"] is False
    assert made.keys == {made.key, other, first["key_id"]}
    life = datetime.fromisoformat(first["expires"]) - datetime.now(UTC)
    assert life < timedelta(days=181)
    plan = provision("plan", made.config, *SANDBOX, *DELIVERED)
    assert set(actions(plan).values()) == {"no-op"}
    assert "awaits-confirmation" in findings(plan)
    again = provision("rotate", made.config, *SANDBOX, *DELIVERED, "--yes", "--again")
    second = again.json["outputs"]["secret_key"]["key_id"]
    assert made.keys == {made.key, other, second}
    ran = provision("rotate", made.config, *SANDBOX, *DELIVERED, "--yes", "--emergency")
    assert ran.code == 0, ran.out
    third = ran.json["outputs"]["secret_key"]["key_id"]
    assert made.keys == {made.key, other, third}
    told = [item for item in ran.json["findings"] if item["name"] == "still-signs-in"]
    assert any(made.key in item["message"] and "--confirm" in item["fix"] for item in told)
    value = ("--secret-from", "file:out.secret")
    asked = provision("rotate", made.config, "--sandbox", *DELIVERED, "--yes", "--confirm", *value)
    assert asked.code == 0, asked.err
    said = " ".join(asked.err.split())
    assert "the adopted one, 'by hand'" in said
    assert "no sign-in in the report, no proof" in said
    assert made.keys == {other, third}
    plan = provision("plan", made.config, *SANDBOX, *DELIVERED)
    assert set(actions(plan).values()) == {"no-op"}
    assert findings(plan)["adopted-secret-gone"] == "info"
    made.write(adopt=None)
    assert set(actions(provision("plan", made.config, *SANDBOX, *DELIVERED)).values()) == {"no-op", "update"}
    made.write(adopt=None, stamp=False)
    assert set(actions(provision("plan", made.config, *SANDBOX, *DELIVERED)).values()) == {"no-op"}


def test_it_is_renewed_when_its_own_end_is_near(provision: Program, made: HandMade) -> None:
    """By apply, as a secret of ours would be; when it has ended without a successor that is said."""
    made.tenant.advance(days=660)
    plan = provision("plan", made.config, *SANDBOX)
    assert actions(plan)["client_secret"] == "no-op"
    made.tenant.advance(days=20)
    plan = provision("plan", made.config, *SANDBOX)
    (due,) = [c for c in plan.json["resource_changes"] if c["address"] == "client_secret"]
    assert due["change"]["actions"] == ["create"]
    assert "adopted" in due["reason"]
    made.tenant.advance(days=30)
    plan = provision("plan", made.config, *SANDBOX)
    assert "the adopted one ended" in plan.out
    assert provision("apply", made.config, *SANDBOX, *DELIVERED, "--yes").code == 0
    assert made.key in made.keys
    assert provision("rotate", made.config, *SANDBOX, *DELIVERED, "--yes", "--confirm").code == 0
    assert made.key not in made.keys


def test_a_key_that_is_no_secret_of_the_application_is_refused(provision: Program, made: HandMade) -> None:
    """Exit 5, and nothing is made; so is a config that cannot be right, offline."""
    made.write(adopt=UNKNOWN)
    before = made.tenant.get("/applications")["value"]
    for verb in ("apply", "rotate"):
        ran = provision(verb, made.config, *SANDBOX, *DELIVERED, "--yes")
        assert (ran.code, ran.json["error"]) == (5, "adopt-not-found"), ran.out
    assert made.tenant.get("/applications")["value"] == before
    write_config("bad.yaml", more="secret:\n  adopt: the-old-one\n")
    assert provision("validate", "bad.yaml").code == 65


def test_it_is_not_added_or_changed_beside_a_delivered_one(provision: Program, made: HandMade) -> None:
    """The line as it was goes on to hold; another is refused, and nothing counts twice meanwhile."""
    other = made.secret("another")
    ran = provision("rotate", made.config, *SANDBOX, *DELIVERED, "--yes")
    new = ran.json["outputs"]["secret_key"]["key_id"]
    made.write(adopt=other)
    ran = provision("apply", made.config, *SANDBOX, *DELIVERED, "--yes")
    assert (ran.code, ran.json["error"]) == (5, "adopt-too-late")
    assert new in ran.json["message"]
    assert provision("show", made.config, *SANDBOX).json["outputs"]["secret_key"]["key_id"] == new
    made.write(adopt=made.key)
    assert provision("apply", made.config, *SANDBOX, *DELIVERED, "--yes").code == 0
    assert made.keys == {made.key, other, new}


def test_one_that_was_never_adopted_is_refused_beside_ours(
    provision: Program, config: str, applied: Ran
) -> None:
    """An application that provision made, and a secret that somebody added."""
    tenant = Tenant()
    app = tenant.application()
    key = tenant.do("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {}})["keyId"]
    text = Path(config).read_text() + f"secret:\n  adopt: {key}\n"
    Path(config).write_text(text)
    ran = provision("apply", config, *SANDBOX, "--yes", *DELIVERED)
    assert (ran.code, ran.json["error"]) == (5, "adopt-too-late")


def test_it_cannot_be_revoked(provision: Program, made: HandMade) -> None:
    """--revoke is for what nobody received."""
    ran = provision("rotate", made.config, *SANDBOX, "--yes", "--revoke", made.key)
    assert ran.code == 5
    assert made.key in made.keys


@pytest.mark.parametrize(
    ("stamp", "adopt", "stamped"),
    [
        (None, True, False),
        (True, True, True),
        (False, True, False),
        (None, False, True),
        (False, False, False),
    ],
)
def test_what_is_stamped(
    provision: Program, made: HandMade, stamp: bool | None, adopt: bool, stamped: bool
) -> None:
    """uniqueName and tag: as before where no secret is adopted, and as application.stamp says."""
    made.write(adopt=made.key if adopt else None, stamp=stamp)
    plan = provision("plan", made.config, *SANDBOX)
    (change,) = [c for c in plan.json["resource_changes"] if c["address"] == "application"]
    after = change["change"]["after"] or {}
    assert set(after) == ({"uniqueName", "tags"} if stamped else set())


def test_a_name_is_what_makes_it_known_where_no_client_id_does(provision: Program) -> None:
    """Then it cannot be left without one."""
    config = write_config()
    text = Path(config).read_text().replace("application:\n", "application:\n  stamp: false\n")
    Path(config).write_text(text)
    ran = provision("validate", config, "-o", "json")
    assert ran.code == 65
    assert "application.client_id" in ran.out


def test_a_grant_is_enough_for_one_that_is_not_stamped(provision: Program, made: HandMade) -> None:
    """Some give the grant by a script, and the portal's list never names it: that is left as it is."""
    made.tenant.do("PATCH", f"/applications/{made.app['id']}", {"requiredResourceAccess": []})
    assert set(actions(provision("plan", made.config, *SANDBOX)).values()) == {"no-op"}
    made.write(adopt=made.key, stamp=True)
    plan = provision("plan", made.config, *SANDBOX)
    assert "permissions" in json.dumps(plan.json["resource_changes"])


def test_killed_between_the_delivery_and_its_record_it_goes_on(
    provision: Program, made: HandMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run knows the new one by the journal, and still takes the adopted one for the one before."""

    async def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("provision.engine.secret.record", killed)
        provision("rotate", made.config, *SANDBOX, *DELIVERED, "--yes")
    assert len(made.keys) == 2
    ran = provision("apply", made.config, *SANDBOX, *DELIVERED, "--yes")
    assert ran.code == 0, ran.out
    assert made.keys == {made.key, ran.json["outputs"]["secret_key"]["key_id"]}
    assert provision("rotate", made.config, *SANDBOX, *DELIVERED, "--yes", "--confirm").code == 0
    assert made.key not in made.keys
