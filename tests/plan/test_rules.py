"""The built-in rules and the guard rails, a row a case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.errors import Severity, catalogue
from provision.plan import guards, rules
from provision.resources import consent
from tests.plan.given import APP, DESIRED, GRAPH, OBSERVED, PERMISSION, TENANT, URI, planned, there, wanted

MAILBOX_ONLY = replace(DESIRED, consent=consent.Desired(consent.Mode.NONE))
NOTHING = replace(OBSERVED, application=None)
MULTIPLE = "AzureADMultipleOrgs"
RULES = {
    # the config, the tenant, the findings beside mail-for-everyone, and what is named
    "as it should be": (DESIRED, OBSERVED, []),
    "nothing there yet": (DESIRED, NOTHING, []),
    "no address, declared or there": (wanted(redirect_uris=()), there(redirect_uris=()), []),
    "made for another config": (DESIRED, there(unique_name="old"), [(catalogue.MADE_FOR_ANOTHER, "old")]),
    "another tool's name": (DESIRED, there(unique_name="old", tags=()), []),
    "no name": (DESIRED, there(unique_name=None), []),
    "several tenants": (wanted(sign_in_audience=MULTIPLE), OBSERVED, [(catalogue.AUDIENCE_WIDE, MULTIPLE)]),
    "http, there": (
        DESIRED,
        there(redirect_uris=(URI, "http://foia.example.gov/a")),
        [(catalogue.REDIRECT_URI_INSECURE, "http://foia.example.gov/a")],
    ),
    "http, declared, nothing there": (
        wanted(redirect_uris=(URI, "HTTP://foia.example.gov/a")),
        NOTHING,
        [(catalogue.REDIRECT_URI_INSECURE, "HTTP://foia.example.gov/a")],
    ),
    "one's own machine": (
        DESIRED,
        there(redirect_uris=(URI, "https://localhost/a", "https://[::1]/b", "https://127.0.0.1/c")),
        [(catalogue.REDIRECT_URI_INSECURE, "https://127.0.0.1/c, https://[::1]/b, https://localhost/a")],
    ),
    "elsewhere": (
        DESIRED,
        there(redirect_uris=(URI, "https://other.example/")),
        [(catalogue.REDIRECT_URI_ELSEWHERE, "https://other.example/")],
    ),
    "the same host in capitals": (DESIRED, there(redirect_uris=("https://FOIA.example.gov/x",)), []),
    "no address at all": (
        DESIRED,
        there(redirect_uris=(URI, "https://[broken", "urn:ietf:wg:oauth:2.0:oob")),
        [(catalogue.REDIRECT_URI_ELSEWHERE, "https://[broken, urn:ietf:wg:oauth:2.0:oob")],
    ),
    "asks for everyone, and is not to": (
        MAILBOX_ONLY,
        OBSERVED,
        [(catalogue.ASKS_FOR_EVERYONE, "Mail.Send")],
    ),
    "one mailbox, and asks for nothing": (MAILBOX_ONLY, there(permissions=()), []),
    "one mailbox, nothing there": (MAILBOX_ONLY, NOTHING, []),
}


@pytest.mark.parametrize("case", RULES)
def test_rules(case: str) -> None:
    """Each finding names what it found, for an ignore list to name."""
    desired, observed, expected = RULES[case]
    found = [(finding.entry, finding.value) for finding in rules.check(desired, observed)]
    reach = [] if desired is MAILBOX_ONLY else [(catalogue.MAIL_FOR_EVERYONE, "Mail.Send")]
    assert sorted(found, key=str) == sorted([*expected, *reach], key=str)


def test_how_bad_each_is() -> None:
    """None stops ``apply``; what is only worth knowing is no warning."""
    observed = there(redirect_uris=(URI, "http://a/", "https://b/"), unique_name="old")
    found = {f.entry: f.severity for f in rules.check(wanted(sign_in_audience=MULTIPLE), observed)}
    assert found == {
        catalogue.MADE_FOR_ANOTHER: Severity.WARNING,
        catalogue.AUDIENCE_WIDE: Severity.WARNING,
        catalogue.REDIRECT_URI_INSECURE: Severity.WARNING,
        catalogue.REDIRECT_URI_ELSEWHERE: Severity.INFO,
        catalogue.MAIL_FOR_EVERYONE: Severity.INFO,
    }


@pytest.mark.parametrize(("count", "said"), [(3, "c2"), (4, "c2 and 1 more"), (9, "c2 and 6 more")])
def test_many_addresses_are_counted(count: int, said: str) -> None:
    """Three stand in the line, all of them in the value."""
    uris = [f"https://c{number}" for number in range(count)]
    found = next(iter(rules.check(DESIRED, there(redirect_uris=tuple(uris)))))
    assert found.message == f"redirect URIs, not on foia.example.gov: https://c0, https://c1, https://{said}"
    assert found.value == ", ".join(uris)


def test_fifty_changes_pass_and_one_more_does_not() -> None:
    """Counted over all plans of a run; plans without a change are not counted as applications."""
    one = planned(wanted(display_name="New"))
    idle = planned()
    assert len(one.pending) == 1
    assert not idle.pending
    assert guards.fleet([*[one] * 50, idle]) is None
    found = guards.fleet([*[one] * 51, idle])
    assert found is not None
    assert (found.entry, found.severity) == (catalogue.MANY_CHANGES, Severity.ERROR)
    assert found.message.startswith("51 changes to 51 applications in one run; 50 pass")


def test_the_given_tenant_needs_nothing() -> None:
    """The world that the tables begin with is as its config declares."""
    plan = planned()
    assert [*plan.pending, *plan.handed_off] == []
    assert not plan.blockers
    assert plan.observed.tenant_id == TENANT
    assert APP.permissions == (PERMISSION,)
    assert PERMISSION.resource_app_id == GRAPH
    assert {finding.entry for finding in plan.findings} == {catalogue.MAIL_FOR_EVERYONE}
