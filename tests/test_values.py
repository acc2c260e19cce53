"""Our frozen dataclasses are the standard library's in all that anybody can see of them."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from functools import cached_property
from typing import Any

import pytest

from provision.values import dataclass as ours


def _made(make: Callable[..., Any]) -> dict[str, Any]:
    """Classes of every shape that the program has, by one decorator or the other."""

    @make(frozen=True, slots=True)
    class Point:
        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list)
        note: str = field(default="", compare=False)
        hidden: str = field(default="", repr=False)

    @make(frozen=True, slots=True, kw_only=True)
    class Deeper(Point):
        z: int
        x: int = 7

    @make(frozen=True)
    class Cached:
        name: str

        @cached_property
        def twice(self) -> str:
            return self.name * 2

    @make(frozen=True, slots=True)
    class Own:
        name: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own) and self.name.lower() == other.name.lower()

        def __repr__(self) -> str:
            return "own"

        def __hash__(self) -> int:
            return hash(self.name.lower())

    @make(frozen=True, slots=True)
    class Empty:
        pass

    @make(slots=True)
    class Open:
        x: int = 1

    classes = {kind.__name__: kind for kind in (Point, Deeper, Cached, Own, Empty, Open)}
    for name, kind in classes.items():
        kind.__qualname__ = name
    return classes


OURS, THEIRS = _made(ours), _made(dataclasses.dataclass)


@ours(frozen=True, slots=True)
class Kept:
    """One that can be pickled: it stands in a module."""

    name: str
    parts: tuple[int, ...] = ()


@pytest.mark.parametrize(
    "see",
    [
        lambda k: k["Point"](1),
        lambda k: k["Point"](1, 2, ["a"], "b", "c"),
        lambda k: k["Point"](y=3, x=1),
        lambda k: k["Deeper"](5, z=1),
        lambda k: k["Deeper"](z=1, x=2),
        lambda k: list(inspect.signature(k["Point"]).parameters),
        lambda k: list(inspect.signature(k["Deeper"]).parameters),
        lambda k: k["Point"](1) == k["Point"](1),
        lambda k: k["Point"](1, note="a") == k["Point"](1, note="b"),
        lambda k: k["Point"](1, hidden="a") == k["Point"](1, hidden="b"),
        lambda k: k["Point"](1) == k["Deeper"](z=1, x=1),
        lambda k: k["Point"](1).__eq__(3) is NotImplemented,
        lambda k: k["Point"](1) != k["Point"](2),
        lambda k: len({k["Cached"]("a"), k["Cached"]("a"), k["Cached"]("b")}),
        lambda k: len({k["Own"]("a"), k["Own"]("A")}),
        lambda k: k["Own"]("a"),
        lambda k: k["Cached"]("a").twice,
        lambda k: k["Empty"](),
        lambda k: k["Empty"]() == k["Empty"](),
        lambda k: k["Point"](1).tags is not k["Point"](1).tags,
        lambda k: replace(k["Point"](1), y=9),
        lambda k: replace(k["Deeper"](z=1), z=9),
        lambda k: asdict(k["Deeper"](z=1)),
        lambda k: [f.name for f in fields(k["Deeper"])],
        lambda k: k["Deeper"].__match_args__,
        lambda k: copy.copy(k["Point"](1, tags=["a"])),
        lambda k: copy.deepcopy(k["Point"](1, tags=["a"])),
        lambda k: copy.deepcopy(k["Point"](1, tags=[])).tags,
        lambda k: copy.copy(k["Cached"]("a")),
        lambda k: hasattr(k["Point"](1), "__dict__"),
        lambda k: hasattr(k["Cached"]("a"), "__dict__"),
        lambda k: {**vars(k["Cached"]("a"))},
        lambda k: k["Open"](3),
        lambda k: setattr(k["Open"](3), "x", 4),
    ],
)
def test_nothing_tells_them_apart(see: Callable[[dict[str, Any]], Any]) -> None:
    """Construction, equality, hashes, repr, copies, and what the library's own functions say of them."""
    assert repr(see(OURS)) == repr(see(THEIRS))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda k: k["Point"](),
        lambda k: k["Point"](1, 2, [], "", "", 6),
        lambda k: k["Point"](1, nothing=2),
        lambda k: k["Deeper"](1),
        lambda k: replace(k["Point"](1), nothing=2),
        lambda k: hash(k["Point"](1)),
        lambda k: hash(k["Open"](1)),
        lambda k: setattr(k["Point"](1), "x", 3),
        lambda k: setattr(k["Cached"]("a"), "name", "b"),
        lambda k: delattr(k["Point"](1), "x"),
    ],
)
def test_they_refuse_the_same(wrong: Callable[[dict[str, Any]], Any]) -> None:
    """What is missing, too much, not known; a change of a value that is frozen."""
    kinds = []
    for classes in (OURS, THEIRS):
        with pytest.raises((TypeError, FrozenInstanceError)) as raised:
            wrong(classes)
        kinds.append(raised.type)
    assert kinds[0] is kinds[1]


def test_one_can_be_pickled() -> None:
    """It comes back equal, and frozen."""
    back = pickle.loads(pickle.dumps(Kept("a", (1, 2))))
    assert back == Kept("a", (1, 2))
    with pytest.raises(FrozenInstanceError):
        back.name = "b"
