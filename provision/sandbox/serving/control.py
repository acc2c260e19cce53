"""``/_sandbox/``: the served sandbox's own controls, for who holds the key that ``serve`` printed."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from provision.sandbox.clock import instant
from provision.sandbox.faults.weather import Weather, WeatherError
from provision.sandbox.wire.http import RawAnswer, RawRequest

if TYPE_CHECKING:
    from provision.sandbox import Sandbox

PREFIX = "/_sandbox/"
_DURATION = re.compile(r"(-?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII)
_LONGEST = timedelta(days=36525)


class BadRequest(Exception):
    """A control call that means nothing; the message says why."""


class Control:
    """Answers below ``/_sandbox/``. ``furnish`` fills the sandbox again after a reset."""

    def __init__(self, sandbox: Sandbox, key: str, furnish: Callable[[], None]) -> None:
        self._sandbox, self._key, self._furnish = sandbox, key, furnish

    def answer(self, raw: RawRequest) -> RawAnswer:
        """Return the answer; 403 without the key."""
        given = raw.headers.get("x-sandbox-key", "")
        if not hmac.compare_digest(given.encode(), self._key.encode()):
            return _json(403, {"error": "The header X-Sandbox-Key must hold the control key."})
        handler = self._handlers().get((raw.method, raw.path.removeprefix(PREFIX).rstrip("/")))
        if handler is None:
            return _json(404, {"error": "No such control."})
        try:
            return _json(200, handler(_body(raw)))
        except (BadRequest, WeatherError) as error:
            return _json(400, {"error": str(error)})

    def _handlers(self) -> dict[tuple[str, str], Callable[[dict[str, Any]], dict[str, Any]]]:
        return {
            ("GET", "requests"): self._requests,
            ("POST", "reset"): self._reset,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._set_clock,
            ("GET", "weather"): lambda _: {"weather": str(self._sandbox.weather)},
            ("POST", "weather"): self._set_weather,
        }

    def _requests(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "requests": [
                {
                    "method": r.method,
                    "path": r.path,
                    "status": r.status,
                    "caller": r.caller,
                    "tenant_id": r.tenant_id,
                    "ms": round(r.milliseconds, 2),
                }
                for r in self._sandbox.requests
            ]
        }

    def _reset(self, _: dict[str, Any]) -> dict[str, Any]:
        self._sandbox.reset()
        self._furnish()
        return {"reset": True}

    def _clock(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"now": instant(self._sandbox.clock.now())}

    def _set_clock(self, body: dict[str, Any]) -> dict[str, Any]:
        now, advance = body.get("now"), body.get("advance")
        if (now is None) == (advance is None):
            raise BadRequest('Send either {"now": "2027-01-31T00:00:00Z"} or {"advance": "P30D"}.')
        try:
            if now is not None:
                moment = datetime.fromisoformat(now)
                self._sandbox.set_clock(now=moment if moment.tzinfo else moment.replace(tzinfo=UTC))
            else:
                self._sandbox.set_clock(advance=duration(advance))
        except (ValueError, TypeError, OverflowError) as error:
            raise BadRequest(f"That is no time: {now or advance!r}.") from error
        return self._clock({})

    def _set_weather(self, body: dict[str, Any]) -> dict[str, Any]:
        text = body.get("weather")
        if not isinstance(text, str):
            raise BadRequest('Send {"weather": "latency=60ms,throttle=10%"}; an empty text makes it fine.')
        self._sandbox.weather = Weather.parse(text)
        return {"weather": str(self._sandbox.weather)}


def duration(text: object) -> timedelta:
    """Read an ISO 8601 duration of weeks, days and times, such as ``P30D``; ``ValueError`` if it is none."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None or not any(match.groups()[1:]):
        raise ValueError(text)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if span > _LONGEST:
        raise ValueError(text)
    return -span if match.group(1) else span


def _body(raw: RawRequest) -> dict[str, Any]:
    if raw.body is None:
        raise BadRequest("The body is too large.")
    if not raw.body.strip():
        return {}
    try:
        body = json.loads(raw.body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise BadRequest("The body is not a JSON object.")
    return body


def _json(status: int, body: dict[str, Any]) -> RawAnswer:
    headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    return RawAnswer(status, headers, json.dumps(body).encode())
