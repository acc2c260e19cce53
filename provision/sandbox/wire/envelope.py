"""How an answer looks on the wire: headers, JSON, and the error envelope.

Headers as recorded: https://learn.microsoft.com/graph/errors and the answers of the public
service (``request-id``, ``client-request-id``, ``x-ms-ags-diagnostic``).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from provision.sandbox.errors import GraphError

JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)
_SERVER = {"DataCenter": "Sandbox", "Slice": "E", "Ring": "4", "ScaleUnit": "001", "RoleInstance": "SANDBOX"}
_DIAGNOSTIC = json.dumps({"ServerInfo": _SERVER}, separators=(",", ":"))


def error_body(error: GraphError, now: datetime, request_id: str, client_request_id: str) -> dict[str, Any]:
    """Return the JSON of a refusal."""
    inner = {
        "date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id,
    }
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.details:
        body["details"] = [
            {"code": d.code, "message": d.message} | ({"target": d.target} if d.target else {})
            for d in error.details
        ]
    return {"error": body | {"innerError": inner}}


def http_date(moment: datetime) -> str:
    """Print a time as a ``Date`` header says it."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def headers(now: datetime, request_id: str, client_request_id: str) -> dict[str, str]:
    """Return what every answer carries."""
    return {
        "Date": http_date(now),
        "Cache-Control": "no-cache",
        "Strict-Transport-Security": "max-age=31536000",
        "request-id": request_id,
        "client-request-id": client_request_id,
        "x-ms-ags-diagnostic": _DIAGNOSTIC,
    }
