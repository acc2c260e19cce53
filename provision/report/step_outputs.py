"""What a pipeline's later steps can read of a run: a few named texts, never a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from provision.outcomes.drift import Drifts
from provision.outcomes.expiry import Expiry
from provision.outcomes.orphans import Orphans
from provision.outcomes.plans import Plans
from provision.outcomes.result import Result, Status
from provision.outcomes.results import Results
from provision.plan.model import Plan
from provision.plan.saved import overall

Outputs = dict[str, str]


def of_plans(plans: Plans) -> Outputs:
    """Return ``changes``, ``digest``, and what is known of the one or of each config."""
    # Without a digest nothing can be approved: half of a fleet is not what somebody looked at.
    digest = overall(plans.made) if not plans.errors else ""
    facts = _facts([_plan(plan) for plan in plans.made], len(plans.items))
    return {**facts, "changes": _flag(any(plan.pending for plan in plans.made)), "digest": digest}


def of_results(results: Results) -> Outputs:
    """Return ``changes``, and what is known of the one or of each config."""
    made = results.made
    changes = any(outcome.status is Status.DONE for result in made for outcome in result.outcomes)
    return {
        "changes": _flag(changes),
        **_facts([_result(result) for result in made], len(results.items)),
    }


def of_attention(found: Drifts | Expiry | Orphans) -> Outputs:
    """Return ``attention``: whether something was found that makes it exit 4."""
    match found:
        case Drifts():
            return {"attention": _flag(found.found)}
        case Expiry():
            return {"attention": _flag(bool(found.counting))}
        case Orphans():
            return {"attention": _flag(any(True for _ in found.found))}


def _plan(plan: Plan) -> Outputs:
    app = plan.observed.application
    return {
        "name": plan.name,
        "tenant_id": plan.observed.tenant_id,
        "oauth_client_id": app.app_id if app else "",
        "digest": plan.digest,
    }


def _result(result: Result) -> Outputs:
    key = result.outputs.secret_key
    return {
        "name": result.plan.name,
        "tenant_id": result.outputs.tenant_id,
        "oauth_client_id": result.outputs.oauth_client_id or "",
        "consent": result.consent.state.value,
        "consent_url": result.consent.url or "",
        "secret_key_id": key.key_id if key else "",
        "secret_expires": f"{key.expires:%Y-%m-%dT%H:%M:%SZ}" if key else "",
    }


def _facts(items: Sequence[Outputs], count: int) -> Outputs:
    """Return each fact as an output where there is one config, and ``configs`` with all of all."""
    one: Mapping[str, str] = items[0] if len(items) == count == 1 else {}
    return {**one, "configs": json.dumps(items, separators=(",", ":"))}


def _flag(value: bool) -> str:
    return "true" if value else "false"
