"""What a plan is made of: one change to one object, and why it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from provision.values import dataclass


class Action(StrEnum):
    """What is to be done, in the words of Terraform's plan JSON; ``handoff`` is a person's part."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NO_OP = "no-op"
    HANDOFF = "handoff"


@dataclass(frozen=True, slots=True)
class Change:
    """One object: what is there, what will be there, and the step between (``None`` if nothing is due).

    ``before`` and ``after`` hold what a reviewer reads: names, no computed dates, never a secret.
    ``step`` is the value that the room ``graph/`` performs.
    """

    address: str
    action: Action
    reason: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    step: object | None = field(default=None, compare=False)
