"""Looks at an application's secrets until a server shows what this run knows; removals rest on one."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from provision.engine.holder import SecretHolder, SecretTools, ids, others
from provision.engine.journal import REMOVED
from provision.engine.records import forget
from provision.errors import ProvisionError, catalogue
from provision.graph import client_secret
from provision.graph.client_secret import Seen
from provision.graph.polling import RandomPauses
from provision.plan import generation
from provision.plan.generation import Others
from provision.resources import delivery_tags
from provision.resources.client_secret import marked


async def look(tools: SecretTools, holder: SecretHolder, *, shows: frozenset[str] = frozenset()) -> Others:
    """Look at the application until a replica shows the secrets ``shows``; return what other runs did.

    Replicas get an application's changes in their order, so what was there before one's own shows beside it.
    Raises ``ProvisionError`` (``CHANGED_MEANWHILE``) if they do not show in time. Secrets that this run made
    without seeing the answer are removed on the way.
    """
    pauses = RandomPauses(tools.graph, tools.dice)
    while True:
        seen = await client_secret.read_secrets(tools.graph, holder.object_id, fresh=holder.fresh)
        absent = generation.missing(shows, seen.secrets)
        if not absent:
            break
        if not await pauses.pause("Entra does not show the secrets as they are yet"):
            raise ProvisionError(
                catalogue.CHANGED_MEANWHILE,
                f"Entra does not show the secret {min(absent)} (any more): somebody removed it, or its "
                "servers have not heard of it yet",
            )
    holder.seen = seen
    there = (holder.keys | ids(seen)) - holder.gone
    holder.tags = delivery_tags.merged_tags(seen.tags, holder.tags, (), there, holder.gone)
    for key_id in holder.unseen & ids(seen):
        with suppress(ProvisionError):  # then it stays in the journal, for the next run
            await remove(tools, holder, key_id, young=True)
    return others(tools, holder, seen)


async def remove(
    tools: SecretTools,
    holder: SecretHolder,
    key_id: str,
    *,
    young: bool = False,
    start: datetime | None = None,
) -> None:
    """Remove a secret of ours, and then the record of its delivery if there is one.

    ``young``: it was made moments ago, so a replica that does not know it yet is waited for, unless one shows
    what began after it, its ``start``. Raises ``ProvisionError`` if Graph refuses; a secret that is gone
    already is no error.
    """

    def gone(seen: Seen) -> bool:
        later = any(start is not None and item.start > start for item in marked(tools.desired, seen.secrets))
        return later and key_id not in ids(seen)

    fresh = holder.fresh or young
    was_there = await client_secret.remove(tools.graph, holder.object_id, key_id, fresh=fresh, gone=gone)
    # One that no replica knew in all that time may still appear: then the journal's intent counts.
    if was_there or not fresh:
        with suppress(ProvisionError):  # the secret is gone: a journal that says less is harmless
            tools.journal.write(REMOVED, key_id, tools.graph.now())
    holder.keys -= {key_id}
    await forget(tools, holder, key_id)


async def refuse_to_strand(
    tools: SecretTools, holder: SecretHolder, stay: frozenset[str], *, mints: bool
) -> None:
    """Raise ``ProvisionError`` unless the delivered secrets ``stay`` are there, before another is removed.

    A run that mints has looked since; one that only removes looks now, and leaves the field to a run that
    makes one meanwhile.
    """
    if not mints:
        met = await look(tools, holder, shows=stay)
        if met:
            rival = (*met.delivered, *met.claims)[0].key_id
            raise ProvisionError(
                catalogue.ANOTHER_RUN,
                f"another run made a secret for '{tools.desired.name}' meanwhile ({rival}); "
                "nothing was removed",
            )
    refuse_missing(holder, stay)


def refuse_missing(holder: SecretHolder, stay: frozenset[str]) -> None:
    """Raise ``ProvisionError`` (``CHANGED_MEANWHILE``) unless the last look shows the secrets ``stay``."""
    assert holder.seen is not None
    lost = generation.missing(stay, holder.seen.secrets)
    if lost:
        raise ProvisionError(
            catalogue.CHANGED_MEANWHILE,
            f"the secret {min(lost)}, which was to stay, is not there any more; the others were not removed",
        )
