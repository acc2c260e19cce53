"""What the things of a recording are called here: its ids against those the sandbox gave out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from conformance.recording import Exchange, Json

_MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
_BEGINS = r"(?:(?<![\w-])|(?<=%[0-9a-fA-F]{2}))"  # not within a word, unless that is an escaped mark
GUID = re.compile(_BEGINS + r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-])")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?")
_OPAQUE = re.compile(_BEGINS + r"[A-Za-z0-9_-]{43}(?![\w-])")  # ids of grants and of role assignments
_NAME_OF_PERSON = re.compile(r"[^/'()]+@[^/'()]+")
# Members of a request body that lead to an object which must exist.
_REFERENCES = ("ids", "@odata.id", "principalId", "resourceId", "clientId", "groupIds")


class Identities:
    """A map from recorded ids to ours, and what is known of where each came from."""

    def __init__(self, tenants: tuple[str, ...], tenant_id: str) -> None:
        self._here: dict[str, str] = {recorded.lower(): tenant_id for recorded in tenants}
        self._here[_MICROSOFT_GRAPH] = (
            _MICROSOFT_GRAPH  # is in every tenant, so what refers to it can be sent
        )
        self.made: set[str] = set()  # recorded ids of objects that the recording made
        self._promised: set[str] = set()  # every id of such an object, whether or not it was made here
        self._times: set[tuple[str, datetime]] = set()  # what the client sent, by the property
        self._timed: set[str] = set()  # properties in which the present request sends a time

    # -- learning --------------------------------------------------------------------------

    def hear(self, exchange: Exchange) -> None:
        """Note what the client chose itself: ids that no answer showed before, and times."""
        self._timed = set()
        for name, text in _texts(exchange.body):
            for found in GUID.findall(text):
                if found.lower() not in self._promised:
                    self._here.setdefault(found.lower(), found)
            if (moment := instant(text)) is not None:
                self._times.add((name, moment))
                self._timed.add(name)

    def promise(self, recorded: Json) -> None:
        """Note the ids of an object that the service made in answer to this request."""
        for name in ("id", "appId", "userPrincipalName"):
            if isinstance(value := recorded.get(name), str) and not (
                name == "appId" and value.lower() in self._here  # an application's, on its service principal
            ):
                self._promised.add(value.lower())
        if isinstance(recorded.get("id"), str):
            self.made.add(recorded["id"].lower())

    def learn(self, recorded: Any, ours: Any, *, deep: bool = True) -> None:
        """Pair ids by their place in two answers. Of an object not made here only its own (not ``deep``)."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for name in recorded.keys() & ours.keys():
                self._pair(name, recorded[name], ours[name], deep=deep)
        elif isinstance(recorded, list) and isinstance(ours, list) and len(recorded) == len(ours) and deep:
            for one, other in zip(recorded, ours, strict=True):
                self._pair("", one, other, deep=deep)

    def _pair(self, name: str, recorded: Any, ours: Any, *, deep: bool) -> None:
        if not (isinstance(recorded, str) and isinstance(ours, str)):
            if deep:
                self.learn(recorded, ours)
        elif name == "@odata.nextLink":
            for one, other in zip(_skip_tokens(recorded), _skip_tokens(ours), strict=False):
                self._here.setdefault(one.lower(), other)
        elif name == "id" or (deep and GUID.fullmatch(recorded) and GUID.fullmatch(ours)):
            self._here.setdefault(recorded.lower(), ours)

    # -- using -----------------------------------------------------------------------------

    def text(self, text: str) -> str:
        """A recorded text with our ids in place of the recorded ones."""
        if (whole := self._here.get(text.lower())) is not None:
            return whole
        text = GUID.sub(lambda m: self._here.get(m[0].lower(), m[0]), text)
        text = _OPAQUE.sub(lambda m: self._here.get(m[0].lower(), m[0]), text)
        for token in _skip_tokens("?" + text):
            text = text.replace(token, self._here.get(token.lower(), token))
        return text

    def value(self, value: Any) -> Any:
        """The same for every text in a JSON value."""
        if isinstance(value, dict):
            return {name: self.value(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def was_sent(self, name: str, text: str) -> bool:
        """Whether the recorded time of a property comes from the client: of this request or one before."""
        moment = instant(text)
        return name in self._timed or (moment is not None and (name, moment) in self._times)

    def is_ours(self, recorded: Json, path: str) -> bool:
        """Whether a recorded object, answered at this path, was made by the recording."""
        if isinstance(recorded.get("id"), str):
            return recorded["id"].lower() in self.made
        return any(found in self._promised for found in _named(path))

    def knows(self, ours: Json) -> bool:
        """Whether an object of ours stands for one that the recording made."""
        return ours.get("id") in {self._here.get(made) for made in self.made}

    def missing(self, exchange: Exchange) -> tuple[str, bool] | None:
        """A name in the request that means nothing here, and whether the recording promised it."""
        referred = [found for text in _references(exchange) for found in GUID.findall(text)]
        for name in (*_named(exchange.path), *_skip_tokens("?" + exchange.query), *referred):
            if "@" in name and name.lower() in self._promised:
                continue  # people are made under the recorded name
            if name.lower() not in self._here:
                return name, name.lower() in self._promised
        return None


def instant(text: str) -> datetime | None:
    """The moment that a text names; None if it is no time."""
    if not TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _named(path: str) -> list[str]:
    """The objects that a path names, in lower case."""
    text = unquote(path)
    people = [m for m in _NAME_OF_PERSON.findall(text) if not GUID.search(m)]
    return [name.lower() for name in (*GUID.findall(text), *_OPAQUE.findall(text), *people)]


def _references(exchange: Exchange) -> Iterator[str]:
    if not isinstance(exchange.body, dict):
        return
    for name, value in exchange.body.items():
        is_backing = name == "appId" and exchange.path.lower().endswith("/serviceprincipals")
        if name in _REFERENCES or is_backing:
            yield from (text for _, text in _texts(value))


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, with the name of its property."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for inner, item in value.items():
            yield from _texts(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, name)


def _skip_tokens(url: str) -> list[str]:
    return parse_qs(urlsplit(url).query).get("$skiptoken", [])
