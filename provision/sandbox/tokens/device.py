"""Device codes: asked for by a client, approved by a person on the ``/devicelogin`` page.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code. Codes live in this
process only: a quarter of an hour at most.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from provision.sandbox.tokens import person_refusals

LIFETIME = 900  # seconds
INTERVAL = 5  # seconds between a client's polls
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"  # what people do not misread
_MOST = 1000  # codes kept; the oldest goes


@dataclass(slots=True)
class Code:
    """One sign-in in progress."""

    user_code: str
    client_id: str
    tenant_name: str
    scope: str
    expires: datetime
    user: tuple[str, str] | None = None  # tenant and object id of who approved
    declined: bool = False
    spent: bool = False


class Devices:
    """The codes given out by one sandbox."""

    def __init__(self) -> None:
        self._codes: dict[str, Code] = {}

    def give(self, client_id: str, tenant_name: str, scope: str, now: datetime) -> tuple[str, Code]:
        """Return a new device code, and the short one that a person types."""
        user_code = "".join(secrets.choice(_ALPHABET) for _ in range(9))
        device_code = secrets.token_urlsafe(96)
        code = Code(user_code, client_id, tenant_name, scope, now + timedelta(seconds=LIFETIME))
        self._codes[device_code] = code
        while len(self._codes) > _MOST:
            del self._codes[next(iter(self._codes))]
        return device_code, code

    def by_user_code(self, text: str, now: datetime) -> Code | None:
        """Return the sign-in that a person means, if it still waits."""
        wanted = text.replace("-", "").strip().upper()
        waiting = (c for c in self._codes.values() if c.user is None and not c.declined and now < c.expires)
        return next(
            (c for c in waiting if secrets.compare_digest(c.user_code.encode(), wanted.encode())), None
        )

    def redeem(self, device_code: str, client_id: str, now: datetime) -> Code:
        """Return the approved sign-in; ``TokenError`` while it waits, or when it is over."""
        code = self._codes.get(device_code)
        if code is None or code.client_id != client_id:
            raise person_refusals.code_unknown()
        if code.spent:
            raise person_refusals.code_spent()
        if now >= code.expires:
            raise person_refusals.code_expired()
        if code.declined:
            raise person_refusals.declined()
        if code.user is None:
            raise person_refusals.pending()
        code.spent = True
        return code
