"""Read which credential signed in last: ``/beta/reports/appCredentialSignInActivities``, of the global cloud.

Source: https://learn.microsoft.com/graph/api/reportroot-list-appcredentialsigninactivities
"""

from __future__ import annotations

import re
from datetime import datetime

from provision.errors import ProvisionError
from provision.graph import beta
from provision.graph.answers import Failure, Refusal
from provision.graph.client import Graph
from provision.graph.records import maybe, part, time
from provision.graph.refusals import is_denied
from provision.resources.last_use import READ, Observed

_PATH = "reports/appCredentialSignInActivities"
_WITHOUT = ("gcc-high", "dod", "china")  # the page says "global service" alone


async def read(graph: Graph, app_id: str | None = None) -> Observed:
    """Return the last sign-in of each credential, of one application or of all that the tenant tells of.

    Nothing fails for it: where it cannot be read, ``unread`` says why.
    """
    if graph.cloud.name in _WITHOUT:
        return Observed(unread=f"the cloud {graph.cloud.name} has no such report")
    try:
        items = await beta.collect(graph, _PATH, where=f"appId eq '{app_id}'" if app_id else None)
        found: dict[str, datetime] = {}
        for item in items:
            key, last = maybe(item, "keyId"), _last(part(item, "signInActivity"))
            if key is not None and last is not None:
                found[key.lower()] = max(last, found.get(key.lower(), last))
    except ProvisionError as error:
        return Observed(unread=error.message)
    except Failure as failure:
        if is_denied(failure):
            return Observed(unread=f"needs {READ}")
        known = f"{failure.status} {failure.code}" if isinstance(failure, Refusal) else "nothing"
        return Observed(unread=f"Graph's beta answers {known}".rstrip())
    return Observed(found, graph.now())


def _last(activity: dict[str, object]) -> datetime | None:
    """The page's examples have an hour of one digit in the zone: ``-8:00``."""
    text = maybe(activity, "lastSignInDateTime")
    if text is None:
        return None
    padded = re.sub(r"([+-])(\d):(\d\d)$", r"\g<1>0\2:\3", text)
    return time({"lastSignInDateTime": padded}, "lastSignInDateTime")
