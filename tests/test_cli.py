"""The command line: exit codes, streams, help, and what is imported for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from provision.cli.main import VERBS
from tests import warm
from tests.support import Program, Ran, write_config
from tools.docs.program import commands


def test_help_lists_the_verbs(provision: Program) -> None:
    """Every verb that there is, and no other."""
    ran = provision("--help")
    assert ran.code == 0
    for verb, said in VERBS.items():
        assert f"  {verb} " in ran.out
        assert said in " ".join(ran.out.split())
    for absent in ("delete", "remove"):
        assert f"  {absent} " not in ran.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(provision: Program, verb: str) -> None:
    """--help of a verb ends with 0 and says how it is used."""
    ran = provision(verb, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: provision {verb}")


@pytest.mark.parametrize(
    "argv",
    [
        ["aply", "x.yaml"],
        ["plan"],
        ["plan", "x.yaml", "--nonsense"],
        ["plan", "x.yaml", "--var", "noequals"],
        ["plan", "x.yaml", "--allow", "everything"],
        ["plan", "x.yaml", "--parallel", "0"],
        ["apply", "prod.yaml", "--sandbox", "--deliver", "pigeon:home"],
    ],
)
def test_a_wrong_command_line_is_64(provision: Program, config: str, argv: list[str]) -> None:
    """Never 2, which means pending changes; a code, a message and a next step on stderr."""
    ran = provision(*argv)
    assert ran.code == 64, ran.err
    assert ran.out == ""
    assert "PRV100" in ran.err
    as_json = provision(*argv, "-o", "json")
    assert as_json.code == 64
    assert as_json.json["format"] == "provision.error/2"


def test_what_lacks_is_told_in_one_line(provision: Program) -> None:
    """Of every command: click lists the words that an argument takes a line each."""
    lacking = {words: provision(*words.split()) for words, taken in commands().items() if required(taken)}
    assert len(lacking) >= 10
    for words, ran in lacking.items():
        assert ran.code == 64, words
        assert ran.err.startswith("error: Missing "), (words, ran.err)
        assert "\\x0a" not in ran.err, words
    assert "Choose from: bash, zsh, fish, powershell" in lacking["completion"].err


def required(command: click.Command) -> bool:
    """Whether a command cannot be called without anything."""
    return any(param.required for param in command.params)


def test_near_matches_of_verbs_and_names(provision: Program, config: str) -> None:
    """A slip of the finger is answered with what was meant."""
    assert "'apply'" in provision("aply", config).err
    assert "mailbox-missing" in provision("plan", config, "--allow", "mailbox-mising").err


def test_help_imports_nothing_heavy() -> None:
    """--help needs neither the SDK nor azure-identity nor pydantic; a verb's own no client and no sandbox."""
    code = """
import sys
from provision.cli.main import VERBS, run

def heavy(*more):
    names = ("msgraph", "azure.identity", "httpx", "yaml", "starlette", *more)
    print([name for name in names if name in sys.modules], file=sys.stderr)

run(["--help"])
heavy("pydantic")
for verb in VERBS:
    run([verb, "--help"])
heavy("cryptography", "uvicorn", "provision.sandbox", "provision.graph.connect")
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.split() == ["[]", "[]"]


def test_the_end_of_a_run_looks_through_nothing() -> None:
    """Python looks for garbage as it ends, which for a thousand modules took a quarter of a run."""
    code = (
        "import atexit, gc, sys; from provision.cli.main import main; sys.argv = ['provision', '--help'];"
        "atexit.register(lambda: print(len(gc.get_objects()), file=sys.stderr)); main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ran.stderr) < 1000


def test_what_only_tells_of_failures_waits_for_one() -> None:
    """Its patterns alone took a twentieth of what a run has to import."""
    code = (
        "import sys, provision.cli.session, provision.cli.emit, provision.engine.run;"
        "import provision.graph.connect;"
        "told = ('provision.redaction', 'provision.errors.codes', 'provision.graph.sign_in_failures');"
        "print([name for name in told if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_json_is_one_document_whatever_happens(provision: Program) -> None:
    """A config that is not there, a broken one: still one document, with the exit code of the error."""
    ran = provision("plan", "nowhere.yaml", "--sandbox", "-o", "json")
    assert (ran.code, ran.json["error"]) == (65, "config-not-found")
    Path("broken.yaml").write_text("version: 1\nname: [\n")
    ran = provision("plan", "broken.yaml", "--sandbox", "-o", "json")
    assert (ran.code, ran.json["error"]) == (65, "yaml-syntax")


def test_the_rehearsal_says_that_it_is_one(provision: Program, config: str) -> None:
    """On stderr, and as the target of plan and result."""
    ran = provision("plan", config, "--sandbox", "-o", "json")
    assert "nothing real is touched" in ran.err
    assert ran.json["target"] == "sandbox"


def test_the_variable_means_the_same_as_the_option(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PROVISION_SANDBOX=1 or true, or a path."""
    for yes in ("1", "true"):
        monkeypatch.setenv("PROVISION_SANDBOX", yes)
        assert provision("plan", config, "-o", "json").json["target"] == "sandbox"
    for no in ("0", "false"):
        monkeypatch.setenv("PROVISION_SANDBOX", no)
        assert provision("plan", config, "--sandbox", "-o", "json").json["target"] == "sandbox"
    assert not Path("false").exists()
    monkeypatch.setenv("PROVISION_SANDBOX", "elsewhere.json")
    assert provision("apply", config, "--yes").code == 0
    assert Path("elsewhere.json").exists()


