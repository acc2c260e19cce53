"""How GitHub refuses. Most are a 403 that only its words tell apart.

Source: https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from provision.delivery.refusals import Rule, judge
from provision.delivery.service import ServiceError, Sort, one_line

# Sources: the fine-grained permissions on https://docs.github.com/rest/actions/secrets and /variables, and
# for an environment the page of github_actions_environment_public_key on
# https://registry.terraform.io/providers/integrations/github/latest/docs
RIGHTS = (
    "The token needs write access to Secrets and Variables of the repository, for an environment to "
    "Environments as well, or the scope repo of a classic token; its owner gives it. A workflow's "
    "own GITHUB_TOKEN cannot have it: https://docs.github.com/rest/actions/secrets"
)
# https://docs.github.com/actions/reference/security/secrets#limits-for-secrets and
# https://docs.github.com/actions/reference/workflows-and-actions/variables
MOST_SECRETS = 100  # of a repository, and of an environment
MOST_VARIABLES = {False: 500, True: 100}  # of a repository; True: of an environment
_PAGE = "https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api"

RULES = (
    Rule(
        Sort.LIMIT,
        "Run again later, and have fewer runs use this token at the same time.",
        "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api",
        statuses=(403, 429),
        words="rate limit|abuse detection",
        transient=True,
        wait=60.0,  # "Otherwise, wait for at least one minute before retrying."
    ),
    Rule(
        Sort.LIMIT,
        "Run again later.",
        "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api",
        statuses=(429,),
        wait=60.0,
    ),
    Rule(
        Sort.SIGN_IN,
        "Authorize the token for the organization's single sign-on: GitHub's Settings > Developer settings > "
        "the token > Configure SSO.",
        "https://github.com/ossf/scorecard/issues/1504",
        statuses=(403,),
        words="SAML enforcement",
    ),
    Rule(
        Sort.NETWORK,
        "Have an owner add this machine's address to the organization's IP allow list, or run on a machine "
        "that is on it.",
        "https://docs.github.com/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/managing-allowed-ip-addresses-for-your-organization",
        statuses=(403,),
        words="IP allow list",
    ),
    Rule(
        Sort.SIGN_IN,
        "The organization's policy refuses such a token: make one of the kind and with the lifetime that it "
        "allows, or a GitHub App.",
        "https://docs.github.com/organizations/managing-programmatic-access-to-your-organization/setting-a-personal-access-token-policy-for-your-organization",
        statuses=(403,),
        words="forbids access via",
    ),
    Rule(
        Sort.STATE,
        "Unarchive the repository, or choose another.",
        "https://docs.github.com/repositories/archiving-a-github-repository/archiving-repositories",
        statuses=(403,),
        words="archived so is read-only",
    ),
    Rule(
        Sort.STATE,
        "Ask GitHub's support; nothing can be written there.",
        _PAGE,
        statuses=(403, 451),
        words="access blocked|account was suspended",
    ),
    Rule(Sort.RIGHTS, RIGHTS, _PAGE, statuses=(403,), words="not accessible by|must have admin rights"),
    Rule(
        Sort.SIGN_IN,
        "The token is not valid, or has expired: make another, and set GH_TOKEN.",
        _PAGE,
        statuses=(401,),
    ),
    Rule(
        Sort.STATE,
        "The repository was renamed or transferred: write its new name in the config.",
        "https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api",
        statuses=(301, 302, 307, 308),
    ),
    # GitHub hides what a token may not see behind 404.
    Rule(
        Sort.RIGHTS,
        f"See that repository and environment are there. {RIGHTS}",
        _PAGE,
        statuses=(403, 404),
    ),
    Rule(Sort.STATE, "", _PAGE, statuses=(409, 422)),
)


def explain(trouble: ServiceError, method: str, headers: Mapping[str, str]) -> None:
    """Give a refusal of GitHub its kind and next step, with what its headers add."""
    judge(RULES, trouble, method)
    if trouble.transient and trouble.status == 403:  # headers that only a limit has
        trouble.sort = Sort.LIMIT
    if trouble.sort is Sort.RIGHTS and headers.get("x-accepted-github-permissions"):
        needed = one_line(headers["x-accepted-github-permissions"])
        trouble.fix = f"GitHub says that this needs the permission {needed}. {trouble.fix}"
    url = re.search(r"url=(https://\S+)", headers.get("x-github-sso", ""))
    if trouble.sort is Sort.SIGN_IN and url and urlsplit(url[1]).hostname == "github.com":
        trouble.fix = f"{trouble.fix} Or open {one_line(url[1])}"
