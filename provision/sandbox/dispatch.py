"""One Graph request, from raw to answered: authenticate, parse, find, authorise, handle, keep.

Synchronous on purpose: between reading the body and sending the answer nothing else runs, so a
request is a transaction without any locking of its own.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from provision.sandbox.authorization import check
from provision.sandbox.coverage import borders
from provision.sandbox.errors import (
    GraphError,
    bad_syntax,
    several_content_types,
    too_large,
    unknown_content_type,
    unknown_segment,
)
from provision.sandbox.faults import resource_units
from provision.sandbox.faults.quota import Who
from provision.sandbox.faults.weather import ConnectionCut
from provision.sandbox.keeping.state import StateError
from provision.sandbox.odata import metadata
from provision.sandbox.odata import path as odata_path
from provision.sandbox.odata import query as odata_query
from provision.sandbox.tokens import bearer
from provision.sandbox.wire import compression, envelope
from provision.sandbox.wire.call import Answer, Call
from provision.sandbox.wire.caller import Caller
from provision.sandbox.wire.http import LoggedRequest, RawAnswer, RawRequest
from provision.sandbox.wire.routing import Endpoint, Router

if TYPE_CHECKING:
    from provision.sandbox import Sandbox

MAX_DEPTH = 64  # of nested JSON; Graph's own documents need a handful
_BODY_METHODS = ("POST", "PATCH", "PUT")
_log = logging.getLogger("provision.sandbox")  # of a served one, on stderr (server.py)


class Dispatcher:
    """Answers Graph requests over a sandbox's store."""

    def __init__(self, sandbox: Sandbox, router: Router) -> None:
        self._sandbox, self._router = sandbox, router
        self.lock = threading.RLock()  # several event loops may share one sandbox
        self._told: set[str] = set()

    def handle(self, raw: RawRequest) -> RawAnswer:
        """Answer; raises nothing but the weather's ``ConnectionCut``."""
        started = time.perf_counter()
        request_id = str(uuid.uuid4())
        client_id = raw.headers.get("client-request-id", request_id)
        who: Caller | None = None
        fate: GraphError | str | None = None
        used: dict[str, str] = {}
        with self.lock:
            now = self._sandbox.clock.now()
            try:
                self._sandbox.refresh()
                now = self._sandbox.clock.now()
                fate = self._sandbox.weather.meet(raw.method, raw.path)
                if isinstance(fate, GraphError):
                    raise fate
                if fate == "before":
                    raise ConnectionCut
                who = bearer.resolve(self._sandbox, raw.headers)
                used = self._charge(raw, who, now)
                answer = self._answer(raw, who, request_id)
            except GraphError as error:
                answer = Answer(
                    error.status, envelope.error_body(error, now, request_id, client_id), dict(error.headers)
                )
            except StateError as error:
                full = GraphError(507, "InsufficientStorage", f"{error.message} {error.fix}")
                answer = Answer(507, envelope.error_body(full, now, request_id, client_id))
            took = (time.perf_counter() - started) * 1000
            target = raw.path + (f"?{raw.query}" if raw.query else "")
            self._sandbox.requests.append(
                LoggedRequest(
                    raw.method,
                    target,
                    answer.status,
                    who.tenant_id if who else None,
                    who.object_id if who else None,
                    took,
                )
            )
        if fate == "after":
            raise ConnectionCut
        detail = metadata.level(raw.headers.get("accept", ""))
        headers = envelope.headers(now, request_id, client_id)
        headers |= used
        headers["x-ms-resource-unit"] = str(resource_units.of(raw.method, raw.path, raw.query))
        return _render(_detailed(answer, detail, who), detail, headers)

    def _charge(self, raw: RawRequest, who: Caller, now: datetime) -> dict[str, str]:
        def whose() -> Who:
            tenant = self._sandbox.store.tenant(who.tenant_id)
            return Who(who.app_id, who.tenant_id, tenant.count("user") if tenant else 0)

        return self._sandbox.weather.charge(raw.method, raw.path, raw.query, whose, now)

    def _answer(self, raw: RawRequest, who: Caller, request_id: str) -> Answer:
        segments = odata_path.split(raw.path)
        version = segments.pop(0) if segments else ""
        if isinstance(version, odata_path.Key) or version.lower() not in ("v1.0", "beta"):
            raise bad_syntax("Invalid version.")
        # Older clients name the caller's own tenant after the version, by its id or as "myorganization".
        if segments and isinstance(segments[0], str) and self._is_alias(segments[0].lower(), who):
            segments.pop(0)
        if not segments:
            raise unknown_segment("")
        with self._loudly(raw.method, segments):
            endpoint, keys = self._router.find(raw.method, segments)
            if endpoint.beta and version.lower() != "beta":
                raise unknown_segment(endpoint.pattern.split("/")[1])
        tenant = self._sandbox.store.tenant(who.tenant_id)
        if tenant is None:
            raise GraphError(
                401,
                "Authorization_IdentityNotFound",
                "The identity of the calling application could not be established.",
            )
        call = Call(
            method=raw.method,
            version=version.lower(),
            path=raw.path,
            root=raw.root,
            headers=raw.headers,
            query=odata_query.parse(raw.query),
            body=_body(raw),
            caller=who,
            tenant=tenant,
            store=self._sandbox.store,
            clock=self._sandbox.clock,
            keys=keys,
            request_id=request_id,
            send=self.handle,
            exchange_lag=self._sandbox.weather.exchange_lag,
            report_lag=self._sandbox.weather.report_lag,
        )
        if not endpoint.writes:
            # "users/x/calendar" looks like a property, "users/delta" like a user.
            loud = self._loudly(raw.method, segments) if endpoint.guesses else contextlib.nullcontext()
            with loud:
                return self._carry_out(call, endpoint)
        with self._sandbox.writing():
            # The state may have been read anew under the lock.
            call.tenant = self._sandbox.store.tenants[who.tenant_id.lower()]
            call.store = self._sandbox.store
            answer = self._carry_out(call, endpoint)
            self._sandbox.weather.note(call.store)
            return answer

    @contextlib.contextmanager
    def _loudly(self, method: str, segments: list[odata_path.Segment]) -> Iterator[None]:
        """Mark a refusal of what real Graph has and the sandbox has not."""
        try:
            yield
        except GraphError as error:
            missing = borders.beyond(method, segments, here=error.status == 405)
            if missing is not None:
                error.headers[borders.HEADER] = f"{method} {missing}"
                self._tell(f"{method} {missing}")
            raise

    def _tell(self, request: str) -> None:
        """Say once that real Graph has a call and the sandbox has not."""
        if request not in self._told:
            self._told.add(request)
            _log.warning(
                "not emulated: %s; Microsoft Graph has it, this sandbox answers as if it had not", request
            )

    def _is_alias(self, segment: str, who: Caller) -> bool:
        return segment in ("myorganization", who.tenant_id.lower())

    def _carry_out(self, call: Call, endpoint: Endpoint) -> Answer:
        call.tenant.behind = self._sandbox.weather.behind(call)
        try:
            check.authorize(call, endpoint)
            return endpoint.handler(call)
        finally:
            call.tenant.behind = {}


