"""Every form in which a proxy is written, and what is said of one that cannot be used: never its password."""

from __future__ import annotations

import pytest

from provision.errors import ProvisionError, catalogue
from provision.network.proxies import chosen, parsed


@pytest.mark.parametrize(
    ("value", "address", "user", "password"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128", None, None),
        ("http://proxy.example:3128/", "http://proxy.example:3128", None, None),
        ("http://proxy.example", "http://proxy.example:80", None, None),
        ("https://proxy.example", "https://proxy.example:443", None, None),
        ("HTTP://Proxy.Example:3128", "http://proxy.example:3128", None, None),
        ("proxy.example:3128", "http://proxy.example:3128", None, None),  # as curl and Go take it
        ("proxy.example", "http://proxy.example:80", None, None),
        ("10.0.0.1:8080", "http://10.0.0.1:8080", None, None),
        ("//proxy.example:3128", "http://proxy.example:3128", None, None),
        ("http://[::1]:3128", "http://[::1]:3128", None, None),
        ("http://[2001:db8::1]", "http://[2001:db8::1]:80", None, None),
        (" http://proxy.example:3128\n", "http://proxy.example:3128", None, None),
        ('"http://proxy.example:3128"', "http://proxy.example:3128", None, None),  # from a file of Docker's
        ("'http://proxy.example:3128'", "http://proxy.example:3128", None, None),
        ("http://jane:pw@proxy.example:3128", "http://proxy.example:3128", "jane", "pw"),
        ("jane:pw@proxy.example:3128", "http://proxy.example:3128", "jane", "pw"),
        ("http://jane@proxy.example:3128", "http://proxy.example:3128", "jane", None),
        ("http://:pw@proxy.example:3128", "http://proxy.example:3128", "", "pw"),
        ("http://jane:@proxy.example:3128", "http://proxy.example:3128", "jane", ""),
        ("http://jane:p%40ss%23@proxy.example:3128", "http://proxy.example:3128", "jane", "p@ss#"),
        (
            "http://jane:p@s#w/o?d:x@proxy.example:3128",
            "http://proxy.example:3128",
            "jane",
            "p@s#w/o?d:x",
        ),
        ("http://jane:a6%6qgx@proxy.example:3128", "http://proxy.example:3128", "jane", "a6%6qgx"),
        ("http://CORP\\jane:pw[1]@proxy.example:3128", "http://proxy.example:3128", "CORP\\jane", "pw[1]"),
    ],
)
def test_a_proxy(value: str, address: str, user: str | None, password: str | None) -> None:
    """With and without a scheme, a port, a name, a password, quotes and blanks around it."""
    proxy = parsed("HTTPS_PROXY", value)
    assert proxy is not None
    assert proxy.address == address
    assert proxy.user == user
    assert (proxy.password.reveal() if proxy.password else None) == password
    for shown in (proxy.shown, repr(proxy), str(proxy)):
        assert not password or password not in shown
        assert not user or user not in shown
    again = parsed("HTTPS_PROXY", proxy.url())  # what libraries get means the same
    assert again == proxy
    assert (again.password.reveal() if again and again.password else "") == (password or "")


@pytest.mark.parametrize("value", ["direct", "none", "off", "NO", "direct://"])
def test_none(value: str) -> None:
    """Words for none, as some programs write them."""
    assert parsed("HTTPS_PROXY", value) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("socks://127.0.0.1:1080", "SOCKS"),  # as GNOME writes it
        ("socks5://jane:geheim@127.0.0.1:1080", "SOCKS"),
        ("socks5h://127.0.0.1:1080", "SOCKS"),
        ("socks4a://127.0.0.1:1080", "SOCKS"),
        ("http://wpad.example/proxy.pac", "script"),
        ("http://wpad.example/wpad.dat", "script"),
        ("pac+http://wpad.example/x", "script"),
        ("file:///etc/proxy.pac", "script"),
        ("ftp://proxy.example:21", "scheme"),
        ("http//proxy.example:3128", "scheme"),
        ("http://", "names no host"),
        ("http://:3128", "names no host"),
        ("http://jane:geheim@", "names no host"),
        ("http://proxy.example:port", "port"),
        ("http://proxy.example:99999", "port"),
        ("http://proxy.example:0", "port"),
        ("http://jane:geheim", "port"),
        ("http://::1:3128", "IPv6"),
        ("http://2001:db8::1", "IPv6"),
        ("http://${PROXY}:3128", "variable"),
        ("%HTTP_PROXY%", "variable"),
        ("http://{{ proxy }}:3128", "variable"),
        ("http://pro xy:3128", "host name"),
        ("http://<proxy>:3128", "host name"),
    ],
)
def test_what_is_no_proxy(value: str, said: str) -> None:
    """The variable is named, and why; nothing of the value that could be a password."""
    with pytest.raises(ProvisionError) as caught:
        parsed("https_proxy", value)
    error = caught.value
    assert error.entry is catalogue.PROXY
    assert error.message.startswith("https_proxy ")
    assert any(word in error.message for word in said.split("|")), error.message
    assert "geheim" not in f"{error.message} {error.fix}"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "a"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "a", "https_proxy": "b"}, "https_proxy"),
        ({"HTTPS_PROXY": "a", "https_proxy": ""}, "https_proxy"),  # set to nothing: none
        ({"HTTPS_PROXY": "a", "ALL_PROXY": "b"}, "HTTPS_PROXY"),
        ({"all_proxy": "a", "HTTPS_PROXY": "b"}, "HTTPS_PROXY"),
        ({"ALL_PROXY": "a"}, "ALL_PROXY"),
        ({"HTTP_PROXY": "a"}, None),
    ],
)
def test_which_variable_counts(variables: dict[str, str], name: str | None) -> None:
    """Small letters first, as with curl; the scheme's own before the one for all."""
    assert chosen("https", variables)[0] == name


def test_a_header_is_no_variable() -> None:
    """A web server makes HTTP_PROXY of a request's Proxy header."""
    assert chosen("http", {"HTTP_PROXY": "a"})[0] == "HTTP_PROXY"
    assert chosen("http", {"HTTP_PROXY": "a", "REQUEST_METHOD": "GET"})[0] is None
