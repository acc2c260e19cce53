"""What Azure DevOps answers: what the trial says of it, whether a secret is made, what is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.delivery.answers import DELIVERY, PROBE, Row, answers, check, whole
from tests.delivery.azure_devops_standin import BEARER, DevOps
from tests.delivery.standin import StandIn
from tests.delivery.support import VALUE, Opened, Signed, deliver


def devops_says(message: str, key: str) -> dict[str, Any]:
    return {
        "$id": "1",
        "innerException": None,
        "message": message,
        "typeKey": key,
        "errorCode": 0,
        "eventId": 3000,
    }


def groups_say(status: int, message: str, key: str = "", **headers: str) -> Callable[[StandIn], None]:
    return answers("GET", "variablegroups", status, devops_says(message, key), **headers)


def put_says(status: int, message: str, key: str = "", **headers: str) -> Callable[[StandIn], None]:
    return answers("PUT", "variablegroups", status, devops_says(message, key), **headers)


def group_is(**what: Any) -> Callable[[DevOps], None]:
    return lambda devops: devops.groups[7].update(what)


def has(name: str, **what: Any) -> Callable[[DevOps], None]:
    return lambda devops: devops.groups[7]["variables"].update({name: what})


def ours_locked(devops: DevOps) -> None:
    deliver(Opened(Signed(BEARER))(DEVOPS))
    devops.groups[7]["variables"]["COLLAB_PROD_CLIENT_SECRET"]["isReadOnly"] = True
    devops.requests.clear()


DEVOPS = "azure_devops:https://dev.azure.com/agency/Mail%20Relay?group=mail"
GROUPS = "https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups"
LIBRARY = "https://learn.microsoft.com/azure/devops/pipelines/library/variable-groups"
PATS = "https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate"
ACCESS = "https://learn.microsoft.com/azure/devops/organizations/security/troubleshoot-permissions"
RATES = "https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits"
BLOCKED = (
    "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource "
    "'Concurrency' in namespace 'User'."
)
DEVOPS_ROWS = (
    Row(
        "the anonymous sign-in page",
        PATS,
        answers("GET", "", 203, "<html>Azure DevOps Services | Sign In</html>"),
        PROBE,
        ("not signed in", "not accepted", "AZURE_DEVOPS_EXT_PAT"),
    ),
    Row(
        "sent to the sign-in page",
        PATS,
        answers("GET", "", 302, "<html>", Location="https://spsprodweu4.vssps.visualstudio.com/_signin"),
        PROBE,
        ("not signed in", "points elsewhere", "AZURE_DEVOPS_EXT_PAT"),
    ),
    Row(
        "an expired token",
        PATS,
        groups_say(401, "Access Denied: The Personal Access Token used has expired.", "AccessCheckException"),
        PROBE,
        ("not signed in", "has expired", "make another"),
    ),
    Row(
        "no member",
        ACCESS,
        groups_say(
            401,
            "TF400813: The user 'aaaaaaaa' is not authorized to access this resource.",
            "UnauthorizedRequestException",
        ),
        PROBE,
        ("not signed in", "TF400813", "no member"),
    ),
    Row(
        "not authorized",
        "https://learn.microsoft.com/azure/devops/pipelines/agents/agents",
        groups_say(401, "VS30063: You are not authorized to access https://dev.azure.com."),
        PROBE,
        ("not signed in", "VS30063", "for another one"),
    ),
    Row(
        "Conditional Access",
        "https://learn.microsoft.com/azure/devops/organizations/accounts/change-application-access-policies",
        groups_say(
            401,
            "VS403463: The conditional access policy defined by your Azure Active Directory "
            "administrator has failed.",
        ),
        PROBE,
        ("not signed in", "VS403463", "Conditional Access"),
    ),
    Row(
        "no such project",
        ACCESS,
        groups_say(
            404,
            "TF200016: The following project does not exist: Elsewhere. Verify that the name of the "
            "project is correct.",
            "ProjectDoesNotExistWithNameException",
        ),
        PROBE,
        ("the place cannot take it", "TF200016", "Compare the project's name"),
    ),
    Row(
        "a project that may not be seen",
        ACCESS,
        groups_say(
            404,
            "VS800075: The project with id 'vstfs:///1' does not exist, or you do not have permission "
            "to access it.",
        ),
        PROBE,
        ("the place cannot take it", "VS800075"),
    ),
    Row(
        "no such organization",
        GROUPS,
        answers("GET", "", 404, "<html>The resource cannot be found.</html>"),
        PROBE,
        ("a right is missing", "404"),
    ),
    Row(
        "no such group",
        f"{GROUPS}/get-variable-groups",
        lambda devops: devops.groups.pop(7),
        PROBE,
        ("a right is missing", "no such variable group", "Administrator"),
    ),
    Row(
        "a group that may not be looked into",
        LIBRARY,
        lambda devops: devops.unseen.add(7),
        PROBE,
        ("a right is missing", "and not what is in it", "Administrator"),
    ),
    Row(
        "a group that may be read, not managed",
        LIBRARY,
        lambda devops: devops.manageable.discard(7),
        PROBE,
        ("a right is missing", "not manage it", "Project Administrator"),
    ),
    Row(
        "a group of a key vault",
        LIBRARY,
        group_is(type="AzureKeyVault"),
        PROBE,
        ("the place cannot take it", "from elsewhere", "the sink key_vault"),
    ),
    Row(
        "a group that names no project",
        "https://github.com/microsoft/azure-devops-node-api/issues/424",
        group_is(variableGroupProjectReferences=[]),
        PROBE,
        ("a right is missing", "not what is in it"),
    ),
    Row(
        "a read-only variable",
        f"{GROUPS}/get",
        ours_locked,
        PROBE,
        ("the place cannot take it", "is read-only", "Make it writable"),
    ),
    Row(
        "somebody else's variable",
        LIBRARY,
        has("COLLAB_PROD_CLIENT_SECRET", isSecret=True),
        PROBE,
        ("provision did not write it", "another name"),
    ),
    Row(
        "a token that may only read",
        "https://github.com/MicrosoftDocs/vsts-rest-api-specs/issues/601",
        lambda devops: devops.scopes.discard("manage"),
        DELIVERY,
        ("a right is missing", "may read the group, but not write it", "read, create, & manage"),
    ),
    Row(
        "the role was taken away",
        LIBRARY,
        put_says(
            403,
            "You do not have permissions to perform this operation on the variable group. A variable "
            "group Administrator should add you to the Administrator role.",
            "AccessDeniedException",
        ),
        DELIVERY,
        ("a right is missing", "Administrator", "for each of them"),
    ),
    Row(
        "projects that are refused",
        "https://github.com/microsoft/azure-devops-node-api/issues/424",
        put_says(400, "Project information name is not valid for variable group.", "ArgumentException"),
        DELIVERY,
        ("the place cannot take it", "save it once"),
    ),
    Row(
        "two groups of one name",
        LIBRARY,
        put_says(409, "Variable group mail already exists.", "VariableGroupExistsException"),
        DELIVERY,
        ("the place cannot take it", "rename one"),
    ),
    Row(
        "a group that is gone",
        GROUPS,
        put_says(404, "Variable group 7 was not found.", "VariableGroupNotFoundException"),
        DELIVERY,
        ("the place cannot take it", "See that the group is there"),
    ),
    Row(
        "throttled",
        RATES,
        put_says(429, BLOCKED, "RequestBlockedException", Retry_After="300"),
        DELIVERY,
        ("too many requests", "TF400733", "asks to wait 300 seconds"),
        lasting=False,
    ),
    Row(
        "throttled without a word how long",
        RATES,
        put_says(429, BLOCKED),
        DELIVERY,
        ("too many requests", "TF400733", "tried 5 times"),
        lasting=False,
    ),
    Row(
        "a fault",
        "https://github.com/MicrosoftDocs/azure-devops-docs/issues/8581",
        put_says(500, "TF400898: An Internal Error Occurred. Activity Id: 1."),
        DELIVERY,
        ("500 TF400898", "tried 5 times"),
        lasting=False,
    ),
)


@pytest.mark.parametrize("row", DEVOPS_ROWS, ids=lambda row: row.name)
def test_azure_devops(devops: DevOps, row: Row) -> None:
    """Sign-in pages, numbers of refusals, groups of a vault or of nobody: each in its own words."""
    sink = Opened(Signed(BEARER))(DEVOPS)

    def held() -> list[str]:
        return [
            str(item.get("value"))
            for group in devops.groups.values()
            for name, item in group["variables"].items()
            if name.startswith("COLLAB") and not item.get("isReadOnly")
        ]

    check(row, devops, sink, held)


def test_azure_devops_keeps_every_project_of_a_shared_group(devops: DevOps) -> None:
    """With the names and descriptions that each of them has for it."""
    before = devops.groups[10]["variableGroupProjectReferences"]
    sink = Opened(Signed(BEARER))(DEVOPS.replace("=mail", "=shared"))
    sink.probe()
    deliver(sink)
    assert devops.value("COLLAB_PROD_CLIENT_SECRET", 10) == VALUE
    assert devops.groups[10]["variableGroupProjectReferences"] == before
    assert len(before) == 3


def test_the_table_is_whole() -> None:
    """Each row another answer."""
    assert whole(DEVOPS_ROWS)
