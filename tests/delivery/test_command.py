"""The sink that hands the value to a command: what it gets, what its end means, what is never shown."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import warm
from tests.support import Program, Ran, Tenant, write_config

APPLY = ("apply", "prod.yaml", "--sandbox", "--yes", "-o", "json", "--allow", "rehearsal-delivery")


def command(code: str, *argv: str) -> str:
    """Write a Python program, and return ``--deliver``'s argument that runs it."""
    Path("sink.py").write_text(code)
    return f"command:{shlex.join([sys.executable, 'sink.py', *argv])}"


def apply(provision: Program, deliver: str, *more: str) -> Ran:
    """Apply with that delivery."""
    return provision(*APPLY, *more, "--deliver", deliver)


def failed(provision: Program, deliver: str) -> str:
    """Apply, expect that the delivery fails and the secret is revoked, and return the message."""
    ran = apply(provision, deliver)
    assert ran.code == 1, ran.out
    (change,) = [change for change in ran.json["changes"] if change["status"] == "failed"]
    assert change["address"] == "client_secret"
    assert change["error"]["error"] == "delivery-failed"
    assert Tenant().application()["passwordCredentials"] == []
    assert ran.json["outputs"]["secret_key"] is None
    message: str = change["error"]["message"]
    return message


def test_the_value_is_on_stdin_and_nowhere_else(provision: Program, config: str) -> None:
    """Exactly the value, then the end; not in argv, not in the environment, not in a file it opens."""
    deliver = command(
        "import json, os, sys\n"
        "got = {'in': sys.stdin.read(), 'argv': sys.argv, 'env': dict(os.environ),\n"
        "       'open': sorted(os.listdir('/proc/self/fd')) if os.path.isdir('/proc') else []}\n"
        "json.dump(got, open('got', 'w'))",
        "--flag",
        "two words",
        "$HOME",
        "*",
    )
    ran = apply(provision, deliver)
    assert ran.code == 0, ran.out
    got = json.loads(Path("got").read_text())
    value = got.pop("in")
    (secret,) = Tenant().application()["passwordCredentials"]
    assert value[:3] == secret["hint"]
    assert value == value.strip()
    assert got["argv"][1:] == ["--flag", "two words", "$HOME", "*"]  # no shell has seen them
    assert value not in json.dumps(got)
    assert not got["open"] or len(got["open"]) <= 4  # 0, 1, 2 and the listing's own
    assert ran.json["outputs"]["secret_key"]["delivered_to"] == f"command:{Path(sys.executable).name}"
    assert "two words" not in ran.out  # its arguments may be nobody's business


@pytest.mark.parametrize("code", [1, 2, 77, 255])
def test_an_exit_code_is_a_failed_delivery(provision: Program, config: str, code: int) -> None:
    """Whatever the number: the secret is revoked, and the number is said."""
    message = failed(provision, command(f"import sys; sys.stdin.read(); sys.exit({code})"))
    assert f"exit code {code};" in message


def test_a_signal_is_a_failed_delivery(provision: Program, config: str) -> None:
    """Ended from outside, after it took the value."""
    message = failed(provision, command("import os, sys; sys.stdin.read(); os.kill(os.getpid(), 15)"))
    assert "ended by signal 15" in message


