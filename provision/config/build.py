"""Turn a checked config into what is desired, and check the rules that concern several keys at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict

from provision.clouds import CLOUDS, Cloud
from provision.config.models import CloudHosts, Document
from provision.config.node import Path, Unset
from provision.config.rules import Fault
from provision.config.urls import LONGEST, has_query
from provision.delivery import Spec
from provision.errors import catalogue
from provision.products import NAMES, Product
from provision.resources import Desired, Ignore, application, client_secret, consent, mailbox
from provision.resources.application import MOST_URIS, MOST_URIS_PERSONAL
from provision.resources.mailbox import Scope
from provision.values import dataclass

_MAX_NAME_PERSONAL = 90


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a key breaks together with others."""

    path: Path
    fault: Fault


def across(document: Document, product: Product | None) -> Iterator[Broken]:
    """Yield the rules that several keys break together; ``product`` is None while its file is at fault.

    Sources: https://learn.microsoft.com/entra/identity-platform/reply-url and
    https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation
    """
    app = document.application
    if app.sign_in_audience in application.PERSONAL_AUDIENCES:
        yield from _personal(document)
    yield from _swapped_ids(document)
    if app.stamp is False and app.client_id is None:
        why = "without client_id the name is what the registration is known by"
        yield Broken(("application", "stamp"), Fault(why, "Remove the line, or add application.client_id."))
    if product is not None:
        yield from _admin_url(document, product)
    own = _redirect(document, product)
    seen = set(own)
    for index, uri in enumerate(app.redirect_uris):
        here: Path = ("application", "redirect_uris", index)
        if uri in seen and not isinstance(uri, Unset):  # a path compares with its case, as Entra does
            yield Broken(here, Fault("it is there already", "Remove it.", entry=catalogue.REDIRECT_URI))
        seen.add(uri)
    if len(app.redirect_uris) + len(own) > MOST_URIS:
        yield Broken(
            ("application", "redirect_uris"),
            Fault(f"an application has {MOST_URIS} redirect URIs at most"),
        )
    for index, owner in enumerate(app.owners or ()):
        if owner in (app.owners or ())[:index] and not isinstance(owner, Unset):
            yield Broken(("application", "owners", index), Fault("it is there already", "Remove it."))
    secret = document.secret
    known = not isinstance(secret.lifetime, Unset) and not isinstance(secret.renew_before, Unset)
    # The default counts as less where a short lifetime asks for it; what somebody wrote down does not.
    if known and "renew_before" in secret.model_fields_set:
        lifetime, before = _span(secret.lifetime), _span(secret.renew_before)
        if _days(before) >= _days(lifetime):
            why = "it is no shorter than the lifetime: each run would make a new secret"
            yield Broken(("secret", "renew_before"), Fault(why, "Write a third of the lifetime, or less."))


def _admin_url(document: Document, product: Product) -> Iterator[Broken]:
    """Yield what is wrong with the product's address: it makes the redirect URI, where there is one."""
    here: Path = ("application", "admin_url")
    url, path = document.application.admin_url, product.redirect_path
    if isinstance(url, Unset):
        return
    if path is None:
        why = f"{product.title} has no redirect URI to make of it"
        yield Broken(here, Fault(why, "Remove it; application.redirect_uris takes others."))
    elif (length := len(url + path)) > LONGEST:
        why = f"the redirect URI made from it has {length} characters; Entra takes {LONGEST}"
        yield Broken(here, Fault(why, entry=catalogue.REDIRECT_URI))


# Ids that everybody meets, and that are nobody's own.
# Sources: https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
# (applications), https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference (the tenant of
# personal accounts, tid), and https://learn.microsoft.com/graph/permissions-reference (the permission).
_WELL_KNOWN = {
    "00000003-0000-0000-c000-000000000000": "the application Microsoft Graph's",
    "00000002-0000-0ff1-ce00-000000000000": "the application Office 365 Exchange Online's",
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "the program Azure CLI's",
    "1950a258-227b-4e31-a9cf-717495945fc2": "the program Azure PowerShell's",
    "9188040d-6c67-4c5b-b112-36a304b66dad": "that of the tenant of personal accounts",
    "b633e1c5-b582-4048-a93e-9f11b44c7e96": "the permission Mail.Send's",
}
_OVERVIEW = "the registration's Overview page shows them one below the other"


def _swapped_ids(document: Document) -> Iterator[Broken]:
    """Yield the ids that cannot be what their key says: another key's, or one that everybody knows."""
    app, tenant = document.application, document.tenant.id
    here: Path = ("application", "client_id")
    if app.client_id is not None and not isinstance(app.client_id, Unset) and app.client_id == tenant:
        why = "it is the tenant's id, too; one of the two is in the other's place"
        yield Broken(here, Fault(why, f"Write the Application (client) ID; {_OVERVIEW}."))
    ids: list[tuple[Path, str | None]] = [(here, app.client_id), (("tenant", "id"), tenant)]
    owners: tuple[str, ...] = app.owners or ()
    for number, owner in enumerate(owners):
        place: Path = ("application", "owners", number)
        ids.append((place, owner))
        if not isinstance(owner, Unset) and owner in (tenant, app.client_id):
            what = "tenant's id" if owner == tenant else "application's client id"
            yield Broken(place, Fault(f"it is the {what}, and no owner's", "Write the owner's Object ID."))
    for path, text in ids:
        if isinstance(text, str) and not isinstance(text, Unset) and text in _WELL_KNOWN:
            yield Broken(
                path, Fault(f"this id is {_WELL_KNOWN[text]}", "Copy your own from the Overview page.")
            )


