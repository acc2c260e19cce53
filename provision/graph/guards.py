"""What keeps a pipeline's identity behind an approval, as far as the job itself can see.

The token that GitHub presents to Entra names the job's environment; the rules of that environment can be
read with ``permissions: actions: read``. Everything else is not seen from a job, and that is said.
Sources: https://docs.github.com/actions/reference/security/oidc,
https://docs.github.com/actions/reference/workflows-and-actions/variables (GITHUB_REF_PROTECTED) and
https://docs.github.com/rest/deployments/environments#get-an-environment
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from provision.errors import ProvisionError
from provision.network import current
from provision.network.clients import synchronous
from provision.values import dataclass

_UNSEEN = "cannot be seen from here"
TOKEN = "GUARDS_TOKEN"  # noqa: S105 - the name of a variable; action.yml sets it for doctor


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard: whether it is there, None where a job cannot see it, and in words."""

    name: str
    there: bool | None
    message: str


def seen(claims: Mapping[str, Any]) -> tuple[Guard, ...]:
    """Return the guards of the pipeline around this process; none where there is no pipeline.

    ``claims`` are those of the token that the host presents; empty if there is none.
    """
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return _github(claims)
    if os.environ.get("TF_BUILD", "").lower() == "true":
        return (Guard("guards", None, f"the checks of the service connection: {_UNSEEN}; look at its page"),)
    return ()


def _github(claims: Mapping[str, Any]) -> tuple[Guard, ...]:
    protected = os.environ.get("GITHUB_REF_PROTECTED") == "true"
    ref = os.environ.get("GITHUB_REF_NAME", "")
    branch = Guard(
        "branch rules",
        protected,
        f"{ref} is protected; by which rules, {_UNSEEN}"
        if protected
        else f"{ref} is not protected: anybody who may write can push to it",
    )
    name = claims.get("environment")
    if not claims:
        return branch, Guard("environment", None, f"{_UNSEEN}: GitHub gives this job no token for Entra")
    if not isinstance(name, str):
        return branch, Guard("environment", False, "this job names none, so no approval is asked for")
    found = _environment(name)
    if isinstance(found, str):
        return branch, Guard("environment", None, f"{name}; its rules: {found}")
    return branch, *_rules(name, found)


def _environment(name: str) -> dict[str, Any] | str:
    """Return the environment as GitHub describes it, or why it cannot be seen."""
    values = [os.environ.get(key, "") for key in ("GITHUB_API_URL", "GITHUB_REPOSITORY", TOKEN)]
    url, repository, token = values
    if not all(values):
        return f"{_UNSEEN}; the action's command doctor looks, with 'permissions: actions: read'"
    try:
        with synchronous(current(), timeout=30.0) as http:
            answer = http.get(
                f"{url}/repos/{repository}/environments/{quote(name, safe='')}",
                headers={"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"},
            )
        found = answer.json() if answer.is_success else None
    except ProvisionError as error:  # of the network's variables
        return f"{_UNSEEN}; {error.message}"
    except (httpx.HTTPError, ValueError):
        return f"{_UNSEEN}; GitHub's API did not answer"
    if not isinstance(found, dict):
        return f"{_UNSEEN}; GitHub answered {answer.status_code} (the job needs 'permissions: actions: read')"
    return found


def _rules(name: str, found: Mapping[str, Any]) -> tuple[Guard, ...]:
    rules: Sequence[Mapping[str, Any]] = [
        rule for rule in found.get("protection_rules") or () if isinstance(rule, dict)
    ]
    reviewed = next((rule for rule in rules if rule.get("type") == "required_reviewers"), None)
    alone = bool(reviewed and reviewed.get("prevent_self_review"))
    policy = found.get("deployment_branch_policy")
    bypass = found.get("can_admins_bypass")
    return (
        Guard(
            "environment",
            reviewed is not None,
            f"{name} has required reviewers" if reviewed else f"{name} has no required reviewers",
        ),
        Guard("self-review", alone, "prevented" if alone else "whoever started the run may release it"),
        Guard(
            "deployment branches",
            policy is not None,
            "limited; to which, look at the environment's page" if policy else "any branch may name it",
        ),
        Guard(
            "administrators",
            None if bypass is None else not bypass,
            _UNSEEN if bypass is None else f"may {'' if bypass else 'not '}go past these rules",
        ),
    )