def test_a_command_that_takes_too_long_is_ended(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed, so that it cannot store a secret that is revoked by then."""
    monkeypatch.setattr("provision.delivery.command._TIMEOUT", 0.5)
    deliver = command(
        "import os, sys, time; sys.stdin.read(); open('pid', 'w').write(str(os.getpid())); time.sleep(30)"
    )
    assert "took more than 0.5 seconds and was ended" in failed(provision, deliver)
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("pid").read_text()), 0)


def test_what_it_prints_is_never_shown(provision: Program, config: str) -> None:
    """Its output might repeat the value: not on a success, not on a failure, in no file."""
    talkative = "import sys; v = sys.stdin.read(); print('said', v); print('said', v, file=sys.stderr); "
    for end in ("", "sys.exit(3)"):
        ran = apply(provision, command(talkative + end), "-v")
        assert "said" not in ran.out + ran.err


def test_one_that_does_not_read_is_judged_by_its_exit_code(provision: Program, config: str) -> None:
    """A closed pipe is no failure by itself: the command may know what it does."""
    assert "exit code 4" in failed(provision, command("import sys; sys.stdin.close(); sys.exit(4)"))
    assert apply(provision, command("import sys; sys.stdin.close()")).code == 0


@pytest.mark.parametrize("argv", ["no-such-command-anywhere", "./not-executable", "''", "folder"])
def test_one_that_is_not_there_is_found_before_minting(provision: Program, config: str, argv: str) -> None:
    """By looking for it, not by starting it."""
    Path("not-executable").write_text("#!/bin/sh\n")
    Path("folder").mkdir()
    ran = apply(provision, f"command:{argv}")
    assert (ran.code, ran.json["error"]) == (1, "sink-unusable"), ran.out
    assert Tenant().get("/applications")["value"] == []


def test_one_that_cannot_be_started_after_all(provision: Program, config: str) -> None:
    """It is there and may be run, but is no program: the system's words, and the secret is revoked."""
    Path("broken").write_text("#!/no/such/interpreter\n")
    Path("broken").chmod(0o755)
    assert "could not be started" in failed(provision, "command:./broken")


def test_plan_does_not_start_it(provision: Program, config: str) -> None:
    """Nor do show and a second apply."""
    deliver = command("import sys; sys.stdin.read(); open('ran', 'a').write('x')")
    assert (
        provision("plan", config, "--sandbox", "--allow", "rehearsal-delivery", "--deliver", deliver).code
        == 0
    )
    assert not Path("ran").exists()
    assert apply(provision, deliver).code == 0
    assert apply(provision, deliver).code == 0
    assert (
        provision("show", config, "--sandbox", "--allow", "rehearsal-delivery", "--deliver", deliver).code
        == 0
    )
    assert Path("ran").read_text() == "x"


@pytest.mark.parametrize("text", ["command:", "command:   ", "command:'open quote", "command"])
def test_a_wrong_option_is_64(provision: Program, config: str, text: str) -> None:
    """Nothing to run, or words that cannot be told apart."""
    ran = apply(provision, text)
    assert (ran.code, ran.json["error"]) == (64, "usage")
    assert "command:ARGV" in ran.json["fix"]


@pytest.mark.parametrize("argv", ["[]", '["a\\0b"]', "[1]", "sh", "[[sh]]", "null"])
def test_a_wrong_config_is_65(provision: Program, argv: str) -> None:
    """Each at its place."""
    config = write_config(more=f"secret:\n  delivery:\n    command:\n      argv: {argv}\n")
    ran = provision("validate", config, "-o", "json")
    assert ran.code == 65, ran.out
    assert ran.json["where"].startswith("prod.yaml:14:")


@pytest.mark.parametrize("code", ["pass", "import time; time.sleep(30)"])
def test_no_frame_on_the_way_has_the_value_in_a_local(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it ends, a traceback that shows locals does not show the value."""
    from provision.delivery import Handover, Owner
    from provision.delivery.command import Command, Options
    from provision.errors import ProvisionError
    from provision.secret import Secret

    monkeypatch.setattr("provision.delivery.command._TIMEOUT", 0.3)
    value = "abc~canary-5e1f0c"
    sink = Command(
        Options(argv=(sys.executable, "-c", f"{code}; import sys; sys.exit(1)")), Owner("collab-prod", "id")
    )
    with pytest.raises(ProvisionError) as caught:
        sink.deliver(Secret(value), Handover("collab-prod", "id", datetime.now(UTC)))
    said = ""
    error: Any = caught.value
    while error is not None:  # those that are not shown because of "from None" too
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        said += "".join(told.format())
        error = error.__context__
    assert "in deliver" in said
    assert value not in said.replace(f"value = {value!r}", "")


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_run_that_is_told_to_end_waits_for_what_it_handed_over(
    provision: Program, name: str, background: bool
) -> None:
    """A command left alone would write a value that is revoked over the next one.

    What a shell starts in the background ignores Ctrl-C, and what nohup starts SIGHUP.
    """

    def begin() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN if background else signal.default_int_handler)

    write_config()
    slow = (
        "import sys, time, pathlib; value = sys.stdin.read(); pathlib.Path('begun').touch(); time.sleep(1); "
    )
    deliver = command(slow + "pathlib.Path('vault').write_text(value)")
    argv = (*APPLY, "--deliver", deliver)
    code = "from provision.cli.main import main; main()"
    with subprocess.Popen(
        [warm.python(), "-c", code, *argv],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=begin,  # noqa: PLW1509 - no thread of these tests holds a lock that it needs
    ) as process:
        while not Path("begun").exists():
            time.sleep(0.05)
        process.send_signal(getattr(signal, name))
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)["error"]) == (130, "interrupted")
    (secret,) = Tenant().application()["passwordCredentials"]
    assert Path("vault").read_text().startswith(secret["hint"])
    again = apply(provision, deliver)
    assert again.code == 0
    assert {change["status"] for change in again.json["changes"]} <= {"unchanged", "done"}
    assert Tenant().application()["passwordCredentials"] == [secret]
