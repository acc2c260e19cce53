"""``provision consent``: given, handed over, waited for; and the ways in which it may not be there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from provision.clouds import CLOUDS
from provision.graph import consent as grants
from tests.callers import PIPELINE, Caller, acting, person
from tests.sandbox.served import Served, serving
from tests.support import TENANT, Program, Ran, Tenant, journal, write_config

__all__ = ["acting"]

Acting = Callable[..., AbstractContextManager[str]]
APPLY = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
CONSENT = ("--sandbox", "--yes", "-o", "json", "--log-file", "audit.jsonl")
MAIL_SEND = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
USER_READ_ALL = "df021288-bdef-4463-88db-98f22de89214"
GRAPH = "00000003-0000-0000-c000-000000000000"


@pytest.fixture
def handed_over(provision: Program) -> str:
    """A config whose consent is handed over, applied once."""
    config = write_config(more="consent: handoff\n")
    ran = provision("apply", config, *APPLY)
    assert ran.code == 3, ran.out + ran.err
    return config


def written() -> list[dict[str, Any]]:
    """Every call that was to write something, so far."""
    log = Path("audit.jsonl")
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


class Principal:
    """The application's service principal and its grants, as an administrator handles them."""

    def __init__(self) -> None:
        self.tenant = Tenant()
        client_id = self.tenant.application()["appId"]
        self.path = f"/servicePrincipals(appId='{client_id}')"
        self.graph = self.tenant.get(f"/servicePrincipals(appId='{GRAPH}')?$select=id")["id"]

    @property
    def id(self) -> str:
        """Its object id."""
        return str(self.tenant.get(f"{self.path}?$select=id")["id"])

    def grants(self) -> list[dict[str, Any]]:
        """The app roles that it has."""
        return list(self.tenant.get(f"{self.path}/appRoleAssignments")["value"])

    def grant(self, role: str = MAIL_SEND) -> None:
        """Give it one."""
        body = {"principalId": self.id, "resourceId": self.graph, "appRoleId": role}
        self.tenant.do("POST", f"/servicePrincipals/{self.graph}/appRoleAssignedTo", body)

    def revoke(self) -> None:
        """Take them all."""
        for item in self.grants():
            self.tenant.do("DELETE", f"/servicePrincipals/{self.graph}/appRoleAssignedTo/{item['id']}")

    def grant_on_behalf(self) -> None:
        """Give it Mail.Send as a delegated permission, for everybody."""
        body = {
            "clientId": self.id,
            "consentType": "AllPrincipals",
            "resourceId": self.graph,
            "scope": "openid Mail.Send",
        }
        self.tenant.do("POST", "/oauth2PermissionGrants", body)


# -- given --------------------------------------------------------------------------------------------


def test_the_administrators_own_run(provision: Program, handed_over: str) -> None:
    """The grant and nothing else, though the config hands it over; a second run writes nothing."""
    ran = provision("consent", handed_over, *CONSENT)
    assert ran.code == 0, ran.out + ran.err
    assert (ran.json["consent"]["state"], ran.json["consent"]["detail"]) == ("granted", "granted")
    assert ran.json["consent"]["message"] is None
    assert [(line["method"], line["url"].rpartition("/")[2]) for line in written()] == [
        ("POST", "appRoleAssignedTo")
    ]
    assert [item["appRoleId"] for item in Principal().grants()] == [MAIL_SEND]
    again = provision("consent", handed_over, *CONSENT)
    assert (again.code, len(written())) == (0, 1)
    assert provision("apply", handed_over, *APPLY).code == 0


def test_it_asks_first(provision: Program, handed_over: str) -> None:
    """Nobody to ask and no --yes: 64, and nothing is granted."""
    ran = provision("consent", handed_over, "--sandbox", "--log-file", "audit.jsonl")
    assert ran.code == 64
    assert "create consent" in ran.err
    assert written() == []


def test_without_an_application(provision: Program, config: str) -> None:
    """There is nothing to consent to yet."""
    ran = provision("consent", config, *CONSENT)
    assert (ran.code, ran.json["error"]) == (1, "not-applied")


