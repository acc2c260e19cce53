"""Plans, results and errors as JSON: ``provision.plan/1``, ``provision.result/1``, ``provision.error/2``.

The field names of a plan's changes are those of Terraform's plan JSON, so that tools for these read it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from provision.change import Change
from provision.errors import Exit, Finding, ProvisionError
from provision.outcomes.outcome import Fleet
from provision.outcomes.plans import Plans
from provision.outcomes.result import Letter, Outcome, Result, SecretKey
from provision.outcomes.results import Results
from provision.outcomes.search import Search
from provision.plan import guards
from provision.plan.digest import to_json
from provision.plan.model import Plan
from provision.plan.saved import overall
from provision.report.formats import PLAIN, Medium
from provision.report.verify import verification_json
from provision.resources.client_secret import Observed as Secret
from provision.resources.last_use import Observed as LastUse

Json = dict[str, Any]
T = TypeVar("T")


def plan_json(plan: Plan) -> Json:
    """Return a plan as ``provision.plan/1``."""
    return {
        "format": "provision.plan/1",
        "target": plan.target.value,
        "name": plan.name,
        "tenant_id": plan.observed.tenant_id,
        "cloud": plan.desired.cloud.name,
        "resource_changes": [_change(change, plan.name) for change in plan.changes],
        "findings": [finding_json(finding) for finding in plan.findings],
        "summary": plan.summary(),
        "delivery": plan.delivery,
        "made_up": sorted(plan.made_up),
        "digest": plan.digest,
    }


def plans_json(plans: Plans, _: Medium = PLAIN) -> Json:
    """Return one plan, or as ``provision.plans/1`` several, with the errors of those there are none of."""
    made, together = plans.made, guards.fleet(plans.made)
    head = {
        "digest": overall(made) if len(made) == len(plans.items) else None,
        "findings": [finding_json(together)] if together else [],
    }
    return fleet_json(plans, plan_json, "plans", head)


def result_json(result: Result) -> Json:
    """Return a result as ``provision.result/1``; the secret's value is not among what it is made of."""
    plan, outputs = result.plan, result.outputs
    return {
        "format": "provision.result/1",
        "target": plan.target.value,
        "name": plan.name,
        "tenant_id": plan.observed.tenant_id,
        "cloud": plan.desired.cloud.name,
        "made_up": sorted(plan.made_up),
        "changes": [_outcome(outcome, plan.name) for outcome in result.outcomes],
        "findings": [finding_json(finding) for finding in plan.findings],
        "outputs": {
            "oauth_client_id": outputs.oauth_client_id,
            "tenant_id": outputs.tenant_id,
            "email_address": outputs.email_address,
            "secret_key": _secret_key(outputs.secret_key) if outputs.secret_key else None,
        },
        "settings": [
            {"screen": setting.screen, "label": setting.label, "value": setting.value}
            for setting in result.settings
        ],
        "consent": {
            "state": result.consent.state.value,
            "url": result.consent.url,
            "role_needed": result.consent.role_needed,
            "detail": result.consent.detail.value,
            "message": _letter(result.consent.letter),
        },
        **({"last_use": _last_use(result, result.last_use)} if result.last_use else {}),
        "portal_url": result.portal_url,
        **({"proof": result.proof} if result.proof else {}),
        **({"verification": verification_json(result.verified)} if result.verified else {}),
        **({"unverified": result.unverified} if result.unverified else {}),
    }


def _last_use(result: Result, used: LastUse) -> dict[str, object]:
    """Return when the report of sign-ins was read, or why not, and what it tells of each secret."""
    times = ((item.key_id, used.of(item.key_id)) for item in result.plan.observed.secrets)
    return {
        "read": timestamp(used.read) if used.read else None,
        "not_read": used.unread or None,
        "secrets": [{"key_id": key, "last_used": timestamp(at) if at else None} for key, at in times],
    }


def results_json(results: Results, _: Medium = PLAIN) -> Json:
    """Return one result, or as ``provision.results/1`` several, with the errors of the others."""
    return fleet_json(results, result_json, "results")


