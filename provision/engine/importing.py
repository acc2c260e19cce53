"""``provision import``: from a registration that somebody made by hand to the config whose plan is empty.

The text is read back, and planned, before it is kept: what a config cannot say is refused, and not written.
"""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from provision.again import UNKNOWN
from provision.change import Action
from provision.checks.drift import judge
from provision.clouds import CLOUDS, MICROSOFT_GRAPH_APP_ID
from provision.config import Config, load, rules
from provision.config.models import AUDIENCES
from provision.config.urls import admin_url
from provision.config.writing import Draft, text
from provision.engine.drift import publishers, surroundings
from provision.engine.known import tagged
from provision.engine.observe import Tenant, observe
from provision.errors import ProvisionError, catalogue
from provision.graph import application, client_secret, consent, senses, service_principal
from provision.graph.records import text as required
from provision.outcomes.imports import Imported
from provision.plan.build import build
from provision.plan.identification import Found, identify
from provision.plan.model import Context, Plan, Target
from provision.products import Product
from provision.resources import client_secret as secrets
from provision.resources.application import Desired, Observed, Permission, comparable, declares
from provision.resources.client_secret import Observed as Secret
from provision.resources.client_secret import Span
from provision.resources.consent import Role, detail, granted
from provision.resources.delivery_tags import delivered
from provision.values import dataclass

_OF_A_NEW_SECRET = (catalogue.SECRET_LIMIT, catalogue.SECRETS_BLOCKED)
# What to do about a client id that is not that of a registration here, where there is no config yet.
_WAYS = {
    catalogue.CLIENT_ID_NOT_FOUND: "Import that one, if it is meant.",
    catalogue.OTHER_TENANTS_APPLICATION: "Import it from its home tenant: --tenant.",
    catalogue.SOFT_DELETED: "Restore it in the portal (Deleted applications), then import it.",
}
_WORDS = {"collaboration": "collaboration", "pal": "pal", "ecase": "ecase"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the tenant tells of one registration."""

    tenant_id: str
    cloud: str
    app: Observed
    secrets: tuple[Secret, ...]
    grants: tuple[Role, ...]  # what is granted to its service principal
    now: datetime

    @property
    def living(self) -> tuple[Secret, ...]:
        """The secrets that have not ended, the newest first."""
        alive = (item for item in self.secrets if item.end > self.now)
        return tuple(sorted(alive, key=lambda item: (item.start, item.key_id), reverse=True))

    def asks(self, role: Role) -> bool:
        """Say whether it asks for the permission in the portal's list."""
        return declares(self.app.permissions, Permission(MICROSOFT_GRAPH_APP_ID, role.role_id))

    def urls(self, path: str) -> tuple[str, ...]:
        """Return the admin addresses whose redirect URI is there, those that people reach first."""
        found = [url for uri in self.app.redirect_uris if (url := _admin_url(uri, path)) is not None]
        return tuple(sorted(found, key=lambda url: (not url.startswith("https://"), "localhost" in url, url)))

    @property
    def product(self) -> str | None:
        """The product that the registration's name speaks of, if it is one."""
        words = re.findall(r"[a-z]+", self.app.display_name.lower())
        if {"email", "reader"} <= set(words):
            return "ecase-email-reader"
        found = {product for word, product in _WORDS.items() if word in words}
        if not found and "foiaxpress" in words:
            return "foiaxpress"
        return found.pop() if len(found) == 1 else None

    @property
    def names(self) -> tuple[str, ...]:
        """Names for the config, the best first: the uniqueName, or one made of what people call it."""
        if self.app.unique_name is not None and re.fullmatch(rules.NAME, self.app.unique_name):
            return (self.app.unique_name,)
        plain = unicodedata.normalize("NFKD", self.app.display_name).encode("ascii", "ignore").decode()
        made = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:50].strip("-")
        longer = f"{made or 'mail'}-{self.app.app_id[:8].lower()}"
        return (made, longer) if re.fullmatch(rules.NAME, made) else (longer,)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the tenant does not tell, and a person does."""

    product: str  # a name, or the path of a file that describes it, as the config says it
    profile: Product
    address: str
    name: str
    stamp: bool = False
    here: str | None = None  # such a path from the working folder


@dataclass(frozen=True, slots=True)
class Checked:
    """A config that is ready to be written."""

    text: str
    imported: Imported


async def facts(tenant: Tenant, client_id: str) -> Facts:
    """Return what the tenant tells of the registration of this client id.

    Raises ``ProvisionError`` if there is none, or if what is meant cannot be told.
    """
    graph = tenant.graph
    tenant_id = await tenant.id()
    record = await application.by_client_id(graph, client_id)
    if record is None:
        foreign = await service_principal.by_client_id(graph, client_id)
        found = Found(
            deleted=await tenant.deleted() or (),
            foreign_tenant=service_principal.home_tenant(foreign) if foreign else None,
            meant=await senses.of_object_id(graph, client_id),
        )
        _refuse_unknown(client_id, found)
    assert record is not None  # else identify() has raised
    app = application.observed(record)
    held = await consent.assignments(graph, app.app_id)
    principal = await service_principal.by_client_id(graph, app.app_id)
    grants = held.by(required(principal, "id") if principal else None)
    return Facts(
        tenant_id,
        graph.cloud.name if graph.cloud.name in CLOUDS else "global",
        app,
        client_secret.observed(record),
        grants,
        graph.now(),
    )


def _refuse_unknown(client_id: str, found: Found) -> None:
    try:
        identify(Desired("import", "", (), "", client_id=client_id), found)
    except ProvisionError as error:
        fix = (
            _WAYS.get(error.entry)
            if error.entry is not catalogue.CLIENT_ID_NOT_FOUND or found.meant
            else None
        )
        raise ProvisionError(error.entry, error.message, fix=fix or error.fix) from None


async def name(tenant: Tenant, facts: Facts, avoided: Collection[str]) -> str:
    """Return a name for the config that is neither avoided nor another registration's uniqueName."""
    for one in facts.names:
        taken = await application.by_unique_name(tenant.graph, one, ("id",))
        if one not in avoided and (taken is None or taken.get("id") == facts.app.id):
            return one
    return facts.names[-1]


