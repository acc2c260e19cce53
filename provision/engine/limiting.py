"""Set and end Exchange's limit: an assignment, and the tag that says that we made it.

Graph offers no mark of an assignment's own, so the application's tags tell which is ours. One tag says that
we are about to make one, before it is made, and another that we made it; a run that is ended between leaves
the first, and the next run claims what is there. Whether a second, equal assignment is refused is not
documented: whoever sees another's beside its own, which it looks for after making it, removes its own, and
what others recorded of it. Whoever claims one looks afterwards whether it is there still, and else makes one.
So the two leave no record of what is gone, whichever comes first. Who yields leaves the first tag: should a
write from a server that is behind take the record away, the next run claims the assignment by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from provision.engine.holder import SecretHolder, SecretTools
from provision.errors import ProvisionError, catalogue
from provision.graph import client_secret, mailbox_scope
from provision.graph.answers import Lost, Refusal
from provision.graph.client import Graph
from provision.graph.polling import RandomPauses
from provision.resources.mailbox_scope import (
    SCOPED_TAG,
    Assignment,
    Claim,
    Create,
    begun,
    made,
    scoped_tag,
    scoping_tag,
    without,
)

_MEETINGS = 5  # times that two runs may make one at the same moment
_TRIES = 3  # of a request whose answer was lost, and which shows no effect


async def create(tools: SecretTools, holder: SecretHolder, principal_id: str, step: Create) -> bool:
    """Make the assignment and record it; say whether it is ours: another run may have made it meanwhile.

    Raises ``ProvisionError`` if Graph refuses it, or does not show it, or its record, in time.
    """
    graph = tools.graph
    await _tag(tools, holder, lambda tags: {*tags, scoping_tag(graph.now())}, begun)
    for _ in range(_MEETINGS):
        if await _there(graph, principal_id, step.role, step.user_id):
            return False
        mine = await _made(tools, principal_id, step)
        if mine is not None and not await _others(tools, principal_id, step, mine):
            await _record(tools, holder, mine)
            there = await _there(graph, principal_id, step.role, step.user_id)
            await _mark_twins(tools, holder, there)
            return True
        if mine is not None:
            await mailbox_scope.remove(graph, mine)
            await _unrecord(tools, holder, mine)
        await RandomPauses(graph, tools.dice).pause("another run limits it, too")
    raise ProvisionError(
        catalogue.ANOTHER_RUN, "other runs set Exchange's limit at the same time, again and again"
    )


async def _made(tools: SecretTools, principal_id: str, step: Create) -> str | None:
    """Make one, and return its id, also where the answer was lost.

    ``None`` if several were made meanwhile, for then nobody knows which is whose: the next plan removes what
    is there twice.
    """
    graph, tries = tools.graph, 0
    before = {item.id for item in await _there(graph, principal_id, step.role, step.user_id)}
    while True:
        tries += 1
        try:
            return await mailbox_scope.create(graph, principal_id, step)
        except (Lost, Refusal) as failure:
            found = await _there(graph, principal_id, step.role, step.user_id)
            new = [item.id for item in found if item.id not in before]
            unheard = isinstance(failure, Lost) or failure.status >= 500
            if unheard and new:
                return new[0] if len(new) == 1 else None
            if not unheard or tries == _TRIES:
                raise mailbox_scope.refused(failure) from failure
        await RandomPauses(graph, tools.dice).pause("the answer about Exchange's limit was lost")


async def _others(tools: SecretTools, principal_id: str, step: Create, mine: str) -> list[Assignment]:
    """Return the equal assignments beside ours, once Exchange shows ours."""
    pauses = RandomPauses(tools.graph, tools.dice)
    while True:
        found = await _there(tools.graph, principal_id, step.role, step.user_id)
        if mine in {item.id for item in found}:
            return [item for item in found if item.id != mine]
        if not await pauses.pause("Exchange does not show the assignment yet"):
            raise ProvisionError(
                catalogue.CHANGED_MEANWHILE, f"Exchange does not show the assignment {mine} that was made"
            )


async def _there(graph: Graph, principal_id: str, role: str, user_id: str) -> list[Assignment]:
    """Return the assignments of the one mailbox, read now; ``ProvisionError`` if they cannot be read."""
    found = mailbox_scope.of_principal(await mailbox_scope.read(graph), principal_id, role)
    if found.unread:
        raise ProvisionError(catalogue.NO_PERMISSION, f"Exchange's role assignments: {found.unread}")
    place = f"/users/{user_id.lower()}"
    return [item for item in found.assignments if (item.role, item.place) == (role, place)]


async def claim(tools: SecretTools, holder: SecretHolder, principal_id: str, step: Claim) -> bool:
    """Record that an assignment is ours which an ended run left; if it goes meanwhile, make one.

    When it was made counts from now, where that is not on record. Say whether what is there is ours.
    """
    await _record(tools, holder, step.assignment_id)
    there = await _there(tools.graph, principal_id, step.instead.role, step.instead.user_id)
    if step.assignment_id in {item.id for item in there}:
        await _mark_twins(tools, holder, there)
        return True
    await _unrecord(tools, holder, step.assignment_id)  # its run was not ended, and yielded
    return await create(tools, holder, principal_id, step.instead)


async def _mark_twins(tools: SecretTools, holder: SecretHolder, there: list[Assignment]) -> None:
    """Have the next plan remove what a lost answer left beside ours; our record dropped that run's mark."""
    if len(there) > 1:
        await _tag(tools, holder, lambda tags: {*tags, scoping_tag(tools.graph.now())}, begun)


