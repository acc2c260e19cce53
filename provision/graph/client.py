"""The way to Graph: the SDK's request builders, middleware and authentication, with our own retry.

Answers are read as JSON into our own records. The SDK's models are left alone: the first answer
parsed into one imports over a thousand modules.
"""

from __future__ import annotations

import asyncio
import copy
import random
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

import httpx
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.request_information import RequestInformation

from provision.clouds import Cloud
from provision.errors import ProvisionError, catalogue
from provision.graph import sdk
from provision.graph.answers import Answer, Failure, Lost, Refusal, elsewhere, items, read, read_parts
from provision.graph.batch import Batches, Inner
from provision.graph.clock import ServiceTime, moment
from provision.graph.identity import refuse_other_context
from provision.graph.limiter import Limiter
from provision.graph.query import Query, body, configuration
from provision.graph.request import Request, fixed
from provision.graph.retry import Repeat, pause, reason_to_retry, replicating
from provision.graph.tokens import Tokens
from provision.values import dataclass

if TYPE_CHECKING:
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient

__all__ = ["Graph", "Notify", "Query", "Send", "Written", "body", "configuration"]
T = TypeVar("T")
BUDGET = 120.0  # seconds that one request may wait, over all its tries
FIRST_CONTACT = 10.0  # the same where no connection was ever made: likely a name, a proxy or a wall is wrong
SKEW = timedelta(minutes=5)  # how far Entra's front ends may disagree about "now"

_NAME = re.compile(r"[a-zA-Z$]+(\(|$)")
# Never sent, or refused before anything could take effect.
_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class Notify(Protocol):
    """Is told in a few words what is being waited for."""

    def __call__(self, text: str) -> None:
        """Take one line of progress."""


@dataclass(frozen=True, slots=True)
class Written:
    """One call that was to change something: who sent it, what came of it. Never a header or a body."""

    at: datetime
    who: Mapping[str, str]  # the token's own words for the caller
    method: str
    url: str
    status: int | None  # None: no answer came
    result: str  # "done", Graph's code, or "no answer"
    request_id: str | None


Audit = Callable[[Written], None]


Send: TypeAlias = Callable[[RequestInformation], Awaitable[Answer]]


