"""A stand-in for Exchange Online's cmdlets, as strict about recipients, scopes and roles as the real ones.

A filter by ``PrimarySmtpAddress`` finds whatever has the address among its proxy addresses, be it an alias, a
group or a contact: https://learn.microsoft.com/powershell/exchange/filter-properties. A scope is its filter,
and means whoever matches at the time of asking: https://learn.microsoft.com/exchange/permissions-exo/application-rbac.
That a scope evaluates addresses as ``Get-Recipient`` does is on no page; this stand-in takes the worse case.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.powershell import Script


@dataclass
class Exchange:
    """One tenant's recipients, and what scripts have made there."""

    tenant: str
    recipients: list[dict[str, Any]] = field(default_factory=list)
    principals: list[dict[str, Any]] = field(default_factory=list)
    scopes: list[dict[str, Any]] = field(default_factory=list)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)

    def recipient(self, primary: str, kind: str = "UserMailbox", *aliases: str) -> dict[str, Any]:
        """Add a recipient with a primary address and further ones."""
        made = {
            "PrimarySmtpAddress": primary,
            "RecipientTypeDetails": kind,
            "Guid": str(uuid.uuid4()),
            "EmailAddresses": [primary, *aliases],
        }
        self.recipients.append(made)
        return made

    def matching(self, filter_: str) -> list[dict[str, Any]]:
        """Return the recipients that an OPATH filter matches."""
        found = re.fullmatch(r"(PrimarySmtpAddress|EmailAddresses|Guid) -eq '((?:[^']|'')*)'", filter_)
        assert found, filter_
        name, value = found[1], found[2].replace("''", "'").casefold()
        if name == "Guid":
            return [item for item in self.recipients if item["Guid"] == value]
        return [
            item
            for item in self.recipients
            if value in [address.casefold() for address in item["EmailAddresses"]]
        ]

    def may_send_as(self, mailbox: dict[str, Any]) -> bool:
        """Say whether an assignment lets the application send from a mailbox now."""
        scopes = {item["Name"]: item["RecipientFilter"] for item in self.scopes}
        filters = [scopes[item["CustomResourceScope"]] for item in self.assignments]
        return any(mailbox in self.matching(filter_) for filter_ in filters)

    def run(self, script: str, *, undo: bool = False, what_if: bool = False) -> None:
        """Run the script in a session that is connected to this tenant."""
        commands = {
            "Get-ConnectionInformation": lambda *_: [{"State": "Connected", "TenantID": self.tenant}],
            "Get-Recipient": lambda _, given, __: self.matching(given["Filter"]),
            "Get-ServicePrincipal": lambda *_: list(self.principals),
            "Get-ManagementScope": lambda *_: list(self.scopes),
            "Get-ManagementRoleAssignment": lambda _, given, __: [
                item for item in self.assignments if item["Role"] == given["Role"]
            ],
            "Get-ApplicationAccessPolicy": lambda *_: [],
            "New-ServicePrincipal": self._add(self.principals, "New-ServicePrincipal"),
            "New-ManagementScope": self._new_scope,
            "Set-ManagementScope": self._set_scope,
            "New-ManagementRoleAssignment": self._add(self.assignments, "New-ManagementRoleAssignment"),
            "Remove-ManagementRoleAssignment": self._remove(self.assignments, "Name"),
            "Remove-ManagementScope": self._remove(self.scopes, "Name"),
            "Remove-ServicePrincipal": self._remove(self.principals, "ObjectId"),
            "Test-ServicePrincipalAuthorization": self._authorization,
            "Write-Warning": lambda given, *_: self.warnings.append(given[0]),
            "Write-Host": lambda *_: None,
            "Set-StrictMode": lambda *_: None,
            "Format-Table": lambda *_: None,
            "Out-Null": lambda *_: None,
        }
        Script(commands, Undo=undo, WhatIfPreference=what_if, PSCmdlet=None).run(script)

    def _add(self, to: list[dict[str, Any]], name: str) -> Any:
        def add(_: list[Any], given: dict[str, Any], __: list[Any]) -> dict[str, Any]:
            self.writes.append(name)
            to.append(dict(given))
            return given

        return add

    def _remove(self, what: list[dict[str, Any]], key: str) -> Any:
        def remove(_: list[Any], given: dict[str, Any], __: list[Any]) -> None:
            self.writes.append("Remove")
            (found,) = [item for item in what if item[key] == given["Identity"]]
            what.remove(found)

        return remove

    def _new_scope(self, _: list[Any], given: dict[str, Any], __: list[Any]) -> dict[str, Any]:
        self.writes.append("New-ManagementScope")
        self.matching(given["RecipientRestrictionFilter"])  # a filter that is none is refused
        made = {"Name": given["Name"], "RecipientFilter": given["RecipientRestrictionFilter"]}
        self.scopes.append(made)
        return made

    def _set_scope(self, _: list[Any], given: dict[str, Any], __: list[Any]) -> None:
        self.writes.append("Set-ManagementScope")
        (found,) = [item for item in self.scopes if item["Name"] == given["Identity"]]
        found["RecipientFilter"] = given["RecipientRestrictionFilter"]

    def _authorization(self, _: list[Any], given: dict[str, Any], __: list[Any]) -> list[dict[str, Any]]:
        rows = []
        for item in self.assignments:
            (scope,) = [one for one in self.scopes if one["Name"] == item["CustomResourceScope"]]
            inside: bool | str = "Not Run"
            if "Resource" in given:
                inside = any(
                    given["Resource"].casefold() == one["PrimarySmtpAddress"].casefold()
                    for one in self.matching(scope["RecipientFilter"])
                )
            rows.append(
                {
                    "RoleName": item["Role"],
                    "GrantedPermissions": "Mail.Send",
                    "ScopeType": "CustomRecipientScope",
                    "AllowedResourceScope": scope["Name"],
                    "InScope": inside,
                }
            )
        return rows
