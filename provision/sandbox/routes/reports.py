"""``/beta/reports``: which credential of an application signed in last."""

from __future__ import annotations

from urllib.parse import urlsplit

from provision.sandbox.entities.reports import ACTIVITY
from provision.sandbox.errors import unknown_segment
from provision.sandbox.odata.collection import Listing
from provision.sandbox.tokens import activity
from provision.sandbox.wire.call import Answer, Call
from provision.sandbox.wire.routing import Endpoint

# https://learn.microsoft.com/graph/deployments: the call is in the global service only.
_NATIONAL = ("graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn")


def activities(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/reportroot-list-appcredentialsigninactivities."""
    if urlsplit(call.root).hostname in _NATIONAL:
        raise unknown_segment("appCredentialSignInActivities")
    found = activity.shown(call.tenant, call.clock.now(), call.report_lag)
    return Listing(call, ACTIVITY, ACTIVITY.collection).answer(found)


ENDPOINTS = [Endpoint("GET", ACTIVITY.collection, activities, beta=True)]
