"""The controls of a served sandbox, for whoever may read what its server left on this machine."""

from __future__ import annotations

from typing import Any

from provision.sandbox.serving import announcement

_TIMEOUT = 15.0  # seconds


class NotServed(Exception):
    """No sandbox is served there, or it does not answer; the message says why."""


class Refused(Exception):
    """The server did not take it; the message is its own."""


def clock(url: str, body: dict[str, str] | None) -> str:
    """Set the clock of a served sandbox, or only read it (``None``); return its time.

    ``body`` as ``POST /_sandbox/clock`` takes it. Raises :class:`NotServed` and :class:`Refused`.
    """
    import httpx

    endpoint = announcement.find(url)
    if endpoint is None:
        raise NotServed(f"no sandbox is known at {url}")
    headers = {"X-Sandbox-Key": endpoint.control_key}
    try:
        with httpx.Client(  # it is served on this machine: no proxy of the environment's reaches it
            verify=_trust(endpoint),
            base_url=endpoint.url,
            headers=headers,
            timeout=_TIMEOUT,
            trust_env=False,
        ) as client:
            answer = (
                client.get("/_sandbox/clock") if body is None else client.post("/_sandbox/clock", json=body)
            )
        document: Any = answer.json()
    except (httpx.HTTPError, OSError, ValueError) as error:
        raise NotServed(f"{url} does not answer: {error}") from error
    if not answer.is_success:
        raise Refused(str(document.get("error")))
    return str(document["now"])


def _trust(endpoint: announcement.Announcement) -> Any:
    import ssl

    return ssl.create_default_context(cafile=str(endpoint.ca_file))
