"""How Azure DevOps refuses: the number in front of its message (TF…, VS…) says more than the status.

Sources are the service's pages and users' quotations; each rule names its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from provision.delivery.refusals import Rule, judge
from provision.delivery.service import ServiceError, Sort

ROLE = (
    "The role Administrator on the variable group (Pipelines > Library > the group > Security) is given by a "
    "Project Administrator; a token also needs the scope Variable Groups (read, create, & manage): "
    "https://learn.microsoft.com/azure/devops/pipelines/library/variable-groups"
)
SIGN_IN = "Set AZURE_DEVOPS_EXT_PAT to a valid token, or see --auth for the ways to sign in."
_TOKENS = "https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate"

RULES = (
    Rule(
        Sort.SIGN_IN,
        "The organization's Conditional Access does not let this sign-in in: run on a machine or as an "
        "identity that it allows.",
        "https://learn.microsoft.com/azure/devops/organizations/accounts/change-application-access-policies",
        words="VS403463",
        transient=False,
    ),
    Rule(
        Sort.SIGN_IN,
        "The personal access token has expired: make another, and set AZURE_DEVOPS_EXT_PAT.",
        _TOKENS,
        words="Personal Access Token used has expired",
        transient=False,
    ),
    Rule(
        Sort.RIGHTS,
        "The token may read the group, but not write it: it needs the scope Variable Groups (read, create, & "
        "manage).",
        "https://github.com/MicrosoftDocs/vsts-rest-api-specs/issues/601",
        statuses=(401,),
        method="PUT",
    ),
    Rule(
        Sort.SIGN_IN,
        f"The identity is no member of the organization, or the token is for another one. {SIGN_IN}",
        "https://learn.microsoft.com/azure/devops/organizations/security/troubleshoot-permissions",
        words="TF400813|VS30063",
    ),
    Rule(Sort.SIGN_IN, SIGN_IN, _TOKENS, statuses=(203, 301, 302, 401)),
    Rule(
        Sort.STATE,
        "Compare the project's name with the address of its page; an identity that may not see the project "
        "gets the same answer.",
        "https://learn.microsoft.com/azure/devops/organizations/security/troubleshoot-permissions",
        words="TF200016|VS800075|project does not exist",
    ),
    Rule(
        Sort.STATE,
        "Two groups of the project would have this name: rename one.",
        "https://learn.microsoft.com/azure/devops/pipelines/library/variable-groups",
        codes=("VariableGroupExistsException",),
    ),
    Rule(
        Sort.STATE,
        "See that the group is there, in this project.",
        "https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups/get",
        codes=("VariableGroupNotFoundException",),
    ),
    Rule(
        Sort.STATE,
        "The group names no project that it belongs to: save it once in Pipelines > Library, or take "
        "another.",
        "https://github.com/microsoft/azure-devops-node-api/issues/424",
        words="project information name is not valid",
    ),
    Rule(
        Sort.LIMIT,
        "Run again later: https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits",
        "https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits",
        words="TF400733",
    ),
    Rule(
        Sort.LIMIT,
        "Run again later: https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits",
        "https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits",
        statuses=(429,),
    ),
    Rule(
        Sort.RIGHTS,
        f"{ROLE}. A group that several projects share needs the role for each of them.",
        "https://learn.microsoft.com/azure/devops/pipelines/library/variable-groups",
        statuses=(403,),
    ),
    Rule(Sort.RIGHTS, ROLE, "https://learn.microsoft.com/azure/devops/pipelines/library/", statuses=(404,)),
    Rule(Sort.STATE, "", "https://learn.microsoft.com/rest/api/azure/devops/", statuses=(400, 409)),
)


def explain(trouble: ServiceError, method: str, _headers: Mapping[str, str]) -> None:
    """Give a refusal of Azure DevOps its kind and next step, and take its number for its code."""
    number = re.search(r"\b(?:TF|VS)[0-9]{5,7}\b", trouble.message)
    judge(RULES, trouble, method)
    if number:
        trouble.code = number[0]
    if trouble.sort is Sort.SIGN_IN:
        trouble.message = f"the token was not accepted ({trouble.message})"
