"""``provision doctor --support`` and ``--version``: what somebody who helps must know, and nothing else."""

from __future__ import annotations

import ast
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from provision import __version__
from provision.cli.support import VARIABLES
from provision.cli.versions import LIBRARIES
from tests.support import Program, write_config

ROOT = Path(__file__).parents[2]
CANARY = "canary7f3a"
CONFIG = f"""\
# {CANARY} in a comment
version: 1
name: {CANARY}
product: ./{CANARY}.yaml
tenant:
  id: {CANARY}.example
  cloud: {{graph: "https://{CANARY}.example", login: "https://{CANARY}.example"}}
application:
  display_name: {CANARY} ${{{CANARY.upper()}:-x}}
  admin_url: https://{CANARY}.example
  owners: [{CANARY}, {CANARY}]
  {CANARY}: true
mail:
  address: {CANARY}@agency.example
  scope: mailbox
secret:
  lifetime: 90d
  delivery: {{command: {{argv: [{CANARY}, --password={CANARY}]}}}}
{CANARY}:
  {CANARY}: {CANARY}
"""


def test_nothing_confidential_is_in_it(
    provision: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every variable's value, every value, key, comment and file's name of a config, the host's own name."""
    for name in VARIABLES - {"LC_ALL", "LC_CTYPE", "LANG", "PROVISION_SANDBOX"}:
        monkeypatch.setenv(name, f"{CANARY}")
    monkeypatch.setenv(CANARY.upper(), CANARY)
    monkeypatch.setenv(f"AZURE_{CANARY.upper()}", CANARY)
    monkeypatch.setenv("HTTPS_PROXY", f"http://{CANARY}:{CANARY}@{CANARY}.example:3128")
    monkeypatch.setenv("https_proxy", f"http://{CANARY}:{CANARY}@{CANARY}.example:3128")
    monkeypatch.setattr(socket, "gethostname", lambda: CANARY)
    Path(CANARY).mkdir()
    (Path(CANARY) / f"{CANARY}.yaml").write_text(CONFIG)
    (Path(CANARY) / "broken.yaml").write_text(f"version: 1\nname: [{CANARY}\n")
    ran = provision("doctor", CANARY, f"{CANARY}.yaml", "--support")
    assert ran.code == 0, ran.err
    assert CANARY not in (ran.out + ran.err).lower()
    assert str(tmp_path) not in ran.out
    assert "http://(host):3128, with a name and a password" in ran.out
    assert "PRV" in ran.out


def test_the_shape_of_a_config_helps(provision: Program) -> None:
    """Keys, and the words that are this program's own."""
    write_config(
        more="secret:\n  lifetime: 90d\n  delivery: {file: {path: x.secret}}\nconsent: handoff\nnmae: x\n"
    )
    out = provision("doctor", "prod.yaml", "--support").out
    lines = (
        "product: collaboration",
        "  lifetime: 90d",
        "    file:",
        "      path: (text)",
        "consent: handoff",
        "(a key that is not known): (text)",
        "version: 1",
    )
    for line in lines:
        assert f"\n{line}\n" in out


def test_it_needs_no_config_and_asks_nobody(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing works can make one."""

    def nobody(*_: Any, **__: Any) -> Any:
        raise AssertionError("a host was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    ran = provision("doctor", "--support")
    assert (ran.code, ran.err) == (0, "")
    assert f"provision {__version__}" in ran.out
    assert provision("doctor", "--support", "-o", "json").code == 64
    assert provision("doctor").code == 64


def test_what_cannot_be_read_is_said(provision: Program) -> None:
    """A file that is none, a folder without configs, and one that is no text."""
    Path("binary.yaml").write_bytes(b"\xff\x00\xff")
    out = provision("doctor", "nowhere.yaml", "binary.yaml", "--support").out
    assert "there is none" in out
    assert "cannot be read: PRV" in out


def names_read() -> set[str]:
    """The names of variables that stand in the program's code, but for the sandbox's."""
    found: set[str] = set()
    for path in (ROOT / "provision").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func)
                in ("os.environ.get", "environ.get", "environment.get", "os.getenv")
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(str(node.args[0].value))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "token_of":  # a sink's
                found |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                texts = [one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
                found |= {
                    text
                    for text in texts
                    if isinstance(text, str)
                    and re.fullmatch(r"(?:PROVISION|AZURE|AZURESUBSCRIPTION|SSL)_[A-Z_]+", text)
                }
    return found


def test_every_variable_that_is_read_is_told_of() -> None:
    """One that is not in the list would be missing from every report."""
    untold = {name for name in names_read() - VARIABLES if not name.startswith("COMP_")}
    assert not untold, f"to be put into VARIABLES in cli/support.py: {sorted(untold)}"


def test_the_first_line_of_the_versions_is_ours(provision: Program) -> None:
    """Scripts read it; below it is what a question about a failure begins with."""
    ran = provision("--version")
    first, *rest = ran.out.splitlines()
    assert (ran.code, first) == (0, f"provision {__version__}")
    said = dict(line.split(" ", 1) for line in rest)
    assert said.keys() == {"python", "openssl", "system", *LIBRARIES}
    assert all(re.search(r"\d", version) for version in said.values())
