"""PRV67x: what Exchange's role assignments and the report of sign-ins tell of an application."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry, finding

_RBAC = "https://learn.microsoft.com/exchange/permissions-exo/application-rbac"

SCOPE_LIMITED = finding(
    "PRV670",
    "scope-limited",
    Exit.DONE,
    "Exchange limits the application to this mailbox",
    "Its role assignments, as Graph's beta shows them, reach the mailbox of mail.address and no other.",
    "Nothing to do. A new assignment takes up to two hours until all of Exchange goes by it.",
    _RBAC,
    key="mail.scope",
    address="mailbox_scope",
)
SCOPE_WIDER = finding(
    "PRV671",
    "scope-wider",
    Exit.DONE,
    "Exchange lets the application send from other mailboxes",
    "Its role assignments reach mailboxes, groups or administrative units beside mail.address, or instead.",
    "Have an Exchange administrator remove the assignments that are named, if nobody needs them.",
    _RBAC,
    key="mail.scope",
    address="mailbox_scope",
)
SCOPE_EVERYWHERE = finding(
    "PRV672",
    "scope-everywhere",
    Exit.DONE,
    "Exchange lets the application send from every mailbox",
    "It has a role assignment for the whole organization; permissions add up, so no other limits it.",
    "Have an Exchange administrator remove the assignment that is named, once the one mailbox has its own.",
    _RBAC,
    key="mail.scope",
    address="mailbox_scope",
)
SCOPE_NOTHING = finding(
    "PRV673",
    "scope-nothing",
    Exit.DONE,
    "Exchange lets the application send from no mailbox",
    "No role assignment is there, and with mail.scope: mailbox nothing is granted in Entra.",
    "Have the script of 'provision exchange CONFIG' run, or set mail.scope_by: graph: docs/one-mailbox.md.",
    _RBAC,
    key="mail.scope",
    address="mailbox_scope",
)
UNDECLARED_ASSIGNMENT = finding(
    "PRV674",
    "undeclared-assignment",
    Exit.DONE,
    "Exchange gives the application a role that is not declared",
    "Whoever may manage Exchange's role assignments made it.",
    "Have an Exchange administrator remove it: Remove-ManagementRoleAssignment, or a DELETE of its address "
    "in Graph's beta. If it is meant, name it in drift.ignore.",
    _RBAC,
    key="mail.scope",
    address="mailbox_scope",
)
SCOPE_CHANGE = finding(
    "PRV676",
    "scope-change",
    Exit.DONE,
    "Exchange's limit is not as the config says",
    "With mail.scope_by: graph the role assignment of the mailbox is a change of the plan.",
    "Run 'provision apply CONFIG', or what 'provision exchange CONFIG' prints.",
    _RBAC,
    key="mail.scope_by",
    address="mailbox_scope",
)
REMOVE_GRANT = entry(
    "PRV675",
    "remove-grant",
    Exit.REFUSED,
    "the grant of Mail.Send in Entra is due to be removed",
    "Exchange has limited the application to its mailbox for two hours; while Entra grants Mail.Send, that "
    "limit is void.",
    "Run 'provision apply CONFIG --allow remove-grant'.",
    _RBAC,
    allowable=True,
)
NOT_SEEN_QUIET = entry(
    "PRV677",
    "not-seen-quiet",
    Exit.CONSENT,
    "the report of sign-ins does not show yet that the older secret is out of use",
    "The older secret goes once the new one has signed in, and the older was seen quiet for longer than the "
    "report lags. A row that is not there proves nothing.",
    "Run it again later, or with --wait 3d; or prove the value that is entered: "
    "'provision rotate CONFIG --confirm'.",
    "https://learn.microsoft.com/graph/api/reportroot-list-appcredentialsigninactivities",
)
