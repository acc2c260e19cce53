"""Whether what would be done now is what was approved, config by config; pure.

An approval is a saved plan, or digests: that of a whole set, or those of single plans, which may be some of a
set. No plan at all is a set, too: its digest says that nothing is to be done. What is not approved is not
done.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from provision.errors import ProvisionError, catalogue
from provision.plan.model import Plan
from provision.plan.saved import Approved, Saved, differences, overall, refuse_expired
from provision.values import dataclass

_SHORT = len("sha256:") + 12  # of a digest, where many stand in one line
_SHOWN = 80  # characters of what was given as a digest


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody approved: a plan file that was read, digests, or neither.

    ``subset``: some configs of the file were asked for by name, so that the others need not be there.
    """

    saved: Saved | None = None
    digests: tuple[str, ...] = ()
    subset: bool = False

    @property
    def given(self) -> bool:
        """Whether there is one."""
        return self.saved is not None or bool(self.digests)


NONE = Approval()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a plan is not what was approved; without a plan, why the set is not."""

    error: ProvisionError
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The plans that are as approved, and those that are not."""

    approved: tuple[Plan, ...]
    refused: tuple[Refused, ...] = ()


def judge(
    approval: Approval, plans: Sequence[Plan], *, whole: bool, now: datetime, allowed: Collection[str]
) -> Judgement:
    """Return which plans are as approved; one that no digest was given for is neither approved nor refused.

    ``whole`` is false if a config of the set could not be planned: then the set has no digest. Raises
    ``ProvisionError`` if the plan file has expired, or is of other configs.
    """
    found = Judgement(tuple(plans))
    if approval.saved is not None:
        found = _by_file(approval.saved, plans, subset=approval.subset, now=now, allowed=allowed)
    if approval.digests and not found.refused:
        found = _by_digests(approval.digests, found.approved, whole=whole)
    return found


def _by_file(
    saved: Saved, plans: Sequence[Plan], *, subset: bool, now: datetime, allowed: Collection[str]
) -> Judgement:
    refuse_expired(saved, now=now)
    before = {(plan.tenant_id, plan.name): plan for plan in saved.plans}
    after = {(plan.observed.tenant_id, plan.name): plan for plan in plans}
    strangers = after.keys() - before.keys() if subset else after.keys() ^ before.keys()
    if strangers:
        raise ProvisionError(
            catalogue.STALE_PLAN,
            "the plan was approved for other configs or tenants; they differ in: "
            + ", ".join(sorted({name for _, name in strangers})),
        )
    refusals = {key: _refusal(before[key], plan, allowed) for key, plan in after.items()}
    return Judgement(
        tuple(plan for key, plan in after.items() if refusals[key] is None),
        tuple(Refused(error, after[key]) for key, error in refusals.items() if error is not None),
    )


def _refusal(before: Approved, plan: Plan, allowed: Collection[str]) -> ProvisionError | None:
    if changed := differences(before, plan):
        return ProvisionError(
            catalogue.STALE_PLAN,
            "what would be done is not what was approved: " + "; ".join(changed),
            name=plan.name,
        )
    if plan.delivery != before.delivery and catalogue.DELIVERY_CHANGED.name not in allowed:
        return ProvisionError(
            catalogue.DELIVERY_CHANGED,
            f"{plan.name}: the secret would go to {plan.delivery}; {before.delivery} was planned",
            name=plan.name,
        )
    return None


def _by_digests(digests: Sequence[str], plans: Sequence[Plan], *, whole: bool) -> Judgement:
    given = list(dict.fromkeys(text.strip().lower() for text in digests))
    together = {overall(plans)} if whole else set()
    approved = tuple(plan for plan in plans if plan.digest in given or together & set(given))
    stale = [digest for digest in given if digest not in {plan.digest for plan in plans} | together]
    if not stale:
        return Judgement(approved)
    others = [plan for plan in plans if plan.digest not in given]
    return Judgement(approved, _stale(stale, others, given, plans))


def _stale(
    stale: Sequence[str], others: Sequence[Plan], given: Sequence[str], plans: Sequence[Plan]
) -> tuple[Refused, ...]:
    """Say what the digest of each config is that no digest fits; of one digest for a set, that of the set."""
    said = ", ".join(digest[:_SHOWN] for digest in stale)
    if len(given) == 1 and len(plans) > 1:
        each = ", ".join(f"{plan.name} {plan.digest[:_SHORT]}" for plan in plans)
        error = ProvisionError(
            catalogue.STALE_PLAN,
            f"the digest of these {len(plans)} plans is {overall(plans)}, and {said} was approved; "
            f"one by one they are now: {each}",
            fix="Compare with the digest of each plan that was approved. With --expect-digest once for each "
            "plan, the config that differs is named.",
        )
        return (Refused(error),)
    due = [plan for plan in others if plan.pending or plan.handed_off] or list(others)
    if not due:
        said += " was approved, and is the digest of no plan here"
        return (Refused(ProvisionError(catalogue.STALE_PLAN, said)),)
    return tuple(
        Refused(
            ProvisionError(
                catalogue.STALE_PLAN,
                f"{plan.name}: the digest is {plan.digest}, and {said} was approved",
                name=plan.name,
            ),
            plan,
        )
        for plan in due
    )
