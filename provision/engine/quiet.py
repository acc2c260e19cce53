"""``rotate --confirm --when-used``: go on once the report of sign-ins shows the older secrets quiet."""

from __future__ import annotations

from datetime import timedelta

from provision.engine.job import Job
from provision.errors import ProvisionError, catalogue
from provision.graph import last_use
from provision.plan.model import Plan
from provision.resources.last_use import judge

_PAUSE = 3600.0  # seconds between two looks; the report changes by hours


async def seen_quiet(job: Job, plan: Plan, *, lag: timedelta, wait: timedelta) -> str:
    """Return the proof once the older secrets are out of use, by a report that lags ``lag`` at most.

    Raises ``ProvisionError``, which says what was seen, if that does not come about within ``wait``.
    """
    state, app, graph = plan.standing, plan.observed.application, job.tenant.graph
    if state is None or state.current is None or app is None:
        return "none"  # there is nothing to confirm
    for finding in plan.findings:
        if finding.entry is catalogue.TWO_DELIVERED:  # which of the two is entered must be known
            raise ProvisionError(finding.entry, finding.message)
    older, left = [item.key_id for item in state.older], wait.total_seconds()
    while True:
        found = await last_use.read(graph, app.app_id)
        verdict = judge(state.current.key_id, older, found, lag=lag)
        if verdict.quiet:
            graph.notify(f"'{job.desired.name}': {verdict.words}")
            return "report"
        if left <= 0:
            raise ProvisionError(catalogue.NOT_SEEN_QUIET, f"'{job.desired.name}': {verdict.words}")
        pause = min(_PAUSE, left)
        graph.notify(f"'{job.desired.name}': {verdict.words}; looking again in {pause / 60:.0f} min")
        await graph.sleep(pause)
        left -= pause