@contextlib.contextmanager
def _json_faults() -> Iterator[None]:
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise bad_syntax(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of"
            " valid JSON format."
        ) from error


def _body(raw: RawRequest) -> Any:
    content = raw.body
    if content is not None:
        content = compression.plain(content, raw.headers.get("content-encoding", ""))
    if content is None:
        raise too_large()
    if raw.method not in _BODY_METHODS or not content.strip():
        return None
    given = raw.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind.startswith("image/") or (kind == "text/plain" and _is_exchanges(raw.path)):
        return content
    _check_type(kind, given, exchange=_is_exchanges(raw.path))
    with _json_faults():
        document = json.loads(content)
        _check_depth(document, 0)
        # A lone surrogate is JSON, and cannot be stored or answered as UTF-8.
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    return document


def _is_exchanges(path: str) -> bool:
    """``sendMail``, the one write that Exchange reads for itself.

    It takes MIME too: https://learn.microsoft.com/graph/api/user-sendmail, example 4.
    """
    return path.rstrip("/").lower().endswith("sendmail")


def _check_type(kind: str, given: str, *, exchange: bool) -> None:
    """A write says that it is JSON, or is not looked at; both texts are quoted by many who met them."""
    if not kind:
        raise bad_syntax(
            "Write requests (excluding DELETE) must contain the Content-Type header declaration."
        )
    if exchange and "," in given:
        raise several_content_types(given)
    if kind in ("application/json", "text/json") or (kind.endswith("+json") and "," not in kind):
        return
    if exchange:
        raise unknown_content_type(given)
    raise bad_syntax("Entity only allows writes with a JSON Content-Type header.")


def _check_depth(node: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        _check_depth(child, depth + 1)


def _detailed(answer: Answer, detail: str, who: Caller | None) -> Answer:
    if not isinstance(answer.body, dict) or answer.status >= 400 or who is None:
        return answer
    if detail == "none":
        return Answer(answer.status, metadata.without(answer.body), answer.headers)
    if detail == "full":
        return Answer(answer.status, metadata.with_addresses(answer.body, who.tenant_id), answer.headers)
    return answer


def _render(answer: Answer, detail: str, headers: dict[str, str]) -> RawAnswer:
    headers |= answer.headers
    if answer.body is None:
        return RawAnswer(answer.status, headers, b"")
    if isinstance(answer.body, bytes):
        return RawAnswer(answer.status, headers, answer.body)
    if isinstance(answer.body, str):
        content, headers["Content-Type"] = answer.body.encode(), "text/plain"
    else:
        content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
        usual = envelope.JSON_TYPE.replace("minimal", detail)
        headers.setdefault("Content-Type", "application/json" if answer.status >= 400 else usual)
    if answer.status < 400:
        headers["OData-Version"] = "4.0"
    return RawAnswer(answer.status, headers, content)
