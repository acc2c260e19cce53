"""How the sinks talk to a service: limited retries, no redirects, and errors that never hold a secret.

Exceptions of httpx and of Azure's SDK hold the request, and with it the value. So a :class:`ServiceError`
is made of words alone, and raised after the ``except`` block has ended: no exception in its chain
knows what was sent.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from enum import Enum
from time import sleep
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from provision.delivery.interface import Undeliverable
from provision.errors import Entry, ProvisionError, catalogue
from provision.network import current, retry_after
from provision.secret import Secret, redact
from provision.values import dataclass

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

TRIES = 5
BUDGET = 90.0  # seconds of waiting in all, for one request and its repetitions; GitHub may want 60 at once
CONNECT, ANSWER = 15.0, 60.0  # seconds for a connection, and for each answer
_LONGEST = 300  # characters of a service's own words
TRANSIENT = (408, 429, 500, 502, 503, 504)


class Sort(Enum):
    """What kind of trouble it is; the value is the word for it that a person reads first."""

    NETWORK = "kept out by the network"
    SIGN_IN = "not signed in"
    RIGHTS = "a right is missing"
    STATE = "the place cannot take it"
    LIMIT = "too many requests"
    OTHER = ""


class ServiceError(Exception):
    """A request that failed, in words for a person.

    ``lasting`` says that nothing but a person's doing can make the same request succeed: then a run that
    tried it with a value must not make another value for it.
    """

    def __init__(
        self,
        message: str,
        *,
        fix: str | None = None,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        transient: bool = False,
        wait: float = 0.0,
        sort: Sort = Sort.OTHER,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.sort = sort
        self.fix = fix
        self.status = status
        self.code = code
        self.request_id = request_id
        self.transient = transient  # whether another try may help
        self.wait = wait  # seconds that the service asked to wait

    @property
    def lasting(self) -> bool:
        """Whether the service understood, and refused for a reason that waiting does not change."""
        return not self.transient and (
            self.sort in (Sort.NETWORK, Sort.SIGN_IN, Sort.RIGHTS, Sort.STATE)
            or (self.status is not None and 400 <= self.status < 500)
        )

    def said(self) -> str:
        """Return the message, after the word for its kind if it has one."""
        return f"{self.sort.value}: {self.message}" if self.sort.value else self.message


@contextmanager
def translate_errors(entry: Entry, label: str) -> Iterator[None]:
    """Turn a service's error into the catalogued one; a lasting one becomes ``Undeliverable``."""
    trouble: ServiceError | None = None
    try:
        yield
    except ServiceError as caught:
        trouble = caught
    except ProvisionError as error:  # a library that is missing, a sign-in that failed, somebody else's value
        taken = error.entry is catalogue.PLACE_TAKEN and entry is catalogue.SINK_UNUSABLE
        raise ProvisionError(
            error.entry if taken else entry,
            error.message,
            fix=error.fix,
            request_id=error.request_id,
            service_code=error.service_code,
        ) from None
    if trouble is not None:
        raise (Undeliverable if trouble.lasting else ProvisionError)(
            entry,
            f"{label}: {trouble.said()}",
            fix=trouble.fix,
            request_id=trouble.request_id,
            service_code=trouble.code,
        )


def retry(call: Callable[[], T]) -> T:
    """Call, and again while errors are transient; raise the last. Repeating must do no harm."""
    waited, attempt = 0.0, 1
    while True:
        try:
            return call()
        except ServiceError as trouble:
            pause = max(trouble.wait, 0.5 * 2.0**attempt)
            if not trouble.transient:
                raise
            if attempt == TRIES:
                trouble.message += f"; tried {TRIES} times"
                raise
            if waited + pause > BUDGET:
                trouble.message += f"; it asks to wait {pause:.0f} seconds, longer than this run does"
                raise
        sleep(pause)
        waited, attempt = waited + pause, attempt + 1


def one_line(text: str) -> str:
    """Return a service's words as one short line, without control characters, tokens and values."""
    from provision.redaction import redacted

    plain = re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", redacted(redact(text))).strip()
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST] + "..."


def token_of(*names: str) -> Secret | None:
    """Return the token that the first of these environment variables holds, if one does."""
    for name in names:
        if os.environ.get(name, "").strip():
            token = Secret(os.environ[name].strip())
            if not re.fullmatch(r"[!-~]+", token.reveal()):
                raise ServiceError(f"{name} holds no token: it has spaces or letters that no token has")
            return token
    return None


