"""Carry out a plan's changes: first the application, then, side by side, access and secrets.

Access is the service principal and after it the grant; secrets are made, recorded or removed one at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from provision.change import Action, Change
from provision.engine import limiting
from provision.engine.holder import SecretHolder, SecretTools
from provision.engine.looks import refuse_missing, refuse_to_strand, remove
from provision.engine.records import forget, record, retire
from provision.engine.secret import mint_and_deliver
from provision.errors import ProvisionError, catalogue
from provision.graph import application, consent, service_principal
from provision.graph.client import SKEW
from provision.graph.polling import RandomPauses
from provision.graph.records import maybe, text, texts, time
from provision.graph.retry import REPLICATION
from provision.outcomes.result import Outcome, Status
from provision.plan import generation, identification
from provision.plan.model import Plan
from provision.resources import application as applications
from provision.resources import client_secret as secrets
from provision.resources import consent as consents
from provision.resources import delivery_tags
from provision.resources import mailbox_scope as scopes
from provision.resources import service_principal as principals


@dataclass
class Execution:
    """One plan while it is carried out: the outcome of each change so far, and the ids learnt on the way."""

    plan: Plan
    tools: SecretTools
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    app_id: str | None = None
    holder: SecretHolder | None = None
    by_another: secrets.Observed | None = None  # the secret that another run handed over in place of this one
    removed: set[str] = field(default_factory=set)  # key ids
    _principal_id: str = ""
    _may_remove: bool = False  # what is to stay was seen

    @property
    def minted(self) -> secrets.Observed | None:
        """The secret that this run made and delivered, whether or not it could put that on record."""
        return self.holder.delivered if self.holder else None

    async def run(self) -> None:
        """Carry out every change, and keep its outcome.

        A ``ProvisionError`` of one is its outcome; the changes that depend on it are not tried. Raises
        ``LookupError``, before anything is done, for a change of a kind that has no step here.
        """
        _refuse_unknown(self.plan)
        observed = self.plan.observed.application
        if observed is not None:
            self.app_id = observed.app_id
            found = self.plan.observed.secrets
            ours = secrets.marked(self.plan.desired.client_secret, found)
            self.holder = SecretHolder(
                observed.id,
                observed.tags,
                frozenset(item.key_id for item in found),
                fresh=self._settles(observed.created),
                newest=ours[0].start if ours else None,
                met=None
                if self.plan.came
                else generation.others(
                    self.tools.basis,
                    found,
                    delivery_tags.delivered(observed.tags),
                    frozenset(),
                    now=self.tools.graph.now(),
                ),
            )
        if await self._attempt(applications.ADDRESS, self._application):
            reached, _ = await asyncio.gather(self._access(), self._secrets())
            if reached:  # after both, for what comes last may write tags, too
                await self._last()
        for change in self.plan.changes:
            self.outcomes.setdefault(change.address, Outcome(change, Status.NOT_TRIED))

    def ordered(self) -> tuple[Outcome, ...]:
        """Return the outcomes in the plan's order."""
        return tuple(self.outcomes[change.address] for change in self.plan.changes)

    async def _attempt(self, address: str, step: Callable[[Any], Awaitable[Status | None]]) -> bool:
        """Carry out one change, and say whether what depends on it may go on."""
        change = next((change for change in self.plan.changes if change.address == address), None)
        if change is None:  # a rotation has the secrets alone in it
            return True
        if change.step is None:
            idle = Status.HANDOFF if change.action is Action.HANDOFF else Status.UNCHANGED
            self.outcomes[address] = Outcome(change, idle)
            return True
        if self.holder is not None and self.holder.mixed_up:
            return False
        try:
            status = await step(change.step)
        except ProvisionError as error:
            if self.holder is not None:
                self.holder.mixed_up |= error.entry is catalogue.OTHER_OBJECT
            self.outcomes[address] = Outcome(change, _status(change, error), error)
            # What a leaked or replaced secret is removed for is there, though another run's is there too.
            return error.entry is catalogue.TWO_DELIVERED
        self.outcomes[address] = Outcome(change, status or Status.DONE)
        return True

    async def _application(self, step: applications.Create | applications.Update) -> None:
        graph = self.tools.graph
        if isinstance(step, applications.Update):
            assert self.holder is not None
            await application.update(graph, step, fresh=self.holder.fresh)
            self.holder.tags = tuple(step.body.get("tags", self.holder.tags))
            return
        began = graph.now()
        try:
            made, sole = await application.create(graph, step), True
        except application.NameTaken as taken:
            made, sole = await self._already_there(step, began, taken.error), False
        self.app_id = text(made, "appId")
        self.holder = SecretHolder(
            text(made, "id"),
            texts(made, "tags"),
            frozenset(),
            fresh=True,
            made_here=sole,
            met=generation.Others() if sole else None,
        )
        await application.add_owners(
            graph, self.holder.object_id, self.plan.desired.application.owners or (), fresh=True
        )

    async def _already_there(
        self, step: applications.Create, began: datetime, refused: ProvisionError
    ) -> dict[str, Any]:
        """Return the application that has the name, if it was created since ``began`` and has our tag.

        An earlier try whose answer was lost may have created it, or another run. Raises ``ProvisionError``
        otherwise: then somebody else created it, or it is deleted, or is not shown (``refused``).
        """
        graph = self.tools.graph
        pauses = RandomPauses(graph, self.tools.dice)
        while (found := await application.by_unique_name(graph, step.unique_name)) is None:
            deleted = identification.Found(deleted=await application.deleted(graph) or ())
            identification.identify(self.plan.desired.application, deleted)
            if not await pauses.pause("Entra does not show the application yet"):
                raise refused
        created = time(found, "createdDateTime")
        if applications.OWNER_TAG not in texts(found, "tags") or created is None or created < began - SKEW:
            raise ProvisionError(
                catalogue.CHANGED_MEANWHILE,
                f"an application with the uniqueName '{step.unique_name}' appeared meanwhile: "
                f"'{maybe(found, 'displayName')}'",
            )
        return found

    async def _access(self) -> bool:
        if not await self._attempt(principals.ADDRESS, self._principal):
            return False
        await self._attempt(consents.ADDRESS, self._grant)
        return True

    async def _last(self) -> None:
        for change in self.plan.changes:
            if step := LAST.get(_kind(change)):
                await self._attempt(change.address, partial(step, self))

    async def _limit(self, step: scopes.Create | scopes.Claim | scopes.Remove) -> Status | None:
        assert self.holder is not None
        match step:
            case scopes.Create():
                ours = await limiting.create(self.tools, self.holder, self._principal_here(), step)
                return None if ours else Status.BY_ANOTHER
            case scopes.Claim():
                ours = await limiting.claim(self.tools, self.holder, self._principal_here(), step)
                return None if ours else Status.BY_ANOTHER
            case scopes.Remove():
                await limiting.remove(self.tools, self.holder, step.assignment_id)
        return None

    def _principal_here(self) -> str:
        observed = self.plan.observed.service_principal
        return observed.id if observed else self._principal_id

    async def _principal(self, step: principals.Create) -> None:
        assert self.app_id is not None
        self._principal_id = (await service_principal.create(self.tools.graph, self.app_id, step)).id

    async def _grant(self, step: consents.Grant | consents.Revoke) -> None:
        graph, principal = self.tools.graph, self._principal_here()
        permission = self.plan.desired.consent.permission
        if isinstance(step, consents.Revoke):
            user_id = self.plan.observed.mailbox.user_id or ""
            await limiting.refuse_unlimited(graph, principal, permission.exchange_role, user_id)
            await consent.revoke(graph, principal, step, permission)
            return
        await consent.grant(graph, principal, step, permission)

    async def _secrets(self) -> None:
        addresses = [c.address for c in self.plan.changes if c.address.startswith(secrets.ADDRESS)]
        for address in addresses:  # the new one first, then what nobody received
            if not await self._attempt(address, self._secret):
                break

    async def _secret(
        self, step: secrets.Mint | secrets.Record | secrets.Remove | secrets.Forget
    ) -> Status | None:
        assert self.holder is not None
        match step:
            case secrets.Mint():
                handed = await mint_and_deliver(self.tools, self.holder, step)
                if handed.elsewhere:
                    self.by_another = handed.secret
                    return Status.BY_ANOTHER
            case secrets.Record():
                await record(self.tools, self.holder, step.key_id, newest=step.newest)
            case secrets.Forget():
                await forget(self.tools, self.holder, step.key_id)
            case secrets.Remove():
                if step.key_id in self.tools.basis.delivered and not self._may_remove:
                    made = self.minted or self.by_another
                    await refuse_to_strand(self.tools, self.holder, self._staying(), mints=made is not None)
                    await retire(self.tools, self.holder, self._going() & self.tools.basis.delivered)
                    refuse_missing(self.holder, self._staying())
                    self._may_remove = True
                start = self._start(step.key_id)
                await remove(self.tools, self.holder, step.key_id, young=self._settles(start), start=start)
                self.removed.add(step.key_id)
        return None

    def _staying(self) -> frozenset[str]:
        """Return the delivered secrets that this plan leaves, and the one that it, or another run, made."""
        made = self.minted or self.by_another
        return (self.tools.basis.alive - self._going()) | ({made.key_id} if made else frozenset())

    def _going(self) -> frozenset[str]:
        """Return the key ids that this plan removes."""
        return frozenset(c.step.key_id for c in self.plan.changes if isinstance(c.step, secrets.Remove))

    def _start(self, key_id: str) -> datetime | None:
        """Return when a secret that the plan saw began."""
        starts = (item.start for item in self.plan.observed.secrets if item.key_id == key_id)
        return next(starts, None)

    def _settles(self, since: datetime | None) -> bool:
        """Say whether an object created at that time, by any run, may still be unknown to a replica."""
        return since is not None and self.tools.graph.now() - since < REPLICATION


# The kinds whose changes come after those of all others, each with what carries one out.
LAST: dict[str, Callable[[Execution, Any], Awaitable[Status | None]]] = {
    scopes.ADDRESS: Execution._limit,
}
KINDS = (applications.ADDRESS, principals.ADDRESS, consents.ADDRESS, secrets.ADDRESS, *LAST)


def _kind(change: Change) -> str:
    return change.address.partition("[")[0]


def _refuse_unknown(plan: Plan) -> None:
    unknown = [change.address for change in plan.changes if _kind(change) not in KINDS]
    if unknown:
        raise LookupError(f"no step carries out a change of {', '.join(unknown)}")


def _status(change: Change, error: ProvisionError) -> Status:
    """Not being allowed to consent, or to limit, is no failure: somebody else is asked to."""
    of_exchange = _kind(change) == scopes.ADDRESS
    refused = error.entry is catalogue.NO_PERMISSION and (of_exchange or change.address == consents.ADDRESS)
    # What Exchange's beta refuses for whatever reason, its administrator can do by the script.
    refused |= of_exchange and error.entry is catalogue.GRAPH_REFUSED
    return Status.HANDOFF if refused else Status.FAILED
