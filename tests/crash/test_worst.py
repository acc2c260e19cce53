"""Weather at its worst: a third of all requests fail, bursts of 429, a minute of replication."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox import Sandbox
from tests.crash.effects import weather
from tests.soak import soaking
from tests.support import Program, Tenant, write_config

SAMPLE, SOAK = 6, 1000
# What a run may end with where it did not converge; anything else is a fault of the program.
CLEAR = {
    "unreachable",
    "throttled",
    "not-spread-yet",
    "written-to-by-others",
    "unseen-secret",
    "not-revoked",
    "changed-meanwhile",
}
DELIVER = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A few seeds in ``make test``, a thousand in ``make soak``."""
    if "seed" in metafunc.fixturenames:
        soaks = soaking(metafunc.config)
        metafunc.parametrize("seed", range(SOAK if soaks else SAMPLE))


def named(document: Any) -> set[str]:
    """The names of everything that went wrong in a run."""
    if document["format"] == "provision.error/2":
        return {document["error"], *(error["error"] for error in document["errors"])}
    return {change["error"]["error"] for change in document["changes"] if change["error"]}


@pytest.mark.soak
def test_it_ends_converged_or_with_a_clear_error(
    provision: Program, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """However a run in it ends, the next ones in fair weather find one application and one secret."""
    config = write_config()
    original = Sandbox.open
    fair = False

    def opened(*args: Any, **options: Any) -> Sandbox:
        sandbox = original(*args, **options)
        if not fair:
            sandbox.weather = weather(
                sandbox, error=0.3, throttle=0.15, lost_reply=0.05, replication=60.0, seed=seed
            )
        return sandbox

    monkeypatch.setattr(Sandbox, "open", opened)
    for _ in range(2):
        ran = provision("apply", config, *DELIVER)
        assert ran.code in (0, 3) or named(ran.json) <= CLEAR, ran.out
    fair = True
    for _ in range(3):
        last = provision("apply", config, *DELIVER)
    assert last.code == 0, last.out
    assert Counter(change["status"] for change in last.json["changes"]) == {"unchanged": 4}
    tenant = Tenant()
    (app,) = tenant.get("/applications")["value"]
    (secret,) = app["passwordCredentials"]
    assert Path("out.secret").read_text()[:3] == secret["hint"]
