"""Exchange's limit: what each verb says of it, and ``mail.scope_by: graph``, which sets it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from provision.sandbox import Sandbox, Weather
from provision.sandbox.exchange import roles
from tests.soak import soaking
from tests.support import STATE, Program, Ran, Tenant, write_config

NAME = "collab-prod"
BOX, OTHER = "noreply@agency.example", "head@agency.example"
BASE = "/roleManagement/exchange"
DELIVER = ("--deliver", "file:out.secret")


def config(*, by: str = "graph", scope: str = "mailbox") -> str:
    path = write_config()
    text = Path(path).read_text()
    more = f"  scope: {scope}\n" + (f"  scope_by: {by}\n" if by else "")
    Path(path).write_text(text.replace(f"address: {BOX}\n", f"address: {BOX}\n{more}"))
    return path


def apply(provision: Program, path: str, *more: str) -> Ran:
    return provision("apply", path, "--sandbox", "--yes", *DELIVER, "-o", "json", *more)


class Office:
    """Exchange and the product, as somebody else sees them: the tenant's beta, and mail that is sent."""

    def __init__(self) -> None:
        self.tenant = Tenant()
        self.sandbox: Sandbox = self.tenant.sandbox

    def beta(self, method: str, path: str, body: Any = None) -> Any:
        token = self.sandbox.administrator_token(self.tenant.id)
        answer = self._send(
            method,
            f"https://graph.microsoft.com/beta{BASE}{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def _send(self, method: str, url: str, **more: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.sandbox.app)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(method, url, **more)

        return asyncio.run(send())

    @property
    def assignments(self) -> list[Any]:
        """Those of the application's principal."""
        holder = f"/ServicePrincipals/{self.principal}"
        found: list[Any] = self.beta("GET", "/roleAssignments")["value"]
        return [item for item in found if item["principalId"] == holder]

    @property
    def principal(self) -> str:
        app_id = self.tenant.application(NAME)["appId"]
        return str(self.tenant.get(f"/servicePrincipals(appId='{app_id}')")["id"])

    def user(self, address: str = BOX) -> str:
        self.sandbox.ensure_mailbox(self.tenant.id, address)
        return str(self.tenant.get(f"/users/{address}")["id"])

    def assign(self, place: str | None, role: str = "Application Mail.Send", scope: str | None = None) -> Any:
        found = self.beta("GET", f"/roleDefinitions?$filter=displayName eq '{role}'")["value"]
        return self.beta(
            "POST",
            "/roleAssignments",
            {
                "principalId": f"/ServicePrincipals/{self.principal}",
                "roleDefinitionId": found[0]["id"],
                "directoryScopeId": place,
                "appScopeId": scope,
            },
        )

    def token(self) -> str:
        """A token of the product, made now."""
        app_id = self.tenant.application(NAME)["appId"]
        form = {
            "grant_type": "client_credentials",
            "client_id": app_id,
            "client_secret": Path("out.secret").read_text().strip(),
            "scope": "https://graph.microsoft.com/.default",
        }
        url = f"https://login.microsoftonline.com/{self.tenant.id}/oauth2/v2.0/token"
        return str(self._send("POST", url, data=form).json()["access_token"])

    @property
    def granted(self) -> bool:
        """Whether Entra grants it, as a new token says."""
        claims = jwt.decode(self.token(), options={"verify_signature": False})
        return "Mail.Send" in claims.get("roles", ())

    def limited(self, now: datetime, *, lag: float) -> bool:
        """Whether Exchange lets the product send from the mailbox then, which the sandbox decides by."""
        store = self.sandbox.store.tenants[self.tenant.id]
        app, user = store.one("application", "uniqueName", NAME), store.one("user", "userPrincipalName", BOX)
        assert app is not None
        assert user is not None
        return "Mail.Send" in roles.allowed(store, app.props["appId"], user, now, lag)

    def sends(self, address: str = BOX, token: str | None = None) -> bool:
        """Whether the product may send mail from there now."""
        body = {"message": {"subject": "s", "toRecipients": [{"emailAddress": {"address": OTHER}}]}}
        answer = self._send(
            "POST",
            f"https://graph.microsoft.com/v1.0/users/{address}/sendMail",
            json=body,
            headers={"Authorization": f"Bearer {token or self.token()}"},
        )
        return answer.status_code == 202


def changes(ran: Ran) -> dict[str, str]:
    return {c["address"]: c["change"]["actions"][0] for c in ran.json["resource_changes"]}


def reasons(ran: Ran) -> dict[str, str]:
    return {c["address"]: c["reason"] for c in ran.json["resource_changes"]}


def names(ran: Ran) -> set[str]:
    return {f["name"] for f in ran.json["findings"]}


@pytest.fixture
def lag(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Every sandbox that is opened from now on has this weather."""
    plain = Sandbox.open.__func__  # type: ignore[attr-defined]

    def under(text: str) -> None:
        def opened(cls: type[Sandbox], path: Path | None, /, **more: Any) -> Sandbox:
            sandbox: Sandbox = plain(cls, path, **more)
            sandbox.weather = Weather.parse(text)
            return sandbox

        monkeypatch.setattr(Sandbox, "open", classmethod(opened))

    return under


def test_from_nothing_and_again(provision: Program, lag: Callable[[str], None]) -> None:
    """One run makes it, with its record; another writes nothing; mail goes once Exchange goes by it."""
    lag("exchange-lag=2h")
    path = config()
    planned = provision("plan", path, "--sandbox", "-o", "json")
    assert changes(planned)["mailbox_scope"] == "create"
    ran = apply(provision, path)
    assert ran.code == 0, ran.err + ran.out
    office = Office()
    (made,) = office.assignments
    assert made["directoryScopeId"] == f"/Users/{office.user()}"
    (tag,) = [t for t in office.tenant.application()["tags"] if t.startswith("provision:scop")]
    assert tag.startswith(f"provision:scoped:{made['id']}:")
    writes = office.tenant.writes
    again = apply(provision, path)
    assert (again.code, Office().tenant.writes) == (0, writes)
    assert "scope-limited" in names(provision("plan", path, "--sandbox", "-o", "json"))
    assert not office.sends()
    office.tenant.advance(hours=2, seconds=1)
    office.user(OTHER)
    assert (office.sends(), office.sends(OTHER)) == (True, False)
    verified = provision(
        "verify", path, "--sandbox", "--secret-from", "file:out.secret", "--send-to", OTHER, "-o", "json"
    )
    assert {r["rung"]: r["verdict"] for r in verified.json["rungs"]}.get("role") == "pass", verified.out
    assert verified.code == 0
    assert provision("drift", path, "--sandbox", "-o", "json").code == 0


def test_cut_anywhere_the_next_run_converges(provision: Program) -> None:
    """Whatever request is the last one of a run, there is one assignment after the next, and it is ours."""
    path = config()
    total = 40
    for struck in range(1, total):
        for when in ("before", "after"):
            Path(".provision/sandbox.json").unlink(missing_ok=True)
            ended = _struck(provision, ("apply", path, "--sandbox", "--yes", *DELIVER), struck, when)
            ran = apply(provision, path)
            assert ran.code == 0, (struck, when, ran.err, ran.out)
            office = Office()
            (made,) = office.assignments
            tags = [t for t in office.tenant.application()["tags"] if t.startswith("provision:scop")]
            assert [t.split(":")[2] for t in tags] == [made["id"]], (struck, when)
            if ended == 0:
                return
    raise AssertionError("a run takes more requests than that")


def _struck(provision: Program, argv: tuple[str, ...], struck: int, when: str) -> int:
    """Run a verb whose writes come to nothing from the one of that number on; its exit code."""
    count = 0
    meet = Weather.meet

    def met(self: Weather, method: str, where: str) -> Any:
        nonlocal count
        if method == "GET" or "oauth2" in where:
            return "before" if count >= struck else meet(self, method, where)
        count += 1
        if count == struck:
            return when
        return "before" if count > struck else meet(self, method, where)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Weather, "meet", met)
        return provision(*argv).code


@pytest.mark.soak
def test_from_the_organization_to_one_mailbox_and_back(
    provision: Program, lag: Callable[[str], None], pytestconfig: pytest.Config
) -> None:
    """Guided: each run says what is next and why it waits, and at every second mail can be sent.

    By whatever token of the last 90 minutes, and really by one an hour old each minute, and by a new one. A
    soak looks at each second, this at one in thirteen.
    """
    step = 1 if soaking(pytestconfig) else 13
    lag("exchange-lag=90m")
    assert apply(provision, config(scope="organization", by="")).code == 0
    office = Office()
    held = office.token()  # a product keeps its token for an hour
    ungranted = datetime.min.replace(tzinfo=UTC)  # when a new token lacked the grant last
    seconds = 0

    def pass_by(minutes: int) -> None:
        nonlocal held, ungranted, seconds
        granted = office.granted
        for minute in range(minutes):
            begins = office.sandbox.clock.now()
            for second in range(minute % step, 60, step):
                now = begins + timedelta(seconds=second)
                ungranted = ungranted if granted else now
                by_every_token = now - ungranted > timedelta(minutes=90)
                assert by_every_token or office.limited(now, lag=5400), (minute, second)
                seconds += 1
            office.tenant.advance(seconds=60)
            if minute % 60 == 0:
                held = office.token()
            assert office.sends(token=held), minute
            assert minute % 15 or office.sends()

    path = config()
    planned = provision("plan", path, "--sandbox", "-o", "json")
    assert (changes(planned)["mailbox_scope"], changes(planned)["consent"]) == ("create", "handoff")
    assert apply(provision, path).code == 3
    office = Office()
    writes = office.tenant.writes
    pass_by(100)
    waits = apply(provision, path, "--allow", "remove-grant")
    assert (waits.code, Office().tenant.writes) == (3, writes + _mails(100))
    assert "waits until" in reasons(waits)["consent"] if "resource_changes" in waits.json else True
    office = Office()
    pass_by(25)
    due = provision("plan", path, "--sandbox", "-o", "json")
    assert "--allow remove-grant" in reasons(due)["consent"]
    assert apply(provision, path).code == 3
    gone = apply(provision, path, "--allow", "remove-grant")
    assert gone.code == 0, gone.out
    office = Office()
    pass_by(130)
    office.user(OTHER)
    assert not office.sends(OTHER)
    back = config(scope="organization")
    ran = apply(provision, back)
    assert ran.code == 3
    office = Office()
    assert len(office.assignments) == 1
    pass_by(125)
    assert apply(provision, back).code == 0
    office = Office()
    assert office.assignments == []
    pass_by(100)
    assert apply(provision, back).code == 0
    assert seconds > 480 * 60 / (step + 1)


def _mails(minutes: int) -> int:
    return minutes + -(-minutes // 15)


PLACES = ("mailbox", "other", "group", "unit", "tenant", "custom", "several", "none")
TENANTS = [
    *itertools.product(PLACES, (False, True)),
    ("unread", False),
    ("unread", True),  # nobody here may read them
    ("filter", False),  # a management scope of this address alone
    ("lag", False),  # on the mailbox, and not in force yet
]


@pytest.mark.parametrize(("place", "granted"), TENANTS)
def test_what_each_verb_says(
    provision: Program, monkeypatch: pytest.MonkeyPatch, lag: Callable[[str], None], place: str, granted: bool
) -> None:
    """Twenty tenants: plan, show, doctor, drift and verify tell the one that it is, and write nothing."""
    if place == "lag":
        lag("exchange-lag=2h")
    assert apply(provision, config(scope="organization" if granted else "mailbox", by="")).code == 0
    office = Office()
    user, other = office.user(), office.user(OTHER)
    path = config(by="")
    places = {
        "mailbox": [f"/Users/{user}"],
        "other": [f"/users/{other}"],
        "tenant": ["/"],
        "none": [],
        "unit": ["/AdministrativeUnits/8b532c7a-4d3e-4e99-8ffa-2dfec92c62eb"],
        "several": [f"/Users/{user}", f"/Users/{other}"],
        "unread": ["/"],
        "lag": [f"/Users/{user}"],
    }
    if place == "group":
        body = {"displayName": "g", "mailNickname": "g", "mailEnabled": False, "securityEnabled": True}
        places["group"] = [f"/Groups/{office.tenant.do('POST', '/groups', body)['id']}"]
    if place in ("custom", "filter"):
        text = "Department -eq 'IT'" if place == "custom" else f"PrimarySmtpAddress -eq '{BOX}'"
        through = {"Exclusive": False, "RecipientFilter": text}
        scope = {"type": "RecipientScope", "displayName": "s", "customAttributes": through}
        office.assign(None, scope=office.beta("POST", "/customAppScopes", scope)["id"])
    for where in places.get(place, ()):
        office.assign(where)
    office.assign("/", "Application MailboxSettings.Read")
    told = {
        "mailbox": "scope-limited",
        "other": "scope-wider",
        "group": "scope-wider",
        "unit": "scope-wider",
        "tenant": "scope-everywhere",
        "custom": "scope-unknown",
        "several": "scope-wider",
        "none": "scope-nothing",
        "unread": "scope-unknown",
        "filter": "scope-limited",
        "lag": "scope-limited",
    }[place]
    alone = place in ("mailbox", "filter", "lag")
    if place == "unread":
        deny_in_exchange(monkeypatch)
    every = {
        "unscoped-grant",
        "scope-limited",
        "scope-wider",
        "scope-everywhere",
        "scope-unknown",
        "scope-nothing",
    }
    expected = "unscoped-grant" if granted else told
    office.tenant.sandbox.refresh()
    writes = Office().tenant.writes
    plan = provision("plan", path, "--sandbox", "-o", "json")
    assert names(plan) & every == {expected}
    shown = provision("show", path, "--sandbox", "-o", "json")
    assert names(shown) & every == {expected}
    words = next(f["message"] for f in plan.json["findings"] if f["name"] == expected)
    checks = provision("doctor", path, "--sandbox", "-o", "json").json["checks"]
    (reach,) = [c for c in checks if c["check"] == "reach of mail"]
    assert granted or reach["message"] == words
    assert (reach["state"] == "ok") == (alone and not granted)
    verified = provision("verify", path, "--sandbox", "--secret-from", "file:out.secret", "-o", "json")
    (rung,) = [r for r in verified.json["rungs"] if r["rung"] == "role"]
    assert granted or words in rung["message"]
    assert (rung["verdict"], verified.code) == (
        ("fail", 5) if granted else ("pass" if alone else "skipped", 0)
    )
    drift = provision("drift", path, "--sandbox", "-o", "json")
    found = [d for d in drift.json["findings"] if d["name"] == "undeclared-assignment"]
    wide = {"other": 1, "group": 1, "unit": 1, "tenant": 1, "several": 1}.get(place, 0)
    # Every role counts, that of the settings too, where they can be read.
    assert len(found) == (0 if place == "unread" else 1 + wide)
    assert ("RoleManagement.Read.Exchange" in drift.out) == (place == "unread" and not granted) or granted
    assert ("scope-nothing" in {d["name"] for d in drift.json["findings"]}) == (expected == "scope-nothing")
    assert Office().tenant.writes == writes
    assert STATE.exists()


def test_destroy_ends_the_limit_first(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Graph refuses that, it is handed over (3), and the application stays."""
    from provision.sandbox.errors import denied

    path = config()
    assert apply(provision, path).code == 0
    meet = Weather.meet
    with monkeypatch.context() as patch:
        refuse = lambda self, method, where: (  # noqa: E731
            denied() if method == "DELETE" and "/exchange/" in where else meet(self, method, where)
        )
        patch.setattr(Weather, "meet", refuse)
        ran = provision("destroy", path, "--sandbox", "--yes", "--allow", "destroy", "-o", "json")
        assert ran.code == 3, ran.out + ran.err
    assert len(Office().assignments) == 1
    assert provision("destroy", path, "--sandbox", "--yes", "--allow", "destroy", "-o", "json").code == 0
    left = Office().beta("GET", "/roleAssignments")["value"]
    assert left == []


def test_restore_sets_the_limit_again(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its record, once; who may not is handed the script (3), and the next run sets it."""
    path = config()
    assert apply(provision, path).code == 0
    first = Office().assignments[0]["id"]
    assert provision("destroy", path, "--sandbox", "--yes", "--allow", "destroy").code == 0
    planned = provision("restore", path, "--sandbox", "--dry-run", "-o", "json")
    assert changes(planned)["mailbox_scope"] == "create"
    with monkeypatch.context() as patch:
        deny_in_exchange(patch, "POST")
        ran = provision("restore", path, "--sandbox", "--yes", "-o", "json")
        assert ran.code == 3, ran.out + ran.err
        assert Office().assignments == []
    for _ in range(2):
        ran = provision("restore", path, "--sandbox", "--yes", "-o", "json")
        assert ran.code == 0, ran.out + ran.err
        office = Office()
        (made,) = office.assignments
        tags = [t for t in office.tenant.application()["tags"] if t.startswith("provision:scop")]
        assert [t.split(":")[2] for t in tags] == [made["id"]] != [first]
    writes = office.tenant.writes
    assert (apply(provision, path).code, Office().tenant.writes) == (0, writes)


@pytest.mark.parametrize("verb", ["destroy", "restore"])
def test_ended_or_brought_back_whatever_was_cut(provision: Program, verb: str) -> None:
    """Whichever write is the last of a run: after the next the limit is gone, or there and on record."""
    path = config()
    allow = ("--allow", "destroy", "-o", "json")
    argv = (verb, path, "--sandbox", "--yes", *(allow if verb == "destroy" else ("-o", "json")))
    for struck in itertools.count(1):
        STATE.unlink(missing_ok=True)
        assert apply(provision, path).code == 0
        if verb == "restore":
            assert provision("destroy", path, "--sandbox", "--yes", *allow).code == 0
        ended = _struck(provision, argv, struck, "after")
        again = provision(*argv)
        assert again.code == 0, (struck, again.out)
        office = Office()
        if verb == "destroy":
            assert office.beta("GET", "/roleAssignments")["value"] == []
        else:
            (made,) = office.assignments
            tags = [t for t in office.tenant.application()["tags"] if t.startswith("provision:scop")]
            assert [t.split(":")[2] for t in tags] == [made["id"]], struck
        if ended == 0:
            break
    assert struck > 3


def deny_in_exchange(patch: pytest.MonkeyPatch, *methods: str) -> None:
    """From now on nobody may do this in Exchange through Graph, or read what is there."""
    from provision.sandbox.errors import denied

    meet = Weather.meet
    patch.setattr(
        Weather,
        "meet",
        lambda self, method, where: (
            denied()
            if method in (methods or ("GET",)) and "/exchange/" in where
            else meet(self, method, where)
        ),
    )


def test_on_the_way_each_verb_says_how_the_grant_stands(provision: Program) -> None:
    """Entra's grant is there until it was removed; no verb says otherwise, and what is next is said."""
    assert apply(provision, config(scope="organization", by="")).code == 0
    path = config()
    for _ in range(2):
        for said in (apply(provision, path, "-o", "text").out, provision("show", path, "--sandbox").out):
            assert "Consent:  still granted in Entra, for every mailbox" in said
            assert "none in Entra" not in said
    found = provision("drift", path, "--sandbox", "-o", "json").json
    names = [item["name"] for item in found["findings"]]
    assert "mail-not-granted" not in names
    assert "unscoped-grant" in names
    waits = provision("plan", path, "--sandbox")
    assert "Apply would change nothing yet: its time has not come, as is said above." in waits.out
    assert '>     permission  "Microsoft Graph: Mail.Send"' in waits.out
    assert waits.err.splitlines()[-1] == f"Next: provision apply {path} --sandbox"
    Tenant().advance(hours=3)
    due = provision("plan", path, "--sandbox")
    whole = f"provision apply {path} --allow remove-grant --sandbox"
    assert f"'{whole}' removes it" in due.out
    assert due.err.splitlines()[-1] == f"Next: {whole}"
    gone = apply(provision, path, "--allow", "remove-grant", "-o", "text")
    assert (gone.code, "none in Entra" in gone.out, "unscoped-grant" in gone.out) == (0, True, False)
    back = config(scope="organization")
    assert "consent-revoked" not in provision("plan", back, "--sandbox").out
    ran = apply(provision, back, "-o", "text")
    assert ran.code == 3
    assert "Exchange: its limit: waits until" in ran.out


def test_a_fleet_says_what_each_waits_for(provision: Program) -> None:
    """Of many configs: who waits for an administrator is not who waits for an hour."""
    assert apply(provision, config(scope="organization", by="")).code == 0
    path = config()
    assert apply(provision, path).code == 3
    for number in range(11):
        write_config(f"c{number}.yaml", name=f"more-{number}")
    said = provision("plan", ".", "--sandbox").out
    assert "Its time has not come" in said
    assert "consent is waited for" not in said
