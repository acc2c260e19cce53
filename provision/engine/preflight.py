"""Before the first write: check that this identity has the rights that the plan needs.

Most of it follows from the claims of its token. Only if these leave it open, or say that a right is missing,
is the tenant asked: for the application's owners (which a run that writes has read already) and for
directory roles.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from provision.checks import rights
from provision.engine.job import Job
from provision.errors import ProvisionError, catalogue, combined
from provision.graph import caller as callers
from provision.outcomes.rights import Presence, Right, Step
from provision.plan.model import Plan
from provision.resources import consent
from provision.resources.caller import Caller, Kind


async def refuse(job: Job, plan: Plan) -> None:
    """Raise ``ProvisionError`` naming every right that this identity surely lacks for the plan's changes.

    Returns if none is missing for sure. The right to consent is not asked for: without it, the grant is
    handed over.
    """
    if not plan.pending:
        return
    caller, found = await judge(job, plan, handing_over=True)
    if lacking := rights.missing(found):
        raise combined([_lacks(caller, right) for right in lacking])


def explain(job: Job, error: ProvisionError) -> ProvisionError:
    """Add to an error of reading the tenant every other right that is surely missing.

    So that a person can have all of them granted at once. Any error but ``NO_PERMISSION`` is returned as is.
    """
    if error.entry is not catalogue.NO_PERMISSION:
        return error
    caller = callers.of_token(job.tenant.graph.tokens)
    return combined([error, *(_lacks(caller, right) for right in rights.missing(rights_of_any_plan(job)))])


def rights_of_any_plan(job: Job) -> tuple[Right, ...]:
    """Judge the rights that any plan for this config needs, by the token alone: the tenant was not read."""
    steps = {Step.READ, Step.CHANGE, Step.PRINCIPAL}
    if job.desired.application.owners:
        steps.add(Step.OWNERS)
    if job.desired.consent.mode is consent.Mode.GRANT:
        steps.add(Step.GRANT)
    return _judge(job, callers.of_token(job.tenant.graph.tokens), steps, exists=False)


async def judge(job: Job, plan: Plan, *, handing_over: bool) -> tuple[Caller, tuple[Right, ...]]:
    """Return who is calling, and for each step of the plan whether it has the right to take it.

    The tenant is asked only if the token alone does not settle it. With ``handing_over``, a missing right to
    consent is not worth asking for, because the grant is then handed over.
    """
    graph, app = job.tenant.graph, plan.observed.application
    steps, exists = rights.steps_of(plan), app is not None
    caller = callers.of_token(graph.tokens)
    found = _judge(job, caller, steps, exists=exists)
    if caller.id is None or caller.permissions is None or _beyond_doubt(found, handing_over):
        return caller, found
    if app is not None:
        caller = replace(caller, owns=await job.tenant.owns(app.id))
        found = _judge(job, caller, steps, exists=exists)
        if _beyond_doubt(found, handing_over):
            return caller, found
    elif caller.kind is Kind.PERSON and caller.directory_roles is not None:
        return caller, found  # no role can be limited to an application that is not there
    seen = await callers.role_ids(graph, caller, app.id if app else None)
    if caller.kind is Kind.APPLICATION:
        claimed = caller.directory_roles or frozenset()
        caller = replace(caller, directory_roles=None if seen is None else seen | claimed)
    elif seen is not None:
        caller = replace(
            caller, directory_roles=seen | (caller.directory_roles or frozenset()), complete=True
        )
    return caller, _judge(job, caller, steps, exists=exists)


def _judge(job: Job, caller: Caller, steps: Collection[Step], *, exists: bool) -> tuple[Right, ...]:
    return rights.judge(caller, steps, exists=exists, permission=job.desired.consent.permission)


def _beyond_doubt(found: tuple[Right, ...], handing_over: bool) -> bool:
    """Say whether every right that the plan depends on is surely there, so that no more need be asked."""
    passed_over = {*rights.OPTIONAL, *((Step.GRANT,) if handing_over else ())}
    open_ones = (Presence.MISSING, Presence.UNKNOWN)
    return not any(right.presence in open_ones and right.step not in passed_over for right in found)


def _lacks(caller: Caller, right: Right) -> ProvisionError:
    who = f"'{caller.name}'" if caller.name else "this identity"
    return ProvisionError(
        catalogue.NO_PERMISSION,
        f"{who} may not {right.what}: {right.detail}; needs {right.least}",
        fix=f"Have {right.least} given; {right.giver}.",
    )
