"""What to ask whoever runs Entra for, where policy forbids the secret: a policy for this one application.

Sources: https://learn.microsoft.com/graph/api/appmanagementpolicy-post,
https://learn.microsoft.com/graph/api/appmanagementpolicy-post-appliesto and, for the roles,
https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from provision.resources import Desired, Observed
from provision.resources.app_management_policy import ADDITION, LIFETIME, Policy
from provision.resources.client_secret.span import RECOMMENDED, nominal

_DAY = timedelta(days=1)


def words(desired: Desired, observed: Observed, *, now: datetime) -> str:
    """Return the request; the policy in it is one object of JSON, with no blank within a string."""
    longest = _longest(desired, observed)
    app = observed.application
    where = f"applications/{app.id}" if app else "applications/(its object id, once apply made it)"
    custom = observed.policy.custom
    instead = f" in place of '{custom.name}', for it may have one alone" if custom else ""
    return (
        "Ask a Cloud Application Administrator, with Policy.ReadWrite.ApplicationConfiguration and "
        "Application.Read.All, for an exception to MS.AAD.5.5v1 (CISA SCuBA: no new passwords), until "
        f"{now + longest:%Y-%m-%d}, when the secret ends: POST /v1.0/policies/appManagementPolicies "
        f"{json.dumps(policy(desired, longest))} and POST /v1.0/{where}/appManagementPolicies/$ref "
        f"with the new policy's address as @odata.id{instead}. It replaces the tenant's default for this "
        "application: add what that says of keys. '--allow secrets-blocked' asks Entra all the same."
    )


def policy(desired: Desired, longest: timedelta) -> dict[str, Any]:
    """Return the custom policy: secrets that Entra makes, for no longer than that."""
    return {
        "displayName": f"provision:{desired.name}",
        "description": "MS.AAD.5.5v1",
        "isEnabled": True,
        "restrictions": {
            "passwordCredentials": [
                {"restrictionType": ADDITION, "state": "disabled", "maxLifetime": None},
                {"restrictionType": "customPasswordAddition", "state": "enabled", "maxLifetime": None},
                {"restrictionType": LIFETIME, "state": "enabled", "maxLifetime": f"P{longest.days}D"},
            ]
        },
    }


def _longest(desired: Desired, observed: Observed) -> timedelta:
    """Return the lifetime to ask for: the config's, at most 180 days, at most what the default allows.

    Entra compares with "less than", so a day more than the config asks for.
    """
    default: Policy | None = observed.policy.default
    limited = (
        (r.max_lifetime for r in default.restrictions if r.type == LIFETIME and r.enabled) if default else ()
    )
    return max(
        _DAY, min(nominal(desired.client_secret.lifetime) + _DAY, RECOMMENDED, *(x for x in limited if x))
    )
