"""What GitHub answers: what the trial says of it, whether a secret is made, what is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.delivery.answers import DELIVERY, PROBE, Row, answers, check, whole
from tests.delivery.github_standin import Hub
from tests.delivery.standin import Response, StandIn
from tests.delivery.support import VALUE, Opened, deliver, refused


def said(message: str) -> dict[str, str]:
    return {"message": message, "documentation_url": "https://docs.github.com/rest"}


def is_so(**what: Any) -> Callable[[Hub], None]:
    """The repository is in that state."""
    return lambda hub: hub.repository_is.update(what)


def full(kind: str, count: int) -> Callable[[Hub], None]:
    def happens(hub: Hub) -> None:
        for number in range(count):
            if kind == "secrets":
                hub.put(hub.repository, f"S{number}", "theirs")
            else:
                hub.repository.variables[f"V{number}"] = "theirs"

    return happens


def everywhere(status: int, message: str, **headers: str) -> Callable[[StandIn], None]:
    return answers("GET", "/repos", status, said(message), **headers)


GITHUB = "github:agency/mail"
SECRETS = "https://docs.github.com/rest/actions/secrets"
TROUBLES = "https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api"
LIMITS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
SAML = (
    "Resource protected by organization SAML enforcement. You must grant your Personal Access token access "
    "to this organization."
)
ALLOW_LIST = (
    "Although you appear to have the correct authorization credentials, the `agency` organization has an IP "
    "allow list enabled, and your IP address is not permitted to access this resource."
)
LIFETIME = (
    "The 'agency' organization forbids access via a fine-grained personal access tokens if the token's "
    "lifetime is greater than 366 days."
)
GITHUB_ROWS = (
    Row(
        "archived",
        "https://docs.github.com/rest/repos/repos#get-a-repository",
        is_so(archived=True),
        PROBE,
        ("the place cannot take it", "repository is archived", "Unarchive"),
    ),
    Row(
        "archived since the trial",
        "https://github.com/hub4j/github-api/blob/main/src/main/java/org/kohsuke/github/GHRepository.java",
        answers("PUT", "/secrets/", 403, said("Repository was archived so is read-only.")),
        DELIVERY,
        ("the place cannot take it", "archived so is read-only", "Unarchive"),
    ),
    Row(
        "disabled",
        "https://docs.github.com/rest/repos/repos#get-a-repository",
        is_so(disabled=True),
        PROBE,
        ("the place cannot take it", "repository is disabled"),
    ),
    Row(
        "may read the repository, not write",
        SECRETS,
        is_so(permissions={"pull": True, "push": False}),
        PROBE,
        ("a right is missing", "not write to it", "write access to Secrets and Variables"),
    ),
    Row(
        "a hundred secrets",
        "https://docs.github.com/actions/reference/security/secrets#limits-for-secrets",
        full("secrets", 100),
        PROBE,
        ("the place cannot take it", "100 secrets already", "Delete secrets"),
    ),
    Row(
        "five hundred variables",
        "https://docs.github.com/actions/reference/workflows-and-actions/variables",
        full("variables", 500),
        PROBE,
        ("the place cannot take it", "500 variables already"),
    ),
    Row(
        "no such repository, or not to be seen",
        TROUBLES,
        everywhere(404, "Not Found"),
        PROBE,
        ("a right is missing", "404 Not Found", "repository and environment are there"),
    ),
    Row(
        "a fine-grained token without the permission",
        TROUBLES,
        answers(
            "GET",
            "/secrets/public-key",
            403,
            said("Resource not accessible by personal access token"),
            X_Accepted_GitHub_Permissions="secrets=read",
        ),
        PROBE,
        ("a right is missing", "not accessible by personal access token", "permission secrets=read"),
    ),
    Row(
        "an App without the permission",
        TROUBLES,
        answers(
            "PUT",
            "/secrets/",
            403,
            said("Resource not accessible by integration"),
            X_Accepted_GitHub_Permissions="secrets=write",
        ),
        DELIVERY,
        ("a right is missing", "not accessible by integration", "permission secrets=write"),
    ),
    Row(
        "variables not allowed",
        "https://docs.github.com/rest/actions/variables",
        answers("POST", "/variables", 403, said("Resource not accessible by personal access token")),
        DELIVERY,
        ("a right is missing", "Secrets and Variables"),
    ),
    Row(
        "an organization's administrators only",
        TROUBLES,
        answers("PUT", "/secrets/", 403, said("Must have admin rights to Repository.")),
        DELIVERY,
        ("a right is missing", "Must have admin rights"),
    ),
    Row(
        "single sign-on",
        "https://github.com/ossf/scorecard/issues/1504",
        everywhere(
            403,
            SAML,
            X_GitHub_SSO="required; url=https://github.com/orgs/agency/sso?authorization_request=A1",
        ),
        PROBE,
        ("not signed in", "SAML enforcement", "Configure SSO", "https://github.com/orgs/agency/sso?"),
    ),
    Row(
        "single sign-on that points elsewhere",
        "https://github.com/ossf/scorecard/issues/1504",
        everywhere(403, SAML, X_GitHub_SSO="required; url=https://github.com.example.com/orgs/agency/sso"),
        PROBE,
        ("not signed in", "Configure SSO"),
    ),
    Row(
        "an address that is not allowed",
        "https://docs.github.com/organizations/keeping-your-organization-secure",
        everywhere(403, ALLOW_LIST),
        PROBE,
        ("kept out by the network", "IP allow list", "on a machine"),
    ),
    Row(
        "a token that lives too long",
        "https://docs.github.com/organizations/managing-programmatic-access-to-your-organization",
        everywhere(403, LIFETIME),
        PROBE,
        ("not signed in", "366 days", "lifetime that it allows"),
    ),
    Row(
        "an expired token",
        TROUBLES,
        everywhere(401, "Bad credentials"),
        PROBE,
        ("not signed in", "401 Bad credentials", "has expired"),
    ),
    Row(
        "a suspended account",
        TROUBLES,
        everywhere(403, "Sorry. Your account was suspended."),
        PROBE,
        ("the place cannot take it", "suspended"),
    ),
    Row(
        "renamed",
        "https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api",
        answers(
            "GET", "/repos", 301, said("Moved Permanently"), Location="https://api.github.com/repositories/1"
        ),
        PROBE,
        ("the place cannot take it", "301 Moved Permanently", "renamed or transferred"),
    ),
    Row(
        "a secondary limit without a word how long",
        LIMITS,
        answers("PUT", "/secrets/", 403, said(SECONDARY)),
        DELIVERY,
        ("too many requests", "secondary rate limit", "Run again later"),
        lasting=False,
    ),
    Row(
        "a primary limit",
        LIMITS,
        answers(
            "PUT",
            "/secrets/",
            403,
            said("API rate limit exceeded for user ID 1."),
            X_RateLimit_Remaining="0",
            X_RateLimit_Reset="1795609999",
        ),
        DELIVERY,
        ("too many requests", "asks to wait", "Run again later"),
        lasting=False,
    ),
    Row(
        "429",
        LIMITS,
        answers("PUT", "/secrets/", 429, said("Too Many Requests")),
        DELIVERY,
        ("too many requests", "429 Too Many Requests"),
        lasting=False,
    ),
    Row(
        "what cannot be processed",
        SECRETS,
        answers("PUT", "/secrets/", 422, said("Validation Failed")),
        DELIVERY,
        ("the place cannot take it", "422 Validation Failed"),
    ),
    Row(
        "a fault",
        TROUBLES,
        answers("PUT", "/secrets/", 502, said("Server Error")),
        DELIVERY,
        ("502 Server Error", "tried 5 times"),
        lasting=False,
    ),
)


@pytest.mark.parametrize("row", GITHUB_ROWS, ids=lambda row: row.name)
def test_github(hub: Hub, row: Row) -> None:
    """Archived, full, hidden, limited, single sign-on, allow lists: each in its own words."""
    sink = Opened(None)(GITHUB)
    check(row, hub, sink, lambda: [value for value, _ in hub.repository.secrets.values()])


def test_github_names_the_environment_that_is_missing(hub: Hub) -> None:
    """And does not count what the repository holds against an environment."""
    sink = Opened(None)(f"{GITHUB}?environment=staging")
    refused(
        sink.probe, "sink-unusable", "no environment 'staging'", "Settings > Environments", "compare its name"
    )
    full("secrets", 100)(hub)
    Opened(None)(f"{GITHUB}?environment=production/eu").probe()
    for number in range(100):
        hub.put(hub.environment, f"E{number}", "theirs")
    refused(Opened(None)(f"{GITHUB}?environment=production/eu").probe, "sink-unusable", "100 secrets already")


@pytest.mark.parametrize("lacking", ["secrets", "variables", "environments"])
def test_github_wants_each_permission(hub: Hub, lacking: str) -> None:
    """An environment's secret wants two, its variables one; what GitHub says is passed on."""
    hub.permissions.discard(lacking)
    sink = Opened(None)(f"{GITHUB}?environment=production/eu")
    if lacking == "variables":
        sink.probe()
        sink = Opened(None)(GITHUB)
    refused(sink.probe, "sink-unusable", "a right is missing", f"{lacking}=read", "Environments as well")


def test_github_renews_in_a_full_place(hub: Hub) -> None:
    """What is there already takes no place more."""
    sink = Opened(None)(GITHUB)
    deliver(sink)
    full("secrets", 99)(hub)
    full("variables", 499)(hub)
    sink.probe()
    deliver(sink, "new" + VALUE)


def test_github_waits_a_minute_for_a_limit_that_does_not_say_how_long(hub: Hub, waits: list[float]) -> None:
    """And then goes on."""
    hub.befall("PUT", "/secrets/", Response(403, said(SECONDARY)))
    deliver(Opened(None)(GITHUB))
    assert waits == [60.0]


def test_github_app_tokens_have_no_permissions_of_their_own(hub: Hub) -> None:
    """All false says nothing."""
    hub.repository_is["permissions"] = {"admin": False, "push": False, "pull": False}
    Opened(None)(GITHUB).probe()


def test_the_table_is_whole() -> None:
    """Each row another answer."""
    assert whole(GITHUB_ROWS)
