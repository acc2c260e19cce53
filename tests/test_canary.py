"""Secrets leave by the chosen delivery alone: every verb, every output, every failure is searched."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support import Program, Tenant, write_config

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


def test_no_verb_and_no_output_tells_the_value(
    provision: Program, clean_folder: Path, minted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All verbs in all outputs, with verbose on: the value is in its file, and nowhere else."""
    monkeypatch.setenv("AZURE_CLIENT_SECRET", PLANTED)
    config = write_config()
    said = ""
    for output in OUTPUTS:
        for argv in (
            ("validate", config),
            ("plan", config, "--sandbox", "-v"),
            ("apply", config, "--sandbox", "--yes", "-v", "--deliver", "file:out.secret"),
            ("apply", config, "--sandbox", "--yes", "-v", "--deliver", "file:out.secret"),
            ("show", config, "--sandbox", "-v", "--deliver", "file:out.secret"),
            ("sandbox", "show"),
            ("schema",),
            ("explain", "PRV501"),
        ):
            with_output = () if argv[0] == "schema" else ("-o", output)
            ran = provision(*argv, *with_output)
            assert ran.code == 0, ran.err
            said += ran.out + ran.err
        Tenant().advance(days=151)
    assert len(minted) >= 2
    assert Path("out.secret").read_text() == minted[-1]
    for value in (*minted, PLANTED):
        assert value not in said
    assert found_in(clean_folder, [*minted, PLANTED], but=("out.secret",)) == []


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_failure_tells_the_value(
    provision: Program, clean_folder: Path, minted: list[str], output: str
) -> None:
    """Sinks that fail in every way, some of which repeat what they were given."""
    config = write_config()
    sinks = {
        "fails": "import sys; sys.stdin.read(); sys.exit(9)",
        "repeats": "import sys; v = sys.stdin.read(); print(v); print(v, file=sys.stderr); sys.exit(1)",
        "dies": "import os, sys; sys.stdin.read(); os.kill(os.getpid(), 9)",
        "repeats_well": "import sys; v = sys.stdin.read(); print(v); print(v, file=sys.stderr)",
    }
    said = ""
    for name, code in sinks.items():
        Path(f"{name}.py").write_text(code)
        ran = provision(
            "apply", config, "--sandbox", "--yes", "-v", "-o", output,
            "--deliver", f"command:{sys.executable} {name}.py",
        )  # fmt: skip
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