def fleet_json(
    fleet: Fleet[T],
    one: Callable[[T], Json],
    name: str,
    head: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> Json:
    """Return the document of one config that was named as a file; else the list ``provision.NAME/1``.

    In either, an error stands in the place of what could not be made. ``head`` is what the list says first,
    ``after`` what it says behind its items.
    """
    documents = [error_json(item) if isinstance(item, ProvisionError) else one(item) for item in fleet.items]
    if not fleet.search.listed:
        (document,) = documents
        return document
    return {
        "format": f"provision.{name}/1",
        **(head or {}),
        name: documents,
        **(after or {}),
        **search_json(fleet.search, fleet.exit),
    }


def search_json(search: Search, exit_code: Exit | None = None) -> Json:
    """Return what every list says of how its configs were found: what was passed over, and left out.

    That of a shard says which one it is of, which places its configs have among the fleet's, and how its
    run ended.
    """
    part = search.part
    shard = part and {
        "index": part.shard.index,
        "count": part.shard.count,
        "configs": list(part.places.values()),
        "fleet": part.fleet,
        **({} if exit_code is None else {"exit_code": int(exit_code)}),
    }
    return {
        **({"shard": shard} if shard else {}),
        "passed_over": [{"path": item.path, "reason": item.reason} for item in search.passed_over],
        "left_out": list(search.left_out),
    }


def error_json(error: ProvisionError) -> Json:
    """Return an error, and in ``errors`` the others found with it, as ``provision.error/2``."""
    return {
        "format": "provision.error/2",
        **_error(error),
        "errors": [_error(other) for other in error.others],
    }


def _error(error: ProvisionError) -> Json:
    return {
        "code": error.entry.code,
        "error": error.entry.name,
        "config": error.config,
        "name": error.name,
        "message": error.message,
        "fix": error.fix,
        "where": str(error.where) if error.where else None,
        "request_id": error.request_id,
        "service_code": error.service_code,
        "exit_code": int(error.entry.exit),
    }


def _change(change: Change, name: str) -> Json:
    return {
        "address": change.address,
        "type": change.address.partition("[")[0],
        "name": name,
        "change": {
            "actions": [change.action.value],
            "before": _values(change.before),
            "after": _values(change.after),
        },
        "reason": change.reason,
    }


def _values(values: Mapping[str, Any] | None) -> Json | None:
    return None if values is None else {key: to_json(value) for key, value in values.items()}


def _outcome(outcome: Outcome, name: str) -> Json:
    error = error_json(outcome.error) if outcome.error else None
    return {**_change(outcome.change, name), "status": outcome.status.value, "error": error}


def finding_json(finding: Finding) -> Json:
    """Return a finding as plans, results and drift list it."""
    return {
        "code": finding.entry.code,
        "name": finding.entry.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "fix": finding.fix or finding.entry.fix,
        "source": finding.entry.source,
    }


def _letter(letter: Letter | None) -> Json | None:
    return {"subject": letter.subject, "body": "\n".join(letter.lines)} if letter else None


def _secret_key(secret: SecretKey) -> Json:
    return {
        "key_id": secret.key_id,
        "hint": secret.hint,
        "expires": timestamp(secret.expires),
        "renew": timestamp(secret.renew),
        "delivered_to": secret.delivered_to,
        "adopted": secret.adopted,
        "confirm_by": timestamp(secret.confirm_by) if secret.confirm_by else None,
    }


def secret_json(secret: Secret, now: datetime) -> dict[str, Any]:
    """Return a secret of a registration that no config is known to manage."""
    return {
        "key_id": secret.key_id,
        "display_name": secret.display_name,
        "hint": secret.hint,
        "start": timestamp(secret.start),
        "expires": timestamp(secret.end),
        "ended": secret.end <= now,
    }


def timestamp(moment: datetime) -> str:
    """Return a moment as every document writes it: UTC, to the second, with a Z."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