# Gives a refusal its kind and next step, from it, the method that met it, and the answer's headers.
Explain = Callable[[ServiceError, str, Mapping[str, str]], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status that was expected, and the JSON that came with it (``None``: there was none)."""

    status: int
    body: Any


class Connection:
    """Requests to one service, by one caller. The sinks with an SDK of their own do not need it."""

    def __init__(self, client: httpx.Client, root: str, request_id: str, explain: Explain) -> None:
        self._client = client
        self._explain = explain
        self._root = root
        self._host = urlsplit(root).netloc
        self._request_id = request_id

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Callable[[], Any] | None = None,
        expect: Collection[int] = (),
    ) -> Answer:
        """Send a request that is harmless to repeat, with retries; ``ServiceError`` for any failure.

        ``expect`` names statuses beside 2xx that are answers, too. ``body`` makes what is sent: a value
        in it gets no name here, for a traceback may show locals.
        """
        return retry(lambda: self.ask_once(method, path, query=query, body=body, expect=expect))

    def ask_once(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Callable[[], Any] | None = None,
        expect: Collection[int] = (),
    ) -> Answer:
        """Send a request once."""
        import httpx

        trouble: ServiceError | None = None
        try:
            response = self._client.request(
                method, self._root + path, params=query, json=body() if body else None
            )
        except httpx.TimeoutException:
            trouble = ServiceError(f"{self._host} did not answer in time", transient=True, sort=Sort.NETWORK)
        except httpx.HTTPError as error:
            words = one_line(str(error)) or type(error).__name__
            untrusted = "CERTIFICATE_VERIFY_FAILED" in words
            trouble = ServiceError(
                f"{self._host} cannot be reached: {words}", transient=not untrusted, sort=Sort.NETWORK
            )
        if trouble is not None:
            raise trouble
        # 203 is how Azure DevOps sends its sign-in page for a token that it does not accept.
        if (response.is_success and response.status_code != 203) or response.status_code in expect:
            return Answer(response.status_code, self._json(response))
        raise self._refusal(method, response)

    def _json(self, response: httpx.Response) -> Any:
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            pass
        raise ServiceError(f"{self._host} answered {response.status_code}, but not with JSON")

    def _refusal(self, method: str, response: httpx.Response) -> ServiceError:
        status, headers = response.status_code, response.headers
        try:
            body = response.json()
        except ValueError:
            body = None
        said = body if isinstance(body, dict) else {}
        words = one_line(str(said.get("message") or response.reason_phrase))
        code = said.get("typeKey")
        limited = status == 403 and ("retry-after" in headers or headers.get("x-ratelimit-remaining") == "0")
        if response.is_redirect:
            words = f"{words}: it points elsewhere, which is not followed"
        trouble = ServiceError(
            f"{status} {words}",
            status=status,
            code=one_line(code) if isinstance(code, str) else None,
            request_id=one_line(headers.get(self._request_id, "")) or None,
            transient=status in TRANSIENT or limited,
            wait=asked_wait(headers),
        )
        self._explain(trouble, method, headers)
        return trouble


@contextmanager
def connected(
    root: str, headers: Callable[[], Mapping[str, str]], *, request_id: str, explain: Explain
) -> Iterator[Connection]:
    """Open a connection.

    ``headers`` makes what goes with every request; ``request_id`` is the header that names a request;
    ``explain`` tells what a refusal of this service means.
    """
    import httpx

    from provision.network.clients import synchronous

    with synchronous(
        current(),
        headers=headers(),
        timeout=httpx.Timeout(ANSWER, connect=CONNECT),
        follow_redirects=False,
    ) as client:
        yield Connection(client, root, request_id, explain)


def asked_wait(headers: Mapping[str, str]) -> float:
    """Return the seconds that a service asks to wait, by its own clock; 0 if it does not.

    Source: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    if "retry-after" in headers:
        return retry_after.asked_wait(headers) or 0.0
    try:
        if headers.get("x-ratelimit-remaining") == "0":
            now = parsedate_to_datetime(headers["date"])
            return max(0.0, float(headers["x-ratelimit-reset"]) - now.timestamp())
    except (KeyError, TypeError, ValueError):
        pass
    return 0.0
