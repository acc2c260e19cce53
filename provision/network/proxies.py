"""Which proxy a variable names, in every form that people and programs write one.

The small letters come before the capitals, as with curl and Python; Go has it the other way round.
``HTTP_PROXY`` does not count where a web server made it of a request's header.
Sources: https://everything.curl.dev/usingcurl/proxies/env.html,
https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies and https://httpoxy.org
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import quote, unquote

from provision.errors import ProvisionError, catalogue
from provision.secret import Secret
from provision.values import dataclass

_ALL = ("all_proxy", "ALL_PROXY")
_OF = {"https": ("https_proxy", "HTTPS_PROXY", *_ALL), "http": ("http_proxy", "HTTP_PROXY", *_ALL)}
VARIABLES = tuple(dict.fromkeys(name for names in _OF.values() for name in names))
_PORTS: dict[str, int] = {"http": 80, "https": 443}
_HOST = re.compile(r"[^\s:/?#@\[\]<>\"'`{}|\\^$%,;*]+|\[[0-9A-Fa-f:.%]+\]")
_SCRIPT = re.compile(r"\.(?:pac|dat|js)(?:\?.*)?$", re.IGNORECASE)
_WORDS = frozenset({"direct", "none", "off", "no"})  # what some programs write for none


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that speaks HTTP: over http or https, with or without a name and a password."""

    scheme: str
    host: str  # an IPv6 address in brackets
    port: int
    user: str | None = field(default=None, repr=False)
    password: Secret | None = field(default=None, repr=False, compare=False)

    @property
    def address(self) -> str:
        """Where it is, without name and password."""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def shown(self) -> str:
        """The address for people; that there is a name or a password is all that is told of it."""
        return self.address.replace("://", "://***@") if self.user is not None else self.address

    def url(self) -> str:
        """Return it as libraries take it: confidential if it has a password."""
        if self.user is None:
            return self.address
        password = quote(self.password.reveal(), safe="") if self.password else ""
        # The colon stands in any case: requests sends no name without one.
        return self.address.replace("://", f"://{quote(self.user, safe='')}:{password}@")


def chosen(scheme: str, variables: Mapping[str, str]) -> tuple[str | None, str]:
    """Return the variable that counts for a scheme, and its value; the first one that is set."""
    for name in _OF.get(scheme, ()):
        if name == "HTTP_PROXY" and "REQUEST_METHOD" in variables:
            continue
        if name in variables:
            return name, variables[name]
    return None, ""


def parsed(name: str, value: str) -> Proxy | None:
    """Read the value of a variable; ``None`` if it says that there is none.

    Raises ``ProvisionError`` (``PROXY``), in which no part of the value stands that could be a password.
    """
    text = value.strip().strip("\"'").strip()
    scheme, _, rest = text.partition("://") if "://" in text else ("http", "", text.lstrip("/"))
    scheme = scheme.lower()
    if text.lower() in _WORDS or scheme == "direct":
        return None
    if scheme.startswith("socks"):
        raise _fault(
            name,
            "is a SOCKS proxy, which this program does not speak",
            "Set HTTPS_PROXY to a proxy that speaks HTTP, which comes before ALL_PROXY; or name the hosts in "
            "NO_PROXY that are reached without one.",
        )
    if scheme.startswith(("pac", "file", "wpad")) or _SCRIPT.search(rest):
        raise _fault(name, "is the address of a script that chooses a proxy", "Name the proxy itself.")
    if scheme not in _PORTS or re.match(r"https?:?/", rest, re.IGNORECASE):
        raise _fault(name, "has a scheme that is neither http:// nor https://")
    return _authority(name, scheme, rest)


def _authority(name: str, scheme: str, rest: str) -> Proxy:
    """Take apart what stands behind the scheme; the last @ ends the password, whatever else is in it."""
    said, at, place = rest.rpartition("@")
    place = re.split(r"[/?#]", place, maxsplit=1)[0]
    host, port = place, ""
    if found := re.fullmatch(r"(\[[^\]]*\]|[^:]*):([^:]*)", place):
        host, port = found[1], found[2]
    if not host:
        raise _fault(name, "names no host")
    if ":" in host and not host.startswith("["):
        raise _fault(name, "has an IPv6 address without brackets, or more than one port")
    if not _HOST.fullmatch(host):
        if any(sign in host for sign in "$%{}"):
            raise _fault(name, "has a variable in it that was not filled in")
        raise _fault(name, "has no host name where one is meant")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise _fault(
            name,
            "has a port that is no number from 1 to 65535",
            "A password with @ : / # or ? in it is written with %40 %3A %2F %23 or %3F.",
        )
    user, colon, password = said.partition(":")
    return Proxy(
        scheme,
        host.lower(),
        int(port or _PORTS[scheme]),
        unquote(user) if at else None,
        Secret(unquote(password)) if colon else None,
    )


def _fault(name: str, what: str, fix: str | None = None) -> ProvisionError:
    return ProvisionError(catalogue.PROXY, f"{name} {what}", fix=fix)
