"""A suggestion is whole or it is none: whoever follows it is done, and nobody else's thing is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provision.config import rules, urls
from provision.config.rules import Fault

HOST = "https://collab.example.gov"


def suggested(check: Callable[[str], str], text: str) -> str | None:
    """What is proposed in the place of a text, which must be refused; a proposal must itself be in order."""
    with pytest.raises(Fault) as caught:
        check(text)
    fix = caught.value.fix or ""
    if not fix.startswith("Write "):
        return None
    proposal = fix.removeprefix("Write ")
    check(proposal)
    return proposal


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        # from a browser's address line, at a page of the product
        (f"{HOST}/Login.aspx", HOST),
        (f"{HOST}/default.asp", HOST),
        (f"{HOST}/index.php", HOST),
        (f"{HOST}/home.jsf", HOST),
        (f"{HOST}/Admin/index.html", None),  # the product may be all of the host, or /Admin
        (f"{HOST}/FX/Home.aspx/", None),
        (f"{HOST}/Login.aspx?ReturnUrl=%2f", None),
        (f"{HOST}/Login.aspx#top", None),
        (f"{HOST}/#/settings", f"{HOST}/"),
        (f"{HOST}/fx?tab=mail", f"{HOST}/fx"),
        (f" {HOST}/fx", f"{HOST}/fx"),
        (f" {HOST}/Login.aspx", None),
        ("http://collab.example.gov/fx", f"{HOST}/fx"),
        ("http://collab.example.gov/Login.aspx", None),
        ("collab.example.gov/fx", f"{HOST}/fx"),
        ("collab.example.gov/Login.aspx", None),
        # a name that is spelt like another host's
        # by the older rules strasse, which is another's; by today's, which browsers follow, this
        ("https://straße.example.gov/fx", "https://xn--strae-oqa.example.gov/fx"),
        ("https://cоllab.example.gov/fx", None),  # a Cyrillic o
        ("https://bücher.example.gov/fx", "https://xn--bcher-kva.example.gov/fx"),
        ("https://me@bücher.example.gov/fx", None),
    ],
)
def test_admin_url(text: str, proposal: str | None) -> None:
    """A page, a query, a fragment, a scheme, another alphabet."""
    assert suggested(urls.admin_url, text) == proposal


@pytest.mark.parametrize(
    "path", ["", "/", "/fx", "/v2.1", "/fx.net/admin", "/connectors/SMTP.aspx", "/do/it"]
)
def test_admin_urls_that_are_none_of_these(path: str) -> None:
    """A folder with a dot is no page; the product's own page is taken off as before."""
    assert urls.admin_url(HOST + path).startswith(HOST)


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("Mail <noreply@agency.gov>", "noreply@agency.gov"),
        ('"Mail, No Reply" <noreply@agency.gov>', "noreply@agency.gov"),
        ("<noreply@agency.gov>", "noreply@agency.gov"),
        ("mailto:noreply@agency.gov?subject=x", "noreply@agency.gov"),
        ("SMTP:noreply@agency.gov", "noreply@agency.gov"),
        (" noreply@agency.gov\n", "noreply@agency.gov"),
        # a part of an address is another person's
        ("no reply@agency.gov", None),
        ("o\u2019brien@agency.gov", None),
        ("jörg.smith@agency.gov", None),
        ("müller@agency.gov", None),
        ("a@b@agency.gov", None),
        ("x..noreply@agency.gov", None),
        (".noreply@agency.gov", None),
        ("(hr)noreply@agency.gov", None),
        # more than one: which, only they can say
        ("noreply@agency.gov, foia@agency.gov", None),
        ("noreply@agency.gov;foia@agency.gov", None),
        ("<noreply@agency.gov> <foia@agency.gov>", None),
        ("noreply@agency.gov <foia@agency.gov>", None),
        ("noreply@agency.gov.", None),
        ("noreply@bücher.gov", None),
    ],
)
def test_addresses(text: str, proposal: str | None) -> None:
    """What a mail program puts around an address is taken off; never a part of it."""
    assert suggested(rules.address, text) == proposal


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("аgency.example", None),  # a Cyrillic a
        ("agеncy.onmicrosoft.com", None),  # a Cyrillic e
        ("faß.de", "xn--fa-hia.de"),
        ("ａgency.example", None),  # a wide a: another name as it stands
    ],
)
def test_domains(text: str, proposal: str | None) -> None:
    """Another tenant's domain is never proposed."""
    assert suggested(rules.tenant, text) == proposal


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("http://a.example.gov/x", "https://a.example.gov/x"),
        ("a.example.gov/x", "https://a.example.gov/x"),
        ("https://a.example.gov/x#y", "https://a.example.gov/x"),
        ("https://a.example.gov/x*#y", None),
        ("https://straße.example.gov/x", "https://xn--strae-oqa.example.gov/x"),
    ],
)
def test_redirect_uris(text: str, proposal: str | None) -> None:
    """The same for further addresses; a page is what is meant there."""
    assert suggested(urls.redirect_uri, text) == proposal
    assert urls.redirect_uri("https://a.example.gov/Login.aspx")


ID = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        (f"https://login.microsoftonline.com/{ID}", ID),
        (f"https://login.microsoftonline.us/{ID.upper()}/v2.0/.well-known/openid-configuration", ID),
        (f"https://portal.azure.com/{ID}", None),  # an id of what, nobody can tell
        ("https://login.microsoftonline.com/common", None),
    ],
)
def test_tenant(text: str, proposal: str | None) -> None:
    """The address of a login host has the tenant in it."""
    assert suggested(rules.tenant, text) == proposal


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("anna@agency.example", "az ad user show --id 'anna@agency.example'"),
        ("Anna Example", "Object ID of the user"),
        ("anna@agency.example; rm -rf '", "Object ID of the user"),
    ],
)
def test_owner(text: str, told: str) -> None:
    """A name or a sign-in name: where the object id is found; no text of a stranger goes into a command."""
    with pytest.raises(Fault) as caught:
        rules.owner(text)
    assert told in (caught.value.fix or "")
    assert rules.owner(ID.upper()) == ID


def test_the_keys_of_a_lists_item_are_told() -> None:
    """There are keys, so they are named."""
    from provision.config.problems import _keys

    assert list(_keys(("drift", "ignore", 0))) == ["finding", "value", "reason"]
