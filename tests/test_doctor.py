"""``provision doctor`` and the preflight of ``apply``: each right taken away, one by one, from each kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.callers import AS_USER, PERSON, PIPELINE, Caller, acting, person
from tests.support import Program, Ran, Tenant, write_config

__all__ = ["acting"]

Acting = Callable[..., AbstractContextManager[str]]
APPLY = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json", "--log-file", "audit.jsonl")
DOCTOR = ("--sandbox", "-o", "json")
READ = "Application.Read.All"
OWNED_BY = "Application.ReadWrite.OwnedBy"
MAKING = {"create-application", "change-application", "create-service-principal"}
CHANGING = {"change-application"}


def states(ran: Ran) -> dict[str, str]:
    """What doctor says of each right."""
    return {right["step"]: right["state"] for right in ran.json["rights"]}


def lacking(ran: Ran) -> set[str]:
    """The rights that doctor says are missing."""
    return {step for step, state in states(ran).items() if state == "missing"}


def refused(ran: Ran) -> str:
    """All that the error of a refused apply says."""
    return " ".join(error["message"] for error in (ran.json, *ran.json["errors"]))


SAID = {
    "create-application": "may not create the application",
    "change-application": "may not change the application",
    "create-service-principal": "may not create the service principal",
    "add-owners": "may not add owners",
}


def assert_no_write_before_saying_so(ran: Ran, missing: set[str], before: int) -> None:
    """77, exactly these named, no call that writes was even tried."""
    assert ran.code == 77, ran.out + ran.err
    assert {step for step, words in SAID.items() if words in refused(ran)} == missing
    log = Path("audit.jsonl")
    lines = map(json.loads, log.read_text().splitlines()) if log.exists() else ()
    assert [(line["event"], line["result"]) for line in lines] in ([], [("run", "no-permission")])
    assert Tenant().writes == before
    assert not Path("out.secret").exists()


# -- a new application -------------------------------------------------------------------------------

FRESH = [
    # caller, what doctor finds missing, its exit code, what apply ends with
    (PIPELINE, set(), 0, 0),
    (PIPELINE.without("Application.ReadWrite.All"), MAKING, 77, 77),
    (PIPELINE.without("AppRoleAssignment.ReadWrite.All"), {"grant-consent"}, 3, 3),
    (PIPELINE.without("Policy.Read.All"), set(), 0, 0),
    (PIPELINE.without("Mail.ReadBasic.All"), set(), 0, 0),
    (PIPELINE.without("Application.ReadWrite.All").also(OWNED_BY), set(), 0, 0),
    (
        PIPELINE.without("Application.ReadWrite.All").also("AppRegistration.Create"),
        MAKING - {"create-application"},
        77,
        77,
    ),
    (PERSON, set(), 0, 0),
    (PERSON.without(AS_USER).also(READ), MAKING, 77, 77),
    (PERSON.without("AppRoleAssignment.ReadWrite.All"), {"grant-consent"}, 3, 3),
    (PERSON.without("Policy.Read.All"), set(), 0, 0),
    (person("Application Administrator"), {"grant-consent"}, 3, 3),
    (person("Cloud Application Administrator"), {"grant-consent"}, 3, 3),
    # Whether every member may register applications is the tenant's affair; the sandbox lets them.
    (person("Privileged Role Administrator"), set(), 0, 0),
    (person("User Administrator"), {"grant-consent"}, 3, 3),
    (person(), {"grant-consent"}, 3, 3),
]


@pytest.mark.parametrize(("caller", "missing", "says", "ends"), FRESH)
def test_a_new_application(
    provision: Program, config: str, acting: Acting, caller: Caller, missing: set[str], says: int, ends: int
) -> None:
    """Doctor names exactly what lacks; apply makes no write before saying so, or does what it can."""
    with acting(caller):
        before = Tenant().writes
        examined = provision("doctor", config, *DOCTOR)
        assert (examined.code, lacking(examined)) == (says, missing), examined.out + examined.err
        assert examined.json["exit_code"] == says
        ran = provision("apply", config, *APPLY)
    if ends == 77:
        assert_no_write_before_saying_so(ran, missing, before)
    else:
        assert ran.code == ends, ran.out + ran.err
        assert Path("out.secret").exists()


@pytest.mark.parametrize(
    ("caller", "step"),
    [
        (PIPELINE.without("Policy.Read.All"), "read-policy"),
        (PIPELINE.without("Mail.ReadBasic.All", "Directory.Read.All").also(READ), "read-mailbox"),
        (PERSON.without("Policy.Read.All"), "read-policy"),
        (PERSON.without(AS_USER).also("Application.ReadWrite.All"), "read-mailbox"),
    ],
)
def test_what_may_not_be_read_is_not_checked(
    provision: Program, config: str, acting: Acting, caller: Caller, step: str
) -> None:
    """Never 77: it is said, with what it needs."""
    with acting(caller):
        ran = provision("doctor", config, *DOCTOR)
    assert ran.code == 0, ran.out
    assert states(ran)[step] == "not-checked"
    check = {"read-policy": "secret policy", "read-mailbox": "mailbox"}[step]
    (said,) = [item for item in ran.json["checks"] if item["check"] == check]
    assert said["state"] == "not-checked"
    assert "needs" in said["message"]


def test_nothing_may_be_read(provision: Program, config: str, acting: Acting) -> None:
    """The right to read, and with it every other that surely lacks, at once."""
    with acting(Caller(frozenset({"Policy.Read.All"}))):
        before = Tenant().writes
        examined = provision("doctor", config, *DOCTOR)
        ran = provision("apply", config, *APPLY)
    assert examined.code == 77
    assert lacking(examined) == {"read", "change-application", "create-service-principal", "grant-consent"}
    assert_no_write_before_saying_so(ran, {"change-application", "create-service-principal"}, before)
    assert READ in refused(ran)


# -- an application that is there --------------------------------------------------------------------

CHANGE = [
    (PIPELINE, set()),
    (PIPELINE.without("Application.ReadWrite.All"), CHANGING),
    (PIPELINE.without("Application.ReadWrite.All").also(OWNED_BY), CHANGING),  # it owns another one
    (PERSON, set()),
    (PERSON.without(AS_USER).also(READ, "RoleManagement.Read.Directory"), CHANGING),
    (person("Application Administrator"), set()),
    (person("Cloud Application Administrator"), set()),
    (person("Privileged Role Administrator"), CHANGING),
    (person("User Administrator"), CHANGING),
    (person("Groups Administrator"), CHANGING),
    (person(), CHANGING),
]


@pytest.mark.parametrize(("caller", "missing"), CHANGE)
def test_a_change(
    provision: Program, applied: Ran, acting: Acting, caller: Caller, missing: set[str]
) -> None:
    """Of an application that somebody else made."""
    Path("out.secret").unlink()
    config = write_config(display_name="Another name")
    with acting(caller):
        before = Tenant().writes
        examined = provision("doctor", config, *DOCTOR)
        assert (examined.code, lacking(examined)) == (77 if missing else 0, missing), examined.out
        ran = provision("apply", config, *APPLY)
    if missing:
        assert_no_write_before_saying_so(ran, missing, before)
        assert "needs" in refused(ran)
        assert "Privileged Role Administrator" in ran.json["fix"]  # who gives it
    else:
        assert ran.code == 0, ran.out + ran.err


@pytest.mark.parametrize("caller", [PIPELINE.without("Application.ReadWrite.All").also(OWNED_BY), person()])
def test_an_owner(provision: Program, applied: Ran, acting: Acting, caller: Caller) -> None:
    """Owning it is enough, for a pipeline with OwnedBy and for a person without a role."""
    config = write_config(display_name="Another name")
    with acting(caller) as caller_id:
        pass
    Tenant().owned_by(caller_id)
    with acting(caller):
        examined = provision("doctor", config, *DOCTOR)
        ran = provision("apply", config, *APPLY)
    assert (examined.code, lacking(examined)) == (0, set()), examined.out
    assert ran.code == 0, ran.out + ran.err


def test_owners_to_be_added(provision: Program, applied: Ran, acting: Acting) -> None:
    """A step with a right of its own: an application needs Directory.Read.All beside it."""
    owner = Tenant().get("/users/noreply@agency.example")["id"]
    config = write_config()
    text = Path(config).read_text().replace("application:\n", f"application:\n  owners: [{owner}]\n")
    Path(config).write_text(text)
    Path("out.secret").unlink()
    with acting(PIPELINE):
        assert lacking(provision("doctor", config, *DOCTOR)) == set()
    with acting(PIPELINE.without("Directory.Read.All")):
        before = Tenant().writes
        assert lacking(provision("doctor", config, *DOCTOR)) == {"add-owners"}
        assert_no_write_before_saying_so(provision("apply", config, *APPLY), {"add-owners"}, before)


def test_rotate_has_the_same_preflight(provision: Program, config: str, applied: Ran, acting: Acting) -> None:
    """No secret is tried to be made."""
    Path("out.secret").unlink()
    with acting(PIPELINE.without("Application.ReadWrite.All")):
        before = Tenant().writes
        ran = provision("rotate", config, *APPLY)
    assert_no_write_before_saying_so(ran, CHANGING, before)


# -- what is not sure --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "changed"),
    [
        (PIPELINE.without("Application.ReadWrite.All"), {"unreadable": True}),
        (person("User Administrator"), {"wids": ["aaaaaaaa-0000-4000-8000-000000000000"]}),
        (
            Caller(
                PIPELINE.without("Application.ReadWrite.All").permissions,
                roles=("Application Administrator",),
            ),
            {},
        ),
    ],
    ids=["unreadable", "a role of the tenant's own", "an application with a directory role"],
)
def test_what_is_not_sure_is_tried(
    provision: Program,
    applied: Ran,
    acting: Acting,
    caller: Caller,
    changed: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unknown, no reason to refuse; Graph has the last word, and apply ends with what it says."""
    config = write_config(display_name="Another name")
    if changed.pop("unreadable", False):
        monkeypatch.setattr("provision.graph.tokens.Tokens.claims", lambda _: {})
    with acting(caller, **changed):
        examined = provision("doctor", config, *DOCTOR)
        assert states(examined)["change-application"] == "unknown", examined.out
        assert examined.code == 0
        ran = provision("apply", config, *APPLY)
    assert (ran.code, Path("audit.jsonl").read_text().count("Authorization_RequestDenied")) == (77, 1)


