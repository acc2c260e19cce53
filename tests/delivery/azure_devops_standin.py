"""A stand-in for Azure DevOps: groups that are replaced whole, and whose secret values nobody reads.

Sources: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups (get, get variable
groups, update with a null value for a secret variable), and users' reports: what a PUT does not name is gone
(https://github.com/MicrosoftDocs/vsts-rest-api-specs/issues/235); one without its projects is refused
(https://github.com/microsoft/azure-devops-node-api/issues/424); a token that may only read gets 401
(https://github.com/MicrosoftDocs/vsts-rest-api-specs/issues/601); a group without a variable is none
(https://github.com/microsoft/terraform-provider-azuredevops/pull/650). That who may not look into a group
gets its name and number alone is on no page; this stand-in is as strict as Azure DevOps Server 2022 is
seen to be.
"""

from __future__ import annotations

import base64
import copy
from fnmatch import fnmatch
from typing import Any

from tests.delivery.standin import NULL, Request, Response, StandIn

PAT = "patcanary7x2q"
BEARER = "entra-token-for-devops-canary"
_GROUPS = "/_apis/distributedtask/variablegroups"


class DevOps(StandIn):
    """Organization 'agency' with the project 'Mail Relay'; ``manageable`` are the groups one may change."""

    def __init__(self, organization: str = "/agency") -> None:
        super().__init__()
        self.organization = organization
        self.manageable = {7, 10}
        self.unseen: set[int] = set()  # of which one sees name and number only
        self.scopes = {"read", "manage"}  # of the token
        self.groups: dict[int, dict[str, Any]] = {
            7: self._group(
                7,
                "mail",
                "Vsts",
                {
                    "region": {"value": "eu"},
                    "THEIR_PASSWORD": {"value": "theirs", "isSecret": True},
                },
            ),
            8: self._group(8, "mail-old", "Vsts", {}),
            9: self._group(9, "vaulted", "AzureKeyVault", {}),
            10: self._group(10, "shared", "Vsts", {"region": {"value": "eu"}}, ("p-1", "p-2", "p-3")),
        }

    @staticmethod
    def _group(
        number: int, name: str, kind: str, variables: dict[str, Any], projects: tuple[str, ...] = ("p-1",)
    ) -> dict[str, Any]:
        names = {"p-1": "Mail Relay", "p-2": "Web", "p-3": "Archive"}
        return {
            "id": number,
            "name": name,
            "type": kind,
            "description": f"the group {name}",
            "variables": variables,
            "isShared": len(projects) > 1,
            "createdBy": {"displayName": "Somebody"},
            "variableGroupProjectReferences": [
                {
                    "projectReference": {"id": project, "name": names[project]},
                    "name": name if project == "p-1" else f"{name} ({names[project]})",
                    "description": f"as {names[project]} calls it",
                }
                for project in projects
            ],
        }

    def value(self, name: str, group: int = 7) -> Any:
        """The stored value of a variable, secret or not."""
        return self.groups[group]["variables"][name]["value"]

    def answer(self, request: Request) -> Response:
        basic = "Basic " + base64.b64encode(f":{PAT}".encode()).decode()
        if request.headers.get("authorization") not in (basic, f"Bearer {BEARER}"):
            return Response(203, "<html>Azure DevOps Services | Sign In</html>")
        if request.query.get("api-version") != "7.1":
            return self._refusal(400, "No api-version was supplied.", "VssVersionNotSpecifiedException")
        path = request.path.removeprefix(self.organization)
        if request.method == "PUT":
            return self._put(int(path.removeprefix(f"{_GROUPS}/")), request.body)
        if not path.startswith(f"/Mail Relay{_GROUPS}"):
            return self._refusal(
                404,
                "TF200016: The following project does not exist: Elsewhere. Verify the name.",
                "ProjectDoesNotExistWithNameException",
            )
        number = path.removeprefix(f"/Mail Relay{_GROUPS}").strip("/")
        if number:
            group = self.groups.get(int(number))
            if group and group["id"] in self.unseen:
                return Response(200, {"id": group["id"], "name": group["name"]})
            return Response(200, _shown(group) if group else NULL)
        found = [
            _shown(group)
            for group in self.groups.values()
            if fnmatch(group["name"].lower(), request.query["groupName"].lower())
            and (
                request.query.get("actionFilter") != "manage" or group["id"] in self.manageable - self.unseen
            )
        ]
        return Response(200, {"count": len(found), "value": found})

    def _put(self, number: int, body: dict[str, Any]) -> Response:
        if "manage" not in self.scopes:
            return Response(401, None)
        if number not in self.manageable:
            return self._refusal(
                403,
                "You do not have permissions to perform this operation on the variable group. "
                "A variable group Administrator should add you to the Administrator role.",
                "AccessDeniedException",
            )
        references = body.get("variableGroupProjectReferences") or []
        if not references or not all(r.get("name") and r["projectReference"].get("id") for r in references):
            return self._refusal(
                400, "Project information name is not valid for variable group.", "ArgumentException"
            )
        if not body["variables"]:
            said = "Variable group must have at least one variable defined."
            return self._refusal(400, said, "ArgumentException")
        old = self.groups[number]
        variables = {}
        for name, given in body["variables"].items():
            kept = old["variables"].get(name, {}).get("value")
            unchanged = given.get("isSecret") and given.get("value") is None
            variables[name] = {**given, "value": kept if unchanged else given.get("value")}
        self.groups[number] = {
            **old,
            **{k: v for k, v in body.items() if k != "variables"},
            "variables": variables,
        }
        self.tick()
        return Response(200, _shown(self.groups[number]))

    def _refusal(self, status: int, message: str, key: str) -> Response:
        body = {"$id": "1", "message": message, "typeKey": key, "errorCode": 0, "eventId": 3000}
        return Response(status, body, {"X-VSS-E2EID": "e2e-1"})


def _shown(group: dict[str, Any]) -> dict[str, Any]:
    shown = copy.deepcopy(group)
    for variable in shown["variables"].values():
        if variable.get("isSecret"):
            variable["value"] = None
    return shown
