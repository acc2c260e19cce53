"""What was asked for on the command line, and what a search for configs passed over."""

from __future__ import annotations

from dataclasses import dataclass

REMOVED = "it was removed; what it declared stays, and 'provision orphans' finds it"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file or folder that a search met and did not take for a config, and why."""

    path: str
    reason: str
    changed: bool = False  # --changed names it, and it is part of no config


@dataclass(frozen=True, slots=True)
class Search:
    """How the configs of a run were found.

    ``listed``: several were asked for, or a folder or a glob, so that the answer is a list even if it holds
    one. ``left_out``: configs that are there and were not asked for, by their names (or files).
    """

    listed: bool = False
    passed_over: tuple[PassedOver, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def removed(self) -> tuple[str, ...]:
        """The configs that ``--changed`` names and that are gone."""
        return tuple(item.path for item in self.passed_over if item.reason == REMOVED)

    @property
    def no_more(self) -> tuple[str, ...]:
        """The files that ``--changed`` names, that are there, and that are no configs; they may have been."""
        return tuple(item.path for item in self.passed_over if item.changed)


ONE = Search()  # one config, named as a file
