"""Secrets and passwords at rest: a salt and a hash, never the value.

What a person chose gets a slow hash, for it may be guessed. A secret that the sandbox made holds more than
two hundred random bits: there is nothing to guess, and each use of it would wait for nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

_N, _R, _P = 1024, 8, 1  # about 2 ms: these guard training passwords


def hashed(value: str) -> str:
    """Return what to keep of a secret: ``scrypt$salt$hash``."""
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_digest(value, salt).hex()}"


def hashed_random(value: str) -> str:
    """Return what to keep of a secret that was made at random here: ``sha256$salt$hash``."""
    salt = secrets.token_bytes(16)
    return f"sha256${salt.hex()}${_quick(value, salt).hex()}"


def matches(value: str, kept: str) -> bool:
    """Return whether this is the value behind what was kept; a kept text of another form matches nothing."""
    scheme, _, rest = kept.partition("$")
    salt, _, digest = rest.partition("$")
    made = _SCHEMES.get(scheme)
    try:
        return made is not None and hmac.compare_digest(
            made(value, bytes.fromhex(salt)), bytes.fromhex(digest)
        )
    except ValueError:
        return False


def _digest(value: str, salt: bytes) -> bytes:
    return hashlib.scrypt(value.encode("utf-8", "surrogatepass"), salt=salt, n=_N, r=_R, p=_P)


def _quick(value: str, salt: bytes) -> bytes:
    return hmac.digest(salt, value.encode("utf-8", "surrogatepass"), "sha256")


_SCHEMES = {"scrypt": _digest, "sha256": _quick}
