"""Which rights a plan takes, and whether they are there: the values that a report shows."""

from __future__ import annotations

from enum import StrEnum

from provision.values import dataclass


class Step(StrEnum):
    """What a right is needed for."""

    READ = "read"
    CREATE = "create-application"
    CHANGE = "change-application"
    PRINCIPAL = "create-service-principal"
    OWNERS = "add-owners"
    GRANT = "grant-consent"
    LIMIT = "limit-mailbox"
    POLICY = "read-policy"
    MAILBOX = "read-mailbox"
    SCOPE = "read-mailbox-scope"


class Presence(StrEnum):
    """Whether a right is there. ``MISSING`` is sure; whatever is not is ``UNKNOWN``."""

    PRESENT = "present"
    MISSING = "missing"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not-needed"  # no pending change needs it
    NOT_CHECKED = "not-checked"  # it would only let more be seen, and it is not there


@dataclass(frozen=True, slots=True)
class Right:
    """One step, whether this identity may take it, and what would be enough if not."""

    step: Step
    what: str  # the step in words, as in "to create the application"
    presence: Presence
    detail: str  # by what it is there, or what is missing
    least: str  # the least right that suffices, for an identity of this kind
    giver: str  # who can give it
    source: str