def test_a_principal_that_is_missing_is_made_by_who_may(
    provision: Program, handed_over: str, acting: Acting
) -> None:
    """A Privileged Role Administrator may grant and not create: the link makes both. Others make it here."""
    principal = Principal()
    principal.tenant.do("DELETE", f"/servicePrincipals/{principal.id}")
    with acting(person("Privileged Role Administrator")):
        ran = provision("consent", handed_over, *CONSENT)
    assert ran.code == 3, ran.out + ran.err
    assert written() == []
    (reason, _) = [change["reason"] for change in ran.json["changes"]]
    assert "may not create the service principal" in reason
    assert "the consent link makes it" in reason
    ran = provision("consent", handed_over, *CONSENT)
    assert ran.code == 0
    assert {c["address"]: c["status"] for c in ran.json["changes"]} == {
        "service_principal": "done",
        "consent": "done",
    }


# -- handed over --------------------------------------------------------------------------------------

MAY_NOT = [
    person("Application Administrator"),
    person("Cloud Application Administrator"),
    person("User Administrator"),
    person(),
    PIPELINE.without("AppRoleAssignment.ReadWrite.All"),
]


@pytest.mark.parametrize("caller", MAY_NOT)
def test_who_may_not_is_told_who_may(
    provision: Program, handed_over: str, acting: Acting, caller: Caller
) -> None:
    """3, or 0 if that is allowed; the link, the role, a message; nothing that writes is even tried."""
    with acting(caller):
        ran = provision("consent", handed_over, *CONSENT)
        allowed = provision("consent", handed_over, *CONSENT, "--allow", "consent-pending")
        text = provision("consent", handed_over, "--sandbox")
    assert (ran.code, allowed.code, text.code) == (3, 0, 3), ran.out + ran.err
    assert written() == []
    consent = ran.json["consent"]
    assert (consent["state"], consent["role_needed"]) == ("required", "Privileged Role Administrator")
    client_id = Tenant().application()["appId"]
    assert consent["url"] == f"https://login.microsoftonline.com/{TENANT}/adminconsent?client_id={client_id}"
    body = consent["message"]["body"]
    assert {client_id, TENANT, consent["url"], "noreply@agency.example"} <= set(
        body.replace(";", " ").split()
    )
    assert "Privileged Role Administrator" in body
    copied = text.out.splitlines()
    assert f"Subject: {consent['message']['subject']}" in copied
    assert all(line in copied for line in body.splitlines())


def test_who_may_is_not_held_up(provision: Program, handed_over: str, acting: Acting) -> None:
    """The least that suffices, as a person and as an application."""
    with acting(person("Privileged Role Administrator")):
        assert provision("consent", handed_over, *CONSENT).code == 0
    Principal().revoke()
    with acting(Caller(frozenset({"AppRoleAssignment.ReadWrite.All", "Application.Read.All"}))):
        assert provision("consent", handed_over, *CONSENT).code == 0


def test_apply_hands_the_message_over_too(provision: Program, acting: Acting) -> None:
    """As plain lines to copy, at the end of the sheet."""
    config = write_config(more="consent: handoff\n")
    ran = provision("apply", config, "--sandbox", "--yes")
    assert ran.code == 3
    assert "\nMessage to send to the administrator:\n\nSubject: " in ran.out
    assert "Message to send" in provision("apply", config, "--sandbox", "--yes", "-o", "markdown").out


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_link_is_the_clouds_own(provision: Program, cloud: str) -> None:
    """In every cloud, in result and message; tests/test_clouds.py has the hosts and their sources."""
    config = write_config(tenant=f"{TENANT}\n  cloud: {cloud}", more="consent: handoff\n")
    consent = provision("apply", config, *APPLY).json["consent"]
    assert consent["url"].startswith(f"{CLOUDS[cloud].login}/{TENANT}/adminconsent?client_id=")
    assert consent["url"] in consent["message"]["body"].splitlines()


