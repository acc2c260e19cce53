"""``provision doctor``: check all that a run depends on, and write nothing.

Hosts, cloud, identity, rights, policy, mailbox, sink and clock. A check that depends on one that failed is
left out; the sink is checked in any case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provision.checks import rights
from provision.engine import preflight, run, ways
from provision.engine.job import Job
from provision.errors import Entry, Finding, ProvisionError, catalogue
from provision.graph import caller as callers
from provision.graph import guards
from provision.graph.reach import hosts
from provision.outcomes.doctor import Check, Diagnosis, State
from provision.outcomes.rights import Presence, Right, Step
from provision.plan import scoping
from provision.plan.build import limits_of
from provision.plan.model import Plan, Target
from provision.resources import client_secret
from provision.resources.caller import Caller, Kind
from provision.resources.mailbox import Scope
from provision.resources.mailbox import State as Mailbox
from provision.resources.mailbox_scope import Reach

_SKEW = 300.0  # seconds that services forgive


async def examine(job: Job, *, allowed: Collection[str], probes: bool) -> Diagnosis:
    """Return every check for one config; what fails is a failed check, not an exception.

    ``allowed`` are the names of the findings that ``apply`` is told to let pass (``--allow``). ``probes`` is
    false in a rehearsal, where the config's own sink is not contacted.
    """
    answers = await _hosts(job)
    reached = all(check.state is not State.FAILED for check in answers)
    checks = [*(ways.check_network(job.reaches) if job.reaches else ()), *answers]
    plan, caller, held = await _signed_in(job, checks, allowed) if reached else (None, Caller(), ())
    due = plan is None or any(isinstance(change.step, client_secret.Mint) for change in plan.changes)
    checks = [_told_apart(job, check) for check in checks]
    checks.append(await _sink(job, plan, due=due) if probes else _STAND_IN)
    if reached:
        checks.append(_clock(job))
    if job.target is Target.GRAPH:  # a rehearsal asks no service
        checks += await _guards(job)
    whole = job.again.worded
    checks = [replace(check, fix=whole(check.fix) if check.fix else None) for check in checks]
    return Diagnosis(
        name=job.desired.name,
        target=job.target,
        cloud=job.desired.cloud.name,
        tenant=job.desired.tenant,
        tenant_id=plan.observed.tenant_id if plan else job.tenant.graph.tokens.tenant_id(),
        time=job.tenant.graph.now(),
        caller=caller,
        roles=tuple(rights.role_names(caller.directory_roles or ())),
        checks=tuple(checks),
        rights=tuple(_made_up(right) for right in held) if "rights" in job.made_up else held,
    )


async def _guards(job: Job) -> list[Check]:
    """Return what stands before the identity of a pipeline; nothing fails for it: many hosts have no more."""
    claims = await asyncio.to_thread(job.tenant.graph.tokens.presented_claims)
    states = {True: State.OK, False: State.NOTE, None: State.NOT_CHECKED}
    found = await asyncio.to_thread(guards.seen, claims)
    return [Check(guard.name, states[guard.there], guard.message) for guard in found]


# What the embedded sandbox answers in a rehearsal, and what of it is made up where its tenant is.
_ITS_OWN = ("login host", "Graph", "sign-in")
_OF_TENANT = ("cloud", "secret policy")


def _told_apart(job: Job, check: Check) -> Check:
    """Return a check that a rehearsal passes by what it made up as one that was not made."""
    ours = check.name in _ITS_OWN and "rights" in job.made_up
    ours |= check.name in _OF_TENANT and "tenant" in job.made_up
    ours |= check.name == "mailbox" and "mailbox" in job.made_up
    if check.state is not State.OK or not ours:
        return check
    if check.name == "mailbox":
        message = f"{job.desired.mailbox.address} was made for this rehearsal; the real tenant was not asked"
    else:
        message = f"made up for this rehearsal, the real one was not asked: {check.message}"
    return replace(check, state=State.NOT_CHECKED, message=message)


def _made_up(right: Right) -> Right:
    """The administrator of a rehearsal may do everything, which says nothing of whoever runs it for real."""
    if right.presence is not Presence.PRESENT:
        return right
    return replace(right, presence=Presence.NOT_CHECKED, detail="made up for this rehearsal")


_STAND_IN = Check(
    "delivery",
    State.NOT_CHECKED,
    "a rehearsal: the real sink is not contacted; a file under .provision takes its place",
)


async def _hosts(job: Job) -> tuple[Check, ...]:
    """Return the login host, with the tenant's own document, and Graph; no token is asked for."""
    cloud = job.tenant.graph.cloud
    found = await hosts(job.tenant.graph, job.desired.tenant)
    checks = [_check("login host", found.login, f"{cloud.login} answers")]
    if found.login is None:
        told = "its document agrees" if found.tells_cloud else "its document does not tell more"
        checks.append(_check("cloud", found.tenant, f"the tenant is known at this host, and {told}"))
    return (*checks, _check("Graph", found.graph, f"{cloud.graph} answers"))


