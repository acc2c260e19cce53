"""App management policies told right: whom they bind, how long a secret may live, and what to ask for."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox.authorization import permissions
from provision.sandbox.directory.security_attributes import READ_ATTRIBUTES, WRITE_ATTRIBUTES
from tests.support import Program, Ran, Tenant, write_config

EXEMPT = {
    "customSecurityAttributes": [
        {
            "@odata.type": "#microsoft.graph.customSecurityAttributeStringValueExemption",
            "id": "Policy_Exemptions",
            "operator": "equals",
            "value": "Exempt",
        }
    ]
}
DAY = timedelta(days=1)


def rule(kind: str, days: int | None = None, *, exempts: bool = False, since: str | None = None) -> Any:
    return {
        "restrictionType": kind,
        "state": "enabled",
        "maxLifetime": f"P{days}D" if days else None,
        "restrictForAppsCreatedAfterDateTime": since,
        "excludeActors": EXEMPT if exempts else None,
    }


def carry(value: str) -> None:
    """Give the caller the attribute with this value."""
    tenant = Tenant()
    sets = {"Policy": {"@odata.type": "#Microsoft.DirectoryServices.CustomSecurityAttributeValue"}}
    sets["Policy"]["Exemptions"] = value
    tenant.do("PATCH", f"/users/{tenant.get('/me')['id']}", {"customSecurityAttributes": sets})


def forbid(*rules: Any) -> None:
    """Put these into the tenant's default policy."""
    body = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": list(rules)}}
    Tenant().do("PATCH", "/policies/defaultAppManagementPolicy", body)


def assign(policy: Any) -> str:
    """Make a custom policy the application's own; its id."""
    tenant = Tenant()
    made = tenant.do("POST", "/policies/appManagementPolicies", policy)
    ref = {"@odata.id": f"https://graph.microsoft.com/v1.0/policies/appManagementPolicies/{made['id']}"}
    path = f"/applications/{tenant.application()['id']}/appManagementPolicies/$ref"
    tenant.do("POST", path, ref)
    return str(made["id"])


def custom(*rules: Any, **more: Any) -> Any:
    return {
        "displayName": "own",
        "isEnabled": True,
        "restrictions": {"passwordCredentials": list(rules)},
        **more,
    }


