"""The secret's value, as a type that does not come out by accident."""

from __future__ import annotations

import weakref
from typing import NoReturn, SupportsIndex

_REDACTED = "<secret>"
_live: weakref.WeakSet[Secret] = weakref.WeakSet()


class Secret:
    """A client secret's value. Only :meth:`reveal` gives it, and only a delivery should call that.

    It cannot be formatted, concatenated, compared, hashed, copied, pickled or serialised; each
    raises ``TypeError``. Its ``repr`` names no part of the value, so it is safe in a traceback.
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        _live.add(self)

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    @property
    def hint(self) -> str:
        """The first three characters, which Graph itself shows to every reader as ``hint``."""
        return self._value[:3]

    def __repr__(self) -> str:
        return _REDACTED

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("a secret cannot be printed, compared, copied or serialised")

    def __str__(self) -> NoReturn:  # noqa: PLE0307 - refusing is the point
        self._refuse()

    def __format__(self, format_spec: str) -> NoReturn:
        self._refuse()

    def __eq__(self, other: object) -> NoReturn:
        self._refuse()

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        self._refuse()

    # Identity, not the value: WeakSet needs a hash, and equal values must not be found out by it.
    def __hash__(self) -> int:
        return id(self)


def redact(text: str) -> str:
    """Replace every value of a living :class:`Secret` in ``text``: the last net under logs and reports."""
    for secret in list(_live):
        value = secret.reveal()
        if value:
            text = text.replace(value, _REDACTED)
    return text
