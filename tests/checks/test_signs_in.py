"""What signs in as an application beside our secrets: every sort, and the command that ends it."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta

from provision.checks.signs_in import APPLICATION, PRINCIPAL, Holder, check, others
from provision.resources.client_secret import Observed as ClientSecret
from provision.resources.undeclared import Certificate
from provision.resources.undeclared import FederatedCredential as Federated

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOON, PAST = NOW + timedelta(days=5), NOW - timedelta(days=1)


def secret(key: str, name: str | None, end: datetime = SOON) -> ClientSecret:
    """A secret of that key id and name."""
    return ClientSecret(key, name, NOW - timedelta(days=9), end, f"{key}-h")


HOLDERS = (
    Holder(
        APPLICATION,
        "client-id",
        (secret("ours", "Mail [provision:x]"), secret("hand", "by hand"), secret("old", "ended", PAST)),
        (Certificate("cert", "CN=x", SOON), Certificate("cert2", "CN=old", PAST)),
        (Federated("gh", "https://issuer", "repo:x"),),
    ),
    Holder(PRINCIPAL, "sp-id", (secret("sp", None),), (Certificate("spcert", "CN=sp", SOON),)),
)


def test_every_sort_that_is_alive_is_told_with_its_command() -> None:
    """Ours are not, nor what has ended; the command names the right object."""
    found = {item.remove: item.what for item in others(HOLDERS, {"ours"}, now=NOW)}
    assert set(found) == {
        "az ad app credential delete --id client-id --key-id hand",
        "az ad app credential delete --id client-id --key-id cert --cert",
        "az ad app federated-credential delete --id client-id --federated-credential-id gh",
        "az ad sp credential delete --id sp-id --key-id sp",
        "az ad sp credential delete --id sp-id --key-id spcert --cert",
    }
    assert "by hand" in found["az ad app credential delete --id client-id --key-id hand"]
    assert "service principal" in found["az ad sp credential delete --id sp-id --key-id sp"]


def test_a_name_from_the_tenant_ends_no_command() -> None:
    """Whoever may add a credential may name it; an administrator in an emergency pastes the command."""
    holder = Holder(APPLICATION, "x", federated=(Federated("a; rm -rf ~ '", "https://issuer", "repo:x"),))
    (found,) = others([holder], (), now=NOW)
    assert shlex.split(found.remove)[-1] == "a; rm -rf ~ '"


def test_each_is_a_warning_that_names_it() -> None:
    """One finding a thing."""
    found = list(check(others(HOLDERS, {"ours"}, now=NOW)))
    assert len(found) == 5
    assert {item.entry.name for item in found} == {"still-signs-in"}
    assert all("az ad" in (item.fix or "") for item in found)


def test_nothing_there_is_nothing_told() -> None:
    """An application of ours alone."""
    assert list(others([Holder(APPLICATION, "x", (secret("a", "Mail"),))], {"a"}, now=NOW)) == []


def test_what_each_is_called() -> None:
    """By its name and beginning, as far as it has them; what ends this moment signs in no more."""
    bare = ClientSecret("k", None, NOW, SOON, None)
    over = ClientSecret("o", "x", NOW, NOW, "o-h")
    keys = (Certificate("c", None, SOON), Certificate("d", "CN=x", SOON), Certificate("e", "x", NOW))
    holder = Holder(APPLICATION, "x", (bare, over, secret("s", "by hand")), keys)
    assert [item.what for item in others([holder], (), now=NOW)] == [
        "secret 'without a name' of the application, until 2026-03-06",
        "secret 'by hand' (begins with s-h) of the application, until 2026-03-06",
        "certificate 'without a name' of the application, until 2026-03-06",
        "certificate 'CN=x' of the application, until 2026-03-06",
    ]
