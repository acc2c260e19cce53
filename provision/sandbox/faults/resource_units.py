"""What a request costs of the directory's quota: ``x-ms-resource-unit``.

https://learn.microsoft.com/graph/throttling-limits, identity and access; a list of applications was
recorded with 2 in Azure/azure-powershell, src/Resources, Application.Recording.json.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs

_ID = r"[^/]+"
_BY_IDS = "directoryobjects/getbyids"
# Method and path, below the version, to the base cost; any other costs 1.
_COSTS: tuple[tuple[str, str, int], ...] = (
    ("GET", "applications", 2),
    ("GET", f"applications/{_ID}/extensionproperties", 2),
    ("GET", "contracts", 3),
    ("POST", _BY_IDS, 5),
    ("GET", f"domains/{_ID}/domainnamereferences", 4),
    ("GET", f"groups/{_ID}/members", 3),
    ("GET", f"groups/{_ID}/transitivemembers", 5),
    ("POST", f"(?:me|users/{_ID})/checkmember(?:groups|objects)", 4),
    ("POST", f"(?:me|users/{_ID})/getmember(?:groups|objects)", 2),
    ("GET", "me/(?:licensedetails|memberof|ownedobjects|transitivememberof)", 2),
    ("GET", f"oauth2permissiongrants(?:/{_ID})?", 2),
    ("GET", f"serviceprincipals/{_ID}/approleassignments", 2),
    ("GET", "subscribedskus", 3),
    ("GET", "users", 2),
)
_PATTERNS = tuple((method, re.compile(path), cost) for method, path, cost in _COSTS)
_BY_IDS_SELECTED = 2
_SMALL_PAGE = 20  # a ``$top`` below it makes a request cheaper


def of(method: str, path: str, query: str) -> int:
    """Return the units of one request; never less than 1."""
    below = _below(path)
    cost = _listed(method, below) or 1
    options = {name.lower().lstrip("$"): values[-1] for name, values in parse_qs(query).items()}
    if below == _BY_IDS and "select" in options:
        return _BY_IDS_SELECTED
    top = options.get("top", "")
    cost -= "select" in options
    cost += "expand" in options
    cost -= top.isdigit() and int(top) < _SMALL_PAGE
    return max(cost, 1)


def writes(method: str, path: str) -> int:
    """Return how many writes a request counts for: 1, or 0 for what only reads."""
    return 0 if method == "GET" or _listed(method, _below(path)) else 1


def _below(path: str) -> str:
    return path.strip("/").lower().partition("/")[2]


def _listed(method: str, below: str) -> int | None:
    return next(
        (cost for verb, pattern, cost in _PATTERNS if verb == method and pattern.fullmatch(below)), None
    )
