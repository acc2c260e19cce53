"""``NO_PROXY`` in every form that operating systems, VPNs and containers write; none of them stops a run."""

from __future__ import annotations

import pytest

from provision.network import Network
from provision.network.bypass import covers, entry_for

GRAPH, V4, V6 = "graph.microsoft.com", "10.1.2.3", "fd07:b51a:cc66:f0::9"


@pytest.mark.parametrize(
    ("entry", "host", "port", "covered"),
    [
        ("*", GRAPH, 443, True),
        ("graph.microsoft.com", GRAPH, 443, True),
        ("Graph.Microsoft.COM", GRAPH, 443, True),
        ("graph.microsoft.com.", GRAPH, 443, True),
        ("microsoft.com", GRAPH, 443, True),
        (".microsoft.com", GRAPH, 443, True),
        (".microsoft.com", "microsoft.com", 443, True),
        ("*.microsoft.com", GRAPH, 443, True),
        ("*microsoft.com", GRAPH, 443, True),
        ("graph.*", GRAPH, 443, True),
        ("*.micro*.com", GRAPH, 443, True),
        ("soft.com", GRAPH, 443, False),  # no end of a word
        ("ft.com", GRAPH, 443, False),
        ("graph", GRAPH, 443, False),
        ("login.microsoft.com", GRAPH, 443, False),
        ("graph.microsoft.com:443", GRAPH, 443, True),
        ("graph.microsoft.com:8443", GRAPH, 443, False),
        (".microsoft.com:443", GRAPH, 443, True),
        ("*.microsoft.com:80", GRAPH, 443, False),
        ("https://graph.microsoft.com", GRAPH, 443, True),
        ("https://graph.microsoft.com/", GRAPH, 443, True),
        ('"graph.microsoft.com"', GRAPH, 443, True),
        ("<local>", "proxyless", 443, True),
        ("<local>", GRAPH, 443, False),
        ("<local>", V4, 443, False),
        ("10.1.2.3", V4, 443, True),
        ("10.1.2.3:443", V4, 443, True),
        ("10.1.2.3:80", V4, 443, False),
        ("10.0.0.0/8", V4, 443, True),
        ("10.1.2.3/8", V4, 443, True),  # host bits set
        ("192.168.0.0/16", V4, 443, False),
        ("10.0.0.0/255.0.0.0", V4, 443, True),
        ("10.*", V4, 443, True),
        ("10.1.*", V4, 443, True),
        ("10.1.*.*", V4, 443, True),
        ("10.1.", V4, 443, True),
        ("10.", V4, 443, True),
        ("1.*", V4, 443, False),
        ("172.16.*", V4, 443, False),
        ("10.0.0.0/8", GRAPH, 443, False),  # names are not looked up
        (V6, V6, 443, True),
        (f"[{V6}]", V6, 443, True),
        (f"[{V6}]:443", V6, 443, True),
        (f"[{V6}]:80", V6, 443, False),
        ("FD07:B51A:CC66:00F0::9", V6, 443, True),
        ("fd07:b51a:cc66:f0::/64", V6, 443, True),
        ("[fd07:b51a:cc66:f0::]/64", V6, 443, True),
        ("fe80::/10", V6, 443, False),
        ("::1", V6, 443, False),
        ("[::1]", V6, 443, False),
        ("::ffff:10.1.2.3", V4, 443, True),
        # what nobody understands covers nothing, and stops nothing
        ("", GRAPH, 443, False),
        (".", GRAPH, 443, False),
        (":443", GRAPH, 443, False),
        ("[", GRAPH, 443, False),
        ("]", GRAPH, 443, False),
        ("10.0.0.0/99", V4, 443, False),
        ("/", GRAPH, 443, False),
        ("://", GRAPH, 443, False),
        ("a:b:c:d", GRAPH, 443, False),
        ("::::", V6, 443, False),
    ],
)
def test_an_entry(entry: str, host: str, port: int, covered: bool) -> None:
    """Names by whole words, addresses by value, networks, ports, wildcards, brackets, marks of Windows."""
    assert covers(entry, host, port) is covered


@pytest.mark.parametrize(
    ("value", "entry"),
    [
        ("localhost,127.0.0.1,.microsoft.com", ".microsoft.com"),
        ("localhost, 127.0.0.1, microsoft.com", "microsoft.com"),
        ("localhost 127.0.0.1 microsoft.com", "microsoft.com"),
        ("localhost;*.microsoft.com;<local>", "*.microsoft.com"),
        ("localhost|*.microsoft.com", "*.microsoft.com"),
        (",,microsoft.com,", "microsoft.com"),
        ("\tmicrosoft.com\n", "microsoft.com"),
        ('"localhost,microsoft.com"', "microsoft.com"),
        ("localhost,[::1],fd07::/64,10.0.0.0/8", None),
        ("a,*", "*"),
        ("", None),
    ],
)
def test_a_list(value: str, entry: str | None) -> None:
    """However the entries are parted."""
    assert entry_for(GRAPH, 443, {"NO_PROXY": value}) == ("NO_PROXY", entry)


def test_small_letters_come_first() -> None:
    """As with the proxy itself."""
    assert entry_for(GRAPH, 443, {"NO_PROXY": "*", "no_proxy": "x"}) == ("no_proxy", None)


@pytest.mark.parametrize(
    ("url", "proxied", "why"),
    [
        ("https://graph.microsoft.com/v1.0", True, "HTTPS_PROXY"),
        ("https://login.microsoftonline.com", False, "NO_PROXY has '.microsoftonline.com'"),
        ("https://localhost:8443", False, "it is this machine"),
        ("https://127.0.0.1:8443", False, "it is this machine"),
        ("https://[::1]:8443", False, "it is this machine"),
        ("https://sandbox.localhost", False, "it is this machine"),
        ("http://169.254.169.254/metadata/identity", False, "no proxy reaches a link-local address"),
        ("http://plain.example", False, "no proxy is set"),
    ],
)
def test_a_route(url: str, proxied: bool, why: str) -> None:
    """This machine and Azure's metadata service are never asked through a proxy."""
    network = Network({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": ".microsoftonline.com"})
    route = network.route(url)
    assert (route.proxy is not None, route.why) == (proxied, why)


def test_a_proxy_that_nobody_needs_is_not_looked_at() -> None:
    """SOCKS for all, an HTTP proxy for https: as GNOME sets them."""
    both = {"ALL_PROXY": "socks://127.0.0.1:1080", "HTTPS_PROXY": "http://127.0.0.1:8080"}
    assert Network(both).route(f"https://{GRAPH}").why == "HTTPS_PROXY"
    covered = {"ALL_PROXY": "socks://127.0.0.1:1080", "NO_PROXY": "microsoft.com"}
    assert Network(covered).route(f"https://{GRAPH}").proxy is None
    assert Network({"HTTPS_PROXY": "", "ALL_PROXY": "socks://x"}).route(f"https://{GRAPH}").proxy is None
