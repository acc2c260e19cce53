"""What ``import`` came to: a config a registration, what it leaves alone, and what is left to decide."""

from __future__ import annotations

from typing import ClassVar

from provision.again import UNKNOWN, Again
from provision.errors import Exit, worst
from provision.outcomes.outcome import Fleet
from provision.resources.client_secret import Observed as Secret
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Imported:
    """One config that was written."""

    path: str
    name: str
    client_id: str
    display_name: str
    adopted: Secret | None
    choices: tuple[Secret, ...]  # living secrets, of which it cannot be told which one is in use
    guesses: tuple[str, ...]
    left_alone: tuple[str, ...]  # what is there, and is not managed
    pending: tuple[str, ...]  # what plan shows to be done, each with its reason

    @property
    def undecided(self) -> bool:
        """Whether a person must say which secret is in use, or no secret is."""
        return bool(self.pending)


@dataclass(frozen=True, slots=True)
class Imports(Fleet[Imported]):
    """What became of each client id."""

    kind: ClassVar[str] = "imports"
    out: str = ""
    again: Again = UNKNOWN

    @property
    def exit(self) -> Exit:
        """The worst of what was refused."""
        return worst([Exit.DONE, *(error.exit for error in self.errors)])
