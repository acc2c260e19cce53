"""Secrets and passwords at rest: a salt and a slow hash, never the value."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_N, _R, _P = 1024, 8, 1  # about 2 ms: these guard generated secrets and training passwords


def hashed(value: str) -> str:
    """What to keep of a secret: ``scrypt$salt$hash``."""
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_digest(value, salt).hex()}"


def matches(value: str, kept: str) -> bool:
    """Whether this is the value behind ``hashed``; a kept text of another form matches nothing."""
    scheme, _, rest = kept.partition("$")
    salt, _, digest = rest.partition("$")
    try:
        return scheme == "scrypt" and hmac.compare_digest(
            _digest(value, bytes.fromhex(salt)), bytes.fromhex(digest)
        )
    except ValueError:
        return False


def _digest(value: str, salt: bytes) -> bytes:
    return hashlib.scrypt(value.encode("utf-8", "surrogatepass"), salt=salt, n=_N, r=_R, p=_P)
