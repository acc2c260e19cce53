"""The plan: what is to be done to one application, what a reader should know, and its digest."""

from __future__ import annotations

from enum import StrEnum

from provision.again import Again
from provision.change import Action, Change
from provision.errors import Finding, Severity
from provision.resources import Desired, Observed, consent, mailbox_scope
from provision.resources.client_secret import Records, Standing
from provision.resources.consent import Detail
from provision.values import dataclass


class Target(StrEnum):
    """Where a plan is meant for: the real thing or a rehearsal."""

    GRAPH = "graph"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Context:
    """The run that a plan is made in; but for the target no part of what is approved."""

    target: Target
    delivery: str  # where a new secret would go; bound by a saved plan, not by the digest
    again: Again  # how this run's commands are called again
    made_up: frozenset[str]  # what a rehearsal invented: "tenant", "mailbox", "rights"


@dataclass(frozen=True, slots=True)
class Plan:
    """One configuration against one tenant, at one moment."""

    target: Target
    desired: Desired
    observed: Observed
    changes: tuple[Change, ...]  # in the order in which they are shown; every kind once, no-ops too
    findings: tuple[Finding, ...]
    digest: str  # "sha256:" and 64 hexadecimal digits
    consent: Detail  # consent status when planned
    standing: Standing | None  # of the secrets, as it was found; None: it was not asked for
    records: Records  # of deliveries, as they were known
    delivery: str  # as in Context, like the next two
    again: Again
    made_up: frozenset[str]
    came: frozenset[str] = frozenset()  # by other runs since this one was started: left out of account

    @property
    def name(self) -> str:
        """The config's name."""
        return self.desired.name

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that this program would make."""
        return tuple(c for c in self.changes if c.action not in (Action.NO_OP, Action.HANDOFF))

    @property
    def handed_off(self) -> tuple[Change, ...]:
        """The changes that are a person's part."""
        return tuple(c for c in self.changes if c.action is Action.HANDOFF)

    @property
    def later(self) -> tuple[Change, ...]:
        """Those of the hand-offs that ``apply`` does itself, once it is time or is allowed.

        They are the grant in Entra that a limit in Exchange replaces, and each assignment that a grant does.
        """
        unwanted = self.desired.consent.mode is consent.Mode.NONE
        return tuple(
            c
            for c in self.handed_off
            if (unwanted and c.address == consent.ADDRESS)
            or c.address.startswith(f"{mailbox_scope.ADDRESS}[")
        )

    @property
    def blockers(self) -> tuple[Finding, ...]:
        """The findings that stop ``apply`` unless they are allowed by name."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    def summary(self) -> dict[str, int]:
        """Count the changes by action."""
        return {action.value: sum(c.action is action for c in self.changes) for action in _COUNTED}


_COUNTED = (Action.CREATE, Action.UPDATE, Action.DELETE, Action.NO_OP, Action.HANDOFF)
