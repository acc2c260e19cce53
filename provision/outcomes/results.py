"""What the verbs come to that carry plans out or look at what was carried out: a result a config."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from provision.errors import Exit, catalogue, worst
from provision.outcomes.plans import AllCarriedOut, attention
from provision.outcomes.result import ConsentState, Result, Status
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Results(AllCarriedOut[Result]):
    """What ``show`` found: that a consent is still to be given is no fault of a look."""

    kind: ClassVar[str] = "results"

    @property
    def exit(self) -> Exit:
        """The worst of what failed and what cannot wait."""
        return worst([*(error.exit for error in self.errors), attention(one.plan for one in self.made)])


@dataclass(frozen=True, slots=True)
class Applied(Results):
    """What ``apply`` and ``rotate`` did; what is not over while a person's part is to be done."""

    allowed: Collection[str] = ()

    @property
    def exit(self) -> Exit:
        """The worst of what failed, what cannot wait, a consent that is to be given, and what was proved."""
        verified = [one.verified.verification.exit for one in self.made if one.verified]
        waits = any(o.status is Status.HANDOFF for one in self.made for o in one.outcomes)
        handed = Exit.CONSENT if waits and catalogue.CONSENT_PENDING.name not in self.allowed else Exit.DONE
        pending = consent_pending(self.made, self.allowed)
        return worst([Results(self.items).exit, pending, handed, *verified])


@dataclass(frozen=True, slots=True)
class Consents(Results):
    """How each consent stands; ``told``: the message to the administrator was printed before the wait."""

    kind: ClassVar[str] = "consents"
    allowed: Collection[str] = ()
    told: bool = False

    @property
    def exit(self) -> Exit:
        """The worst of what failed and a consent that is to be given."""
        return worst([*(error.exit for error in self.errors), consent_pending(self.made, self.allowed)])


def consent_pending(results: Collection[Result], allowed: Collection[str]) -> Exit:
    """Return 3 if a consent is still to be given, unless that is allowed by name; else ``DONE``."""
    pending = any(one.consent.state is ConsentState.REQUIRED for one in results)
    return Exit.CONSENT if pending and catalogue.CONSENT_PENDING.name not in allowed else Exit.DONE
