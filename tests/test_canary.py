"""Secrets leave by the chosen delivery alone: every verb, every output, every failure is searched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest

from provision.cli.options import FormatOf
from provision.delivery import command
from provision.report.formats import Format
from provision.sandbox import Sandbox, Weather
from provision.sandbox.faults.weather import Fault
from tests.support import TENANT, Program, Tenant, write_config
from tools.docs.program import commands

OUTPUTS = ("text", "json", "markdown")
# What a stranger might plant where a secret does not belong.
PLANTED = "canary-8f14e45fceea167a5a36dedd4bea2543"


@pytest.fixture
def minted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every value that the sandbox ever gave out, seen at the type that guards it."""
    from provision.secret import Secret

    values: list[str] = []
    original = Secret.__init__

    def noted(self: Secret, value: str) -> None:
        values.append(value)
        original(self, value)

    monkeypatch.setattr(Secret, "__init__", noted)
    return values


def found_in(folder: Path, values: list[str], *, but: tuple[str, ...] = ()) -> list[str]:
    """Return the files that hold one of the values, except those that are the delivery."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
        and str(path.relative_to(folder)) not in but
        and any(value.encode() in path.read_bytes() for value in values)
    ]


# What each command is called with, in an order in which each has something to do.
MADE = ("prod.yaml", "--sandbox", "-v", "--deliver", "file:out.secret")
LOOK = ("prod.yaml", "--sandbox", "-v")
YES = (*MADE, "--yes", "--log-file", "log.jsonl")
CALLS: dict[str, tuple[tuple[str, ...], ...]] = {
    "validate": (("prod.yaml",),),
    "plan": ((*MADE, "--out", "plan.json"),),
    "apply": (YES,),
    "show": (MADE,),
    "rotate": ((*YES, "--again"), (*YES, "--confirm", "--secret-from", "file:out.secret")),
    "verify": ((*LOOK, "--secret-from", "file:out.secret"),),
    "consent": ((*LOOK, "--yes"),),
    "doctor": (MADE,),
    "drift": (LOOK,),
    "expiry": (LOOK,),
    "orphans": (LOOK,),
    "exchange": (LOOK,),
    "import": (("--search", "--tenant", TENANT, "--sandbox"),),
    "sandbox show": ((),),
    "sandbox clock": ((),),
    "explain": (("PRV501",),),
    "schema": ((),),
    "destroy": ((*YES, "--allow", "destroy"),),
    "restore": (YES,),
}
# They know of no registration: they print what is in the package, read documents that others printed, begin.
STRANGERS = {
    "init", "combine", "example", "docs", "completion",
    "sandbox coverage", "sandbox reset", "sandbox seed", "sandbox serve",
}  # fmt: skip


def formats_of(called: click.Command) -> tuple[str, ...]:
    """The formats that a command has; text alone if there are none to choose from."""
    return next((tuple(p.type.choices) for p in called.params if isinstance(p.type, FormatOf)), ("text",))


def test_no_verb_and_no_output_tells_the_value(
    provision: Program, clean_folder: Path, minted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command in each format that it has, verbose, with a log: the value is in its file alone."""
    monkeypatch.setenv("AZURE_CLIENT_SECRET", PLANTED)
    there = commands()
    assert set(CALLS) | STRANGERS == there.keys()
    write_config(more="  scope: mailbox\n")
    said: dict[tuple[str, str], str] = {}
    for output in Format:
        for name, calls in CALLS.items():
            if output.value not in formats_of(there[name]):
                continue
            chosen = ("-o", output.value) if formats_of(there[name]) != ("text",) else ()
            for argv in calls:
                ran = provision(*name.split(), *argv, *chosen)
                assert ran.code in (0, 4), (name, output.value, ran.err + ran.out)
                said[name, output.value] = said.get((name, output.value), "") + ran.out + ran.err
        assert Path("out.secret").read_text() == minted[-1]
        Tenant().advance(days=151)  # the next round renews
    assert len(minted) >= 8
    for value in (*minted, PLANTED):
        assert [told for told, text in said.items() if value in text] == []
    assert found_in(clean_folder, [*minted, PLANTED], but=("out.secret",)) == []


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_failure_tells_the_value(
    provision: Program,
    clean_folder: Path,
    minted: list[str],
    monkeypatch: pytest.MonkeyPatch,
    output: str,
) -> None:
    """Sinks that fail in every way, some of which repeat what they were given."""
    config = write_config()
    sinks = {
        "fails": "import sys; sys.stdin.read(); sys.exit(9)",
        "repeats": "import sys; v = sys.stdin.read(); print(v); print(v, file=sys.stderr); sys.exit(1)",
        "dies": "import os, sys; sys.stdin.read(); os.kill(os.getpid(), 9)",
        "hangs": "import sys, time; v = sys.stdin.read(); print(v); time.sleep(60)",
        "repeats_well": "import sys; v = sys.stdin.read(); print(v); print(v, file=sys.stderr)",
    }
    said = ""
    for name, code in sinks.items():
        Path(f"{name}.py").write_text(code)
        monkeypatch.setattr(command, "_TIMEOUT", 0.5 if name == "hangs" else 30)
        ran = provision(
            "apply",
            config,
            "--sandbox",
            "--yes",
            "-v",
            "-o",
            output,
            "--allow",
            "rehearsal-delivery",
            "--deliver",
            f"command:{sys.executable} {name}.py",
            "--allow",
            "not-taken-before",
        )
        assert ran.code == (0 if name == "repeats_well" else 1), ran.err
        said += ran.out + ran.err
    assert len(minted) == len(sinks)
    for value in minted:
        assert value not in said
    assert found_in(clean_folder, minted) == []