def test_a_rehearsal_never_reaches_the_configs_own_sink(provision: Program) -> None:
    """The stand-in file gets the value instead."""
    config = write_config(more="secret:\n  delivery:\n    file:\n      path: real.secret\n")
    assert provision("apply", config, "--sandbox", "--yes").code == 0
    assert not Path("real.secret").exists()
    assert Path(".provision/collab-prod.secret").read_text()


def test_plan_is_stable_to_the_byte(provision: Program, config: str) -> None:
    """Two looks at the same thing print the same, in every format."""
    for output in ("text", "json", "markdown"):
        first = provision("plan", config, "--sandbox", "-o", output)
        assert provision("plan", config, "--sandbox", "-o", output).out == first.out


def test_no_colour_in_a_pipe(provision: Program, config: str) -> None:
    """Not a terminal: no escape codes in either stream."""
    ran = provision("plan", config, "--sandbox")
    assert "\x1b" not in ran.out + ran.err


def test_show_before_apply(provision: Program, config: str) -> None:
    """There is nothing to show yet: said so, with the next step."""
    ran = provision("show", config, "--sandbox", "-o", "json")
    assert (ran.code, ran.json["error"]) == (1, "not-applied")


def test_show_gives_the_values_again(provision: Program, config: str, applied: Ran) -> None:
    """The same outputs as apply gave, and never the secret."""
    ran = provision("show", config, "--sandbox", "--deliver", "file:out.secret", "-o", "json")
    assert ran.code == 0
    assert ran.json["outputs"] == applied.json["outputs"]
    assert Path("out.secret").read_text() not in ran.out


def test_damaged_state_is_refused_and_kept(provision: Program, config: str) -> None:
    """65, the file as it was; reset moves it aside."""
    Path(".provision").mkdir(mode=0o700)
    state = Path(".provision/sandbox.json")
    state.write_text('{"half":')
    ran = provision("apply", config, "--sandbox", "--yes", "-o", "json")
    assert (ran.code, ran.json["error"]) == (65, "sandbox-state")
    assert state.read_text() == '{"half":'
    assert provision("sandbox", "reset").code == 0
    assert Path(".provision/sandbox.json.damaged").read_text() == '{"half":'
    assert provision("apply", config, "--sandbox", "--yes").code == 0


def test_reset_moves_nothing_aside_that_is_no_state(provision: Program, config: str) -> None:
    """A config or a folder that is named by a slip stays what it is."""
    Path("folder").mkdir()
    before = sorted(Path().iterdir()), Path(config).read_text()
    for slip in (config, "folder", "."):
        assert provision("sandbox", "reset", "--state", slip).code == 65
    assert (sorted(Path().iterdir()), Path(config).read_text()) == before


def test_sandbox_alone_says_what_it_can_do(provision: Program) -> None:
    """As provision alone does."""
    ran = provision("sandbox")
    assert (ran.code, ran.err) == (0, "")
    assert "serve" in ran.out


