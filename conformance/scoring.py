"""Points: one for each aspect of each exchange that is as recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.comparing import Aspect
from conformance.replaying import Verdict


@dataclass(slots=True)
class Score:
    """How many points there were to win, and were won, by aspect; and how many exchanges told nothing."""

    won: dict[Aspect, int] = field(default_factory=lambda: dict.fromkeys(Aspect, 0))
    possible: dict[Aspect, int] = field(default_factory=lambda: dict.fromkeys(Aspect, 0))
    exchanges: int = 0
    skipped: int = 0

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Score:
        """The score of some exchanges."""
        score = cls()
        for verdict in verdicts:
            score.exchanges += 1
            score.skipped += bool(verdict.skipped)
            lost = {difference.aspect for difference in verdict.differences}
            for aspect in {*verdict.aspects, *lost}:
                score.possible[aspect] += 1
                score.won[aspect] += aspect not in lost
        return score

    def percent(self, aspect: Aspect) -> float:
        """The share of points won; all, where there were none to win."""
        return 100 * self.won[aspect] / self.possible[aspect] if self.possible[aspect] else 100.0

    def row(self, name: str) -> str:
        """One line of the table."""
        cells = " | ".join(f"{self.percent(a):6.2f} {f'{self.won[a]}/{self.possible[a]}':>9}" for a in Aspect)
        return f"{name:<64} | {cells} | {self.skipped:4d} of {self.exchanges}"


HEADER = " | ".join((f"{'recording':<64}", *(f"{aspect.value + ' %':<16}" for aspect in Aspect), "skipped"))
