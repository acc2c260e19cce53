"""The person at the terminal, for a verb that writes: shown what is due, and asked before it is done."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from provision.cli.console import ask, colorful, columns, talk, typed
from provision.cli.options import Common
from provision.errors import catalogue
from provision.outcomes.plans import Plans
from provision.plan.model import Plan
from provision.report.escape import plain
from provision.report.fleet_summary import is_fleet, plans_summary
from provision.report.formats import Format, Medium
from provision.report.text import plan_text
from provision.values import dataclass


@dataclass(frozen=True)
class Asking:
    """Asks on the terminal, unless ``--yes`` is the answer."""

    options: Common
    yes: bool
    named: bool = False  # the name of each config is typed, and not yes

    def confirm(self, due: Sequence[Plan]) -> None:
        """Show what is due and ask; ``ProvisionError`` if the answer is no or nobody can give one."""
        color, plans = colorful(sys.stderr, plain=self.options.no_color), Plans(tuple(due))
        shown = Medium(color, columns(sys.stderr), full=self.options.full)
        if self.options.output is not Format.JSON and is_fleet(plans, shown):
            talk(plans_summary(plans, shown))
        elif self.options.output is not Format.JSON:
            for plan in due:
                with self.options.ci.group(f"Plan: {plan.name}", sys.stderr):
                    talk(plan_text(plan, color=color, width=columns(sys.stderr)))
        if self.named and not self.yes:
            for plan in due:
                typed(f"Type {plain(plan.name)} to end it", plan.name)
            return
        count = sum(len(plan.pending) for plan in due)
        # What was allowed by name is said once more, with its date, where the answer is given.
        short = "".join(
            f"{plain(plan.name)}: {plain(finding.message)}.\n"
            for plan in due
            for finding in plan.findings
            if finding.entry is catalogue.SHORTER_LIFE
        )
        changes = "this change" if count == 1 else f"these {count} changes"
        ask(f"{short}Make {changes}?", yes=self.yes)

    def tell(self, text: str) -> None:
        """Say something on stderr."""
        talk(text)
