"""The text of a config, made from values that strangers may have chosen: read back, it says exactly these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from provision.values import dataclass

SCHEMA = "provision.schema.json"
# What needs no quotes, whatever reads it: ids, words, addresses of the web and of mail.
_PLAIN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)+"
    r"|[A-Za-z][A-Za-z0-9]{3,}|[a-z][a-z0-9]*(?:-[a-z0-9]+)+"
    r"|https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._/-]*)?"
    r"|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+\.[A-Za-z]+"
)
_MEANS_MORE = re.compile(r"true|false|null|yes|no|on|off|none", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """The values of a config; ``None`` and the defaults are left out. ``said`` are comments, by key."""

    name: str
    product: str
    tenant: str
    cloud: str
    admin_url: str | None
    address: str
    display_name: str | None = None
    sign_in_audience: str | None = None
    client_id: str | None = None
    stamp: bool | None = None
    scope: str | None = None
    consent: str | None = None
    adopt: str | None = None
    head: tuple[str, ...] = ()
    said: dict[str, tuple[str, ...]] = field(default_factory=dict)


def text(draft: Draft) -> str:
    """Return the config, its schema named in the first line."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield f"# yaml-language-server: $schema={SCHEMA}"
    yield from _comments(draft.head, "")
    yield "version: 1"
    yield from _of(draft, "", name=draft.name, product=draft.product)
    yield "tenant:"
    cloud = None if draft.cloud == "global" else draft.cloud
    yield from _of(draft, "tenant.", id=draft.tenant, cloud=cloud)
    yield "application:"
    yield from _of(
        draft,
        "application.",
        display_name=draft.display_name,
        admin_url=draft.admin_url,
        sign_in_audience=draft.sign_in_audience,
        client_id=draft.client_id,
        stamp=draft.stamp,
    )
    yield "mail:"
    yield from _of(draft, "mail.", address=draft.address, scope=draft.scope)
    yield from _of(draft, "", consent=draft.consent)
    if draft.adopt is not None:
        yield "secret:"
        yield from _of(draft, "secret.", adopt=draft.adopt)
    else:
        yield from _comments(draft.said.get("secret.adopt", ()), "")


def _of(draft: Draft, within: str, **values: str | bool | None) -> Iterator[str]:
    indent = "  " if within else ""
    for key, value in values.items():
        yield from _comments(draft.said.get(within + key, ()) if value is not None else (), indent)
        if value is not None:
            written = str(value).lower() if isinstance(value, bool) else scalar(value)
            yield f"{indent}{key}: {written}"


def _comments(lines: tuple[str, ...], indent: str) -> Iterator[str]:
    return (f"{indent}# {_escaped(line)}" for line in lines)


def scalar(value: str) -> str:
    """Return a text as YAML: quoted unless it can mean nothing else; ``${`` stands for itself."""
    if _PLAIN.fullmatch(value) and not _MEANS_MORE.fullmatch(value):
        return value
    inner = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${")
    return f'"{_escaped(inner)}"'


def _escaped(value: str) -> str:
    """Return a text in one line that shows as it is read: what cannot be seen is written by its number."""
    return "".join(one if one.isprintable() else _number(ord(one)) for one in value)


def _number(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