async def checked(
    tenant: Tenant, target: Target, facts: Facts, answers: Answers, allowed: Collection[str]
) -> Checked:
    """Return the config, read back and planned: it changes nothing but what a person still has to decide.

    Raises ``ProvisionError`` if a config cannot say what is there, or if its plan would be refused.
    """
    draft = _draft(facts, answers, await tenant.role(answers.profile.permission))
    written = text(draft)
    seen_from_here = text(replace(draft, product=answers.here)) if answers.here else None
    config = read_back(seen_from_here, ".") if seen_from_here else read_back(written)
    observed = await observe(tenant, config.desired)
    assert observed.application is not None
    records = tagged(config.desired.client_secret, observed.application.tags)
    context = Context(target, delivery="", again=UNKNOWN, made_up=frozenset())
    wanted = config.desired.consent
    seen = detail(wanted, observed.role, observed.assignments, delegated=False, seen=False)
    now = tenant.graph.now()
    plan = build(context, config.desired, observed, records, now=now, consented=seen, allowed=allowed)
    _refuse(plan, answers, allowed)
    around = await surroundings(tenant, config.desired)
    around = replace(around, publishers=await publishers(tenant, plan, around))
    judged = judge(plan, records, around, now=now)
    adopted = plan.standing.adopted if plan.standing else None
    return Checked(
        written,
        Imported(
            path="",
            name=answers.name,
            client_id=facts.app.app_id,
            display_name=facts.app.display_name,
            adopted=adopted,
            choices=facts.living if adopted is None and len(facts.living) > 1 else (),
            guesses=draft.head + tuple(line for lines in draft.said.values() for line in lines),
            left_alone=tuple(
                item.message for item in judged.deviations if item.entry.name.startswith("undeclared-")
            ),
            pending=tuple(
                f"{change.address}: {change.reason}"
                for change in plan.changes
                if change.action is not Action.NO_OP
            ),
        ),
    )


