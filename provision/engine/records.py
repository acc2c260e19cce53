"""The records of deliveries, which are tags on the application: written whole, read back, and never lost.

What a run reads may come from a server that is behind, and what it writes may meet another run's writing;
here both are dealt with. Who may deliver is decided in ``engine/secret.py``.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from provision.engine.holder import SecretHolder, SecretTools, ids, others
from provision.errors import ProvisionError, catalogue
from provision.graph import client_secret
from provision.graph.client_secret import Seen
from provision.graph.polling import RandomPauses
from provision.resources import delivery_tags
from provision.resources.client_secret import marked

_NO_RECORDS = "Entra does not show the records yet"
_STILL_TRUE = timedelta(seconds=30)  # for so long what was seen of an application made here is written from


class _Behind(Exception):
    """What was read is not to be written from: it is older than what this run did, or about to change."""


async def record(
    tools: SecretTools,
    holder: SecretHolder,
    key_id: str,
    *,
    newest: bool = True,
    going: Collection[str] = (),
) -> None:
    """Tag the application with the delivery of a secret, and see the tags there; write again until they are.

    ``newest``: none was delivered after it. ``going`` are the tags of what is to be removed after it. Raises
    ``ProvisionError`` if that does not come about in time, or if the secret is gone (``REVOKED_MEANWHILE``).
    """
    name = tools.desired.name
    wanted = {delivery_tags.DELIVERED_TAG + key_id, *going}
    wanted |= {delivery_tags.newest_tag(name, key_id)} if newest else set()
    if not await _written(tools, holder, key_id, wanted, delivered=True):
        raise ProvisionError(
            catalogue.CHANGED_MEANWHILE,
            f"the secret {key_id} was delivered, but Entra does not show it with its record",
        )


async def announce(tools: SecretTools, holder: SecretHolder, key_id: str, replaces: Collection[str]) -> None:
    """Put on record what a new secret ``replaces``, which goes once it is delivered, before it is delivered.

    So a run that is killed between the delivery and its record leaves nothing that two machines would judge
    differently: none of them names any of these as the one to enter. If the secret goes, so does the tag.
    So does the word that an adopted one is not the newest any more. Raises ``ProvisionError`` if it fails.
    """
    wanted = {delivery_tags.replaces_tag(key_id, old) for old in replaces}
    # What it replaces will be gone, and then nothing else tells that one made beside it is of its generation.
    wanted |= {delivery_tags.succeeds_tag(key_id, tools.basis.succeeds)} if wanted else set()
    wanted |= delivery_tags.made_beside(tools.desired.adopt, holder.keys, holder.tags)
    if wanted and not await _written(tools, holder, key_id, wanted, delivered=False):
        raise ProvisionError(
            catalogue.CHANGED_MEANWHILE,
            f"Entra does not show the secret {key_id} with what it is to replace; it was not delivered",
        )


async def _written(
    tools: SecretTools, holder: SecretHolder, key_id: str, wanted: Collection[str], *, delivered: bool
) -> bool:
    """Write tags that say something of a secret until they are seen beside it; say whether they are."""
    pauses = RandomPauses(tools.graph, tools.dice)
    while True:
        await write_records(tools, holder, wanted)
        seen = await client_secret.read_secrets(tools.graph, holder.object_id, fresh=holder.fresh)
        if key_id in ids(seen) and set(wanted) <= set(seen.tags):
            holder.seen, holder.tags = seen, seen.tags
            if holder.delivered is None:  # a record is repaired, with nothing that held others back
                await see_no_record_lost(tools, holder)
            return True
        if delivered:
            _refuse_revoked(tools, holder, seen, key_id)
        if not await pauses.pause("Entra does not show the record of the secret yet"):
            return False


def _refuse_revoked(tools: SecretTools, holder: SecretHolder, seen: Seen, key_id: str) -> None:
    """Raise ``REVOKED_MEANWHILE`` if a secret that was delivered is gone, and another run delivered one."""
    since = others(tools, holder, seen).delivered
    if key_id not in ids(seen) and since:
        raise ProvisionError(
            catalogue.REVOKED_MEANWHILE,
            f"the secret {key_id} was delivered, and another run revoked it, which delivered "
            f"{since[0].key_id}",
        )


async def forget(tools: SecretTools, holder: SecretHolder, key_id: str) -> None:
    """Drop the tags that say something of a secret which is not there any more."""
    holder.gone |= {key_id}
    if any(delivery_tags.noted_key(tag) == key_id for tag in holder.tags):
        await write_records(tools, holder, frozenset())
        await see_no_record_lost(tools, holder)


async def see_no_record_lost(tools: SecretTools, holder: SecretHolder, *, patient: bool = True) -> None:
    """See that the list just written lacks no record that came while it was read and written.

    This run's own record is written again. Another's secret that came meanwhile and has no record is about to
    get one, or had one, which is gone now: so its run is waited for first. If nothing comes, it had one where
    the secret that was delivered before it went, for a run removes that only once its own delivery is on
    record; then that is written again. (A person who removes that one looks the same, so it counts only now.)
    Else raises ``ProvisionError`` (``ANOTHER_RUN``): only the machine that delivered can mend it; and
    (``REVOKED_MEANWHILE``) if what went is what this run delivered. Not ``patient``: nobody is waited for,
    unless such a one went.
    """
    before, pauses = holder.wrote_from, RandomPauses(tools.graph, tools.dice)
    while before is not None:
        seen = await client_secret.read_secrets(tools.graph, holder.object_id, fresh=holder.fresh)
        recorded = delivery_tags.delivered(seen.tags) | holder.proven
        known = ids(before) | holder.mine | tools.basis.delivered | recorded
        came = [item.key_id for item in marked(tools.desired, seen.secrets) if item.key_id not in known]
        stale = holder.gone & {delivery_tags.noted_key(tag) for tag in seen.tags}
        own = frozenset({holder.delivered.key_id} if holder.delivered else ())
        if not (came or stale or own & ids(seen) - recorded):
            holder.seen, holder.tags = seen, seen.tags
            for key_id in own:
                _refuse_revoked(tools, holder, seen, key_id)
            return
        waits_for = f"another run makes a secret ({came[0]})" if came else _NO_RECORDS
        went = _replaced(tools, holder, came, before, seen)
        if not (patient or went):
            return
        if not await pauses.pause(waits_for):
            if not came:
                return
            await _write_again(tools, holder, came[0], went, before)
        elif own & ids(seen) - recorded:
            await write_records(tools, holder, frozenset())


def _replaced(
    tools: SecretTools, holder: SecretHolder, came: list[str], before: Seen, seen: Seen
) -> frozenset[str]:
    """Return the delivered secrets that went as one came, if the newest is among them: by a run, perhaps."""
    newest = delivery_tags.newest(before.tags, tools.desired.name)
    went = ids(before) & delivery_tags.delivered(before.tags) - ids(seen) - holder.gone
    return went if len(came) == len(newest) == 1 and newest <= went else frozenset()


async def _write_again(
    tools: SecretTools, holder: SecretHolder, came: str, went: frozenset[str], before: Seen
) -> None:
    """Put the delivery of the one that ``came`` on record again, where its run must have done so itself."""
    name = tools.desired.name
    if not went:
        raise ProvisionError(
            catalogue.ANOTHER_RUN,
            f"another run made a secret for '{name}' meanwhile ({came}), and the record of its delivery "
            "may be lost",
            fix="Run 'provision apply' once more on the machine that made it: it records the delivery.",
        )
    tags = {
        delivery_tags.DELIVERED_TAG + came,
        delivery_tags.newest_tag(name, came),
        delivery_tags.succeeds_tag(came, min(delivery_tags.newest(before.tags, name))),
    }
    holder.proven |= {came}
    holder.gone |= went  # by that run, which forgot them, too
    await write_records(tools, holder, tags)


async def retire(tools: SecretTools, holder: SecretHolder, going: frozenset[str]) -> None:
    """Put on record that the secrets ``going`` are to be removed, before the first of them is.

    So whoever goes on after a run that was killed finishes it, and takes none of them for one that somebody
    else removed. Raises ``ProvisionError`` if that cannot be written; then nothing is removed.
    """
    marks = (delivery_tags.RETIRED_TAG, delivery_tags.LEAKED_TAG)
    # By what was last seen there: the list that another run wrote since may lack a mark of ours.
    there = holder.seen.tags if holder.seen else holder.tags
    told = {mark + key_id for mark in marks for key_id in going} & set(there)
    untold = going - {delivery_tags.noted_key(tag) for tag in told}
    if untold:
        await write_records(tools, holder, {delivery_tags.RETIRED_TAG + key_id for key_id in untold})
        await see_no_record_lost(tools, holder)


async def write_records(
    tools: SecretTools, holder: SecretHolder, more: Collection[str], *, urgent: bool = False
) -> None:
    """Add the tags ``more``, drop our tags of secrets that we removed, and keep all other tags.

    Tags are one list, written as a whole. So it is read just before: another machine, or a person, may
    have changed it since this run read it. What a replica shows that has not heard of this run's own doing is
    not written from, as long as there is time; nor is a list to which another run is about to add its
    delivery, unless this run has the field. ``urgent``: then nothing is written, and nobody waited for.
    """
    known, pauses, patient = holder.tags, RandomPauses(tools.graph, tools.dice), not urgent

    def merge(seen: Seen) -> tuple[str, ...]:
        behind = bool(_unheard_of(tools, holder, seen) or holder.gone & ids(seen))
        claimed = holder.delivered is None and bool(others(tools, holder, seen).claims)
        if patient and (behind or claimed):
            raise _Behind
        if claimed:
            return seen.tags
        holder.wrote_from = seen
        if not behind:
            holder.seen = seen
        there = (ids(seen) | holder.keys if behind else ids(seen)) - holder.gone
        return delivery_tags.merged_tags(seen.tags, known, more, there, holder.gone)

    while True:
        try:
            holder.tags = await client_secret.write_tags(
                tools.graph, holder.object_id, merge, fresh=holder.fresh, seen=_recent(tools, holder)
            )
        except _Behind:
            patient = await pauses.pause("Entra does not show the secrets as they will be yet")
            continue
        return


def _unheard_of(tools: SecretTools, holder: SecretHolder, seen: Seen) -> frozenset[str]:
    """Return this run's own secrets that a server does not show because it is behind.

    One that shows a later secret of another run has heard of the delivered one, which was removed then.
    """
    lacking, made = holder.mine & holder.keys - ids(seen), holder.delivered
    theirs = [item for item in marked(tools.desired, seen.secrets) if item.key_id not in holder.mine]
    if made is not None and any(item.start > made.start for item in theirs):
        return lacking - {made.key_id}
    return lacking


def _recent(tools: SecretTools, holder: SecretHolder) -> Seen | None:
    """Return the last look, where it may be written from once: at an application that this run made just now.

    Whoever else found that application yields to this run's secret, and nobody else knows of it.
    """
    made = holder.delivered
    if made is None or not holder.made_here or tools.graph.now() - made.start > _STILL_TRUE:
        return None
    seen, holder.made_here = holder.seen, False
    return seen