class Graph:
    """One cloud's Graph for one identity: sends, retries within a budget, and tells the service's time."""

    def __init__(
        self,
        cloud: Cloud,
        tokens: Tokens,
        http: httpx.AsyncClient,
        transport: httpx.AsyncBaseTransport,
        *,
        sleep: Callable[[float], Awaitable[None]],
        notify: Notify,
        budget: float = BUDGET,
        audit: Audit | None = None,
        share: float = 1.0,
    ) -> None:
        """``transport`` is the client's own, which the SDK wraps; ``audit`` is told of each call that writes.

        ``share`` is this machine's of the tenant's quota.
        """
        self.cloud = cloud
        self._plain = http
        self._transport = transport
        self._batches: Batches | None = None
        self.sleep = sleep
        self.notify = notify
        self._share = share
        self._sign_in(tokens)
        self._budget = budget
        self._reached: set[str] = set()  # hosts that have answered
        self._time = ServiceTime()
        self._audit = audit

    def _sign_in(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._host = httpx.URL(self.root).host
        self.limiter = Limiter(self.sleep, moment, self.notify, part=self._share)
        self._adapter: GraphRequestAdapter | None = None
        self._builders: GraphServiceClient | None = None

    async def warm(self, *, writes: bool) -> None:
        """Import what requests are made with, which takes a while: best done while something is waited for.

        Whoever has something to do goes on between two imports.
        """
        _ = self._middleware, self.sdk
        if (ready := getattr(self._transport, "make_ready", None)) is not None:
            await asyncio.sleep(0)
            ready(self.root)
        for builder in sdk.READS + (sdk.WRITES if writes else ()):
            await asyncio.sleep(0)
            builder(self.sdk)

    @cached_property
    def _middleware(self) -> httpx.AsyncClient:
        """The client with the SDK's middleware around its connections."""
        return sdk.with_middleware(self._plain)

    def _sender(self) -> GraphRequestAdapter:
        if self._adapter is None:
            self._adapter = sdk.adapter(self.tokens, self._middleware, self.root)
        return self._adapter

    def gather(self) -> None:
        """From now on, send what many configs ask at the same time in batches.

        For one config this would be slower: its few requests go side by side over one connection.
        """
        self._batches = Batches(self.root, self._alone, self.limiter.admit)

    @property
    def sdk(self) -> GraphServiceClient:
        """The SDK's request builders, new for each use.

        Those of alternate keys write the key into the path parameters of the client that they come from.
        """
        if self._builders is None:
            self._builders = sdk.builders(self._sender())
        builders = copy.copy(self._builders)
        builders.path_parameters = dict(builders.path_parameters)
        return builders

    @property
    def root(self) -> str:
        """The address that every path of Graph v1.0 hangs on."""
        return f"{self.cloud.graph}/v1.0"

    def now(self) -> datetime:
        """Return the service's time, from Graph's ``Date`` headers; this machine's before the first."""
        return self._time.now()

    def time_at(self, at: float) -> datetime:
        """Return the service's time at a :func:`~provision.graph.clock.moment` of this process."""
        return self.now() - timedelta(seconds=moment() - at)

    @property
    def budget(self) -> float:
        """The seconds that a request, or a wait for other runs, may take: ``--timeout``."""
        return self._budget

    def signed_in(self, tokens: Tokens) -> Graph:
        """Return a client of the same Graph for another identity, over the same connections."""
        _ = self._middleware  # one for all, for the connections are the same
        other = copy.copy(self)
        other._batches = None
        other._sign_in(tokens)
        return other

    def send(
        self,
        info: RequestInformation,
        *,
        repeat: Repeat = Repeat.HARMLESS,
        fresh: bool = False,
    ) -> Coroutine[Any, Any, Answer]:
        """Send a request, and again while that may help, and return its answer; ``Failure`` if it fails.

        What is sent is fixed by this call, before anything is awaited. ``repeat`` says whether sending it
        twice does harm. ``fresh``: it is about a new object, so a replica that does not know it yet is
        waited for. The budget limits the seconds waited between tries.
        """
        return self._sent(fixed(info, self.root), repeat=repeat, fresh=fresh)

    async def _sent(
        self, request: Request, *, repeat: Repeat = Repeat.HARMLESS, fresh: bool = False
    ) -> Answer:
        return await self._persist(lambda: self._once(request), _words(request), repeat=repeat, fresh=fresh)

    async def in_one_go(self, what: str, steps: Callable[[Send], Awaitable[T]], *, fresh: bool = False) -> T:
        """Carry out requests that rest on one another; where one may be tried again, try all of them anew.

        So what is written never rests on what was read before a pause. ``steps`` is given what sends one
        request, once. Raises ``Failure`` as :meth:`send` does.
        """

        def send(info: RequestInformation) -> Awaitable[Answer]:
            return self._once(fixed(info, self.root))

        return await self._persist(lambda: steps(send), what, fresh=fresh)

    async def _persist(
        self,
        once: Callable[[], Awaitable[T]],
        what: str,
        *,
        repeat: Repeat = Repeat.HARMLESS,
        fresh: bool = False,
    ) -> T:
        attempt, spent = 0, 0.0
        while True:
            attempt += 1
            try:
                return await once()
            except Failure as failure:
                reason = reason_to_retry(failure, repeat, fresh=fresh)
                if reason is None:
                    raise
                wait = pause(attempt, reason, random.random())  # noqa: S311 - jitter, not a secret
                limit = self._limit(failure)
                if spent + wait > limit:
                    if isinstance(failure, Refusal):
                        failure.waited_for = fresh and replicating(failure)
                    raise
                spent += wait
                left = f"{spent:.0f} of {limit:.0f} s"
                self.notify(f"{what}: {reason.text}; trying again in {wait:.0f} s ({left})")
            await self.sleep(wait)

    def _limit(self, failure: Failure) -> float:
        """Return the seconds that may be waited between tries: few, where the host was never reached."""
        if isinstance(failure, Lost) and not failure.sent and failure.host not in self._reached:
            return min(FIRST_CONTACT, self._budget)
        return self._budget

    def collect(
        self, builder: Any, config: RequestConfiguration[Any] | None = None
    ) -> Coroutine[Any, Any, list[dict[str, Any]]]:
        """Return the items of a collection, following its pages, which must be Graph's own."""
        return self._pages(fixed(builder.to_get_request_information(config), self.root))

    async def _pages(self, request: Request) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        followed: set[str] = set()
        while True:
            answer = await self._sent(request)
            found += items(answer)
            link = answer.body.get("@odata.nextLink")
            if not link:
                return found
            if link in followed:
                raise ProvisionError(catalogue.GRAPH_ANSWER, "Graph's pages lead back to one that was read")
            followed.add(str(link))
            request = request.page(str(link), self.root)

    async def fetch(self, url: str) -> httpx.Response:
        """Return a page that needs no token, such as a tenant's OpenID document."""
        return await self._ask(lambda: httpx.Request("GET", url))

    async def fetch_once(self, url: str) -> httpx.Response:
        """Return a page that needs no token, or ``Lost`` at once: whether it is there is what is asked."""
        return await self._ask_once(httpx.Request("GET", url))

    async def post_form(self, url: str, form: Mapping[str, str]) -> httpx.Response:
        """Send a form to the login service, which needs no token, and return what it answers."""
        return await self._ask(lambda: httpx.Request("POST", url, data=dict(form)))

    async def _ask(self, request: Callable[[], httpx.Request]) -> httpx.Response:
        """Send a request that is harmless to repeat; return the last answer, even if it is a refusal.

        Raises ``Lost`` if no answer came at all.
        """

        async def once() -> httpx.Response:
            response = await self._ask_once(request())
            if isinstance(refusal := read(response), Refusal):
                refusal.response = response
                raise refusal
            return response

        try:
            return await self._persist(once, f"asking {urlsplit(self.cloud.login).netloc}")
        except Refusal as refusal:
            if refusal.response is None:
                raise
            return refusal.response

    async def _ask_once(self, request: httpx.Request) -> httpx.Response:
        try:
            response: httpx.Response = await self._middleware.send(request)
        except httpx.TransportError as error:
            raise Lost(error, host=request.url.host, sent=not isinstance(error, _UNSENT)) from error
        self._learn(response)
        if (leads := elsewhere(response)) is not None:
            raise ProvisionError(catalogue.GRAPH_ANSWER, f"{request.url.host}: {leads}")
        return response

    async def close(self) -> None:
        """Close the connections."""
        if self._batches is not None:
            await self._batches.close()
        self.tokens.close()
        await self._plain.aclose()
        await self._transport.aclose()  # the SDK's own around it does not close what it wraps

    async def _once(self, request: Request) -> Answer:
        try:
            if self._batches is not None and self._batches.takes(request):
                response = await self._batches.answer(request)
            else:
                await self.limiter.admit(writes=not request.reads, reads=request.reads)
                response = await self._alone(request)
        except httpx.TransportError as error:
            self._tell(request, None, "no answer", None)
            host = httpx.URL(request.url).host
            raise Lost(error, host=host, sent=not isinstance(error, _UNSENT)) from error
        if isinstance(response, Inner):
            result = read_parts(response.status, response.headers, response.body or {})
            await self._show(request, response)
        else:
            result = read(response)
        self.limiter.heard(result.status, response.headers, wrote=not request.reads)
        if isinstance(result, Refusal):
            self._tell(request, result.status, result.code or "refused", result.request_id)
            raise result
        self._tell(request, result.status, "done", result.request_id)
        refuse_other_context(request.url, result.body)
        return result

    async def _alone(self, request: Request) -> httpx.Response:
        """Send a request, once; ``httpx.TransportError`` if no answer comes."""
        response = cast(
            httpx.Response, await self._sender().send_primitive_async(request.information(), "bytes", {})
        )
        self._learn(response)
        return response

    async def _show(self, request: Request, inner: Inner) -> None:
        """Tell ``--verbose`` of a request in a batch as of one alone."""
        for hook in self._plain.event_hooks["response"]:
            asked = httpx.Request(request.method.value, request.url)
            await hook(httpx.Response(inner.status, headers=dict(inner.headers), request=asked))

    def _tell(self, request: Request, status: int | None, result: str, request_id: str | None) -> None:
        if self._audit is not None and not request.reads:
            who = self.tokens.caller()
            self._audit(
                Written(self.now(), who, request.method.value, request.url, status, result, request_id)
            )

    def _learn(self, response: httpx.Response) -> None:
        """Note that the host answers, and the time if it is Graph: not the login service, not a cache."""
        host = response.request.url.host
        self._reached.add(host)
        if host == self._host and "request-id" in response.headers:
            self._time.learn(response.headers.get("Date"))


def _words(request: Request) -> str:
    """Return what a request is about, without ids: its method and the names in its path."""
    path = urlsplit(request.url).path.partition("/v1.0/")[2]
    names = [part.partition("(")[0] for part in path.split("/") if _NAME.match(part)]
    return f"{request.method.value} {'/'.join(names)}"
