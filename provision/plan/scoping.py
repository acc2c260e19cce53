"""What to do about Exchange's limit, and about Entra's grant beside it: in which order, and why it waits.

The product can send at every moment: the grant goes two hours after the limit was set, and a limit goes two
hours after the grant was given, for so long servers and tokens may go by what was before.
Source: https://learn.microsoft.com/exchange/permissions-exo/application-rbac
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from provision.change import Action, Change
from provision.clouds import MICROSOFT_GRAPH_APP_ID
from provision.errors import Finding, Severity, catalogue
from provision.resources import Desired, Observed, application, consent, mailbox_scope
from provision.resources.mailbox import Scope
from provision.resources.mailbox_scope import ADDRESS, WAIT, Assignment, Reach, Standing
from provision.values import dataclass

_SCRIPT = "an Exchange administrator runs the script of 'provision exchange'"
_UNDO = "an Exchange administrator removes it, or runs the script with -Undo"


@dataclass(frozen=True, slots=True)
class Scoping:
    """Changes and findings about the limit; ``consent`` takes the place of the consent's own change."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    consent: Change | None = None

    @property
    def guided(self) -> bool:
        """Whether the plan says when the grant in Entra goes."""
        return self.consent is not None


def standing(desired: Desired, observed: Observed) -> Standing | None:
    """Return how far the application may send; ``None`` where it has no principal yet."""
    if observed.service_principal is None or observed.exchange is None:
        return None
    granted = consent.granted(observed.role, observed.assignments)
    box = observed.mailbox
    return mailbox_scope.standing(
        observed.exchange, desired.mailbox.address, box.user_id, desired.consent.permission, granted=granted
    )


def build(desired: Desired, observed: Observed, *, now: datetime, allowed: Collection[str]) -> Scoping:
    """Return what is due, at the service's time ``now``; ``allowed`` are the names of what is let pass."""
    found = standing(desired, observed)
    if desired.mailbox.scope is Scope.ORGANIZATION:
        return Scoping(tuple(_back(observed, now=now)), _not_read(observed, found))
    making = desired.mailbox.by_graph
    changes = tuple(limit(desired, observed, now=now)) if making else ()
    findings = mailbox_scope.findings(found, making=making) if found else ()
    change = _grant(desired, observed, now=now, allowed=allowed) if making else None
    return Scoping(changes, findings, change)


def _not_read(observed: Observed, found: Standing | None) -> tuple[Finding, ...]:
    """Say so where assignments beside the grant cannot be seen; the config asks for none."""
    unread = observed.exchange.unread if found and observed.exchange else ""
    if not unread:
        return ()
    what = f"Exchange's role assignments: {unread}"
    return (Finding(catalogue.NOT_CHECKED, Severity.INFO, f"not checked: {what}", value=what),)


# The limit


def limit(desired: Desired, observed: Observed, *, now: datetime) -> Iterator[Change]:
    """Yield the change after which the one mailbox has its assignment, and those that end older ones."""
    tags = observed.application.tags if observed.application else ()
    ours, seen, user_id = mailbox_scope.made(tags), observed.exchange, observed.mailbox.user_id
    role = desired.consent.permission.exchange_role
    after = {"role": role, "mailbox": desired.mailbox.address}
    if seen is None or seen.unread:
        why = seen.unread if seen else "not read"
        if ours:
            yield Change(ADDRESS, Action.NO_OP, f"set on {max(ours.values()):{_SHOWN}}; now not read: {why}")
        else:
            yield Change(ADDRESS, Action.HANDOFF, f"{why}: {_SCRIPT}", None, after)
        return
    if user_id is None or seen.role_id is None:
        why = "the mailbox's object id is not known, which takes User.ReadBasic.All"
        if user_id is not None:
            why = f"Exchange offers no role '{role}'"
        yield Change(ADDRESS, Action.HANDOFF, f"{why}: {_SCRIPT}", None, after)
        return
    there = _exact(seen.assignments, desired, user_id)
    mine = [item for item in there if item.id in ours]
    create = mailbox_scope.Create(role, seen.role_id, user_id)
    kept = (mine or there)[:1]
    if not kept:
        why = "Exchange does not limit it to the mailbox yet"
        yield Change(ADDRESS, Action.CREATE, why, None, after, create)
    else:
        yield _kept(kept[0], ours.get(kept[0].id), tags, create, now=now)
    for item in there:  # of two runs at once one was ended, or never heard which was its own
        if item not in kept and (item.id in ours or mailbox_scope.begun(tags)):
            yield _removal(item, "it was made twice")
    settled = bool(mine) and now >= ours[mine[0].id] + WAIT
    for item in seen.assignments:
        if item.id in ours and item not in there and settled:
            yield _removal(item, "it was made for another mailbox")


def _kept(
    item: Assignment,
    since: datetime | None,
    tags: Iterable[str],
    instead: mailbox_scope.Create,
    *,
    now: datetime,
) -> Change:
    """Return what is to be done about the one assignment that stays; ``since`` if it is on record as ours."""
    step = mailbox_scope.Claim(item.id, instead)
    if since is None and mailbox_scope.begun(tags):
        why = "a run that was ended made it, and did not record it"
        return Change(ADDRESS, Action.UPDATE, why, {"recorded": False}, {"recorded": True}, step)
    if since is None:
        return Change(ADDRESS, Action.NO_OP, "it is there, and was not made by provision")
    if mailbox_scope.left_begun(tags, now):
        why = f"set on {since:{_SHOWN}}; the mark of a run that made none goes"
        return Change(ADDRESS, Action.UPDATE, why, {"begun": True}, {"begun": False}, step)
    return Change(ADDRESS, Action.NO_OP, f"set on {since:{_SHOWN}}")


