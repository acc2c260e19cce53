"""``make mutants``: plant small faults in the pure core, and see which of them its tests notice.

The list of those that live is ``survivors.md`` beside this, each with the reason why no test need notice it.
Ends with 1 if fewer than 90 of 100 faults are noticed, or if one lives that the list has not.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutants import survivors
from tests.mutants.trial import BROKEN, ROOT, SURVIVED, Source, Trials

ROOMS = ("resources", "plan", "checks")
LEAST = 0.9


def main() -> int:
    """Try the faults of all rooms, or of the files named."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="modules instead of the three rooms")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--listed", action="store_true", help="only those that survivors.md lists")
    options = parser.parse_args()
    files = [path.resolve() for path in options.files] or _files()
    sources = [Source(path) for path in files]
    if options.listed:
        known = set(survivors.read())
        for source in sources:
            source.faults = [one for one in source.faults if (source.name, one.function, one.text) in known]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        tests = [f"tests/{room}" for room in ROOMS]
        own = ["--rootdir=.", "-o", "addopts=", "--import-mode=importlib", "-p", "no:cacheprovider"]
        trials = Trials(sources, options.workers, folder)
        code = pytest.main([*tests, *own, "-q", "--no-summary", f"--basetemp={folder}/tests"], [trials])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) or trials.failed:
        print("the tests do not pass as it is:", *trials.failed, sep="\n  ")
        return 1
    return _report(trials, whole=not options.files and not options.listed)


def _files() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / "provision" / room).rglob("*.py"))


def _report(trials: Trials, *, whole: bool) -> int:
    lived = [(source.name, fault) for source, fault, code in trials.results if code == SURVIVED]
    broken = [(source.name, fault) for source, fault, code in trials.results if code == BROKEN]
    for source in trials.sources:
        codes = [code for one, _, code in trials.results if one is source]
        if codes:
            print(f"{source.name:55} {len(codes) - codes.count(SURVIVED):5} of {len(codes):5}")
    known = survivors.read()
    new = survivors.unknown([(name, fault.function, fault.text) for name, fault in lived], known)
    score = 1 - len(lived) / (len(trials.results) or 1)
    print(f"{len(trials.results)} faults, {len(lived)} not noticed: {score:.1%} are")
    _listed("lives, and survivors.md has no reason for it", new)
    _listed("could not be planted", [(name, fault.function, fault.text) for name, fault in broken])
    if whole:
        gone = survivors.unknown(known, [(name, fault.function, fault.text) for name, fault in lived])
        _listed("in survivors.md, and does not live", gone)
    return int(score < LEAST or bool(new) or bool(broken))


def _listed(title: str, rows: Sequence[survivors.Survivor]) -> None:
    for name, function, text in rows:
        print(f"{title}:\n  | `{name}` | `{function}` | `` {text} `` |")


if __name__ == "__main__":
    sys.exit(main())
