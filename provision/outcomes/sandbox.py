"""What the verbs of the sandbox come to; the sandbox's own values, so that it needs none of ours."""

from __future__ import annotations

from typing import Any, ClassVar

from provision.errors import Exit
from provision.outcomes.outcome import Outcome
from provision.values import dataclass


class _Done(Outcome):
    __slots__ = ()

    @property
    def exit(self) -> Exit:
        """There is an answer, or there would have been an error."""
        return Exit.DONE


@dataclass(frozen=True, slots=True)
class Contents(_Done):
    """What is in a sandbox, as it says it of itself; no secret."""

    kind: ClassVar[str] = "sandbox-contents"
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Clock(_Done):
    """The time in a sandbox."""

    kind: ClassVar[str] = "sandbox-clock"
    now: str


@dataclass(frozen=True, slots=True)
class Serving(_Done):
    """A sandbox that is served from now on: its address, and how to sign in."""

    kind: ClassVar[str] = "sandbox-serving"
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Coverage(Outcome):
    """What the sandbox has of a request; ``real`` says whether Microsoft Graph is known to have it."""

    kind: ClassVar[str] = "sandbox-coverage"
    emulated: bool
    request: str  # method and path as a pattern
    real: bool
    page: str = ""
    application: str = ""
    delegated: str = ""
    person: str = ""

    @property
    def exit(self) -> Exit:
        """1 if it is not emulated."""
        return Exit.DONE if self.emulated else Exit.FAILED
