"""A recording that may be given away: ids that still hang together, and nothing that tells whose they were.

Whatever a text is, it is replaced unless it is known to be harmless: sent by the test itself, a time, or the
value of a property whose values are the service's own. In what is kept, ids, addresses and domains are
replaced too. At the end the whole is searched for what must not be in it, and refused if anything is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from live.recorder import Raw

Json = dict[str, Any]

GUID = re.compile(r"(?<![\w-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-])")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?")
# Ids of grants: they hold the principal's id, encoded.
_OPAQUE = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{43}(?![\w-])")
_ADDRESS = re.compile(r"[^\s'\"/()<>@,;:]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
_ESCAPED_ADDRESS = re.compile(r"[\w.+-]+%40[\w.-]+")
_TENANT_DOMAIN = re.compile(
    r"[A-Za-z0-9-]+(?:\.mail)?\.(?:onmicrosoft\.(?:com|us|cn)|partner\.onmschina\.cn)"
)
# Ids that are the same in every tenant: Microsoft Graph's, and its application permission Mail.Send.
_EVERYWHERE = {"00000003-0000-0000-c000-000000000000", "b633e1c5-b582-4048-a93e-9f11b44c7e96"}
_PUBLIC = {"Microsoft Graph", "Mail.Send", "deleted", "me"}
# Properties whose values are words of the service.
_WORDS = {
    "code",
    "message",
    "signInAudience",
    "type",
    "principalType",
    "servicePrincipalType",
    "origin",
    "state",
    "restrictionType",
    "userPurpose",
    "service",
    "capabilityStatus",
    "tokenEncryptionKeyId",
    "maxLifetime",
    "contentType",
    "legalAgeGroupRule",
}
_SECRET = {"secretText": "PLH8Q~" + "x" * 34, "hint": "PLH"}
_KEYS = ("customKeyIdentifier", "key", "thumbprint", "password")
_REQUEST_HEADERS = ("prefer", "consistencylevel")
_ANSWER_HEADERS = ("content-type", "odata-version", "location", "retry-after", "preference-applied")
_OTHERS = 1  # objects of others that are kept of a list, for their shape


class Leak(Exception):
    """What must not be in a recording is in it: it is not written."""


class Sanitiser:
    """Stand-ins for one recording: the same for the same everywhere in it, another in every recording."""

    def __init__(
        self, *, tenant_ids: Collection[str], domains: Collection[str], root: str, marker: str
    ) -> None:
        self._key = secrets.token_bytes(32)
        self._root, self._marker = root, marker
        self._tenants = {tenant_id.lower() for tenant_id in tenant_ids if GUID.fullmatch(tenant_id)}
        self._domains = {domain.lower() for domain in (*domains, *tenant_ids) if not GUID.fullmatch(domain)}
        self._ours: set[str] = set()  # ids of what the test made
        self._sent: set[str] = set()  # texts that the test itself chose
        self._texts: dict[tuple[str, str], str] = {}
        self._pattern = re.compile(r"(?!)")
        self.forbidden: set[str] = set()

    def recording(self, exchanges: Sequence[Raw], callers: Collection[str]) -> Json:
        """Return the exchanges in the format that ``conformance`` reads; ``Leak`` if they are not clean."""
        for exchange in exchanges:
            self._learn(exchange)
        by_length = sorted(self._domains, key=len, reverse=True)
        if by_length:
            self._pattern = re.compile("|".join(map(re.escape, by_length)), re.IGNORECASE)
        begin = exchanges[0].at if exchanges else None
        document: Json = {
            "source": "make test-live",
            "recorded": f"{begin:%Y-%m}" if begin else "0000-00",
            "tenants": sorted(self._id(tenant) for tenant in self._tenants),
            "domains": sorted({self._domain(domain) for domain in self._domains}),
            "exchanges": [self._exchange(exchange, begin) for exchange in exchanges],
        }
        self.forbidden |= self._tenants | self._domains | {caller.lower() for caller in callers}
        harmless = {text.lower() for text in _PUBLIC}
        # The application that the test made also calls, and is named as the test named it.
        check(document, {t for t in self.forbidden - harmless if not t.startswith(self._marker)})
        return document

    # -- learning --------------------------------------------------------------------------

    def _learn(self, exchange: Raw) -> None:
        for name, text in _texts(exchange.body):
            if name in (*_SECRET, *_KEYS):
                self.forbidden.add(text.lower())
            else:
                self._sent.add(text)
        for name, text in _texts(exchange.answer):
            if name == "secretText":
                self.forbidden.add(text.lower())
            elif name in ("publisherDomain", "defaultDomainName"):
                self._domains.add(text.lower())
            elif name in ("appOwnerOrganizationId", "tenantId") and GUID.fullmatch(text):
                self._tenants.add(text.lower())
        for _, text in (
            *_texts(exchange.body),
            *_texts(exchange.answer),
            ("", unquote(exchange.path)),
            ("", unquote(exchange.query)),
        ):
            for found in _ADDRESS.finditer(text):
                self._domains.add(found[1].lower())
                self.forbidden.add(found[0].lower())
            self._domains.update(found[0].lower() for found in _TENANT_DOMAIN.finditer(text))
        answer = exchange.answer
        if exchange.status == 201 and isinstance(answer, dict):
            self._ours.update(str(answer[name]) for name in ("id", "appId") if name in answer)

    # -- stand-ins -------------------------------------------------------------------------

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{kind}:{text.lower()}".encode(), hashlib.sha256)

    def _id(self, text: str) -> str:
        if text.lower() in _EVERYWHERE or set(text) <= {"0", "-"}:
            return text
        raw = bytearray(self._digest("id", text)[:16])
        raw[6], raw[8] = (raw[6] & 0x0F) | 0x40, (raw[8] & 0x3F) | 0x80
        found = raw.hex()
        return "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:]))

    def _grant_id(self, text: str) -> str:
        return base64.urlsafe_b64encode(self._digest("grant", text)).decode().rstrip("=")

    def _domain(self, text: str) -> str:
        return f"contoso-{self._digest('domain', text).hex()[:8]}.onmicrosoft.com"

    def _person(self, found: re.Match[str]) -> str:
        return f"person-{self._digest('person', found[0]).hex()[:8]}@{self._domain(found[1])}"

    def _word(self, kind: str, text: str) -> str:
        return self._texts.setdefault((kind, text), f"{kind}-{len(self._texts) + 1}")

    def text(self, text: str) -> str:
        """Return a text with every id, address and domain in it replaced."""
        text = text.replace(self._root, "https://graph.microsoft.com")
        # As a mailbox's @odata.context has it.
        text = _ESCAPED_ADDRESS.sub(lambda found: quote(self.text(unquote(found[0]))), text)
        text = _ADDRESS.sub(self._person, text)
        text = GUID.sub(lambda found: self._id(found[0]), text)
        text = _OPAQUE.sub(lambda found: self._grant_id(found[0]), text)
        return self._pattern.sub(lambda found: self._domain(found[0]), text)

    # -- exchanges -------------------------------------------------------------------------

    def _exchange(self, exchange: Raw, begin: Any) -> Json:
        answer, trimmed = self._trimmed(exchange.answer)
        document: Json = {
            "method": exchange.method,
            "path": self._escaped(exchange.path, safe="/$()',=@:"),
            "query": self._query(exchange.query),
            "request_headers": self._headers(exchange.headers, _REQUEST_HEADERS),
            "request_body": self._body(exchange.body),
            "status": exchange.status,
            "response_headers": self._headers(exchange.answer_headers, _ANSWER_HEADERS),
            "response_body": self._answer("", answer),
            "offset_s": int((exchange.at - begin).total_seconds()),
        }
        return document | ({"trimmed": True} if trimmed else {})

    def _headers(self, headers: dict[str, str], kept: Collection[str]) -> dict[str, str]:
        return {name: self.text(value) for name, value in headers.items() if name.lower() in kept}

    def _escaped(self, raw: str, *, safe: str) -> str:
        plain = unquote(raw)
        clean = self.text(plain)
        return raw if clean == plain else quote(clean, safe=safe)

    def _query(self, raw: str) -> str:
        parts = []
        for part in raw.split("&") if raw else ():
            name, equals, value = part.partition("=")
            if unquote(name) == "$skiptoken":
                value = self._word("skiptoken", unquote(value))
            parts.append(name + equals + self._escaped(value, safe="$,'()/:*@"))
        return "&".join(parts)

    def _body(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._body(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self._body(item, name) for item in value]
        if not isinstance(value, str):
            return value
        return "stand-in" if name in (*_SECRET, *_KEYS) else self.text(value)

    def _trimmed(self, answer: Any) -> tuple[Any, bool]:
        """An answer without most of what others own; of Graph's own permissions only the one in use."""
        if not isinstance(answer, dict):
            return answer, False
        roles = answer.get("appRoles")
        if isinstance(roles, list) and len(roles) > _OTHERS:
            kept = [role for role in roles if role.get("value") == "Mail.Send"]
            return {**answer, "appRoles": kept}, True
        items = answer.get("value")
        if isinstance(items, list) and all(isinstance(item, dict) for item in items):
            ours = [item for item in items if self._is_ours(item)]
            others = [item for item in items if item not in ours]
            if len(others) > _OTHERS:
                return {**answer, "value": [*ours, *others[:_OTHERS]]}, True
        return answer, False

    def _is_ours(self, item: Json) -> bool:
        named = any(
            str(item.get(name, "")).startswith(self._marker) for name in ("uniqueName", "displayName")
        )
        return named or any(str(item.get(name)) in self._ours for name in ("id", "appId", "principalId"))

    def _answer(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._answer(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._answer(name, item) for item in value]
        if isinstance(value, str):
            return self._answered(name, value)
        return value

    def _answered(self, name: str, text: str) -> str:
        if name in _SECRET:
            return _SECRET[name]
        if name in _KEYS:
            return "stand-in"
        if name == "@odata.nextLink":
            return self._link(text)
        known = name.startswith("@odata.") or name in _WORDS or text in self._sent or text in _PUBLIC
        whole = GUID.fullmatch(text) or _TIME.fullmatch(text) or (name == "id" and _OPAQUE.fullmatch(text))
        if known or whole or text.lower() in self._domains or not text:
            return self.text(text)
        if _ADDRESS.fullmatch(text):
            return self.text(text)
        return self._word("text", text)

    def _link(self, url: str) -> str:
        parts = urlsplit(url)
        path = self._escaped(parts.path, safe="/$()")
        return f"https://graph.microsoft.com{path}?{self._query(parts.query)}"


def check(document: Json, forbidden: Collection[str]) -> None:
    """Raise ``Leak`` if any of these texts is in the document, however it is written there."""
    raw = json.dumps(document, ensure_ascii=False).lower()
    forms = (raw, unquote(raw))
    found = [text for text in forbidden if len(text) > 3 and any(text in form for form in forms)]
    if found:
        # What it is must not be told either: whoever runs this may send the output on.
        raise Leak(f"{len(found)} private values would have been in the recording; it was not written")


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, name)
