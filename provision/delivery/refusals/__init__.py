"""What the services' refusals mean: for each service a table from its answers to kind, word and next step."""

from __future__ import annotations

import re
from collections.abc import Iterable

from provision.delivery.service import ServiceError, Sort
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One refusal of a service, recognised by status, code or words; what is empty matches anything."""

    sort: Sort
    fix: str
    source: str  # the service's page, or where users quote the answer
    statuses: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()
    words: str = ""  # an expression that the message must hold
    method: str = ""
    transient: bool | None = None  # whether another try may help; None: as the status says
    wait: float = 0.0  # seconds to wait before it, where the service asks for none

    def fits(self, trouble: ServiceError, method: str) -> bool:
        """Say whether the trouble is this refusal."""
        return (
            (not self.statuses or trouble.status in self.statuses)
            and (not self.codes or trouble.code in self.codes)
            and (not self.method or method == self.method)
            and bool(re.search(self.words, trouble.message, re.IGNORECASE))
        )


def judge(rules: Iterable[Rule], trouble: ServiceError, method: str = "") -> None:
    """Give the trouble its kind and next step, by the first rule that fits; none leaves it as it is."""
    for rule in rules:
        if rule.fits(trouble, method):
            trouble.sort = rule.sort
            trouble.fix = rule.fix or trouble.fix
            trouble.wait = trouble.wait or rule.wait
            if rule.transient is not None:
                trouble.transient = rule.transient
            return