# -- how often the tenant is asked ----------------------------------------------------------------------


def graph_requests(ran: Ran) -> list[str]:
    """The requests to Graph that --verbose told of."""
    return [line for line in ran.err.splitlines() if "graph.microsoft.com/v1.0" in line]


@pytest.mark.parametrize("caller", [PIPELINE, PERSON, PIPELINE.without("AppRoleAssignment.ReadWrite.All")])
def test_nothing_more_is_asked_where_the_token_settles_it(
    provision: Program, config: str, acting: Acting, caller: Caller
) -> None:
    """As many requests as plan, before the creation; no owners, no roles."""
    with acting(caller):
        looked = provision("plan", config, "--sandbox", "-v")
        ran = provision("apply", config, *APPLY, "-v")
    asked = graph_requests(ran)
    first_write = next(at for at, line in enumerate(asked) if line.startswith("POST"))
    assert first_write == len(graph_requests(looked))
    assert "/v1.0/applications ->" in asked[first_write]
    assert not [line for line in asked if "owners" in line or "oleAssignments?" in line or "emberOf" in line]


def test_an_owned_by_caller_has_owners_read_along_the_way(
    provision: Program, applied: Ran, acting: Acting
) -> None:
    """Beside the principal and the grants, so it is no round trip more; a plan does not ask for them."""
    config = write_config(display_name="Another name")
    caller = PIPELINE.without("Application.ReadWrite.All").also(OWNED_BY)
    with acting(caller) as caller_id:
        pass
    Tenant().owned_by(caller_id)
    with acting(caller):
        looked = provision("plan", config, "--sandbox", "-v")
        ran = provision("apply", config, *APPLY, "-v")
    assert ran.code == 0
    assert not [line for line in graph_requests(looked) if "/owners" in line]
    asked = graph_requests(ran)
    first_write = next(at for at, line in enumerate(asked) if line.startswith("PATCH"))
    assert first_write == len(graph_requests(looked)) + 1


