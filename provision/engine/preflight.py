"""Before the first write: whether this identity may do what is due, as far as that can be told.

The claims of the token in hand settle most of it. Only where they do not, or where they say that a right
is missing, is the tenant asked: for the owners (which a run that writes has read beside everything else)
and for directory roles.
"""

from __future__ import annotations

from dataclasses import replace

from provision.checks import rights
from provision.engine.run import Job
from provision.errors import ProvisionError, catalogue, combined
from provision.graph import caller as callers
from provision.plan.model import Plan
from provision.plan.rights import Presence, Right, Step
from provision.resources import consent
from provision.resources.caller import Caller, Kind


async def refuse(job: Job, plan: Plan) -> None:
    """Raise ``ProvisionError``, one for each right that surely lacks; consent is handed over instead."""
    if not plan.pending:
        return
    caller, found = await judged(job, plan, handing_over=True)
    if lacking := rights.missing(found):
        raise combined([_lacks(caller, right) for right in lacking])


def explained(job: Job, error: ProvisionError) -> ProvisionError:
    """Return the error of a look that was refused, together with every other right that surely lacks."""
    if error.entry is not catalogue.NO_PERMISSION:
        return error
    caller = callers.of_token(job.tenant.graph.tokens)
    return combined([error, *(_lacks(caller, right) for right in rights.missing(unplanned(job)))])


def unplanned(job: Job) -> tuple[Right, ...]:
    """Return the rights that any plan takes, judged by the token alone: what there is could not be read."""
    steps = {Step.READ, Step.CHANGE, Step.PRINCIPAL}
    if job.desired.application.owners:
        steps.add(Step.OWNERS)
    if job.desired.consent.mode is consent.Mode.GRANT:
        steps.add(Step.GRANT)
    return rights.judge(callers.of_token(job.tenant.graph.tokens), steps, exists=False)


async def judged(job: Job, plan: Plan, *, handing_over: bool) -> tuple[Caller, tuple[Right, ...]]:
    """Return who calls, and each right; the tenant is asked only where the token leaves a doubt that counts.

    ``handing_over``: whether this identity may consent does not count.
    """
    graph, app = job.tenant.graph, plan.observed.application
    steps, exists = rights.coming(plan), app is not None
    caller = callers.of_token(graph.tokens)
    found = rights.judge(caller, steps, exists=exists)
    if caller.id is None or caller.permissions is None or _beyond_doubt(found, handing_over):
        return caller, found
    if app is not None:
        caller = replace(caller, owns=await job.tenant.owns(app.id))
        found = rights.judge(caller, steps, exists=exists)
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
    return caller, rights.judge(caller, steps, exists=exists)


def _beyond_doubt(found: tuple[Right, ...], handing_over: bool) -> bool:
    """Whether asking the tenant could change nothing that counts; what only lets more be seen does not."""
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
