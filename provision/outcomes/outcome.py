"""What every verb comes to: one typed value with its exit code, which is all that is printed of a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Generic, TypeVar

from provision.errors import Exit, Finding, ProvisionError
from provision.outcomes.search import ONE, Search
from provision.resources import Desired
from provision.values import dataclass

T = TypeVar("T")


class Outcome(ABC):
    """What a verb came to; how it looks in which format is the row of its ``kind`` in ``report/table.py``."""

    __slots__ = ()
    kind: ClassVar[str]

    @property
    @abstractmethod
    def exit(self) -> Exit:
        """The exit code."""

    @property
    def errors(self) -> tuple[ProvisionError, ...]:
        """What failed: told on stderr, unless the format is a document that says it."""
        return ()

    @property
    def findings(self) -> Iterator[tuple[Finding, Desired]]:
        """What a pipeline annotates at the line of its config."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Fleet(Outcome, Generic[T]):
    """One value a config, or why there is none, in the order given; and how the configs were found."""

    items: tuple[T | ProvisionError, ...]
    search: Search = ONE

    @property
    def made(self) -> tuple[T, ...]:
        """Those that there are."""
        return tuple(item for item in self.items if not isinstance(item, ProvisionError))

    @property
    def errors(self) -> tuple[ProvisionError, ...]:
        """Why there are no others."""
        return tuple(item for item in self.items if isinstance(item, ProvisionError))
