"""A recorded answer against ours: status, shape, values."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.identities import GUID, TIME, Identities
from conformance.recording import Exchange, Json, Recording


class Aspect(enum.Enum):
    """What an exchange is scored by, one point each."""

    STATUS = "status"  # and the code of an error
    SHAPE = "shape"  # names and JSON types of properties
    VALUES = "values"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as recorded."""

    aspect: Aspect
    place: str
    recorded: str
    here: str

    def __str__(self) -> str:
        return f"{self.aspect.value}: {self.place}: recorded {self.recorded}, here {self.here}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sandbox said."""

    status: int
    body: Any = None


# Values that stand for something else, or that no two services share: only their type is compared.
_OWN = frozenset(
    {
        "secretText",
        "hint",
        "key",
        "customKeyIdentifier",
        "securityIdentifier",
        "password",
        "date",
        "request-id",
        "client-request-id",
    }
)
_LATER = "2024-12"  # in today's reference, in no recording known (to 2024-11)
# Properties that Graph gained, and the month of the first recording known to show them: an older one
# cannot (https://learn.microsoft.com/graph/whats-new-earlier tells of most).
_SINCE = {
    "client-request-id": "2021-12",
    "defaultRedirectUri": "2021-12",
    "certification": "2021-12",
    "disabledByMicrosoftStatus": "2022-02",
    "verifiedPublisher": "2022-02",
    "signInAudience": "2022-02",  # on service principals
    "resourceSpecificApplicationPermissions": "2022-02",
    "serviceManagementReference": "2022-02",
    "samlMetadataUrl": "2022-08",
    "servicePrincipalLockConfiguration": "2023-03",
    "requestSignatureVerification": "2023-03",
    "redirectUriSettings": "2023-03",
    "nativeAuthenticationApisEnabled": "2024-11",
    "uniqueName": "2024-11",
    "isDisabled": _LATER,
    "createdByAppId": _LATER,
    "serviceProvisioningErrors": _LATER,
}
# Graph's default audience changed by this month, and with it the version of tokens that it implies; an
# application whose client sent one is not concerned.
_AUDIENCE_SINCE = "2024-11"
_AUDIENCE = frozenset({"signInAudience", "requestedAccessTokenVersion"})
_OF_CERTIFICATE = frozenset({"displayName", "customKeyIdentifier"})  # and the recorded one is a stand-in
_ADDRESS = re.compile(r"[^\s'\"]+@[^\s'\"]+")


