"""Replay recordings of Microsoft Graph against the sandbox, and print how much is as recorded."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.comparing import Aspect
from conformance.recording import RecordingError, load
from conformance.replaying import Verdict, replay
from conformance.scoring import HEADER, Score

_TARGETS = {Aspect.STATUS: 99.0, Aspect.SHAPE: 97.0, Aspect.VALUES: 95.0}  # percent


def main(argv: Sequence[str] | None = None) -> int:
    """0: every target is reached; 1: one is not; 2: there is nothing to replay."""
    options = _parser().parse_args(argv)
    try:
        recordings = load(options.recordings)
    except RecordingError as error:
        print(error, file=sys.stderr)
        return 2
    print(HEADER)
    everything: list[Verdict] = []
    for recording in recordings:
        verdicts = replay(recording)
        if options.skip is not None:
            verdicts = [v for v in verdicts if not options.skip.search(str(v.exchange))]
        everything += verdicts
        print(Score.of(verdicts).row(recording.name))
        if options.verbose:
            _explain(verdicts)
    total = Score.of(everything)
    print(total.row("total"))
    if not any(total.possible.values()):
        print("nothing could be compared", file=sys.stderr)
        return 2
    missed = [a for a in Aspect if total.percent(a) < getattr(options, a.value)]
    for aspect in missed:
        print(f"{aspect.value}: {total.percent(aspect):.2f} % is below {getattr(options, aspect.value):g} %")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("recordings", type=Path, help="a folder of recordings, or one of them")
    parser.add_argument("-v", "--verbose", action="store_true", help="print differences and what is skipped")
    parser.add_argument(
        "--skip", type=re.compile, metavar="REGEX", help="leave out exchanges such as '/groups'"
    )
    for aspect, target in _TARGETS.items():
        told = f"least share of {aspect.value} as recorded (default {target:g})"
        parser.add_argument(f"--{aspect.value}", type=float, default=target, metavar="PERCENT", help=told)
    return parser


def _explain(verdicts: Sequence[Verdict]) -> None:
    for number, verdict in enumerate(verdicts):
        if verdict.skipped:
            print(f"  {number}: {verdict.exchange}: skipped: {verdict.skipped}")
        for difference in verdict.differences:
            print(f"  {number}: {verdict.exchange}: {difference}")


if __name__ == "__main__":
    sys.exit(main())
