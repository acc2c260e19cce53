"""Set and end Exchange's limit: an assignment, and the tag that says that we made it.

Graph offers no mark of an assignment's own, so the application's tags tell which is ours. One tag says that
we are about to make one, before it is made, and another that we made it; a run that is ended between leaves
the first, and the next run claims what is there. Whether a second, equal assignment is refused is not
documented: whoever sees another's beside its own, which it looks for after making it, removes its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from provision.engine.holder import SecretHolder, SecretTools
from provision.errors import ProvisionError, catalogue
from provision.graph import client_secret, mailbox_scope
from provision.graph.answers import Lost, Refusal
from provision.graph.client import Graph
from provision.graph.patience import RandomPauses
from provision.resources.mailbox_scope import (
    Assignment,
    Create,
    begun,
    made,
    scoped_tag,
    scoping_tag,
    without,
)

_MEETINGS = 5  # times that two runs may make one at the same moment


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
        if not await _others(tools, principal_id, step, mine):
            await claim(tools, holder, mine)
            return True
        await mailbox_scope.remove(graph, mine)
        await RandomPauses(graph, tools.dice).pause("another run limits it, too")
    raise ProvisionError(
        catalogue.ANOTHER_RUN, "other runs set Exchange's limit at the same time, again and again"
    )


async def _made(tools: SecretTools, principal_id: str, step: Create) -> str:
    """Make one, and return its id, also where the answer was lost."""
    graph, before = (
        tools.graph,
        {item.id for item in await _there(tools.graph, principal_id, step.role, step.user_id)},
    )
    try:
        return await mailbox_scope.create(graph, principal_id, step)
    except (Lost, Refusal) as failure:
        unheard = isinstance(failure, Lost) or failure.status >= 500
        new = [i.id for i in await _there(graph, principal_id, step.role, step.user_id) if i.id not in before]
        if unheard and new:
            return new[0]
        raise mailbox_scope.refused(failure) from failure


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


async def claim(tools: SecretTools, holder: SecretHolder, assignment_id: str) -> None:
    """Record that an assignment is ours. When it was made counts from now, if it is not known better."""
    tag = scoped_tag(assignment_id, tools.graph.now())
    await _tag(
        tools,
        holder,
        lambda tags: {*without(tags, assignment_id), tag},
        lambda tags: assignment_id in made(tags),
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
            settling=holder.fresh,
        )
        seen = await client_secret.read_secrets(graph, holder.object_id, settling=holder.fresh)
        if there(seen.tags):
            holder.seen, holder.tags = seen, seen.tags
            return
        if not await pauses.pause("Entra does not show the record of Exchange's limit yet"):
            raise ProvisionError(
                catalogue.CHANGED_MEANWHILE, "Entra does not show the record of Exchange's limit"
            )
