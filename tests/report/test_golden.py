"""Plan and result of every shipped config, in every format, as a reviewer has seen and kept them.

``make golden`` writes them anew; look at the difference before it is committed.
"""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provision.sandbox import Sandbox
from tests.support import Program

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
CONFIGS = sorted(path for path in (ROOT / "configs").glob("*.yaml") if path.stem != "base")
FORMATS = {"text": "txt", "json": "json", "markdown": "md"}
MOMENT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
GUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def steady(text: str, known: str) -> str:
    """Put names in the place of what differs from run to run: ids, digests, hints, times of day."""
    seen: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        return found[0] if found[0] in known else seen.setdefault(found[0], f"<id {len(seen) + 1}>")

    text = GUID.sub(named, text)
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:<digest>", text)
    text = re.sub(r'(begins with |"hint": ")[\w~.\-]{3}', r"\1<hint>", text)
    return re.sub(r"T\d\d:\d\d:\d\dZ", "T<time>Z", text)


def compare(name: str, text: str) -> None:
    """Compare with what was kept; writes it with GOLDEN=update."""
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "update":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    kept = path.read_text() if path.exists() else ""
    assert text == kept, f"tests/golden/{name} is stale; look at the difference, then run: make golden"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_outputs_are_as_they_were_reviewed(provision: Program, path: Path) -> None:
    """Plan, result of the first apply, and plan after it: text, JSON, Markdown."""
    shutil.copytree(ROOT / "configs", "configs")
    known = "".join(other.read_text() for other in CONFIGS) + (ROOT / "configs" / "base.yaml").read_text()
    for output, ending in FORMATS.items():
        sandbox = Sandbox.open(Path(f"{output}.json"))
        sandbox.set_clock(now=MOMENT)
        common = (f"configs/{path.name}", "--sandbox-at", f"{output}.json", "-o", output)
        deliver = ("--yes", "--deliver", f"file:{output}.secret", "--allow", "consent-pending")
        said = {}
        for step, argv in (
            ("plan", ("plan", *common)),
            ("result", ("apply", *common, *deliver)),
            ("after", ("plan", *common)),
        ):
            ran = provision(*argv)
            assert ran.code == 0, ran.err
            said[step] = ran.out.replace(f"file:{output}.secret", "file:out.secret")
        for step, text in said.items():
            compare(f"{path.stem}.{step}.{ending}", steady(text, known))


def test_nothing_kept_is_of_a_config_that_is_gone() -> None:
    """Each file belongs to a config, a step and a format."""
    meant = {
        f"{path.stem}.{step}.{ending}"
        for path in CONFIGS
        for step in ("plan", "result", "after")
        for ending in FORMATS.values()
    }
    assert {path.name for path in GOLDEN.iterdir()} == meant


def test_lines_of_text_fit_a_terminal() -> None:
    """120 characters, but for a line with a link or a command to be copied whole."""
    for path in GOLDEN.glob("*.txt"):
        for line in path.read_text().splitlines():
            assert len(line) <= 120 or re.search(r"https://\S+$|'provision ", line), (path.name, line)
            assert line == line.rstrip(), (path.name, line)