_SHOWN = "%Y-%m-%d %H:%M UTC"


def _exact(assignments: Collection[Assignment], desired: Desired, user_id: str) -> list[Assignment]:
    role = desired.consent.permission.exchange_role
    place = f"/users/{user_id.lower()}"
    return [item for item in assignments if (item.role, item.place) == (role, place)]


def _removal(item: Assignment, why: str) -> Change:
    before = {"role": item.role, "reaches": item.reaches}
    step = mailbox_scope.Remove(item.id)
    return Change(f"{ADDRESS}[{item.id}]", Action.DELETE, why, before, None, step)


def _back(observed: Observed, *, now: datetime) -> Iterator[Change]:
    """Yield the removal of each assignment of ours, once the grant has been there for long enough."""
    ours = mailbox_scope.made(observed.application.tags if observed.application else ())
    if not ours:
        return
    seen = observed.exchange
    if seen is None or seen.unread:
        why = f"{seen.unread if seen else 'not read'}: {_UNDO}"
        yield Change(ADDRESS, Action.HANDOFF, why, {"assignments": sorted(ours)}, None)
        return
    since = [given.since for given in observed.grants if given.since is not None]
    due = min(since) + WAIT if since else None
    for item in seen.assignments:
        if item.id not in ours:
            continue
        if due is not None and now >= due:
            yield _removal(item, "mail.scope is organization, and Entra has granted it for two hours")
            continue
        until = f"until {due:{_SHOWN}}" if due else "until two hours after the grant in Entra"
        why = f"waits {until}: till then some servers may not know the grant; run apply again"
        yield Change(
            f"{ADDRESS}[{item.id}]", Action.HANDOFF, why, {"role": item.role, "reaches": item.reaches}, None
        )


# The grant beside it


def _grant(desired: Desired, observed: Observed, *, now: datetime, allowed: Collection[str]) -> Change | None:
    """Return what becomes of Entra's grant where this config declared it before; else nothing is said."""
    if not consent.granted(observed.role, observed.assignments) or not _declared(desired, observed):
        return None
    seen, user_id = observed.exchange, observed.mailbox.user_id
    before = {"permission": f"{consent.RESOURCE}: {desired.consent.permission.name}", "kind": "application"}
    if seen is None or seen.unread or user_id is None:
        return _waits("waits: the limit must be set and seen first", before)
    ours = mailbox_scope.made(observed.application.tags if observed.application else ())
    there = _exact(seen.assignments, desired, user_id)
    if not there:
        return _waits("waits: it goes two hours after Exchange's limit is set", before)
    times = [ours[item.id] for item in there if item.id in ours]
    if not times:
        why = "waits: provision did not set the limit, and cannot know since when it is there"
        return _waits(f"{why}; remove the grant as docs/one-mailbox.md says", before)
    due = min(times) + WAIT
    if now < due:
        return _waits(f"waits until {due:{_SHOWN}}: till then some servers may not know the limit", before)
    if catalogue.REMOVE_GRANT.name not in allowed:
        why = f"due since {due:{_SHOWN}}: 'provision apply CONFIG --allow {catalogue.REMOVE_GRANT.name}'"
        return _waits(f"{why} removes it", before)
    step = consent.Revoke(tuple(given.id for given in observed.grants))
    return Change(consent.ADDRESS, Action.DELETE, "Exchange limits it to the mailbox", before, None, step)


def not_allowed(change: Change) -> bool:
    """Say whether a change waits for nothing but to be allowed by name."""
    return change.action is Action.HANDOFF and f"--allow {catalogue.REMOVE_GRANT.name}" in change.reason


def _waits(why: str, before: dict[str, str]) -> Change:
    return Change(consent.ADDRESS, Action.HANDOFF, why, before, None)


def _declared(desired: Desired, observed: Observed) -> bool:
    """Say whether an earlier version of this config declared the grant: its own application asks for it."""
    app = observed.application
    if app is None or application.OWNER_TAG not in app.tags or app.unique_name != desired.name:
        return False
    asked = application.Permission(MICROSOFT_GRAPH_APP_ID, observed.role.role_id)
    return application.declares(app.permissions, asked)


def undeclared(desired: Desired, observed: Observed) -> Iterator[Assignment]:
    """Yield the assignments of any role that nobody declared: not the config's one limit, and not ours."""
    if observed.exchange is None:
        return
    ours = mailbox_scope.made(observed.application.tags if observed.application else ())
    limited = desired.mailbox.scope is Scope.MAILBOX
    user_id = observed.mailbox.user_id
    place = f"/users/{user_id.lower()}" if user_id else None
    for item in observed.exchange.assignments:
        of_the_limit = item.role == desired.consent.permission.exchange_role and (
            item.place == place or _may_be_it(item, desired)
        )
        if item.id not in ours and not (limited and of_the_limit):
            yield item


def _may_be_it(item: Assignment, desired: Desired) -> bool:
    """Say whether a custom scope may be the one mailbox: the script makes one by an id of Exchange's."""
    alone = mailbox_scope.Observed((item,))
    found = mailbox_scope.standing(
        alone, desired.mailbox.address, None, desired.consent.permission, granted=False
    )
    return not item.place and found.reach in (Reach.THIS, Reach.UNKNOWN)