def test_a_config_cannot_read_a_credential(
    provision: Program, monkeypatch: pytest.MonkeyPatch, clean_folder: Path
) -> None:
    """A stranger's config that asks for credential variables is refused, and shows none of them."""
    for name in ("AZURE_CLIENT_SECRET", "GITHUB_TOKEN", "MY_PASSWORD", "SIGNING_KEY", "SYSTEM_ACCESSTOKEN"):
        monkeypatch.setenv(name, PLANTED)
        config = write_config(display_name=f'"${{{name}}}"')
        for verb in ("validate", "plan", "apply"):
            ran = provision(verb, config, *(() if verb == "validate" else ("--sandbox",)))
            assert ran.code == 65
            assert "PRV210" in ran.err
            assert PLANTED not in ran.out + ran.err
    assert found_in(clean_folder, [PLANTED]) == []


WRITES = {
    "application": ("POST", "*/applications"),
    "principal": ("PATCH", "*/serviceprincipals(appid=*"),
    "secret": ("POST", "*/addpassword"),
    "grant": ("POST", "*/approleassignedto"),
    "record": ("PATCH", "*/applications/*"),
}
FAULTS = ("429", "500", "503", "before", "after")


@pytest.fixture
def weather(monkeypatch: pytest.MonkeyPatch) -> Iterator[Weather]:
    """The weather of every sandbox that is opened from now on; nobody waits for it to pass."""
    from provision.graph.connect import in_process

    shared = Weather()
    original = Sandbox.open.__func__  # type: ignore[attr-defined]

    def opened(cls: type[Sandbox], *args: Any, **more: Any) -> Sandbox:
        sandbox: Sandbox = original(cls, *args, **more)
        sandbox.weather = shared
        return sandbox

    async def at_once(_: float) -> None:
        return None

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "open", classmethod(opened))
        patched.setattr("provision.cli.session.in_process", partial(in_process, sleep=at_once))
        yield shared


def strike(weather: Weather, write: str, fault: str, times: int) -> Fault:
    """Let one of the writes meet a fault, so many times."""
    method, path = WRITES[write]
    if fault in ("before", "after"):
        return weather.cut(method, path, "after" if fault == "after" else "before", times=times)
    return weather.fail(method, path, int(fault), "UnknownError", times=times, headers={"Retry-After": "1"})