def test_sandbox_show_and_reset(provision: Program, applied: Ran) -> None:
    """What is in it, without a secret; and empty again."""
    shown = provision("sandbox", "show", "-o", "json")
    assert "collab-prod" in json.dumps(shown.json)
    assert Path("out.secret").read_text() not in shown.out
    assert provision("sandbox", "reset").code == 0
    assert "collab-prod" not in provision("sandbox", "show").out


def test_an_unexpected_failure_leaves_a_report_free_of_secrets(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback on the screen: a code, and where the report is."""
    from provision.secret import Secret

    kept = Secret("canary-9f8e7d6c5b4a")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"with {kept.reveal()} in it")

    monkeypatch.setattr("provision.engine.run.build", broken)
    ran = provision("plan", config, "--sandbox", "--var", "A=private-text", "-o", "json")
    assert (ran.code, ran.json["code"]) == (1, "PRV900")
    (report,) = Path(".provision").glob("crash-*.txt")
    text = report.read_text()
    assert "RuntimeError" in text
    assert "canary-9f8e7d6c5b4a" not in text + ran.out + ran.err
    assert "private-text" not in text


def test_ctrl_c_is_one_line(provision: Program, config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted: 130 and one line of what to do."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("provision.engine.run.build", interrupted)
    ran = provision("plan", config, "--sandbox")
    assert ran.code == 130
    assert "Traceback" not in ran.err
    assert "interrupted" in ran.err


@pytest.mark.parametrize(
    "argv",
    [
        ("apply", "prod.yaml", "--sandbox", "--yes", "--plan", ""),
        ("plan", "prod.yaml", "--sandbox-at", ""),
        ("plan", "prod.yaml", "--sandbox-at="),
        ("rotate", "prod.yaml", "--sandbox", "--yes", "--revoke", ""),
        ("apply", "", "--sandbox", "--yes"),
        ("apply", "prod.yaml", "--sandbox", "--yes", "--log-file", ""),
        ("apply", "prod.yaml", "--sandbox", "--yes", "--deliver", ""),
    ],
)
def test_an_empty_argument_is_an_unset_variable(
    provision: Program, config: str, argv: tuple[str, ...]
) -> None:
    """A safety option must not vanish because a shell's variable is not set."""
    ran = provision(*argv)
    assert ran.code == 64, ran.err
    assert "is empty" in ran.err
    assert not Path(".provision").exists()


VERIFY = "verify prod.yaml --sandbox --client-id 3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690 --secret-from -"


@pytest.mark.parametrize(
    ("redirected", "code"),
    [
        ("plan prod.yaml --sandbox >&-", 0),
        ("apply prod.yaml --sandbox <&-", 64),
        (f"{VERIFY} <&-", 64),
        (f"{VERIFY} < latin1.txt", 64),
        ("validate prod.yaml >/dev/full", 1),
        ("plan prod.yaml --sandbox-at /", 65),
        ("schema | true; exit ${PIPESTATUS[0]}", 0),
        ("plan prod.yaml --sandbox -o json >/dev/full", 1),
        ("plan prod.yaml --sandbox-at localhost:8443", 64),
    ],
)
def test_streams_and_paths_that_lead_nowhere(config: str, redirected: str, code: int) -> None:
    """No crash report: a closed stream is an empty one, a full disk is told as one."""
    Path("latin1.txt").write_bytes(b"p\xe4ssword\n")
    shim = f"'{warm.python()}' -c 'from provision.cli.main import main; main()' {redirected}"
    ran = subprocess.run(["bash", "-c", shim], capture_output=True, text=True, check=False)
    assert ran.returncode == code, ran.stderr
    assert "PRV900" not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_out_writes_over_plans_alone(provision: Program, config: str) -> None:
    """The config that was just read is not lost to a slip of the finger."""
    before = Path(config).read_text()
    ran = provision("plan", config, "--sandbox", "--out", config, "-o", "json")
    assert (ran.code, ran.json["error"]) == (64, "usage")
    assert Path(config).read_text() == before
    for _ in range(2):
        assert provision("plan", config, "--sandbox", "--out", "plan.json").code == 0
    os.mkfifo("pipe")  # stands for /dev/null, which root could replace
    assert provision("plan", config, "--sandbox", "--out", "pipe").code == 64
    assert Path("pipe").is_fifo()