# -- the rest of doctor ------------------------------------------------------------------------------


def check(ran: Ran, name: str) -> dict[str, Any]:
    """The one check of that name."""
    (found,) = [item for item in ran.json["checks"] if item["check"] == name]
    return dict(found)


def test_doctor_writes_nothing(provision: Program, config: str, applied: Ran) -> None:
    """Neither in Graph nor in a sink; and says that a rehearsal contacts none."""
    before = Tenant().writes
    ran = provision("doctor", config, *DOCTOR)
    assert (ran.code, Tenant().writes) == (0, before)
    assert check(ran, "delivery")["state"] == "not-checked"
    assert "not contacted" in check(ran, "delivery")["message"]
    assert check(ran, "plan")["message"] == "nothing to do"


def test_a_sink_is_probed_and_no_command_run(provision: Program, config: str) -> None:
    """What the probe proves is said; a command that would leave a trace leaves none."""
    ran = provision(
        "doctor", config, *DOCTOR, "--allow", "rehearsal-delivery", "--deliver", "command:touch ran"
    )
    assert ran.code == 0
    assert "whether it works shows when it runs" in check(ran, "delivery")["message"]
    assert not Path("ran").exists()
    ran = provision("doctor", config, *DOCTOR, "--deliver", "file:nowhere/out.secret")
    assert (ran.code, check(ran, "delivery")["name"]) == (1, "sink-unusable")


