"""A recording, sent again to an empty sandbox of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx

from conformance.comparing import Answer, Aspect, Comparer, Difference
from conformance.identities import Identities, instant
from conformance.recording import Exchange, Recording
from provision.sandbox import Sandbox
from provision.sandbox.directory.tenants import add_domain

_GRAPH = "https://graph.microsoft.com"
_DOMAIN = "contoso.onmicrosoft.com"  # of a recording that names none


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one exchange went: skipped and why, or the aspects it was scored by and every difference."""

    exchange: Exchange
    aspects: tuple[Aspect, ...] = ()
    differences: tuple[Difference, ...] = ()
    skipped: str = ""


def replay(recording: Recording) -> list[Verdict]:
    """Send the exchanges in order, as a Global Administrator signed in as a person, and compare."""

    async def run() -> list[Verdict]:
        return [verdict async for verdict in _Replay(recording).verdicts()]

    return asyncio.run(run())


class _Replay:
    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._sandbox = Sandbox.open(None)
        self._tenant_id = self._sandbox.ensure_tenant((recording.domains or (_DOMAIN,))[0])
        self._verify_domains()
        self._sandbox.set_clock(now=_beginning(recording))
        self._ids = Identities(recording.tenants, self._tenant_id)
        self._comparer = Comparer(recording, self._ids)
        self._gone: set[str] = set()  # recorded ids of what was deleted

    def _verify_domains(self) -> None:
        """Whatever the recording makes people under must be a domain of the tenant."""
        people = [
            exchange.body["userPrincipalName"]
            for exchange in self._recording.exchanges
            if exchange.method == "POST"
            and isinstance(exchange.body, dict)
            and isinstance(exchange.body.get("userPrincipalName"), str)
        ]
        wanted = {name.rpartition("@")[2] for name in people if "@" in name} | {*self._recording.domains}
        with self._sandbox.writing():
            tenant = self._sandbox.store.tenants[self._tenant_id]
            for domain in sorted(wanted):
                if tenant.get("domain", domain) is None:
                    add_domain(tenant, domain)

    async def verdicts(self) -> AsyncIterator[Verdict]:
        """Every exchange's, in order."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self._sandbox.app),
            base_url=_GRAPH,
            headers={"Authorization": f"Bearer {self._sandbox.administrator_token(self._tenant_id)}"},
        ) as client:
            for exchange in self._recording.exchanges:
                yield await self._verdict(client, exchange)

    async def _verdict(self, client: httpx.AsyncClient, exchange: Exchange) -> Verdict:
        missing = self._ids.missing(exchange) if exchange.status < 400 else None
        self._ids.hear(exchange)
        if exchange.status == 201 and isinstance(exchange.answer, dict):
            self._ids.promise(exchange.answer)
        if exchange.status == 403:
            return Verdict(exchange, skipped="403: what the caller was allowed is not recorded")
        if missing is not None:
            name, promised = missing
            if not promised:
                return Verdict(exchange, skipped=f"needs {name}, which was there before")
            lost = tuple(
                Difference(aspect, "answer", str(exchange.status), f"not sent: {name} was never made here")
                for aspect in self._comparer.aspects(exchange)
            )
            return Verdict(exchange, tuple(self._comparer.aspects(exchange)), lost)
        answer = await self._send(client, exchange)
        if self._lags(exchange, answer):
            return Verdict(exchange, skipped="404 although it was there: the recorded replica was behind")
        if self._is_foreign(exchange, answer):
            return Verdict(exchange, skipped="about objects that were there before")
        differences = tuple(self._comparer.compare(exchange, answer))
        if exchange.method == "DELETE" and exchange.status == 204:
            self._gone.update(self._made_in(exchange.path))
        return Verdict(exchange, tuple(self._comparer.aspects(exchange)), differences)

    async def _send(self, client: httpx.AsyncClient, exchange: Exchange) -> Answer:
        url = self._ids.text(exchange.path) + (f"?{self._ids.text(exchange.query)}" if exchange.query else "")
        body = self._ids.value(exchange.body)
        answer = await client.request(
            exchange.method, url, headers=exchange.headers, json=body if exchange.body is not None else None
        )
        return Answer(answer.status_code, _body(answer))

    def _lags(self, exchange: Exchange, answer: Answer) -> bool:
        """Whether the recorded 404 is of something that was made before and not deleted since."""
        alive = [made for made in self._made_in(exchange.path) if made not in self._gone]
        return exchange.status == 404 and answer.status == 200 and bool(alive)

    def _is_foreign(self, exchange: Exchange, answer: Answer) -> bool:
        """Whether the recorded list holds only what was there before, and ours holds nothing."""
        if exchange.status != 200 or answer.status != 200 or not isinstance(exchange.answer, dict):
            return False
        items = exchange.answer.get("value")
        if not (isinstance(items, list) and items and all(isinstance(item, dict) for item in items)):
            return False
        if any(self._ids.is_ours(item, exchange.path) for item in items):
            return False
        return isinstance(answer.body, dict) and answer.body.get("value") == []

    def _made_in(self, path: str) -> list[str]:
        text = unquote(path).lower()
        return [made for made in self._ids.made if made in text]


def _body(answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        return answer.text


def _beginning(recording: Recording) -> datetime:
    """When the recording was made, for clients sent dates that lay ahead of them then.

    To the second if an object was made in it, else the first of its month.
    """
    for exchange in recording.exchanges:
        made = exchange.answer.get("createdDateTime") if isinstance(exchange.answer, dict) else None
        if exchange.status == 201 and isinstance(made, str) and (moment := instant(made)) is not None:
            return moment - timedelta(minutes=1)
    return datetime.strptime(recording.recorded, "%Y-%m").replace(tzinfo=UTC)
