"""Relations to things that nothing here ever makes: they are there to be read, and empty.

The relationships on https://learn.microsoft.com/graph/api/resources/application and .../serviceprincipal;
Microsoft365DSC and Graph PowerShell read them when they look back at an application.
"""

from __future__ import annotations

from provision.sandbox.routes import common
from provision.sandbox.wire.call import Answer, Call
from provision.sandbox.wire.routing import Endpoint

_EMPTY = {
    "application": ("homeRealmDiscoveryPolicies", "tokenIssuancePolicies", "tokenLifetimePolicies"),
    "servicePrincipal": (
        "claimsMappingPolicies",
        "delegatedPermissionClassifications",
        "endpoints",
        "homeRealmDiscoveryPolicies",
        "tokenIssuancePolicies",
        "tokenLifetimePolicies",
    ),
}


def _endpoint(kind: str, name: str) -> Endpoint:
    collection = common.TYPES[kind].collection

    def listed(call: Call) -> Answer:
        common.find(call, kind, call.keys["id"])
        where = f"{collection}('{call.keys['id'].value}')/{name}"
        return Answer(200, {"@odata.context": f"{call.service}/$metadata#{where}", "value": []})

    return Endpoint("GET", f"{collection}/{{id}}/{name}", listed)


ENDPOINTS = [_endpoint(kind, name) for kind, names in _EMPTY.items() for name in names]