async def _record(tools: SecretTools, holder: SecretHolder, assignment_id: str) -> None:
    """Record that an assignment is ours, in the place of the tags that one is about to be made."""
    now = tools.graph.now()

    def change(tags: Iterable[str]) -> set[str]:
        known = list(tags)
        tag = scoped_tag(assignment_id, made(known).get(assignment_id, now))
        return {*without(known, assignment_id), tag}

    await _tag(tools, holder, change, lambda tags: assignment_id in made(tags))


async def _unrecord(tools: SecretTools, holder: SecretHolder, assignment_id: str) -> None:
    """Drop another run's record of an assignment that is gone."""
    seen = await client_secret.read_secrets(tools.graph, holder.object_id, fresh=holder.fresh)
    if assignment_id in made(seen.tags):
        await _tag(
            tools,
            holder,
            lambda tags: {tag for tag in tags if not tag.startswith(f"{SCOPED_TAG}{assignment_id}:")},
            lambda tags: assignment_id not in made(tags),
        )


async def remove(tools: SecretTools, holder: SecretHolder, assignment_id: str) -> None:
    """Remove an assignment of ours, and its record. ``ProvisionError`` if Graph refuses."""
    await mailbox_scope.remove(tools.graph, assignment_id)
    await _tag(
        tools,
        holder,
        lambda tags: set(without(tags, assignment_id)),
        lambda tags: assignment_id not in made(tags),
    )


async def refuse_unlimited(graph: Graph, principal_id: str, role: str, user_id: str) -> None:
    """Raise ``ProvisionError`` unless Exchange still shows the limit, before the grant beside it goes."""
    if not await _there(graph, principal_id, role, user_id):
        raise ProvisionError(
            catalogue.CHANGED_MEANWHILE,
            "Exchange does not show the assignment of the mailbox any more; the grant was not removed",
        )


async def _tag(
    tools: SecretTools,
    holder: SecretHolder,
    change: Callable[[Iterable[str]], set[str]],
    there: Callable[[Iterable[str]], bool],
) -> None:
    """Write the application's tags until they are seen as they are to be."""
    graph, pauses = tools.graph, RandomPauses(tools.graph, tools.dice)
    while True:
        await client_secret.write_tags(
            graph,
            holder.object_id,
            lambda seen: tuple(sorted(change(seen.tags))),
            fresh=holder.fresh,
        )
        seen = await client_secret.read_secrets(graph, holder.object_id, fresh=holder.fresh)
        if there(seen.tags):
            holder.seen, holder.tags = seen, seen.tags
            return
        if not await pauses.pause("Entra does not show the record of Exchange's limit yet"):
            raise ProvisionError(
                catalogue.CHANGED_MEANWHILE, "Entra does not show the record of Exchange's limit"
            )
