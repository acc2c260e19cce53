"""Built-in rules: what is known to be risky in an application for mail, declared or not.

Each rule is an entry of the catalogue, with the page that it is taken from. None stops ``apply``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from provision.clouds import MICROSOFT_GRAPH_APP_ID
from provision.errors import Finding, FindingEntry, Severity, catalogue
from provision.plan.examples import left_in
from provision.resources import Desired, Observed, application, consent

_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")
_SHOWN = 3  # addresses in one line


def check(desired: Desired, observed: Observed) -> Iterator[Finding]:
    """Yield one finding for each rule that the application, as it is or is to be, does not keep."""
    app = observed.application
    name = desired.application.unique_name
    if app is not None and app.unique_name not in (None, name) and application.OWNER_TAG in app.tags:
        yield Finding(
            catalogue.MADE_FOR_ANOTHER,
            Severity.WARNING,
            f"the registration's uniqueName is '{app.unique_name}': it was made for the config of that name",
            value=str(app.unique_name),
        )
    if app is not None and app.disabled is not None:
        entry = catalogue.REGISTRATION_DISABLED
        yield Finding(entry, Severity.WARNING, f"{entry.title} ({app.disabled})", value=app.disabled)
    if app is not None and app.verified_publisher:
        said = f"{catalogue.VERIFIED_PUBLISHER.title}: {app.verified_publisher}"
        yield Finding(catalogue.VERIFIED_PUBLISHER, Severity.INFO, said, value=app.verified_publisher)
    if app is not None and app.locked:
        names = ", ".join(app.locked)
        said = f"{catalogue.PRINCIPAL_LOCKED.title}: {names}"
        yield Finding(catalogue.PRINCIPAL_LOCKED, Severity.INFO, said, value=names)
    audience = desired.application.sign_in_audience
    if audience != application.ONE_TENANT:
        yield Finding(
            catalogue.AUDIENCE_WIDE,
            Severity.WARNING,
            f"sign_in_audience is {audience}: accounts of other tenants may sign in",
            value=audience,
        )
    uris = sorted({*desired.application.redirect_uris, *(app.redirect_uris if app else ())})
    yield from _redirects(desired, uris)
    permission = desired.consent.permission.name
    if desired.consent.mode is not consent.Mode.NONE:
        yield Finding(
            catalogue.MAIL_FOR_EVERYONE,
            Severity.INFO,
            f"{permission} reaches every mailbox of the organization; mail.scope: mailbox limits it",
            value=permission,
        )
    elif app is not None and _asks(app, observed.role):
        entry = catalogue.ASKS_FOR_EVERYONE
        button = "the portal's button would grant it for all mailboxes"
        text = f"the application still asks for {permission}, and {button}"
        yield Finding(entry, Severity.WARNING, text, value=permission)


def examples(desired: Desired) -> Iterator[Finding]:
    """Yield a finding if example values were left in a config that is meant for a real tenant."""
    found = left_in(desired)
    if found:
        said = ", ".join(f"{'.'.join(keys)} {value}" for keys, value in found)
        yield Finding(
            catalogue.EXAMPLE_VALUE, Severity.WARNING, f"an example value was left in: {said}", value=said
        )


def _asks(app: application.Observed, role: consent.Role) -> bool:
    """Say whether the registration declares the product's permission."""
    return application.declares(app.permissions, application.Permission(MICROSOFT_GRAPH_APP_ID, role.role_id))


def _redirects(desired: Desired, uris: Sequence[str]) -> Iterator[Finding]:
    if not uris:
        return
    home = _host((*desired.application.redirect_uris, *uris)[0])  # the product's own comes first
    insecure = [uri for uri in uris if uri.partition(":")[0].lower() == "http" or _host(uri) in _OWN_MACHINE]
    elsewhere = [uri for uri in uris if uri not in insecure and _host(uri) != home]
    if insecure:
        yield _about(catalogue.REDIRECT_URI_INSECURE, Severity.WARNING, "plain http or localhost", insecure)
    if elsewhere:
        yield _about(catalogue.REDIRECT_URI_ELSEWHERE, Severity.INFO, f"not on {home}", elsewhere)


def _about(entry: FindingEntry, severity: Severity, what: str, uris: Sequence[str]) -> Finding:
    more = f" and {len(uris) - _SHOWN} more" if len(uris) > _SHOWN else ""
    return Finding(
        entry,
        severity,
        f"redirect URIs, {what}: {', '.join(uris[:_SHOWN])}{more}",
        value=", ".join(uris),
    )


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""  # in lower case
    except ValueError:  # what Graph gave need not be an address
        return ""