async def _signed_in(
    job: Job, checks: list[Check], allowed: Collection[str]
) -> tuple[Plan | None, Caller, tuple[Right, ...]]:
    try:
        await job.tenant.id()
    except ProvisionError as error:
        checks.append(_failed("sign-in", error))
        return None, Caller(), ()
    caller = callers.of_token(job.tenant.graph.tokens)
    checks.append(_identity(caller))
    try:
        plan = await run.plan(job)
        caller, held = await preflight.judge(job, plan, handing_over=False)
    except ProvisionError as error:
        checks.append(_failed("plan", error))
        return None, caller, preflight.rights_of_any_plan(job)
    now = job.tenant.graph.now()
    due = [f"{number} {_TO[word]}" for word, number in plan.summary().items() if word in _TO and number]
    checks += [
        Check("plan", State.OK, ", ".join(due) or "nothing to do"),
        _policy(plan, allowed, now=now),
        _mailbox(plan, allowed),
        *_reach(plan),
    ]
    checks += [_found(finding, allowed) for finding in plan.blockers if finding.entry not in _SAID]
    return plan, caller, tuple(_as_seen(plan, right) for right in held)


_TO = {"create": "to create", "update": "to update", "delete": "to delete", "handoff": "to hand over"}
# Microsoft's own programs that people sign in with.
# https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
_PROGRAMS = {
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Azure CLI",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Azure PowerShell",
    "14d82eec-204b-4c2f-b7e8-296a70dab67e": "Microsoft Graph Command Line Tools",
    "aebc6443-996d-45c2-90f0-388ff96faa56": "Visual Studio Code",
}


def _identity(caller: Caller) -> Check:
    if caller.kind is Kind.UNKNOWN:
        return Check(
            "sign-in", State.NOTE, "signed in; the token cannot be read, so as whom is not known here"
        )
    name = caller.name or caller.id or "without a name"
    if caller.kind is not Kind.PERSON:
        return Check("sign-in", State.OK, f"as the application {name}")
    through = f", by {_PROGRAMS.get(caller.app_id, f'the program {caller.app_id}')}" if caller.app_id else ""
    return Check("sign-in", State.OK, f"as {name}{through}")


_SAID = (catalogue.SECRETS_BLOCKED, catalogue.MAILBOX_MISSING)  # by the two checks below


def _policy(plan: Plan, allowed: Collection[str], *, now: datetime) -> Check:
    name, needs = "secret policy", plan.observed.policy.needs
    if needs:
        return Check(name, State.NOT_CHECKED, f"needs {needs}")
    if blocked := _blocker(plan, catalogue.SECRETS_BLOCKED):
        return replace(_found(blocked, allowed), name=name)
    limits = limits_of(plan.observed, now=now, allowed=allowed)
    if limits.maybe_blocked:
        return Check(name, State.NOTE, f"lets only exempt callers make a secret ({limits.policy})")
    if limits.longest is not None:
        return Check(
            name, State.OK, f"a secret may live for less than {limits.longest.days} days ({limits.policy})"
        )
    if limits.blocked:
        return Check(name, State.NOTE, f"policy lets no new secret be made ({limits.policy}); none is due")
    return Check(name, State.OK, "no limit on secrets")


