"""Prove that a value is the newest secret and signs in, before the one that it replaces is removed."""

from __future__ import annotations

from provision.engine.job import Job
from provision.errors import ProvisionError, catalogue
from provision.graph.polling import Polling
from provision.graph.retry import REPLICATION
from provision.graph.sign_in import Refused, looks_like_id, sign_in
from provision.plan.model import Plan
from provision.secret import Secret

_BUDGET = 60.0  # seconds to wait for a new secret to be known everywhere


async def prove(job: Job, plan: Plan, value: Secret) -> None:
    """Sign in with the value that a person claims to have entered; return if Entra gives a token for it.

    Before that its first three characters are compared with the newest secret's: they are all that Graph
    tells of it. Raises ``ProvisionError`` if they differ, or if Entra refuses the value.
    """
    observed = plan.observed
    assert observed.application is not None
    assert plan.standing is not None
    newest, ours = plan.standing.current, plan.standing.ours
    assert newest is not None  # else the plan has nothing to prove
    if value.reveal().strip() != value.reveal():
        raise ProvisionError(catalogue.WRONG_SECRET, "the value has leading or trailing whitespace")
    if newest.hint and value.hint != newest.hint:
        raise ProvisionError(catalogue.WRONG_SECRET, _what_else(value, [s.hint for s in ours]))
    graph, polling = job.tenant.graph, Polling(job.tenant.graph, _BUDGET)
    while True:
        try:
            await sign_in(graph, observed.tenant_id, observed.application.app_id, value)
        except Refused as refused:
            young = graph.now() - newest.start < REPLICATION
            late = refused.transient and young
            if late and await polling.pause("Entra does not know the new secret everywhere yet"):
                continue
            trace = f" (trace id {refused.trace_id})" if refused.trace_id else ""
            raise ProvisionError(
                catalogue.NOT_PROVEN,
                f"the token endpoint refused the secret: {refused.text}{trace}",
                service_code=next((f"AADSTS{code}" for code in sorted(refused.codes)), None),
            ) from None
        return


def _what_else(value: Secret, hints: list[str | None]) -> str:
    if looks_like_id(value):
        return "this is the Secret ID, which is no secret; the Value is meant"
    if value.hint in hints:
        return "this is an older secret, not the one that was delivered last"
    return "this is not the secret that was delivered last: it begins otherwise"