def test_one_mailbox_needs_no_consent(provision: Program) -> None:
    """Nothing to grant in Entra; said is what to do instead."""
    config = write_config()
    Path(config).write_text(Path(config).read_text().replace("mail:\n", "mail:\n  scope: mailbox\n"))
    assert provision("apply", config, *APPLY).code == 0
    ran = provision("consent", config, "--sandbox", "--yes")
    assert ran.code == 0
    assert "provision exchange" in ran.out
    assert provision("consent", config, *CONSENT).json["consent"]["state"] == "not-needed"
    assert written() == []


def test_a_plan_tells_waiting_from_changes(provision: Program, handed_over: str) -> None:
    """2 counts what a person must do, too; with --allow consent-pending only what apply would."""
    asked = ("plan", handed_over, "--sandbox", "--detailed-exitcode")
    ran = provision(*asked)
    assert ran.code == 2
    assert "Apply would change nothing: an administrator's consent is waited for." in ran.out
    assert provision(*asked, "--allow", "consent-pending").code == 0
    Tenant().advance(days=155)
    due = provision(*asked, "--allow", "consent-pending")
    assert (due.code, "waited for" in due.out) == (2, False)


# -- waited for ---------------------------------------------------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[float], None]], list[float]]:
    """Have something happen while the program waits; returns the lengths of the waits."""

    def meanwhile(happens: Callable[[float], None]) -> list[float]:
        waits: list[float] = []

        def passing(_: Any) -> Callable[[float], Awaitable[None]]:
            async def sleep(seconds: float) -> None:
                waits.append(seconds)
                await asyncio.to_thread(happens, sum(waits))

            return sleep

        monkeypatch.setattr("provision.cli.session.virtual_sleep", passing)
        return waits

    return meanwhile


def test_waiting_in_vain(provision: Program, handed_over: str, acting: Acting, meanwhile: Any) -> None:
    """3 once the time is over, to the second."""
    waits = meanwhile(lambda _: None)
    with acting(MAY_NOT[0]):
        ran = provision("consent", handed_over, *CONSENT, "--wait", "15m")
    assert (ran.code, sum(waits)) == (3, 900)
    assert max(waits) <= 30
    assert "waiting for the consent of 'collab-prod', 14:36 min of 15 min" in ran.err
    assert ran.json["consent"]["state"] == "required"


def test_an_interrupted_wait_goes_on(
    provision: Program, handed_over: str, acting: Acting, meanwhile: Any
) -> None:
    """Ctrl-C loses nothing: the next run sees what was granted meanwhile."""

    def ctrl_c(_: float) -> None:
        raise KeyboardInterrupt

    meanwhile(ctrl_c)
    principal = Principal()
    with acting(MAY_NOT[0]):
        assert provision("consent", handed_over, *CONSENT, "--wait", "1h").code == 130
        principal.grant()
        assert provision("consent", handed_over, *CONSENT, "--wait", "1h").code == 0


def test_what_is_there_is_not_waited_for(provision: Program, handed_over: str, meanwhile: Any) -> None:
    """Given by this very run: no wait."""
    waits = meanwhile(lambda _: None)
    assert provision("consent", handed_over, *CONSENT, "--wait", "1h").code == 0
    assert waits == []


def test_a_look_never_offers_to_grant(provision: Program, handed_over: str) -> None:
    """Though this identity may grant, and nobody is there to ask: 3 until it is there, then 0."""
    looked = (handed_over, "--sandbox", "--look-only", "--log-file", "audit.jsonl")
    ran = provision("consent", *looked)
    assert (ran.code, "Make this change" in ran.err) == (3, False), ran.err
    assert "Message to send to the administrator" in ran.out
    assert provision("consent", *looked, "--yes").code == 3
    assert written() == []
    Principal().grant()
    assert provision("consent", *looked).code == 0