def _personal(document: Document) -> Iterator[Broken]:
    """Yield the keys that an audience with personal Microsoft accounts does not allow."""
    app = document.application
    audience: Path = ("application", "sign_in_audience")
    cloud = document.tenant.cloud
    if cloud in ("gcc-high", "dod", "china"):
        yield Broken(audience, Fault("this cloud has no personal accounts", "Write AzureADMyOrg."))
    if app.display_name is not None and len(app.display_name) > _MAX_NAME_PERSONAL:
        why = f"with personal accounts a name has {_MAX_NAME_PERSONAL} characters at most"
        yield Broken(("application", "display_name"), Fault(why))
    if MOST_URIS_PERSONAL < len(app.redirect_uris) + 1 <= MOST_URIS:
        why = f"with personal accounts an application has {MOST_URIS_PERSONAL} redirect URIs at most"
        yield Broken(("application", "redirect_uris"), Fault(why))
    for index, uri in enumerate(app.redirect_uris):
        if has_query(uri):
            why = "Entra takes a '?' for work accounts only"
            yield Broken(("application", "redirect_uris", index), Fault(why, entry=catalogue.REDIRECT_URI))


def desired(document: Document, product: Product) -> Desired:
    """Return what a config asks for."""
    app, secret, title = document.application, document.secret, product.title
    scope = Scope.MAILBOX if document.mail.scope == Scope.MAILBOX else Scope.ORGANIZATION
    mode = consent.Mode.HANDOFF if document.consent == "handoff" else consent.Mode.GRANT
    if scope is Scope.MAILBOX:
        mode = consent.Mode.NONE
    return Desired(
        name=document.name,
        tenant=document.tenant.id,
        cloud=_cloud(document.tenant.cloud),
        product=document.product,
        profile=product,
        application=application.Desired(
            unique_name=document.name,
            display_name=app.display_name or f"{title} Mail",
            redirect_uris=(*_redirect(document, product), *app.redirect_uris),
            sign_in_audience=app.sign_in_audience,
            client_id=app.client_id,
            stamp=secret.adopt is None if app.stamp is None else app.stamp,
            owners=app.owners,
            notes=app.notes,
            service_management_reference=app.service_management_reference,
        ),
        consent=consent.Desired(mode, product.permission),
        client_secret=client_secret.Desired(
            name=document.name,
            description=secret.description or f"{title} {'SMTP' if product.permission.sends else 'mail'}",
            lifetime=_span(secret.lifetime),
            renew_before=_span(secret.renew_before),
            adopt=secret.adopt,
        ),
        mailbox=mailbox.Desired(document.mail.address, scope, by_graph=document.mail.scope_by == "graph"),
        ignores=tuple(Ignore(item.finding, item.value, item.reason) for item in document.drift.ignore),
        config_digest=_digest(document, product),
    )


def _digest(document: Document, product: Product) -> str:
    """Return the digest of every key; the order of what is a set to Graph does not count.

    What a file says of a product counts, and not where it lies.
    """
    keys = document.model_dump(mode="json")
    if document.product not in NAMES:
        keys["product"] = asdict(product)
    if keys["tenant"]["auth"] is None:  # as long as nobody chooses, it is no part of what was approved before
        del keys["tenant"]["auth"]
    for name in ("redirect_uris", "owners"):
        if keys["application"][name]:
            keys["application"][name].sort()
    keys["drift"]["ignore"].sort(key=json.dumps)
    return "sha256:" + hashlib.sha256(json.dumps(keys, sort_keys=True).encode()).hexdigest()


def delivery(document: Document) -> Spec:
    """Return where a new secret goes."""
    chosen = document.secret.delivery
    if isinstance(chosen, str):
        return Spec("terminal" if isinstance(chosen, Unset) else chosen)
    (kind,) = chosen.model_fields_set  # a map of one key: the models see to that
    return Spec(kind, getattr(chosen, kind))


def _redirect(document: Document, product: Product | None) -> tuple[str, ...]:
    """Return the redirect URI that the product itself has, if it has one."""
    path = product.redirect_path if product else None
    return () if path is None else (document.application.admin_url + path,)


def _cloud(chosen: str | CloudHosts) -> Cloud:
    if isinstance(chosen, str):
        return CLOUDS.get(chosen, CLOUDS["global"])  # another is one that --allow-unset let pass
    return Cloud("custom", graph=chosen.graph, login=chosen.login, portal=chosen.portal)


def _span(text: str) -> client_secret.Span:
    return client_secret.Span(longest=True) if isinstance(text, Unset) else client_secret.Span.parse(text)


def _days(span: client_secret.Span) -> float:
    months = client_secret.LONGEST_MONTHS if span.longest else span.months
    return span.days + client_secret.DAYS_A_MONTH * months
