"""Guard rails: what is refused unless it is allowed by name, however it was asked for.

Nothing guards against a removal or a grant beyond ``Mail.Send``, for no step does either: the only thing
that ``apply`` removes is a secret of ours that nobody ever received.
"""

from __future__ import annotations

from collections.abc import Sequence

from provision.errors import Finding, Severity, catalogue
from provision.plan.model import Plan
from provision.resources import Desired, Observed, application

MANY = 50  # changes in one run


def check(desired: Desired, observed: Observed) -> tuple[Finding, ...]:
    """Return the findings that one plan is refused for."""
    app, wanted = observed.application, desired.application.sign_in_audience
    if app is None or app.sign_in_audience != application.ONE_TENANT or wanted == application.ONE_TENANT:
        return ()
    return (
        Finding(
            catalogue.AUDIENCE_WIDENED,
            Severity.ERROR,
            f"sign_in_audience would change from {app.sign_in_audience} to {wanted}",
        ),
    )


def fleet(plans: Sequence[Plan]) -> Finding | None:
    """Return the finding that all plans of one run together are refused for, if any."""
    count = sum(len(plan.pending) for plan in plans)
    if count <= MANY:
        return None
    return Finding(
        catalogue.MANY_CHANGES,
        Severity.ERROR,
        f"{count} changes to {sum(bool(plan.pending) for plan in plans)} applications in one run; "
        f"{MANY} pass without being allowed",
    )