@pytest.mark.parametrize("times", [1, 1000])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("write", WRITES)
def test_no_weather_tells_the_value(
    provision: Program,
    clean_folder: Path,
    minted: list[str],
    weather: Weather,
    write: str,
    fault: str,
    times: int,
) -> None:
    """Busy, broken, cut before or after the effect, on every write, once or for good; then it clears up.

    No value is told, and the run after it has one secret, recorded, whose value is in the file.
    """
    config = write_config()
    struck = strike(weather, write, fault, times)
    said, kept = "", ("out.secret",)
    run = ("apply", config, "--sandbox", "--yes", "-v", "--deliver", "file:out.secret")
    for output in OUTPUTS[: 1 + (times > 1)]:
        ran = provision(*run, "-o", output)
        # A second run, or a look before the next try, may find that a write took effect unseen.
        lasts = output == OUTPUTS[0] and fault != "after"
        expected = {0} if times == 1 else {1, 69} if lasts else {0, 1, 69}
        assert ran.code in expected, ran.err + ran.out
        assert struck.seen >= 1
        said += ran.out + ran.err
        assert found_in(clean_folder, minted, but=kept) == []
    weather.__post_init__()  # fine again
    after = provision(*run, "-o", "json")
    assert after.code == 0, after.out + after.err
    assert minted
    for value in minted:
        assert value not in said + after.out + after.err
    assert found_in(clean_folder, minted, but=kept) == []
    assert list(Path(".provision").glob("crash-*")) == []
    app = Tenant().application()
    (secret,) = app["passwordCredentials"]
    assert f"provision:delivered:{secret['keyId']}" in app["tags"]
    assert Path("out.secret").read_text() == next(v for v in minted if v[:3] == secret["hint"])


def test_what_cannot_be_revoked_is_named(
    provision: Program, clean_folder: Path, minted: list[str], weather: Weather
) -> None:
    """Nobody has the value, and the secret lives on: the error has its key id, and not the value."""
    weather.fail("POST", "*/removepassword", 500, "UnknownError", times=1000)
    Path("fails.py").write_text("import sys; sys.stdin.read(); sys.exit(9)")
    sink = ("--allow", "rehearsal-delivery", "--deliver", f"command:{sys.executable} fails.py")
    ran = provision("apply", write_config(), "--sandbox", "--yes", *sink, "-o", "json")
    (failed,) = [change["error"] for change in ran.json["changes"] if change["status"] == "failed"]
    (left,) = Tenant().application()["passwordCredentials"]
    assert failed["error"] == "not-revoked"
    assert left["keyId"] in failed["message"]
    assert failed["fix"]
    assert minted[-1] not in ran.out + ran.err
    assert found_in(clean_folder, minted) == []


def test_a_crash_report_does_not_hold_it(
    provision: Program, clean_folder: Path, minted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect that quotes the value while it is being delivered: the report is written, the value is not."""

    def defect(*_: object, **__: object) -> None:
        raise RuntimeError(f"a defect that quotes {minted[-1]} and {json.dumps({'v': minted[-1]})}")

    monkeypatch.setattr("provision.delivery.file.File.deliver", defect)
    ran = provision(
        "apply", write_config(), "--sandbox", "--yes", "-v", "-o", "json", "--deliver", "file:out.secret"
    )
    assert (ran.code, ran.json["code"]) == (1, "PRV900")
    (report,) = Path(".provision").glob("crash-*")
    assert "a defect that quotes <secret>" in report.read_text()
    assert found_in(clean_folder, minted) == []
    assert minted[-1] not in ran.out + ran.err
    assert Tenant().application()["passwordCredentials"] == []  # nobody has it, so it went


# All that Python, asyncio, the SDK and HTTP can be made to tell.
TALKATIVE = (
    "import logging, sys; logging.basicConfig(level=1, stream=sys.stderr); "
    "from provision.cli.main import run; sys.exit(run(sys.argv[1:]))"
)


@pytest.mark.parametrize("deliver", ["file:out.secret", f"command:{sys.executable} sink.py"])
def test_no_debugging_aid_tells_the_value(clean_folder: Path, deliver: str) -> None:
    """-X dev, asyncio's debug mode, every logger at its lowest level, --verbose."""
    Path("sink.py").write_text("import sys; open('out.secret', 'w').write(sys.stdin.read())")
    ran = subprocess.run(
        [
            sys.executable,
            "-X",
            "dev",
            "-c",
            TALKATIVE,
            "apply",
            write_config(),
            "--sandbox",
            "--yes",
            "-v",
            "--allow",
            "rehearsal-delivery",
            "--deliver",
            deliver,
        ],
        env={**os.environ, "PYTHONASYNCIODEBUG": "1", "HTTPX_LOG_LEVEL": "trace"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    value = Path("out.secret").read_text()
    assert len(value) > 30
    assert len(ran.stderr.splitlines()) > 30  # it did tell a lot
    assert value not in ran.stdout + ran.stderr
    assert found_in(clean_folder, [value], but=("out.secret",)) == []
