"""The secret's value, as a type that does not come out by accident."""

from __future__ import annotations

import base64
import json
import weakref
from collections.abc import Iterator
from typing import NoReturn, SupportsIndex, final
from urllib.parse import quote

_REDACTED = "<secret>"
_live: weakref.WeakSet[Secret] = weakref.WeakSet()


@final
class Secret:
    """A client secret's value. Only :meth:`reveal` gives it, and only a delivery should call that.

    It cannot be formatted, concatenated, compared, copied, pickled or serialised; each raises
    ``TypeError``, and its hash is the object's own. Its ``repr`` names no part of the value, so it is
    safe in a traceback, and ``dir`` does not list where the value is, for debuggers and reporters print
    what it lists.
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        _live.add(self)

    def reveal(self) -> str:
        """Return the value itself. Use it in the expression that hands it over; give it no name.

        A name would be a local, and a traceback may show those.
        """
        return self._value

    @property
    def hint(self) -> str:
        """The first three characters, which Graph itself shows to every reader as ``hint``."""
        return self._value[:3]

    def __repr__(self) -> str:
        return _REDACTED

    def __dir__(self) -> list[str]:
        return ["hint", "reveal"]

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("a secret cannot be printed, compared, copied or serialised")

    def __str__(self) -> NoReturn:  # noqa: PLE0307 - refusing is the point
        self._refuse()

    def __format__(self, format_spec: str) -> NoReturn:
        self._refuse()

    def __eq__(self, other: object) -> NoReturn:
        self._refuse()

    def __reduce__(self) -> NoReturn:
        self._refuse()

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        self._refuse()

    def __getstate__(self) -> NoReturn:
        self._refuse()

    # Identity, not the value: WeakSet needs a hash, and equal values must not be found out by it.
    def __hash__(self) -> int:
        return id(self)


def redact(text: str) -> str:
    """Replace every value of a living :class:`Secret` in ``text``: the last net under logs and reports."""
    for secret in list(_live):
        for shape in _shapes(secret):
            text = text.replace(shape, _REDACTED)
    return text


def _shapes(secret: Secret) -> Iterator[str]:
    """Yield the value as it is, and as JSON, Python, a web address or base64 would have it."""
    if secret.reveal():
        yield secret.reveal()
        yield json.dumps(secret.reveal())[1:-1]
        yield repr(secret.reveal())[1:-1]
        # What a terminal could not decode stands in it as half a character.
        yield quote(secret.reveal(), safe="", errors="surrogatepass")
        yield base64.b64encode(secret.reveal().encode(errors="surrogatepass")).decode()