@pytest.mark.parametrize("more", [(), ("--look-only",)])
def test_waiting_where_the_config_hands_it_over_only_looks(
    provision: Program, handed_over: str, meanwhile: Any, more: tuple[str, ...]
) -> None:
    """Without a terminal, too; the message is printed once, before the wait."""
    waits = meanwhile(lambda _: None)
    ran = provision("consent", handed_over, "--sandbox", "--wait", "1m", "--log-file", "audit.jsonl", *more)
    assert (ran.code, sum(waits), written()) == (3, 60, [])
    assert (ran.out + ran.err).count("Subject: ") == 1
    assert (ran.out + ran.err).count("gives it by this link") == 1
    assert ran.out == "collab-prod: Mail.Send: not granted yet\n"


def test_waiting_where_it_is_to_be_granted_asks(provision: Program, config: str) -> None:
    """Of several, those that hand it over are only looked at; a look alone needs nobody either."""
    handed = write_config("other.yaml", name="other", more="consent: handoff\n")
    assert provision("apply", config, handed, *APPLY[:2], "--deliver", "file:{name}.secret").code == 3
    Principal().revoke()
    assert provision("consent", config, handed, "--sandbox", "--wait", "5s").code == 64
    ran = provision("consent", config, handed, "--sandbox", "--wait", "5s", "--look-only")
    assert ran.code == 3, ran.err


# -- the ways of its not being there ------------------------------------------------------------------


def how(provision: Program, config: str) -> tuple[str, str, set[str]]:
    """Its state and detail in show, and the findings about it in plan."""
    consent = provision("show", config, "--sandbox", "-o", "json").json["consent"]
    findings = provision("plan", config, "--sandbox", "-o", "json").json["findings"]
    return (
        consent["state"],
        consent["detail"],
        {f["name"] for f in findings if f["name"].startswith("consent")},
    )


def test_required(provision: Program, handed_over: str) -> None:
    """Never given: nothing more to say."""
    assert how(provision, handed_over) == ("required", "required", set())


@pytest.mark.parametrize("by", ["apply", "consent"])
def test_revoked(provision: Program, handed_over: str, by: str) -> None:
    """A run on this machine saw it; another machine cannot know, and does not pretend to."""
    if by == "apply":
        Principal().grant()
        assert provision("apply", handed_over, *APPLY).code == 0  # only sees it
    else:
        assert provision("consent", handed_over, *CONSENT).code == 0
    Principal().revoke()
    assert how(provision, handed_over) == ("required", "revoked", {"consent-revoked"})
    journal().unlink()
    assert how(provision, handed_over) == ("required", "required", set())


def test_partial(provision: Program, handed_over: str) -> None:
    """Another permission is granted, this one is not; consent adds it and takes nothing away."""
    Principal().grant(USER_READ_ALL)
    assert how(provision, handed_over) == ("required", "partial", {"consent-partial"})
    assert provision("consent", handed_over, *CONSENT).code == 0
    assert {item["appRoleId"] for item in Principal().grants()} == {USER_READ_ALL, MAIL_SEND}


def test_delegated_only(provision: Program, handed_over: str, acting: Acting) -> None:
    """The delegated Mail.Send is none that the product can use; who may not read it does not fail."""
    Principal().grant_on_behalf()
    assert how(provision, handed_over) == ("required", "delegated-only", {"consent-delegated-only"})
    with acting(Caller(frozenset({"Application.ReadWrite.OwnedBy"}))):
        assert how(provision, handed_over) == ("required", "required", set())


def test_granted_asks_for_nothing_more(provision: Program, config: str, applied: Ran) -> None:
    """Delegated grants are read only where the consent is not there."""
    assert how(provision, config) == ("granted", "granted", set())
    assert "oauth2PermissionGrants" not in provision("plan", config, "--sandbox", "-v").err
    Principal().revoke()
    assert "oauth2PermissionGrants" in provision("plan", config, "--sandbox", "-v").err


# -- a pipeline of few rights, over HTTPS -------------------------------------------------------------

CLIENT = "22222222-2222-4222-8222-222222222222"
SEED = f"""\
tenant: {{id: {TENANT}, domain: agency.example}}
users: [{{user_principal_name: noreply@agency.example, mailbox: shared}}]
callers:
  - {{client_id: {CLIENT}, secret: known-to-the-test, roles: [Application.ReadWrite.OwnedBy]}}
"""


