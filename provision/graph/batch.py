"""Many configs' requests of one tenant, sent at the same time: twenty go as one, by ``$batch``.

Each inner answer is its own: a refusal, with its own ``Retry-After``, is tried again or not as if the request
had been sent alone. A batch whose answer is lost is a lost answer for each that was in it; so is a part that
an answer lacks. Nothing depends on anything else in the same batch: what rests on an answer waits for it.

Source: https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import httpx
from kiota_abstractions.method import Method

from provision.graph.request import Request
from provision.values import dataclass

MOST = 20  # requests in one: the page above
AT_ONCE = 4  # batches under way, which is what one application may do in parallel for long
_LINGER = 0.004  # seconds in which what is sent at the same time is gathered
_LONGER = 0.012  # the same while a batch is under way: those whose answers it brings come next
_NAME = re.compile(r"([?&])%24")  # as the SDK's middleware decodes the names of parameters


@dataclass(frozen=True, slots=True)
class Inner:
    """The answer to one request of a batch; ``body`` is what was JSON, or ``None``."""

    status: int
    headers: Mapping[str, str]  # names in small letters
    body: Any


class Admit(Protocol):
    """Lets requests through."""

    async def __call__(self, *, writes: int, reads: int) -> None:
        """Return once so many may be sent."""


@dataclass(slots=True)
class _Waiting:
    request: Request
    answer: asyncio.Future[httpx.Response | Inner]


class Batches:
    """Gathers requests, and sends them: one alone as it is, several as a batch."""

    def __init__(
        self, root: str, send: Callable[[Request], Awaitable[httpx.Response]], admit: Admit | None = None
    ) -> None:
        """``send`` sends one request; it may raise ``httpx.TransportError`` or ``ProvisionError``.

        ``admit`` returns once so many writes and reads may be sent.
        """
        self._root = root
        self._send = send
        self._admit = admit
        self._waiting: deque[_Waiting] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._soon: asyncio.TimerHandle | None = None

    def takes(self, request: Request) -> bool:
        """Say whether a request may go in a batch: it is at this Graph, and its body is JSON."""
        return request.url.startswith(f"{self._root}/")

    async def answer(self, request: Request) -> httpx.Response | Inner:
        """Send a request with others, and return its own answer; raises what ``send`` raises."""
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._go_on()
        return await waiting.answer

    async def close(self) -> None:
        """Cancel what is under way, and wait until it has ended."""
        if self._soon is not None:
            self._soon.cancel()
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _go_on(self) -> None:
        """Send full batches now, and the rest in a moment, as far as there is room."""
        while len(self._waiting) >= MOST and len(self._under_way) < AT_ONCE:
            self._begin()
        if not self._waiting and self._soon is not None:  # who comes next is not of those it waited for
            self._soon.cancel()
            self._soon = None
        if self._waiting and self._soon is None and len(self._under_way) < AT_ONCE:
            linger = _LONGER if self._under_way else _LINGER
            self._soon = asyncio.get_running_loop().call_later(linger, self._rest)

    def _rest(self) -> None:
        self._soon = None
        while self._waiting and len(self._under_way) < AT_ONCE:
            self._begin()

    def _begin(self) -> None:
        part = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        part = [each for each in part if not each.answer.done()]  # whoever asked was cancelled meanwhile
        if not part:
            return
        task = asyncio.get_running_loop().create_task(self._carry(part))
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.result()
        self._go_on()

    async def _carry(self, part: Sequence[_Waiting]) -> None:
        try:
            if self._admit is not None:
                reads = sum(each.request.reads for each in part)
                await self._admit(writes=len(part) - reads, reads=reads)
            if len(part) == 1:
                found: Sequence[httpx.Response | Inner | Exception] = [await self._send(part[0].request)]
            else:
                response = await self._send(_outer([each.request for each in part], self._root))
                found = _inner(response, len(part))
        except Exception as error:  # noqa: BLE001 - each of them hears of it, and tells it in its own words
            found = [error] * len(part)
        except BaseException:
            for each in part:
                each.answer.cancel()
            raise
        for each, answer in zip(part, found, strict=True):
            if each.answer.done():
                continue
            if isinstance(answer, Exception):
                each.answer.set_exception(answer)
            else:
                each.answer.set_result(answer)


def _outer(requests: Sequence[Request], root: str) -> Request:
    """Return the request that carries the others."""
    steps: list[dict[str, Any]] = []
    for number, request in enumerate(requests):
        step: dict[str, Any] = {
            "id": str(number),
            "method": request.method.value,
            "url": _NAME.sub(r"\1$", request.url.removeprefix(root)),
        }
        if request.headers:
            step["headers"] = dict(request.headers)
        if request.content:
            step["body"] = json.loads(request.content)
        steps.append(step)
    return Request(
        Method.POST,
        f"{root}/$batch",
        (("accept", "application/json"), ("content-type", "application/json")),
        json.dumps({"requests": steps}).encode(),
    )


def _inner(response: httpx.Response, count: int) -> list[httpx.Response | Inner | Exception]:
    """Return the answer to each request; the outer one where that is a refusal of all of them.

    An answer that cannot be told is lost: what it was about may have been done.
    """
    if not response.is_success:
        return [response] * count
    found: dict[str, Inner] = {}
    try:
        answers = json.loads(response.content)["responses"]
        for item in answers:
            headers = {str(name).lower(): str(value) for name, value in (item.get("headers") or {}).items()}
            outer = {
                name: response.headers[name] for name in ("request-id", "date") if name in response.headers
            }
            found[str(item["id"])] = Inner(int(item["status"]), outer | headers, item.get("body"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        found = {}
    return [
        found.get(str(number)) or httpx.RemoteProtocolError("the answer of a batch lacks one of its parts")
        for number in range(count)
    ]
