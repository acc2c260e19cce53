"""What is known of the deliveries of one config's secrets: from the tenant's tags, the journal and the sink.

Every verb asks here, so that all of them trust the same secrets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from provision.delivery import Sink
from provision.engine.journal import Journal
from provision.errors import ProvisionError
from provision.resources import client_secret, delivery_tags
from provision.resources.client_secret import Desired, Observed, Records


def heard_of(
    desired: Desired, key_id: str, delivered: datetime, secrets: Iterable[Observed], tags: Iterable[str]
) -> bool:
    """Say whether what was read is as new as a secret's delivery, though it may be gone since.

    A replica that is behind shows neither. One that shows a later secret of ours, made to succeed this one or
    begun after its delivery, knows of it: where it does not show it, somebody removed it.
    """
    there, tags = {item.key_id: item for item in secrets}, tuple(tags)
    if key_id in there:
        return key_id in delivery_tags.delivered(tags)
    succeeds = delivery_tags.successions(tags)
    return any(
        item.start > delivered or succeeds.get(item.key_id) == key_id
        for item in client_secret.marked(desired, tuple(there.values()))
    )


def tagged(desired: Desired, tags: Iterable[str]) -> Records:
    """Return what the application's tags tell."""
    tags = tuple(tags)
    return Records(
        tenant=delivery_tags.delivered(tags),
        newest=delivery_tags.newest(tags, desired.name),
        retired=delivery_tags.retired(tags),
        leaked=delivery_tags.leaked(tags),
        adopted=delivery_tags.adopted(tags),
        replaced=delivery_tags.replacements(tags),
    )


def recorded(desired: Desired, tags: Iterable[str], journal: Journal) -> Records:
    """Return what the application's tags and this machine's journal tell."""
    told = tagged(desired, tags)
    intended, delivered = journal.keys()
    return replace(told, sink=delivered, journal=intended, leaked=told.leaked | journal.leaked())


async def completed(
    desired: Desired, secrets: Sequence[Observed], records: Records, sink: Sink
) -> tuple[Records, ProvisionError | None]:
    """Return the same with what the sink tells, and why it could not tell it.

    It may be a service far away, and is asked only about what nothing else tells: whether a secret with our
    mark was delivered, and which was delivered last if the tags of an older version do not say so.
    """
    there = frozenset(item.key_id for item in secrets)
    ours = {item.key_id for item in client_secret.marked(desired, secrets)}
    untold = not records.newest and bool(records.tenant - there)
    if ours <= records.tenant | records.sink and not untold:
        return records, None
    try:
        held = await asyncio.to_thread(sink.recall, there | records.tenant)
    except ProvisionError as error:
        # It may hold what our journal intended: nothing is taken for lost until it can be asked.
        return replace(records, journal=frozenset()), error
    return with_held(records, there, held), None


def with_held(records: Records, there: Iterable[str], held: frozenset[str]) -> Records:
    """Return the records with the key ids that the sink holds; ``there``: all that the application has."""
    newest = records.newest or (held & records.tenant - frozenset(there))
    return replace(records, sink=records.sink | held, newest=newest)