def test_the_secret_policy(provision: Program, config: str) -> None:
    """What policy allows; where it lets no secret be made, the code that apply would refuse with."""
    tenant = Tenant()
    lifetime = {
        "restrictionType": "passwordLifetime",
        "state": "enabled",
        "maxLifetime": "P90D",
        "restrictForAppsCreatedAfterDateTime": None,
    }
    body = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [lifetime]}}
    tenant.do("PATCH", "/policies/defaultAppManagementPolicy", body)
    ran = provision("doctor", config, *DOCTOR)
    assert "less than 90 days" in check(ran, "secret policy")["message"]
    lifetime |= {"restrictionType": "passwordAddition", "maxLifetime": None}
    tenant.do("PATCH", "/policies/defaultAppManagementPolicy", body)
    ran = provision("doctor", config, *DOCTOR)
    assert (ran.code, check(ran, "secret policy")["name"]) == (5, "secrets-blocked")


def test_the_clock_is_a_note(provision: Program, config: str) -> None:
    """Now is the service's; a machine that is off is told, and nothing fails."""
    Tenant().advance(hours=2)
    ran = provision("doctor", config, *DOCTOR)
    assert (ran.code, check(ran, "clock")["state"]) == (0, "note")
    assert "behind" in check(ran, "clock")["message"]


def test_text_markdown_and_several(provision: Program, config: str, acting: Acting) -> None:
    """Aligned text with what lacks below it, two tables, and a list of several with the worst code."""
    other = write_config("other.yaml", name="other")
    with acting(PIPELINE.without("Application.ReadWrite.All")):
        text = provision("doctor", config, "--sandbox")
        page = provision("doctor", config, "--sandbox", "-o", "markdown")
        both = provision("doctor", config, other, *DOCTOR)
    assert {text.code, page.code, both.code} == {77}
    rows = [line for line in text.out.splitlines() if "  missing  " in line]
    assert len(rows) == 3
    assert len({line.index("missing") for line in rows}) == 1
    assert "needs Application.ReadWrite.OwnedBy" in text.out
    assert "| **missing** |" in page.out
    assert both.json["format"] == "provision.doctors/1"
    assert [item["name"] for item in both.json["doctors"]] == ["collab-prod", "other"]


def test_each_step_names_the_next(provision: Program, config: str) -> None:
    """From doctor to the sheet, without a page at hand; where something stands in the way, that is said."""
    assert provision("doctor", config, "--sandbox").err.endswith(f"Next: provision plan {config} --sandbox\n")
    planned = provision("plan", config, "--sandbox")
    assert planned.err.endswith(f"Next: provision apply {config} --sandbox\n")
    assert provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret").code == 0
    assert provision("plan", config, "--sandbox").err.endswith(f"Next: provision show {config} --sandbox\n")
    assert "Next:" not in provision("plan", config, "--sandbox", "-o", "json").err
    assert "Next:" not in provision("plan", config, "--sandbox", "--out", "saved.json").err
    missing = provision("plan", config, "missing.yaml", "--sandbox")
    assert missing.code != 0
    assert "Next:" not in missing.err
