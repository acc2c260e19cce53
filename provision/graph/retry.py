"""Which failures are worth another try, and after how long. Pure: no clock, no network.

The SDK's own retry middleware is switched off: it repeats every method on 429, 503 and 504, and a
repeated ``addPassword`` whose first answer was lost makes a second secret.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from provision.graph.answers import Failure, Lost, Refusal
from provision.values import dataclass

BUSY = (429, 503)
BROKEN = (500, 502, 504)
FIRST_WAIT, LONGEST_WAIT = 1.0, 15.0
REPLICATION = timedelta(minutes=10)  # for so long a replica may not know what was made


class Repeat(Enum):
    """What repeating a request does if its first try took effect unseen."""

    HARMLESS = "harmless"  # reads, PATCH, DELETE, upserts, and what answers "already there"
    HARMFUL = "harmful"  # addPassword: the caller must look first


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a failure is worth another try, in words for the progress line."""

    text: str
    least: float = 0.0  # seconds that the service asked to wait


def reason_to_retry(failure: Failure, repeat: Repeat, *, fresh: bool) -> Reason | None:
    """Return why the request should be tried again, or ``None`` if that would not help or could do harm.

    ``fresh`` is true for objects that were created moments ago: a replica that has not heard of them yet
    answers as if they did not exist.
    """
    if isinstance(failure, Lost):
        if failure.sent and repeat is Repeat.HARMFUL:
            return None
        return Reason("the connection was lost" if failure.sent else "no connection can be made")
    assert isinstance(failure, Refusal)
    if failure.status == 429:
        return Reason("Graph asks to slow down", failure.retry_after or 0.0)
    if failure.status == 424:  # in a batch: it was not begun
        return Reason("what it went together with failed")
    if failure.status == 409 and failure.code == "Directory_ConcurrencyViolation":
        return Reason("somebody else is writing to the same object")
    if failure.status in (*BUSY, *BROKEN) and repeat is Repeat.HARMLESS:
        return Reason(f"Graph has a temporary fault ({failure.status})", failure.retry_after or 0.0)
    if fresh and replicating(failure):
        return Reason("Entra has not yet spread the new object")
    return None


def replicating(refusal: Refusal) -> bool:
    """Say whether a refusal is what a replica answers that has not heard of a new object.

    Source: https://github.com/hashicorp/terraform-provider-azuread, which retries the same ones.
    """
    match refusal.status:
        case 404:
            # The second is what grants answer right after a creation: Azure CLI's users meet it.
            return refusal.code in ("Request_ResourceNotFound", "Directory_ObjectNotFound")
        case 400:
            return (
                "NoBackingApplicationObject" in refusal.details
                or "does not reference a valid application object" in refusal.message
                or refusal.message.startswith("Not a valid reference update")
                or refusal.message.startswith("No password credential found")
            )
        case 403:  # an OwnedBy caller's principal, whose application is not there yet
            return refusal.message.startswith("When using this permission, the backing application")
    return False


def pause(attempt: int, reason: Reason, jitter: float) -> float:
    """Return the seconds to wait before try number ``attempt`` + 1; ``jitter`` is between 0 and 1."""
    backoff = min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT)
    return max(reason.least, backoff * (0.5 + jitter / 2))
