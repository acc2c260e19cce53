"""What came back from Graph: an answer, a refusal in Graph's words, or nothing at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from provision.errors import ProvisionError, catalogue
from provision.network.retry_after import asked_wait
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """A success; ``body`` is empty where Graph sent none (204)."""

    status: int
    body: dict[str, Any]
    request_id: str | None


class Failure(Exception):
    """A call that did not succeed: a :class:`Refusal` or a :class:`Lost` connection."""


class Refusal(Failure):
    """Graph's error answer. Branch on ``status`` and ``code``, on ``message`` only where the code is shared.

    Source: https://learn.microsoft.com/graph/errors
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: tuple[str, ...] = (),
        request_id: str | None = None,
        time: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details  # the codes in error.details
        self.request_id = request_id
        self.time = time
        self.retry_after = retry_after
        self.waited_for = False  # True if retries for replication ran out
        self.response: httpx.Response | None = None  # kept only where the login service refused


class Lost(Failure):
    """The connection failed. ``sent`` says whether the request may have taken effect all the same."""

    def __init__(self, cause: Exception, *, host: str, sent: bool) -> None:
        super().__init__(str(cause) or type(cause).__name__)
        self.host = host
        self.sent = sent


def read(response: httpx.Response) -> Answer | Refusal:
    """Turn an HTTP response into an answer or a refusal; one that is not Graph's is a refusal too."""
    if (leads := elsewhere(response)) is not None:
        request_id = response.headers.get("request-id")
        return Refusal(response.status_code, "", leads, request_id=request_id)
    body = _json(response) if response.content else {}
    return read_parts(response.status_code, response.headers, body, response.reason_phrase)


def read_parts(status: int, headers: Mapping[str, str], body: Any, reason: str = "") -> Answer | Refusal:
    """Turn what an answer is made of into an answer or a refusal, as :func:`read`."""
    request_id = headers.get("request-id")
    if 200 <= status < 300:
        if isinstance(body, dict):
            return Answer(status, body, request_id)
        return Refusal(status, "", "the answer is not a JSON object", request_id=request_id)
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        error = {}
    inner = error.get("innerError")
    inner = inner if isinstance(inner, dict) else {}
    details = error.get("details")
    return Refusal(
        status,
        str(error.get("code") or ""),
        str(error.get("message") or reason or "no reason given"),
        details=tuple(str(item.get("code")) for item in details if isinstance(item, dict))
        if isinstance(details, list)
        else (),
        request_id=request_id or inner.get("request-id"),
        time=inner.get("date"),
        retry_after=asked_wait(headers),
    )


def items(answer: Answer) -> list[dict[str, Any]]:
    """Return the items of a collection's page; ``ProvisionError`` if the answer is no such page."""
    value = answer.body.get("value")
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ProvisionError(
            catalogue.GRAPH_ANSWER,
            "Graph's answer lacks the list 'value'",
            request_id=answer.request_id,
        )
    return value


def elsewhere(response: httpx.Response) -> str | None:
    """Say where a redirect leads, which is not followed; ``None`` for any other answer.

    None of what is asked for here is documented to redirect; the page of a network that wants a sign-in does.
    """
    location = response.headers.get("Location")
    if not response.is_redirect or location is None:
        return None
    try:
        host = httpx.URL(location).host
    except httpx.InvalidURL:
        host = ""
    return f"the answer sends on to {host or 'another address'}, and is not followed"


def _json(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):  # an HTML page of a gateway, a truncated body
        return None
