"""Observe the tenant's default app management policy and the custom one of an application.

Sources: https://learn.microsoft.com/graph/api/tenantappmanagementpolicy-get and
https://learn.microsoft.com/graph/api/appmanagementpolicy-list
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from provision.errors import ProvisionError
from provision.graph.answers import Failure
from provision.graph.client import Graph, Query, configuration
from provision.graph.identity import refuse_other
from provision.graph.listing import NotReadable, fetch_list
from provision.graph.records import maybe, part, records, time
from provision.graph.refusals import is_denied, missing, translated
from provision.resources.app_management_policy import Attribute, Policy, Restriction
from provision.resources.caller import Caller, Kind

NEEDS = "Policy.Read.All"
_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?"
)


async def default(graph: Graph) -> Policy | None:
    """Return the tenant's default policy, ``None`` if it has none; ``NotReadable`` without the right."""
    builder = graph.sdk.policies.default_app_management_policy
    try:
        answer = await graph.send(builder.to_get_request_information())
    except Failure as failure:
        if is_denied(failure):
            raise NotReadable(failure, "the app management policy", NEEDS) from failure
        if missing(failure):
            return None
        raise translated(failure, "reading the app management policy", needs=NEEDS) from failure
    return _policy(answer.body, answer.body.get("applicationRestrictions"))


async def any_custom(graph: Graph) -> bool:
    """Say whether there is a policy for single applications; True, too, if that cannot be read.

    Source: https://learn.microsoft.com/graph/api/appmanagementpolicy-list, which takes the same right.
    """
    try:
        builder = graph.sdk.policies.app_management_policies
        return bool(await fetch_list(graph, builder, what="policies", needs=NEEDS, select=("id",)))
    except ProvisionError:
        return True


async def custom(graph: Graph, object_id: str) -> Policy | None:
    """Return the policy assigned to an application, or ``None``; ``NotReadable`` without the right."""
    builder = graph.sdk.applications.by_application_id(object_id).app_management_policies
    items = await fetch_list(graph, builder, what="the application's own policy", needs=NEEDS)
    policies = [_policy(item, item.get("restrictions")) for item in items]
    return policies[0] if policies else None  # at most one can be assigned


def _policy(record: Mapping[str, Any], restrictions: object) -> Policy:
    entries = records(restrictions if isinstance(restrictions, dict) else {}, "passwordCredentials")
    return Policy(
        name=maybe(record, "displayName") or "app management policy",
        enabled=record.get("isEnabled") is True,
        restrictions=tuple(
            Restriction(
                type=maybe(entry, "restrictionType") or "",
                enabled=maybe(entry, "state") != "disabled",  # absent: in force
                max_lifetime=_duration(maybe(entry, "maxLifetime")),
                created_after=time(entry, "restrictForAppsCreatedAfterDateTime"),
                exempts=_exempts(part(entry, "excludeActors")),
            )
            for entry in entries
        ),
    )


def _exempts(actors: Mapping[str, Any]) -> tuple[Attribute, ...]:
    """Read which callers a restriction frees: those with an attribute of this value.

    Source: https://learn.microsoft.com/graph/api/resources/customsecurityattributestringvalueexemption
    """
    found = records(actors, "customSecurityAttributes")
    return tuple(sorted((maybe(item, "id") or "", maybe(item, "value") or "") for item in found))


async def of_caller(graph: Graph, caller: Caller) -> frozenset[Attribute] | None:
    """Return the caller's custom security attributes; ``None`` if they cannot be read.

    Sources: https://learn.microsoft.com/graph/custom-security-attributes-examples and
    https://learn.microsoft.com/graph/api/resources/customsecurityattributevalue
    """
    if caller.id is None or caller.kind is Kind.UNKNOWN:
        return None
    builder = (
        graph.sdk.users.by_user_id(caller.id)
        if caller.kind is Kind.PERSON
        else graph.sdk.service_principals.by_service_principal_id(caller.id)
    )
    query = configuration(Query(select=("id", "customSecurityAttributes")))
    try:
        answer = await graph.send(builder.to_get_request_information(query))
    except Failure:
        return None  # then Entra's answer to the secret tells
    refuse_other(answer.body, "reading this identity's security attributes", id=caller.id)
    return frozenset(
        (f"{name}_{attribute}", value)
        for name, of_set in part(answer.body, "customSecurityAttributes").items()
        if isinstance(of_set, dict)
        for attribute, value in of_set.items()
        if isinstance(value, str) and "@" not in attribute
    )


def _duration(text: str | None) -> timedelta | None:
    """Read an ISO 8601 duration; years and months count as 365 and 30 days, the shorter reading."""
    found = _DURATION.fullmatch(text) if text else None
    if found is None:
        return None
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(
        days=365 * years + 30 * months + 7 * weeks + days, hours=hours, minutes=minutes, seconds=seconds
    )
