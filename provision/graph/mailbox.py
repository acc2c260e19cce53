"""Observe whether an address has a mailbox, as far as this identity may see it.

Sources: https://learn.microsoft.com/graph/api/user-get and
https://learn.microsoft.com/graph/api/mailfolder-get
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Failure, Refusal
from provision.graph.client import Graph, Query, configuration
from provision.graph.identity import same
from provision.graph.records import maybe, records, texts
from provision.graph.refusals import is_denied, missing, translated
from provision.resources.mailbox import RIGHT, RIGHT_OF_USER, Observed, State

_NO_MAILBOX = ("MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI")
_FIELDS = ("id", "mail", "userPrincipalName", "assignedPlans", "proxyAddresses")


async def observe(graph: Graph, address: str) -> Observed:
    """Return whether the address has a mailbox, from what Exchange and the directory say.

    ``NOT_CHECKED`` if this identity may ask neither; ``ProvisionError`` if a request fails otherwise, or if
    the answer is about a user who has another address. What a folder of a mailbox tells names no user.
    """
    found = await _observe(graph, address)
    return replace(found, group=await _group(graph, address)) if found.state is State.NO_USER else found


async def _group(graph: Graph, address: str) -> str | None:
    """Return the name of the group or distribution list that has the address; ``None`` if none is seen.

    Source: https://learn.microsoft.com/graph/api/group-list
    """
    query = Query(select=("id", "displayName"), filter=_has(address))
    try:
        items = await graph.collect(graph.sdk.groups, configuration(query))
    except (Failure, ProvisionError):  # it is a hint, and no more
        return None
    return next((maybe(item, "displayName") or "" for item in items), None)


async def _observe(graph: Graph, address: str) -> Observed:
    probe, user = await asyncio.gather(_probe(graph, address), _user(graph, address))
    user_id = maybe(user, "id") if isinstance(user, dict) else None
    if probe is None:
        return Observed(State.PRESENT, user_id=user_id)
    if isinstance(probe, Refusal) and probe.code in _NO_MAILBOX:
        return Observed(State.NO_MAILBOX, probe.code)
    if missing(probe):
        if user is None or isinstance(user, dict):
            return Observed(State.NO_MAILBOX if user else State.NO_USER, getattr(probe, "code", ""))
        return Observed(State.NO_USER, getattr(probe, "code", ""))
    if not is_denied(probe):
        raise translated(probe, f"reading the mailbox {address}")
    # Exchange does not let us look; a licence in the directory is the next best evidence.
    if user is None:
        return Observed(State.NO_USER, "Request_ResourceNotFound")
    if isinstance(user, dict) and _licensed(user):
        return Observed(State.PRESENT, user_id=user_id)
    if isinstance(user, dict) and not (maybe(user, "mail") or texts(user, "proxyAddresses")):
        # Exchange gives every mailbox an address, a shared one that needs no licence too.
        return Observed(State.NO_MAILBOX, "no Exchange licence, and no mail address")
    needs = RIGHT if isinstance(user, dict) else f"{RIGHT} or {RIGHT_OF_USER}"
    return Observed(State.NOT_CHECKED, needs, user_id=user_id)


async def _probe(graph: Graph, address: str) -> Failure | None:
    """Look into the mailbox; ``None`` if it is there."""
    builder = graph.sdk.users.by_user_id(address).mail_folders.by_mail_folder_id("sentitems")
    try:
        await graph.send(builder.to_get_request_information(configuration(Query(select=("id",)))))
    except Failure as failure:
        return failure
    return None


async def _user(graph: Graph, address: str) -> dict[str, Any] | Failure | None:
    """Return the user of an address, ``None`` if there is none, or why it may not be known."""
    try:
        answer = await graph.send(
            graph.sdk.users.by_user_id(address).to_get_request_information(
                configuration(Query(select=_FIELDS))
            )
        )
    except Failure as failure:
        if not missing(failure):
            return failure
    else:
        return _his(answer.body, address)
    # The address may be one that the user has beside the sign-in name.
    query = Query(select=_FIELDS, filter=_has(address))
    try:
        items = await graph.collect(graph.sdk.users, configuration(query))
    except Failure as failure:
        return failure
    return next((_his(item, address) for item in items), None)


def _has(address: str) -> str:
    """Return the filter for whatever has the address, as the first or as one of several."""
    quoted = address.replace("'", "''")
    return f"mail eq '{quoted}' or proxyAddresses/any(p:p eq 'smtp:{quoted}')"


def answers_to(user: dict[str, Any], address: str) -> bool:
    """Say whether a user's record has the address: as sign-in name, as mail, or as one of all addresses.

    Source: https://learn.microsoft.com/graph/api/resources/user, ``proxyAddresses``
    """
    proxies = (text.partition(":")[2] for text in texts(user, "proxyAddresses"))
    names = (maybe(user, "userPrincipalName"), maybe(user, "mail"), maybe(user, "id"), *proxies)
    return any(name is not None and same(name, address) for name in names)


def _his(user: dict[str, Any], address: str) -> dict[str, Any]:
    if not answers_to(user, address):
        name = maybe(user, "userPrincipalName")
        raise ProvisionError(
            catalogue.OTHER_OBJECT, f"asked for the user of {address}, and the answer is about '{name}'"
        )
    return user


def _licensed(user: dict[str, Any]) -> bool:
    return any(
        (maybe(plan, "service") or "").lower() == "exchange" and plan.get("capabilityStatus") == "Enabled"
        for plan in records(user, "assignedPlans")
    )
