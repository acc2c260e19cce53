"""Ids that an object has every time it is made anew: UUIDs of version 5, which are SHA-1 of a name.

The hash guards nothing here, and says so, since OpenSSL in FIPS mode refuses it otherwise; ``uuid.uuid5``
does not. Source: https://docs.python.org/3/library/hashlib.html#hashlib.new
"""

from __future__ import annotations

import hashlib
import uuid


def uuid5(namespace: uuid.UUID, name: str) -> uuid.UUID:
    """Return what ``uuid.uuid5`` returns."""
    digest = hashlib.sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()
    return uuid.UUID(bytes=digest[:16], version=5)
