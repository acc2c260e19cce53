"""``--timeout``: what passes is waited for within the budget, with progress that says for what and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.sandbox import Sandbox
from provision.sandbox.faults.weather import Weather
from tests.support import Program, Tenant

APPLY = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")


@pytest.fixture
def weather(monkeypatch: pytest.MonkeyPatch) -> Weather:
    """The weather over the next run's embedded sandbox."""
    made = Weather()
    opened = Sandbox.open

    def under_it(path: Path, *args: object, **more: object) -> Sandbox:
        sandbox = opened(path)
        sandbox.weather = made
        made.now = lambda: sandbox.clock.now().timestamp()
        return sandbox

    monkeypatch.setattr(Sandbox, "open", under_it)
    return made


BUSY = {"Retry-After": "7"}
PASSING = [
    ("POST", "*/applications", 429, "TooManyRequests", "", BUSY, "Graph asks to slow down"),
    ("PATCH", "*/servicePrincipals(appId*", 503, "UnknownError", "", {}, "temporary fault (503)"),
    ("GET", "*/applications(uniqueName*", 500, "UnknownError", "", {}, "temporary fault (500)"),
    (
        "PATCH",
        "*/applications/*",
        409,
        "Directory_ConcurrencyViolation",
        "",
        {},
        "somebody else is writing to the same object",
    ),
    (
        "POST",
        "*/addPassword",
        404,
        "Request_ResourceNotFound",
        "Resource does not exist.",
        {},
        "Entra has not yet spread the new object",
    ),
    (
        "POST",
        "*/appRoleAssignedTo",
        400,
        "Request_BadRequest",
        "Not a valid reference update.",
        {},
        "Entra has not yet spread the new object",
    ),
]


@pytest.mark.parametrize(("method", "path", "status", "code", "message", "headers", "why"), PASSING)
def test_what_passes_is_waited_for(
    provision: Program,
    config: str,
    weather: Weather,
    method: str,
    path: str,
    status: int,
    code: str,
    message: str,
    headers: dict[str, str],
    why: str,
) -> None:
    """Twice refused, then done; told is what was asked, why it waits and how long it may."""
    fault = weather.fail(method, path, status, code, message, times=2, headers=headers)
    ran = provision("apply", config, *APPLY)
    assert ran.code == 0, ran.out + ran.err
    assert fault.seen > 2
    told = [line for line in ran.err.splitlines() if why in line]
    assert len(told) == 2, ran.err
    assert told[0].startswith(f"{method} ")
    assert "of 120 s" in told[0]
    assert "5f" not in told[0].partition(":")[0]  # names, no ids
    if headers:
        assert "trying again in 7 s" in told[0]


def test_the_budget_is_kept(provision: Program, config: str, weather: Weather) -> None:
    """A fault that stays ends the run once the time is over, not before and not much later."""
    weather.fail("POST", "*/applications", 503, times=1000)
    for timeout, least, most in (("0", 1, 1), ("20", 5, 9), ("5m", 20, 40)):
        asked = weather.fail("POST", "*/applications", 503, times=0)
        ran = provision("apply", config, *APPLY, "--timeout", timeout)
        assert (ran.code, ran.json["changes"][0]["error"]["error"]) == (69, "throttled"), ran.err
        assert least <= asked.seen <= most, timeout
        weather._faults.remove(asked)


def test_a_wait_that_is_longer_than_the_budget_is_not_begun(
    provision: Program, config: str, weather: Weather
) -> None:
    """Graph asks for ten minutes, a minute is allowed: said at once, and with ten allowed waited for."""
    weather.fail("POST", "*/applications", 429, "TooManyRequests", headers={"Retry-After": "600"})
    ran = provision("apply", config, *APPLY, "--timeout", "60")
    assert ran.code == 69
    assert "trying again" not in ran.err
    weather.fail("POST", "*/applications", 429, "TooManyRequests", headers={"Retry-After": "600"})
    assert provision("apply", config, *APPLY, "--timeout", "10m").code == 0


def test_slow_replication(provision: Program, config: str, weather: Weather) -> None:
    """A minute until every replica knows: converged, and told that it waits for Entra."""
    weather.replication = 60
    ran = provision("apply", config, *APPLY)
    assert ran.code == 0, ran.out + ran.err
    assert "Entra has not yet spread the new object" in ran.err
    weather.replication = 0
    assert provision("apply", config, *APPLY).json["changes"][0]["status"] == "unchanged"
    assert [app["uniqueName"] for app in Tenant().get("/applications")["value"]] == ["collab-prod"]


@pytest.mark.parametrize("seed", range(6))
def test_at_its_worst(provision: Program, config: str, weather: Weather, seed: int) -> None:
    """A third of all requests fail in passing, replicas lag: converged, one application, one secret."""
    weather.__dict__.update(throttle=0.1, error=0.1, reset=0.05, lost_reply=0.05, replication=60, seed=seed)
    weather.__post_init__()
    ran = provision("apply", config, *APPLY, "--timeout", "10m")
    assert ran.code == 0, ran.out + ran.err
    weather.__dict__.update(throttle=0.0, error=0.0, reset=0.0, lost_reply=0.0, replication=0.0)
    (app,) = Tenant().get("/applications")["value"]
    assert len(app["passwordCredentials"]) == 1
    assert Path("out.secret").read_text().startswith(app["passwordCredentials"][0]["hint"])


@pytest.mark.parametrize("value", [" ", "-1", "1w", "x", "1.5", "٣", "99999999"])
def test_what_is_no_length_of_time(provision: Program, config: str, value: str) -> None:
    """64, and how it is written."""
    ran = provision("plan", config, "--sandbox", "--timeout", value)
    assert ran.code == 64
    assert "5m" in ran.err
