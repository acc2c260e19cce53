"""What the environment says of the network, read in one place and checked: whom to trust, which way to go.

Libraries read the same variables in ways of their own, and some crash on what an operating system, a VPN or a
container writes there. So they are told to read none: every client is made here (:mod:`.clients`), of what
:func:`current` found.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from provision.network import bypass, proxies, trust
from provision.network.proxies import Proxy
from provision.values import dataclass

if TYPE_CHECKING:
    import ssl

__all__ = ["Network", "Proxy", "Route", "current", "of_file"]

_READ = frozenset({*trust.VARIABLES, *proxies.VARIABLES, *bypass.VARIABLES, "REQUEST_METHOD"})


@dataclass(frozen=True, slots=True)
class Route:
    """How a host is reached: by which proxy (``None``: directly), and why."""

    proxy: Proxy | None
    why: str


@dataclass(frozen=True)
class Network:
    """The variables of the network; what is wrong with one is raised when it matters."""

    variables: Mapping[str, str]
    ca: str | None = None  # a file that is trusted in place of what the variables name

    @cached_property
    def certificates(self) -> trust.Certificates | None:
        """The certificates that are trusted; ``None``: the system's own.

        Raises ``ProvisionError`` (``CA_FILE``) if what a variable names cannot be used.
        """
        return trust.of_file(self.ca) if self.ca else trust.named(self.variables)

    @cached_property
    def context(self) -> ssl.SSLContext:
        """What every connection trusts; ``ProvisionError`` as :attr:`certificates`."""
        return trust.context(self.certificates)

    def route(self, url: str) -> Route:
        """Return the way to a host; ``ProvisionError`` (``PROXY``) if its proxy cannot be used."""
        host, port, scheme = bypass.target(url)
        if own := bypass.never_proxied(host):
            return Route(None, own)
        name, value = proxies.chosen(scheme, self.variables)
        if name is None:
            return self._of_system(scheme, host)
        if not value.strip():
            return Route(None, f"{name} is empty")
        variable, entry = bypass.entry_for(host, port, self.variables)
        if entry is not None:
            return Route(None, f"{variable} has '{entry}'")
        proxy = proxies.parsed(name, value)
        return Route(proxy, name) if proxy else Route(None, f"{name} says so")

    def _of_system(self, scheme: str, host: str) -> Route:
        """Return the way that Windows' or macOS' own settings say, where no variable says another."""
        if platform.system() not in {"Windows", "Darwin"}:
            return Route(None, "no proxy is set")
        from urllib.request import getproxies, proxy_bypass

        value = getproxies().get(scheme)
        if not value or proxy_bypass(host):
            return Route(None, "the system's settings name no proxy for it")
        return Route(proxies.parsed("the system's settings", value), "the system's settings")

    def check(self, *urls: str) -> None:
        """Raise ``ProvisionError`` for the first thing that keeps these from being asked at all."""
        _ = self.context
        for url in urls:
            self.route(url)


def current() -> Network:
    """Return what the environment of this run says; read anew only when it says something else."""
    return _of(tuple(sorted((name, value) for name, value in os.environ.items() if name in _READ)))


def of_file(ca: str) -> Network:
    """Return the same network, with the certificates of one file trusted and no others."""
    return Network(current().variables, ca)


@lru_cache(maxsize=8)
def _of(variables: tuple[tuple[str, str], ...]) -> Network:
    return Network(dict(variables))
