"""What was asked for on the command line, and what a search for configs passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from provision.values import dataclass

REMOVED = "it was removed; what it declared stays, and 'provision orphans' finds it"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file or folder that a search met and did not take for a config, and why."""

    path: str
    reason: str
    changed: bool = False  # --changed names it, and it is part of no config


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts of a fleet, from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


@dataclass(frozen=True, slots=True)
class Part:
    """What a run of one shard was about: the places of its configs in the whole fleet, by their files."""

    shard: Shard
    fleet: int  # configs in all shards together
    places: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Search:
    """How the configs of a run were found.

    ``listed``: several were asked for, or a folder or a glob, so that the answer is a list even if it holds
    one. ``left_out``: configs that are there and were not asked for, by their names (or files).
    """

    listed: bool = False
    passed_over: tuple[PassedOver, ...] = ()
    left_out: tuple[str, ...] = ()
    part: Part | None = None
    tenants: Mapping[str, str] = field(default_factory=dict)  # of the configs, by their files

    def without(self, left: Mapping[str, str]) -> Search:
        """Return the same with these configs left out: their names by their files."""
        part = self.part and replace(
            self.part, places={path: at for path, at in self.part.places.items() if path not in left}
        )
        return replace(self, left_out=(*self.left_out, *left.values()), part=part)

    @property
    def removed(self) -> tuple[str, ...]:
        """The configs that ``--changed`` names and that are gone."""
        return tuple(item.path for item in self.passed_over if item.reason == REMOVED)

    @property
    def no_more(self) -> tuple[str, ...]:
        """The files that ``--changed`` names, that are there, and that are no configs; they may have been."""
        return tuple(item.path for item in self.passed_over if item.changed)


ONE = Search()  # one config, named as a file