def apply(provision: Program, path: str, *more: str) -> Ran:
    return provision("apply", path, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json", *more)


def lives() -> list[timedelta]:
    """How long each secret of the application lives, the newest first."""
    found = Tenant().application()["passwordCredentials"]
    return [
        datetime.fromisoformat(item["endDateTime"]) - datetime.fromisoformat(item["startDateTime"])
        for item in found
    ]


def cannot_be_read(patch: pytest.MonkeyPatch) -> None:
    """From now on the caller lacks the right to read security attributes."""
    held = permissions.delegated_permissions() - {READ_ATTRIBUTES, WRITE_ATTRIBUTES}
    patch.setattr(permissions, "delegated_permissions", lambda: held)


CASES = [
    (kind, whose, exempts, value, readable, since)
    for kind, whose, exempts, value, readable, since in itertools.product(
        ("blocked", "limited"),
        ("default", "custom"),
        (False, True),
        ("Exempt", "exempt"),
        (True, False),
        (None, "2001", "2999"),
    )
    # Without an exemption it does not matter what the caller carries, nor whether that can be read.
    if exempts or (value == "exempt" and readable)
]


@pytest.mark.parametrize(("kind", "whose", "exempts", "value", "readable", "since"), CASES)
def test_refused_exactly_where_entra_would(
    provision: Program,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    whose: str,
    exempts: bool,
    value: str,
    readable: bool,
    since: str | None,
) -> None:
    """Blocked or limited, by the default or a custom policy, exempt or not, read or not, older or younger.

    Entra's own answer is the judge: what the plan lets pass is accepted, what it refuses is refused by Entra,
    too, and a secret lives as long as is allowed, to the day.
    """
    path = write_config(more="secret:\n  lifetime: 180d\n")
    began = f"{since}-01-01T00:00:00Z" if since else None
    name = "passwordAddition" if kind == "blocked" else "passwordLifetime"
    meant = rule(name, None if kind == "blocked" else 90, exempts=exempts, since=began)
    if exempts:
        carry(value)
    if whose == "custom":
        assert apply(provision, path).code == 0
        forbid(rule("passwordAddition") if kind == "limited" else rule("passwordLifetime", 30))
        assign(custom(meant))
    else:
        forbid(meant)
    if not readable:
        cannot_be_read(monkeypatch)
    verb = ("apply",) if whose == "default" else ("rotate",)
    more = ("--allow", "lifetime-over-policy", "--allow", "shorter-life")
    binds = since != "2999" and not (exempts and value == "Exempt")
    before = 0 if whose == "default" else 1

    def go(*also: str) -> Ran:
        return provision(
            *verb, path, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json", *also
        )

    ran = go(*more)
    if kind == "blocked" and binds:
        assert (ran.code, "secrets-blocked" in ran.out) == (5, True), ran.out
        forced = go("--allow", "secrets-blocked")  # and Entra says the same
        assert (forced.code, "secrets-blocked" in forced.out) == (5, True), forced.out
        assert "CredentialTypeNotAllowedAsPerAppPolicy" in forced.out
        assert len(lives()) == before
        return
    assert ran.code == 0, ran.out + ran.err
    most = timedelta(days=90 if kind == "limited" and binds else 180)
    assert most - DAY <= lives()[0] <= most


def test_a_disabled_custom_policy_leaves_the_default(provision: Program) -> None:
    path = write_config()
    assert apply(provision, path).code == 0
    forbid(rule("passwordAddition"))
    made = assign(custom(rule("passwordLifetime", 30)))
    rotate = ("rotate", path, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    Tenant().do("PATCH", f"/policies/appManagementPolicies/{made}", {"isEnabled": False})
    assert provision(*rotate).code == 5
    Tenant().do("PATCH", f"/policies/appManagementPolicies/{made}", {"isEnabled": True})
    assert provision(*rotate, "--allow", "shorter-life").code == 0
    assert lives()[0] == 30 * DAY - timedelta(hours=1)


def test_a_refusal_comes_with_a_ready_request(provision: Program) -> None:
    """The policy for this one application as Graph takes it, who may assign it, SCuBA's id, until when."""
    path = write_config()
    forbid(rule("passwordAddition"), rule("passwordLifetime", 60))
    planned = provision("plan", path, "--sandbox", "-o", "json").json
    (found,) = [f for f in planned["findings"] if f["name"] == "secrets-blocked"]
    assert found["severity"] == "error"
    ends = datetime.now(UTC) + 60 * DAY
    for words in (
        "Cloud Application Administrator",
        "Policy.ReadWrite.ApplicationConfiguration",
        "MS.AAD.5.5v1",
        f"{ends:%Y-%m-%d}",
    ):
        assert words in found["fix"]
    text = provision("apply", path, "--sandbox", "--yes", "--deliver", "file:out.secret").err
    policy = json.loads(text[text.index("{") : text.rindex("}") + 1])  # as it is folded on the terminal
    assert not Path("out.secret").exists()
    forbid()
    assert apply(provision, path).code == 0
    forbid(rule("passwordAddition"), rule("passwordLifetime", 60))
    rotate = ("rotate", path, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    refused = provision(*rotate)
    assert refused.code == 5
    assert f"applications/{Tenant().application()['id']}/" in refused.out
    assign(policy)
    assert provision(*rotate, "--allow", "shorter-life").code == 0
    assert lives()[0] == 60 * DAY - timedelta(hours=1)


def test_what_may_exempt_is_a_warning(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the attributes cannot be read; by what can be, it is decided, and the two digests are one."""
    path = write_config(more="secret:\n  lifetime: 180d\n")
    carry("Exempt")
    forbid(rule("passwordAddition", exempts=True))
    known = provision("plan", path, "--sandbox", "-o", "json")
    assert "secrets-blocked" not in known.out
    with monkeypatch.context() as patch:
        cannot_be_read(patch)
        planned = provision("plan", path, "--sandbox", "-o", "json").json
        (found,) = [f for f in planned["findings"] if f["name"] == "secrets-blocked"]
        assert found["severity"] == "warning"
        assert "CustomSecAttributeAssignment.Read.All" in found["message"]
        checks = provision("doctor", path, "--sandbox", "-o", "json").json["checks"]
        (said,) = [c for c in checks if c["check"] == "secret policy"]
        assert said["state"] == "note"
    assert planned["digest"] == known.json["digest"]


def test_a_longer_life_is_tried_only_when_allowed(
    provision: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without ``--allow lifetime-over-policy`` the policy's lifetime is asked for, and a warning says so."""
    path = write_config(more="secret:\n  lifetime: 180d\n")
    carry("Exempt")
    forbid(rule("passwordLifetime", 90, exempts=True))
    cannot_be_read(monkeypatch)
    planned = provision("plan", path, "--sandbox", "-o", "json").json
    (found,) = [f for f in planned["findings"] if f["name"] == "lifetime-over-policy"]
    assert found["severity"] == "warning"
    assert apply(provision, path).code == 0
    assert lives() == [90 * DAY - timedelta(hours=1)]


def test_a_try_in_vain_never_makes_a_secret_that_ends_first(
    provision: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the policy allows ends before the present secret: Entra's refusal is told, and nothing is made."""
    path = write_config(more="secret:\n  lifetime: 180d\n")
    assert apply(provision, path).code == 0
    carry("exempt")
    forbid(rule("passwordLifetime", 90, exempts=True))
    cannot_be_read(monkeypatch)
    rotate = ("rotate", path, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    assert "shorter-life" in provision(*rotate).out
    tried = provision(*rotate, "--allow", "lifetime-over-policy")
    assert (tried.code, "lifetime-refused" in tried.out) == (5, True), tried.out
    assert len(lives()) == 1
