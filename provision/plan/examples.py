"""Example values that were left in a config: nothing real can have them.

Names that nobody can register: https://www.rfc-editor.org/rfc/rfc2606 and .../rfc6761.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from provision.resources import Desired

# The ids in the configs that come with the program.
_IDS = frozenset({"3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690", "9b2e4d70-1c5f-4a86-b3d9-7e60f2a8c154"})
_ENDINGS = (".example", ".invalid", ".test")
_NAMES = ("example.com", "example.net", "example.org")


def left_in(desired: Desired) -> list[tuple[tuple[str, ...], str]]:
    """Return the keys of a config that hold an example value, and the values."""
    values = [
        (("tenant", "id"), desired.tenant, desired.tenant),
        *((("application", "admin_url"), *_host(uri)) for uri in desired.application.redirect_uris[:1]),
        (("mail", "address"), desired.mailbox.address, str(desired.mailbox.address).rpartition("@")[2]),
    ]
    return [(key, str(value)) for key, value, name in values if _is_example(str(name).lower())]


def _host(uri: str) -> tuple[str, str]:
    try:
        host = urlsplit(uri).hostname or ""
    except ValueError:
        host = ""
    return host, host


def _is_example(name: str) -> bool:
    return (
        name in _IDS
        or name.endswith(_ENDINGS)
        or any(name == reserved or name.endswith(f".{reserved}") for reserved in _NAMES)
    )