def _mailbox(plan: Plan, allowed: Collection[str]) -> Check:
    name, address, seen = "mailbox", plan.desired.mailbox.address, plan.observed.mailbox
    if seen.state is Mailbox.NOT_CHECKED:
        return Check(name, State.NOT_CHECKED, f"{address}: needs {seen.detail}")
    if missing := _blocker(plan, catalogue.MAILBOX_MISSING):
        return replace(_found(missing, allowed), name=name)
    return Check(name, State.OK, f"{address} is there")


def _reach(plan: Plan) -> list[Check]:
    """Say how far the application may send, as far as it was read; nothing where it has no principal yet."""
    found = scoping.standing(plan.desired, plan.observed)
    if found is None:
        return []
    limited = plan.desired.mailbox.scope is Scope.MAILBOX
    if found.reach is Reach.UNKNOWN:
        return [Check("reach of mail", State.NOT_CHECKED, found.words)]
    good = (Reach.THIS,) if limited else (Reach.GRANT, Reach.NOTHING)
    return [Check("reach of mail", State.OK if found.reach in good else State.NOTE, found.words)]


def _blocker(plan: Plan, entry: Entry) -> Finding | None:
    return next((finding for finding in plan.blockers if finding.entry is entry), None)


def _found(finding: Finding, allowed: Collection[str]) -> Check:
    passes = finding.entry.allowable and finding.entry.name in allowed
    state = State.NOTE if passes else State.FAILED
    return Check("plan", state, finding.message, finding.entry, finding.fix or finding.entry.fix)


def _as_seen(plan: Plan, right: Right) -> Right:
    """Correct a right that was judged by the token alone: that reading succeeded, or was refused, is proof.

    Exchange may let an identity read a mailbox although its token does not say so.
    """
    readable = {
        Step.POLICY: plan.observed.policy.needs is None,
        Step.MAILBOX: plan.observed.mailbox.state is not Mailbox.NOT_CHECKED,
        Step.SCOPE: plan.observed.exchange is not None and not plan.observed.exchange.unread,
    }
    if right.step not in readable:
        return right
    if readable[right.step]:
        return replace(right, presence=Presence.PRESENT, detail="it was read")
    return replace(right, presence=Presence.NOT_CHECKED, detail="it was refused")


async def _sink(job: Job, plan: Plan | None, *, due: bool) -> Check:
    label, known = job.sink.label, run.known_keys(plan.observed) if plan else ()
    try:
        proof = await asyncio.to_thread(job.sink.probe, known)
    except ProvisionError as error:
        if due:
            return _failed("delivery", error)
        return Check(
            "delivery", State.NOTE, f"{label}: {error.message}; no secret is due", error.entry, error.fix
        )
    return Check("delivery", State.OK, f"{label}: {proof}")


def _clock(job: Job) -> Check:
    """Compare this machine's clock with the service's; a difference is a note: the service's is used."""
    off = (datetime.now(UTC) - job.tenant.graph.now()).total_seconds()
    if abs(off) < _SKEW:
        return Check("clock", State.OK, "this machine and the service agree")
    way = "ahead of" if off > 0 else "behind"
    return Check(
        "clock",
        State.NOTE,
        f"this machine is {timedelta(seconds=round(abs(off)))} {way} the service, whose time is what counts; "
        "sign-in with a certificate may be refused for it",
    )


def _check(name: str, error: ProvisionError | None, otherwise: str) -> Check:
    return Check(name, State.OK, otherwise) if error is None else _failed(name, error)


def _failed(name: str, error: ProvisionError) -> Check:
    return Check(name, State.FAILED, error.message, error.entry, error.fix)
