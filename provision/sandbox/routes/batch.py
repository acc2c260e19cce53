"""``/$batch``: up to 20 requests in one, each by the same door as one of its own.

https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlsplit

from provision.sandbox.errors import GraphError, bad_syntax
from provision.sandbox.routes import common
from provision.sandbox.wire.call import Answer, Call, Json
from provision.sandbox.wire.http import RawAnswer, RawRequest
from provision.sandbox.wire.routing import Endpoint

_LIMIT = 20
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
# Not of the inner answer: the connection's, or said by the outer one, as in the page's example.
_OUTER_HEADERS = frozenset(
    {"date", "strict-transport-security", "request-id", "client-request-id", "x-ms-ags-diagnostic"}
)


def batch(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/json-batching: those first that others depend on."""
    requests = _read(call)
    pending = dict(requests)
    answers: dict[str, Json] = {}
    while pending:
        ready = [i for i, r in pending.items() if all(d not in pending for d in _depends(r))]
        if not ready:
            raise bad_syntax("Cyclic dependency between the requests of the batch.")
        for request_id in ready:
            request = pending.pop(request_id)
            failed = [d for d in _depends(request) if answers[d]["status"] >= 400]
            answers[request_id] = _failed(request, failed) if failed else _send(call, request)
    return Answer(200, {"responses": list(answers.values())}, {"Content-Type": "application/json"})


def _read(call: Call) -> dict[str, Json]:
    wanted = common.member(call, "requests")
    if not isinstance(wanted, list) or not wanted:
        raise bad_syntax("Invalid batch payload format.")
    if len(wanted) > _LIMIT:
        raise GraphError(
            400,
            "MaximumValueExceeded",
            f"Number of batch request steps exceeds the maximum value of {_LIMIT}.",
        )
    found: dict[str, Json] = {}
    for request in wanted:
        _check(request)
        key = request["id"].lower()
        if key in found:
            raise bad_syntax(f"Request Id {request['id']} has to be unique in a batch.")
        found[key] = request
    for request in found.values():
        for other in _depends(request):
            if other not in found:
                raise bad_syntax(f"Invalid dependency '{other}' for the request '{request['id']}'.")
    return found


def _check(request: Any) -> None:
    if not isinstance(request, dict):
        raise bad_syntax("Invalid batch payload format.")
    for name in ("id", "method", "url"):
        if not isinstance(request.get(name), str) or not request[name]:
            raise bad_syntax(f"Invalid batch payload format: '{name}' is missing.")
    if request["method"].upper() not in _METHODS:
        raise bad_syntax(f"Invalid method '{request['method']}' for the request '{request['id']}'.")
    headers, depends = request.get("headers"), request.get("dependsOn")
    if headers is not None and not isinstance(headers, dict):
        raise bad_syntax("Invalid batch payload format: 'headers' is no object.")
    if depends is not None and not (isinstance(depends, list) and all(isinstance(d, str) for d in depends)):
        raise bad_syntax("Invalid batch payload format: 'dependsOn' is no list of ids.")
    named = {str(k).lower() for k in headers or {}}
    if request.get("body") is not None and "content-type" not in named:
        raise bad_syntax(f"The request '{request['id']}' has a body and needs a Content-Type header.")


def _depends(request: Json) -> list[str]:
    return [str(d).lower() for d in request.get("dependsOn") or ()]


def _send(call: Call, request: Json) -> Json:
    outer = {k: v for k, v in call.headers.items() if k in ("authorization", "client-request-id", "host")}
    headers = outer | {str(k).lower(): str(v) for k, v in (request.get("headers") or {}).items()}
    try:
        parts = urlsplit("/" + request["url"].lstrip("/"))
    except ValueError:
        raise bad_syntax(f"Invalid URL for the request '{request['id']}'.") from None
    if parts.path.lower().rstrip("/").endswith("/$batch"):
        raise bad_syntax("A batch cannot hold another batch.")
    raw = RawRequest(
        method=request["method"].upper(),
        path=f"/{call.version}{parts.path}",
        query=parts.query,
        headers=headers,
        body=_content(request.get("body")),
        root=call.root,
    )
    return _answer(request, call.send(raw))


def _content(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):  # what is not JSON is sent as base64
        try:
            return base64.b64decode(body, validate=True)
        except ValueError:
            return body.encode()
    return json.dumps(body).encode()


def _answer(request: Json, raw: RawAnswer) -> Json:
    headers = {k: v for k, v in raw.headers.items() if k.lower() not in _OUTER_HEADERS}
    answer: Json = {"id": request["id"], "status": raw.status, "headers": headers}
    if raw.content:
        readable = headers.get("Content-Type", "").startswith("application/json")
        answer["body"] = json.loads(raw.content) if readable else base64.b64encode(raw.content).decode()
    return answer


def _failed(request: Json, failed: list[str]) -> Json:
    error = {
        "code": "FailedDependency",
        "message": f"The request depends on the failed request '{failed[0]}'.",
    }
    return {
        "id": request["id"],
        "status": 424,
        "headers": {"Content-Type": "application/json"},
        "body": {"error": error},
    }


ENDPOINTS = [Endpoint("POST", "$batch", batch)]