@pytest.fixture
def served() -> Iterator[Served]:
    """A served sandbox whose caller has the one permission."""
    with serving(SEED) as server:
        yield server


@pytest.fixture
def pipeline(provision: Program, served: Served, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program, signed in as that caller; the authority of the sandbox is found by its URL."""

    def call(*argv: str) -> Ran:
        with monkeypatch.context() as patch:
            patch.setenv("AZURE_TENANT_ID", TENANT)
            patch.setenv("AZURE_CLIENT_ID", CLIENT)
            patch.setenv("AZURE_CLIENT_SECRET", "known-to-the-test")
            return provision(*argv, "--sandbox-at", served.endpoint.url, "--auth", "environment")

    return call


def test_waiting_until_somebody_gave_it(
    pipeline: Program, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grant itself is looked at; whoever gives it is told before it is waited for."""
    config = write_config(more="consent: handoff\n")
    assert pipeline("apply", config, "--yes", "--deliver", "file:out.secret").code == 3
    monkeypatch.setattr("provision.engine.consent.FIRST_PAUSE", 0.05)
    headers = {"Authorization": f"Bearer {served.token(TENANT)}"}

    def grant() -> None:
        client_id = served.client.get("/v1.0/applications(uniqueName='collab-prod')", headers=headers).json()[
            "appId"
        ]
        body = {"principalId": object_id(client_id), "resourceId": object_id(GRAPH), "appRoleId": MAIL_SEND}
        path = f"/v1.0/servicePrincipals/{body['resourceId']}/appRoleAssignedTo"
        assert served.client.post(path, json=body, headers=headers).status_code == 201

    def object_id(client_id: str) -> str:
        path = f"/v1.0/servicePrincipals(appId='{client_id}')"
        return str(served.client.get(path, headers=headers).json()["id"])

    look, given = grants.assignments, set[str]()

    async def looked(*asked: Any) -> Any:
        seen = await look(*asked)
        if not given:  # right after the first look that found none
            given.add(config)
            await asyncio.to_thread(grant)
        return seen

    monkeypatch.setattr(grants, "assignments", looked)
    ran = pipeline("consent", config, "--wait", "20")
    assert ran.code == 0, ran.out + ran.err
    assert "collab-prod: Mail.Send: granted" in ran.out
    assert ran.err.index("Subject: ") < ran.err.index("waiting for the consent of 'collab-prod', 0:00 min")


def test_owned_by_is_enough_where_consent_is_handed_over(
    provision: Program, pipeline: Program, served: Served
) -> None:
    """From doctor to a rotation that is confirmed; an administrator gives the consent in between."""
    config = write_config(more="consent: handoff\n")
    json_, more = ("-o", "json"), ("--yes", "--deliver", "file:out.secret", "-o", "json")
    examined = pipeline("doctor", config, *json_)
    assert examined.code == 0, examined.out + examined.err
    assert examined.json["identity"]["kind"] == "application"
    needed = {r["step"]: r["state"] for r in examined.json["rights"] if r["state"] != "not-needed"}
    assert needed == {
        "read": "present",
        "create-application": "present",
        "change-application": "present",
        "create-service-principal": "present",
        "read-policy": "not-checked",
        "read-mailbox": "not-checked",
        "read-mailbox-scope": "not-checked",
    }
    assert pipeline("apply", config, *more).code == 3
    waiting = pipeline("consent", config, "--yes", *json_)
    assert (waiting.code, waiting.json["consent"]["state"]) == (3, "required")
    given = provision("consent", config, "--yes", "--sandbox-at", served.endpoint.url, *json_)
    assert (given.code, given.json["consent"]["state"]) == (0, "granted"), given.out + given.err
    again = pipeline("apply", config, *more)
    assert again.code == 0
    assert {change["status"] for change in again.json["changes"]} == {"unchanged"}
    assert pipeline("rotate", config, *more).code == 0
    assert pipeline("rotate", config, "--confirm", "--secret-from", "file:out.secret", *more).code == 0