class Comparer:
    """Compares the answers of one recording."""

    def __init__(self, recording: Recording, identities: Identities) -> None:
        self._month, self._ids = recording.recorded, identities
        self._domains = re.compile("|".join(map(re.escape, recording.domains)) or r"(?!)", re.IGNORECASE)
        self._chosen: set[str] = set()  # recorded appIds of applications whose client chose the audience

    def aspects(self, exchange: Exchange) -> list[Aspect]:
        """What there is to compare."""
        if exchange.answer is None:
            return [Aspect.STATUS]
        if not isinstance(exchange.answer, dict) or self._own(exchange):
            return list(Aspect)
        return [Aspect.STATUS, Aspect.SHAPE]

    def _own(self, exchange: Exchange) -> bool:
        items = exchange.answer.get("value")
        if not isinstance(items, list):
            return exchange.status >= 400 or self._ids.is_ours(exchange.answer, exchange.path)
        objects = [item for item in items if isinstance(item, dict)]
        return not objects or any(self._ids.is_ours(item, exchange.path) for item in objects)

    def compare(self, exchange: Exchange, answer: Answer) -> Iterator[Difference]:
        """Every difference; ids that the two answers pair are learnt on the way."""
        self._note_audience(exchange)
        if exchange.status != answer.status:
            recorded, here = _outcome(exchange.status, exchange.answer), _outcome(answer.status, answer.body)
            for aspect in self.aspects(exchange):  # a body under another status earns nothing
                yield Difference(aspect, "answer", recorded, here)
            return
        recorded, ours = exchange.answer, answer.body
        if exchange.status >= 400 and _code(recorded) != _code(ours):
            yield Difference(Aspect.STATUS, "error.code", str(_code(recorded)), str(_code(ours)))
        if _type(recorded) != _type(ours):
            yield Difference(Aspect.SHAPE, "body", _short(recorded), _short(ours))
        elif not isinstance(recorded, dict):
            yield from self._values("body", recorded, ours)
        elif isinstance(recorded.get("value"), list) and isinstance(ours.get("value"), list):
            yield from self._list(exchange, recorded, ours)
        elif isinstance(recorded.get("error"), dict) and isinstance(ours.get("error"), dict):
            yield from self._object("error.", recorded["error"], ours["error"])
        else:
            is_own = self._ids.is_ours(recorded, exchange.path)
            self._ids.learn(recorded, ours, deep=is_own)
            yield from self._object("", recorded, ours, own=is_own)

    # -- lists -----------------------------------------------------------------------------

    def _list(self, exchange: Exchange, recorded: Json, ours: Json) -> Iterator[Difference]:
        self._ids.learn({k: v for k, v in recorded.items() if k != "value"}, ours)
        # Beside the context: how many there are, and on how many pages, depends on what was there before.
        yield from self._object("", _context(recorded), _context(ours))
        if not all(isinstance(item, dict) for item in (*recorded["value"], *ours["value"])):
            yield from self._values("value", recorded["value"], ours["value"])
            return
        left = list(ours["value"])
        for number, item in enumerate(recorded["value"]):
            is_own = self._ids.is_ours(item, exchange.path)
            other = self._counterpart(item, left, own=is_own)
            if other is not None:
                left.remove(other)
                self._ids.learn(item, other, deep=is_own)
                yield from self._object(f"value[{number}].", item, other, own=is_own)
            elif is_own:
                yield Difference(Aspect.VALUES, f"value[{number}]", _short(item), "no such item")
        # What else stands here may have been in our tenant before, as theirs was in their tenant.
        for extra in left if not exchange.trimmed else ():
            if self._ids.knows(extra):
                yield Difference(Aspect.VALUES, "value", "no such item", _short(extra))

    def _counterpart(self, item: Json, candidates: Sequence[Json], *, own: bool) -> Json | None:
        """Ours for a recorded item: by its id or appId; else the first that stands for nothing else."""
        for name in ("id", "appId", "keyId"):
            if isinstance(item.get(name), str):
                wanted = self._ids.text(item[name])
                found = next((c for c in candidates if str(c.get(name)).lower() == wanted.lower()), None)
                if found is not None:
                    return found
                if name == "id" and wanted.lower() != item[name].lower():
                    return None  # it has a counterpart, which is not here
        return next((c for c in candidates if own or not self._ids.knows(c)), None)

    # -- objects ---------------------------------------------------------------------------

    def _object(self, place: str, recorded: Json, ours: Json, *, own: bool = True) -> Iterator[Difference]:
        for name in recorded.keys() - ours.keys():
            yield Difference(Aspect.SHAPE, place + name, _short(recorded[name]), "absent")
        for name in ours.keys() - recorded.keys():
            if self._month >= _SINCE.get(name, ""):
                yield Difference(Aspect.SHAPE, place + name, "absent", _short(ours[name]))
        if not own:  # its values are that tenant's own
            return
        moved = self._moved(recorded)
        for name in recorded.keys() & ours.keys() - moved:
            if _type(recorded[name]) != _type(ours[name]):
                yield Difference(Aspect.SHAPE, place + name, _short(recorded[name]), _short(ours[name]))
            else:
                yield from self._values(place + name, recorded[name], ours[name], moved)

    def _note_audience(self, exchange: Exchange) -> None:
        sent, answer = exchange.body, exchange.answer
        if isinstance(sent, dict) and "signInAudience" in sent and isinstance(answer, dict):
            self._chosen.add(str(answer.get("appId")))

    def _moved(self, recorded: Json) -> frozenset[str]:
        """The properties whose default has changed since, if this object has them by default."""
        is_old = self._month < _AUDIENCE_SINCE and recorded.get("appId") not in self._chosen
        return _AUDIENCE if is_old else frozenset()

    def _values(
        self, place: str, recorded: Any, ours: Any, ignored: frozenset[str] = frozenset()
    ) -> Iterator[Difference]:
        if not self._same(place.rpartition(".")[2], recorded, ours, ignored):
            yield Difference(Aspect.VALUES, place, _short(self._ids.value(recorded)), _short(ours))

    def _same(self, name: str, recorded: Any, ours: Any, ignored: frozenset[str]) -> bool:
        if _type(recorded) != _type(ours):
            return False
        if isinstance(recorded, dict):
            return self._same_members(recorded, ours, ignored)
        if isinstance(recorded, list):
            left_out = _OF_CERTIFICATE if name == "keyCredentials" else ignored
            return len(recorded) == len(ours) and all(
                self._same(name, one, other, left_out) for one, other in zip(recorded, ours, strict=True)
            )
        if name in _OWN:
            return True
        if isinstance(recorded, str):
            return self._same_text(name, recorded, ours)
        return bool(recorded == ours)

    def _same_members(self, recorded: Json, ours: Json, ignored: frozenset[str]) -> bool:
        if any(self._month >= _SINCE.get(name, "") for name in ours.keys() - recorded.keys()):
            return False
        return all(
            name in ours and self._same(name, value, ours[name], ignored)
            for name, value in recorded.items()
            if name not in ignored
        )

    def _same_text(self, name: str, recorded: str, ours: str) -> bool:
        if TIME.fullmatch(recorded) and TIME.fullmatch(ours) and not self._ids.was_sent(name, recorded):
            return True
        expected, given = self._domains.sub("", self._ids.text(recorded)), self._domains.sub("", ours)
        if name == "message":  # the wording counts, not what it is about
            expected, given = (_ADDRESS.sub("", GUID.sub("", text)) for text in (expected, given))
        if GUID.fullmatch(expected) and GUID.fullmatch(given):
            return expected.lower() == given.lower()
        return expected == given


def _code(body: Any) -> Any:
    error = body.get("error") if isinstance(body, dict) else None
    return error.get("code") if isinstance(error, dict) else None


def _outcome(status: int, body: Any) -> str:
    if status < 400:
        return str(status)
    error = body.get("error") if isinstance(body, dict) else None
    return f"{status} {_code(body)}" + (f" ({error.get('message')})" if isinstance(error, dict) else "")


def _context(body: Json) -> Json:
    return {name: value for name, value in body.items() if name == "@odata.context"}


def _type(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (dict, "object"), (list, "list"), (str, "text")):
        if isinstance(value, kind):
            return name
    return "number"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:157] + "..."
