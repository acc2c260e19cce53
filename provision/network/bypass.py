"""Which hosts are reached without the proxy: ``NO_PROXY``, in every form that is written anywhere.

There is no norm. Followed are curl and Go where they agree: a name stands for itself and all below it, with
or without a dot or ``*.`` in front; an address for itself; ``10.0.0.0/8`` for a network; a port behind either
limits it; ``*`` is all. What Windows (``;``, ``<local>``, ``192.168.*``) and Java (``|``) write counts, too.
Names are not looked up, so a network covers only what is called by its address.
Sources: https://pkg.go.dev/golang.org/x/net/http/httpproxy, https://curl.se/libcurl/c/CURLOPT_NOPROXY.html,
https://learn.microsoft.com/troubleshoot/developer/browsers/connectivity-navigation/use-proxy-servers-with-ie
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

VARIABLES = ("no_proxy", "NO_PROXY")
_Address: TypeAlias = IPv4Address | IPv6Address


def target(url: str) -> tuple[str, int, str]:
    """Return the host of an address in small letters, its port and its scheme."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return (parts.hostname or "").rstrip("."), parts.port or (80 if scheme == "http" else 443), scheme


def never_proxied(host: str) -> str | None:
    """Say why no proxy can reach a host; ``None`` if one can.

    This machine, as with Go; and what is only there on its own network segment, as Azure's metadata service
    is, which refuses what comes through a proxy. Source:
    https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service#proxies
    """
    address = _address(host)
    if host == "localhost" or host.endswith(".localhost") or (address and address.is_loopback):
        return "it is this machine"
    return "no proxy reaches a link-local address" if address and address.is_link_local else None


def entry_for(host: str, port: int, variables: Mapping[str, str]) -> tuple[str, str | None]:
    """Return the variable that counts, and its entry that a host is covered by; ``None``: by none."""
    name = next((name for name in VARIABLES if name in variables), VARIABLES[1])
    entries = re.split(r"[,;|\s]+", variables.get(name, "").strip().strip("\"'"))
    return name, next((entry for entry in entries if entry and covers(entry, host, port)), None)


def covers(entry: str, host: str, port: int) -> bool:
    """Say whether one entry covers a host; one that cannot be understood covers none."""
    said = entry.strip().strip("\"'").lower()
    address = _address(host)
    if said == "*":
        return True
    if said == "<local>":
        return address is None and "." not in host
    said = said.partition("://")[2].rstrip("/") if "://" in said else said
    if "/" in said:
        return address is not None and _in_network(said, address)
    said, only = _without_port(said)
    if only is not None and only != port:
        return False
    named = _address(said)
    if named is not None or address is not None:
        if address is None or named == address:
            return address is not None and named == address
        # 10.* and 192.168. are how some write a network
        partly = re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){0,2}\.?(?:\*|\.\*)*", said)
        return bool(partly) and f"{address}.".startswith(f"{said.rstrip('.*')}.")
    said = said.rstrip(".")
    said = said[1:] if said.startswith("*.") and "*" not in said[1:] else said
    said = said.removeprefix(".")
    if "*" in said:
        return fnmatchcase(host, said)
    return bool(said) and (host == said or host.endswith(f".{said}"))


def _without_port(said: str) -> tuple[str, int | None]:
    """Return an entry without its brackets and its port, and the port."""
    if found := re.fullmatch(r"\[([^\]]*)\](?::(\d+))?", said):
        return found[1], int(found[2]) if found[2] else None
    if found := re.fullmatch(r"([^:]*):(\d+)", said):
        return found[1], int(found[2])
    return said, None


def _in_network(said: str, address: _Address) -> bool:
    try:
        return address in ip_network(said.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return False


def _address(text: str) -> _Address | None:
    """Return an IP address; one of IPv4 written as IPv6 is that of IPv4."""
    try:
        found = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
