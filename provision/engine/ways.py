"""What the environment says of the network, for ``doctor``: whom connections trust, how hosts are reached.

Nothing is sent for it, so it can be told when nothing else can.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from provision.errors import ProvisionError
from provision.network import Network, current
from provision.network.trust import has_store
from provision.outcomes.doctor import Check, State


def check_network(urls: Sequence[str], network: Network | None = None) -> list[Check]:
    """Return the checks ``certificates`` and ``proxy`` for these addresses; no password is in them."""
    network = network or current()
    return [_certificates(network), _proxy(network, urls)]


def _certificates(network: Network) -> Check:
    try:
        found = network.certificates
        _ = network.context
    except ProvisionError as error:
        return Check("certificates", State.FAILED, error.message, error.entry, error.fix)
    if found is None:
        return Check("certificates", State.OK, _of_the_system())
    count = len(found.ders)
    message = f"{count} of {found.source} {'is' if count == 1 else 'are'} trusted, and no others"
    if not found.passed_over:
        return Check("certificates", State.OK, message)
    return Check("certificates", State.NOTE, "; ".join((message, *found.passed_over)))


def _of_the_system() -> str:
    if has_store():
        return "the system's own store of authorities"
    return "the public authorities that come with the program, for the system has no store of its own"


def _proxy(network: Network, urls: Sequence[str]) -> Check:
    """Name the hosts together that go one way; where some cannot be reached at all, these alone."""
    ways: dict[str, list[str]] = {}
    for url in dict.fromkeys(urls):
        host = urlsplit(url).hostname or url
        try:
            route = network.route(url)
        except ProvisionError as error:
            return Check("proxy", State.FAILED, f"{host}: {error.message}", error.entry, error.fix)
        way = f"through {route.proxy.shown}" if route.proxy else "directly"
        ways.setdefault(f"{way} ({route.why})", []).append(host)
    message = "; ".join(f"{', '.join(hosts)} {way}" for way, hosts in ways.items())
    return Check("proxy", State.OK, message or "no host is asked")