def _draft(facts: Facts, answers: Answers, role: Role) -> Draft:
    app, permission = facts.app, answers.profile.permission.name
    said: dict[str, tuple[str, ...]] = {}
    url = _url(facts, answers, said)
    scope = consent_word = None
    if not granted(role, facts.grants):
        if facts.asks(role):
            consent_word = "handoff"
            why = f"{permission} is not granted: apply would print the link for an administrator"
            said["consent"] = (why,)
        else:
            scope = "mailbox"
            said["mail.scope"] = (f"guessed: {permission} is neither asked for nor granted in Entra",)
    adopt = None
    ours = _ours(facts, answers.name)
    if not ours and len(facts.living) == 1:
        adopt = facts.living[0].key_id
        said["secret.adopt"] = (f"guessed: {secrets.called(facts.living[0])} is the only one alive",)
    elif not ours:
        said["secret.adopt"] = _choices(facts)
    audience = app.sign_in_audience if app.sign_in_audience in AUDIENCES[1:] else None
    return Draft(
        name=answers.name,
        product=answers.product,
        tenant=facts.tenant_id,
        cloud=facts.cloud,
        admin_url=url,
        address=answers.address,
        display_name=app.display_name,
        sign_in_audience=audience,
        client_id=app.app_id.lower(),
        stamp=answers.stamp,
        scope=scope,
        consent=consent_word,
        adopt=adopt,
        head=("Made by 'provision import' of a registration that is there. What was guessed is said.",),
        said=said,
    )


def _url(facts: Facts, answers: Answers, said: dict[str, tuple[str, ...]]) -> str | None:
    """Return the product's address, as its redirect URI tells it; ``None`` if the product has none."""
    app, path = facts.app, answers.profile.redirect_path
    if path is None:
        return None
    urls = facts.urls(path)
    if not urls:
        raise ProvisionError(
            catalogue.IMPORT_NO_REDIRECT,
            f"'{app.display_name}' ({app.app_id}) has no redirect URI of the platform Web that ends in "
            f"{path}",
        )
    if len(urls) > 1:
        others = ", ".join(urls[1:])
        said["application.admin_url"] = (
            f"guessed: the registration also has {others}, which stays as it is",
        )
    return urls[0]


def _choices(facts: Facts) -> tuple[str, ...]:
    """Return the comment that stands in the place of ``secret.adopt`` where it cannot be told."""
    if not facts.living:
        return ("No secret of the registration is alive: apply makes one.",)
    return (
        "Which secret the product uses cannot be told. Until one of these is chosen, apply makes a new one:",
        "secret:",
        *(f"  adopt: {item.key_id}  # {secrets.called(item)}" for item in facts.living),
    )


def _ours(facts: Facts, name: str) -> bool:
    """Say whether a delivered secret of the config of that name is alive: then none is to be adopted."""
    wanted = secrets.Desired(name, "", Span(longest=True), Span(days=1))
    recorded = delivered(facts.app.tags)
    return any(wanted.marks(item) and item.key_id in recorded for item in facts.living)


def _admin_url(uri: str, path: str) -> str | None:
    """Return the admin address of which the config would make this redirect URI."""
    if not uri.endswith(path):
        return None
    try:
        found = admin_url(uri.removesuffix(path))
    except rules.Fault:
        return None
    return found if comparable(found + path) == comparable(uri) else None


def read_back(written: str, folder: str | None = None) -> Config:
    """Return the config that a text is; ``ProvisionError`` if it is none.

    ``folder`` is where it is read for a moment, because it names another file by its way from there.
    """
    with tempfile.TemporaryDirectory() as spare:
        number, path = tempfile.mkstemp(".yaml", ".provision-", folder or spare)
        try:
            os.close(number)
            Path(path).write_text(written, encoding="utf-8")
            (config,) = load([path], environment={})
        except ProvisionError as error:
            message = f"a config cannot say what is there: {error.message}"
            raise ProvisionError(catalogue.IMPORT_DIFFERS, message) from None
        finally:
            Path(path).unlink()
    return config


def _refuse(plan: Plan, answers: Answers, allowed: Collection[str]) -> None:
    """Raise ``ProvisionError`` if the plan would be refused, or change what is there without need."""
    for finding in plan.blockers:
        if finding.entry in _OF_A_NEW_SECRET:  # none is made before a person has chosen
            continue
        if not (finding.entry.allowable and finding.entry.name in allowed):
            raise ProvisionError(finding.entry, finding.message, fix=finding.fix)
    differs = [
        f"{change.address}{_of(change.after, change.before)}: {change.reason}"
        for change in plan.changes
        if change.step is not None
        and change.address != secrets.ADDRESS
        and not (answers.stamp and set(change.after or {}) <= {"uniqueName", "tags", "permissions"})
    ]
    if differs:
        raise ProvisionError(
            catalogue.IMPORT_DIFFERS, f"the registration cannot be taken as it is: {'; '.join(differs)}"
        )


def _of(after: object, before: object) -> str:
    names = sorted(
        {*(after if isinstance(after, dict) else ()), *(before if isinstance(before, dict) else ())}
    )
    return f" ({', '.join(names)})" if names else ""
