"""Guard rails: what is refused unless it is allowed by name, however it was asked for.

Nothing guards against a removal or a grant beyond ``Mail.Send``, for no step does either: the only thing
that ``apply`` removes is a secret of ours that nobody ever received, or whose removal was asked for before.
"""

from __future__ import annotations

from collections.abc import Sequence

from provision.errors import Finding, Severity, catalogue
from provision.plan import audience
from provision.plan.model import Plan
from provision.resources import Desired, Observed, application, client_secret, owner

MANY = 50  # changes in one run


def check(desired: Desired, observed: Observed) -> tuple[Finding, ...]:
    """Return the findings that one plan is refused for."""
    app, wanted = observed.application, desired.application
    return (
        *audience.check(wanted, app),
        *_tags(desired, observed),
        *owner.check(observed.owner_candidates),
    )


def _tags(desired: Desired, observed: Observed) -> tuple[Finding, ...]:
    """Say so where only its name and its marks tell that an application is ours: its tags were wiped.

    One that ``client_id`` names is taken as it is, and gets the tag.
    """
    app = observed.application
    if app is None or application.OWNER_TAG in app.tags or desired.application.client_id is not None:
        return ()
    marked = client_secret.marked(desired.client_secret, observed.secrets)
    if not marked:
        return ()
    held = ", ".join(f"{item.key_id} (begins with {item.hint or '?'})" for item in marked)
    kept = ", ".join(app.tags) or "none"
    message = (
        f"'{app.display_name}' ({app.app_id}) has this config's uniqueName and secrets with its mark "
        f"({held}), "
        f"but not the tag '{application.OWNER_TAG}'; its tags are: {kept}"
    )
    return (Finding(catalogue.TAGS_LOST, Severity.ERROR, message),)


def fleet(plans: Sequence[Plan]) -> Finding | None:
    """Return the finding that all plans of one run together are refused for, if any."""
    return many(sum(len(plan.pending) for plan in plans), sum(bool(plan.pending) for plan in plans))


def many(count: int, applications: int) -> Finding | None:
    """Return the finding of so many changes to so many applications, if they are too many for one run."""
    if count <= MANY:
        return None
    return Finding(
        catalogue.MANY_CHANGES,
        Severity.ERROR,
        f"{count} changes to {applications} applications in one run; {MANY} pass without being allowed",
    )
