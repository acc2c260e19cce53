"""Whose accounts may sign in to a registration, and what its audience limits.

Sources: https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation,
https://learn.microsoft.com/entra/identity-platform/howto-modify-supported-accounts and
https://learn.microsoft.com/entra/identity-platform/reply-url
"""

from __future__ import annotations

from collections.abc import Iterator

from provision.errors import Finding, Severity, catalogue
from provision.resources.application import (
    MOST_URIS,
    MOST_URIS_PERSONAL,
    OWNER_TAG,
    PERSONAL_AUDIENCES,
    Desired,
    Observed,
    comparable,
)

_ACCOUNTS = {
    "AzureADMyOrg": frozenset({"this tenant"}),
    "AzureADMultipleOrgs": frozenset({"this tenant", "other tenants"}),
    "AzureADandPersonalMicrosoftAccount": frozenset({"this tenant", "other tenants", "personal accounts"}),
    "PersonalMicrosoftAccount": frozenset({"personal accounts"}),
}
_PLATFORMS = {"spa": "Single-page application", "publicClient": "Mobile and desktop applications"}


def check(desired: Desired, observed: Observed | None) -> Iterator[Finding]:
    """Yield what a change of the audience, or of the redirect URIs, would break or be refused for."""
    if observed is None:
        return
    ours = OWNER_TAG in observed.tags
    yield from _audience(desired.sign_in_audience, observed.sign_in_audience, ours=ours)
    other = {comparable(uri): platform for platform, uri in observed.other_uris}
    for uri in desired.redirect_uris:
        if (platform := other.get(comparable(uri))) is not None:
            yield Finding(
                catalogue.REDIRECT_URI_ON_OTHER_PLATFORM,
                Severity.ERROR,
                f"redirect URI {uri} stands under the platform {_PLATFORMS.get(platform, platform)} "
                f"({platform})",
                value=uri,
            )
    yield from _limits(desired, observed)


def _audience(wanted: str, present: str, *, ours: bool) -> Iterator[Finding]:
    """What is taken away is refused where it is adopted; on our own it undoes what somebody changed."""
    old, new = _ACCOUNTS.get(present, frozenset()), _ACCOUNTS.get(wanted, frozenset())
    change = f"sign_in_audience would change from {present} to {wanted}"
    if old and new - old:
        who = ", ".join(sorted(new - old))
        text = f"{change}: accounts of {who} could sign in then"
        yield Finding(catalogue.AUDIENCE_WIDENED, Severity.ERROR, text)
    if new and old - new:
        text = f"{change}: accounts of {', '.join(sorted(old - new))} could not sign in any more"
        fix = f"Set application.sign_in_audience to {present}, or pass --allow audience-narrowed."
        severity = Severity.WARNING if ours else Severity.ERROR
        yield Finding(catalogue.AUDIENCE_NARROWED, severity, text, fix)


def _limits(desired: Desired, observed: Observed) -> Iterator[Finding]:
    personal = desired.sign_in_audience in PERSONAL_AUDIENCES
    most = MOST_URIS_PERSONAL if personal else MOST_URIS
    every = {comparable(uri) for uri in (*observed.redirect_uris, *desired.redirect_uris)}
    every |= {comparable(uri) for _, uri in observed.other_uris}
    there = len(observed.redirect_uris) + len(observed.other_uris)
    writes = len(every) > there or desired.sign_in_audience != observed.sign_in_audience
    if len(every) > most and writes:
        text = f"there would be {len(every)} redirect URIs, of all platforms together; {most} are allowed"
        yield Finding(catalogue.REDIRECT_URI_LIMIT, Severity.ERROR, text)
