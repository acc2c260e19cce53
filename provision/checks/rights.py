"""Permissions that each plan step requires, and pure functions that check a caller against them.

As a person, an identity needs a permission of the program that it signs in with (a scope) and, beside
it, a directory role or the ownership of the object; as an application, a permission of its own.
Only what is surely not there is called missing.

Sources beside the rows; how the two add up: https://learn.microsoft.com/graph/permissions-overview
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from provision.outcomes.rights import Presence, Right, Step
from provision.plan.ending import Forget
from provision.plan.model import Plan
from provision.products.permissions import SEND, Permission
from provision.resources import (
    application,
    client_secret,
    consent,
    mailbox,
    mailbox_scope,
    service_principal,
)
from provision.resources.caller import Caller, Kind
from provision.values import dataclass

Names = frozenset[str]

# Template ids: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
APPLICATION_DEVELOPER = "cf1c38e5-3621-4004-a7cb-879624dced7c"
_APP_ADMINISTRATORS = frozenset({APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR})

ROLE_NAMES = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged Role Administrator",
    APPLICATION_ADMINISTRATOR: "Application Administrator",
    CLOUD_APPLICATION_ADMINISTRATOR: "Cloud Application Administrator",
    APPLICATION_DEVELOPER: "Application Developer",
    # None of these lets anybody change applications or grants, by the same page. A role that is not
    # listed here may be one that the tenant made itself: it is taken for a role that might.
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c": "Groups Administrator",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
    "29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
    "31392ffb-586c-42d1-9346-e59415a2cc4e": "Exchange Recipient Administrator",
    "194ae4cb-b126-40b2-bd5b-6091b380977d": "Security Administrator",
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f": "Security Operator",
    "5d6b6bb7-de71-4623-b4af-96380a352509": "Security Reader",
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b": "Directory Readers",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8": "Helpdesk Administrator",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f": "Authentication Administrator",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
    "966707d0-3269-4727-9be2-8c3a10f19b9d": "Password Administrator",
    "b0f54661-2d74-4c50-afa3-1ec803f12efe": "Billing Administrator",
    "4d6ac14f-3453-41d0-bef9-a3e0c569773a": "License Administrator",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": "SharePoint Administrator",
    "69091246-20e8-4a56-aa4d-066075b2a7a8": "Teams Administrator",
    "4a5d8f65-41da-4de4-8968-e035b65339cf": "Reports Reader",
    "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b": "Message Center Reader",
    "f023fd81-a637-4b56-95fd-791ac0226033": "Service Support Administrator",
}

OWNED_BY = "Application.ReadWrite.OwnedBy"
READ_WRITE_ALL = "Application.ReadWrite.All"
_AS_USER = "Directory.AccessAsUser.All"  # everything that the person may do; what Azure CLI signs in with
_APPLICATIONS = frozenset(
    {"Application.Read.All", READ_WRITE_ALL, "Directory.Read.All", "Directory.ReadWrite.All"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one step takes: of each group of permissions one; of a person one of ``roles`` as well.

    ``roles`` None: any person. ``owned``: the application's owner may do it too, with
    ``Application.ReadWrite.OwnedBy`` instead of the first group, or as a person without a role.
    """

    step: Step
    what: str
    application: tuple[Names, ...]
    person: tuple[Names, ...]
    roles: Names | None = None
    owned: bool = False
    least_application: str
    least_person: str
    source: str


EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
_EXCHANGE = frozenset({mailbox_scope.READ, "RoleManagement.Read.All", mailbox_scope.WRITE})
_ADMINISTRATORS = "the role Application Administrator or Cloud Application Administrator"
_CHANGE_APPLICATION, _CHANGE_PERSON = (frozenset({READ_WRITE_ALL}),), (frozenset({READ_WRITE_ALL, _AS_USER}),)
_OWNERS = (
    frozenset({READ_WRITE_ALL, "Directory.ReadWrite.All"}),
    frozenset({"Directory.Read.All", "Directory.ReadWrite.All"}),
)

NEEDS = (
    Need(
        step=Step.READ,
        what="read applications, service principals and grants",
        application=(_APPLICATIONS | {OWNED_BY},),
        person=(_APPLICATIONS | {_AS_USER},),
        least_application="Application.Read.All, which Application.ReadWrite.OwnedBy includes",
        least_person="the scope Application.Read.All",
        source="https://learn.microsoft.com/graph/api/application-get",
    ),
    Need(
        step=Step.CREATE,
        what="create the application",
        application=(frozenset({"AppRegistration.Create", OWNED_BY, READ_WRITE_ALL}),),
        person=(frozenset({"AppRegistration.Create", READ_WRITE_ALL, _AS_USER}),),
        roles=_APP_ADMINISTRATORS | {APPLICATION_DEVELOPER},
        least_application=OWNED_BY,
        least_person="the role Application Developer, or a tenant that lets every member register "
        "applications",
        source="https://learn.microsoft.com/graph/api/application-post-applications",
    ),
    Need(
        step=Step.CHANGE,
        what="change the application and its secrets",
        application=_CHANGE_APPLICATION,
        person=_CHANGE_PERSON,
        roles=_APP_ADMINISTRATORS,
        owned=True,
        least_application=f"{OWNED_BY} as an owner of the application, else {READ_WRITE_ALL}",
        least_person=f"to own the application, else {_ADMINISTRATORS}",
        source="https://learn.microsoft.com/graph/api/application-addpassword",
    ),
    Need(
        step=Step.PRINCIPAL,
        what="create the service principal",
        application=_CHANGE_APPLICATION,
        person=_CHANGE_PERSON,
        roles=_APP_ADMINISTRATORS,
        owned=True,
        least_application=f"{OWNED_BY} as an owner of the application, else {READ_WRITE_ALL}",
        least_person=f"to own the application and the role Application Developer, else {_ADMINISTRATORS}",
        source="https://learn.microsoft.com/graph/api/serviceprincipal-upsert",
    ),
    Need(
        step=Step.OWNERS,
        what="add owners to the application",
        application=_OWNERS,
        person=tuple(group | {_AS_USER} for group in _OWNERS),
        roles=_APP_ADMINISTRATORS,
        owned=True,
        least_application=f"{READ_WRITE_ALL} and Directory.Read.All",
        least_person=f"to own the application, else {_ADMINISTRATORS}; and the scope Directory.Read.All",
        source="https://learn.microsoft.com/graph/api/application-post-owners",
    ),
    Need(
        step=Step.GRANT,
        what=f"grant {SEND.name}",
        application=(frozenset({"AppRoleAssignment.ReadWrite.All"}), _APPLICATIONS | {OWNED_BY}),
        person=(frozenset({"AppRoleAssignment.ReadWrite.All"}), _APPLICATIONS | {_AS_USER}),
        roles=frozenset({PRIVILEGED_ROLE_ADMINISTRATOR}),
        least_application="AppRoleAssignment.ReadWrite.All and Application.Read.All",
        least_person=f"the role {consent.ROLE_NEEDED}, and the scope AppRoleAssignment.ReadWrite.All",
        source="https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
    ),
    Need(
        step=Step.LIMIT,
        what="set Exchange's limit to the mailbox",
        application=(frozenset({mailbox_scope.WRITE}),),
        person=(frozenset({mailbox_scope.WRITE}),),
        roles=frozenset({EXCHANGE_ADMINISTRATOR}),
        least_application=f"{mailbox_scope.WRITE}, and User.ReadBasic.All for the mailbox's id",
        least_person=f"the role Exchange Administrator, and the scope {mailbox_scope.WRITE}",
        source="https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments",
    ),
    Need(
        step=Step.POLICY,
        what="read the app management policy",
        application=(frozenset({"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"}),),
        person=(frozenset({"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"}),),
        least_application="Policy.Read.All",
        least_person="the scope Policy.Read.All",
        source="https://learn.microsoft.com/graph/api/tenantappmanagementpolicy-get",
    ),
    Need(
        step=Step.MAILBOX,
        what="see whether the mailbox is there",
        application=(frozenset({"Mail.ReadBasic.All", "Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"}),),
        person=(frozenset({"Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"}),),
        least_application=f"{mailbox.RIGHT}, or {mailbox.RIGHT_OF_USER} to see the user's licence alone",
        least_person=f"the scope {mailbox.RIGHT_OF_USER}, to see the user's licence alone",
        source="https://learn.microsoft.com/graph/api/mailfolder-get",
    ),
    Need(
        step=Step.SCOPE,
        what="see what Exchange lets the application do",
        application=(_EXCHANGE,),
        person=(_EXCHANGE,),
        least_application=mailbox_scope.READ,
        least_person=f"the scope {mailbox_scope.READ}",
        source="https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments",
    ),
)
# What only lets more be seen: without it something is "not checked", and nothing fails.
OPTIONAL = frozenset({Step.POLICY, Step.MAILBOX, Step.SCOPE})
_GIVERS = {
    Kind.PERSON: "a Privileged Role Administrator assigns roles; one who may consent grants scopes",
    Kind.APPLICATION: f"a {consent.ROLE_NEEDED} consents to an application's permissions",
    Kind.UNKNOWN: f"a {consent.ROLE_NEEDED}",
}


def steps_of(plan: Plan) -> frozenset[Step]:
    """Return the steps of the rights table that the plan takes, reading included."""
    steps = {Step.READ, Step.POLICY, Step.MAILBOX, Step.SCOPE}
    for change in plan.changes:
        match change.step:
            case application.Create():
                steps.add(Step.CREATE)
                if plan.desired.application.owners:
                    steps.add(Step.OWNERS)
            case application.Delete() | application.Restore() | application.Purge():
                steps.add(Step.CHANGE)
            case service_principal.Restore() | service_principal.Purge() | Forget():
                pass  # of an object of the application's owner, and of a sink's
            case application.Update() as update:
                steps |= {Step.CHANGE} if update.body else set()
                steps |= {Step.OWNERS} if update.add_owners else set()
            case service_principal.Create():
                steps.add(Step.PRINCIPAL)
            case consent.Grant() | consent.Revoke():
                steps.add(Step.GRANT)
            case mailbox_scope.Create() | mailbox_scope.Remove():
                steps.add(Step.LIMIT)
            case (
                client_secret.Mint()
                | client_secret.Record()
                | client_secret.Remove()
                | client_secret.Forget()
                | mailbox_scope.Claim()
            ):
                steps.add(Step.CHANGE)
    return frozenset(steps)


def judge(
    caller: Caller, steps: Collection[Step], *, exists: bool, permission: Permission = SEND
) -> tuple[Right, ...]:
    """Return for every step in the table whether the caller may take it, in the table's order.

    A step that is not in ``steps`` is "not needed". ``exists`` is false for an application that this run is
    about to create: who creates it owns it. ``permission`` is what is to be granted.
    """
    found = (_judged(need, caller, needed=need.step in steps, exists=exists) for need in NEEDS)
    granting = f"grant {permission.name}"
    return tuple(replace(right, what=granting) if right.step is Step.GRANT else right for right in found)


def missing(rights: Iterable[Right]) -> tuple[Right, ...]:
    """Return the missing rights that make the plan fail; not what is handed over: to consent, to limit."""
    return tuple(
        right
        for right in rights
        if right.presence is Presence.MISSING and right.step not in (Step.GRANT, Step.LIMIT)
    )


def depends_on_ownership(caller: Caller) -> bool:
    """Say whether a caller with these rights may change the application only if it is an owner of it."""
    if caller.kind is Kind.APPLICATION:
        held = caller.permissions or frozenset()
        return OWNED_BY in held and READ_WRITE_ALL not in held
    roles = caller.directory_roles
    return caller.kind is Kind.PERSON and not (roles or frozenset()) & {
        GLOBAL_ADMINISTRATOR,
        *_APP_ADMINISTRATORS,
    }


def role_names(ids: Iterable[str]) -> list[str]:
    """Return what directory roles are called; one that is not known keeps its id."""
    return sorted(ROLE_NAMES.get(item, item) for item in ids)


def _judged(need: Need, caller: Caller, *, needed: bool, exists: bool) -> Right:
    person = caller.kind is Kind.PERSON
    right = Right(
        need.step,
        need.what,
        Presence.NOT_NEEDED,
        "no pending change needs it",
        need.least_person if person else need.least_application,
        _GIVERS[caller.kind],
        need.source,
    )
    if not needed:
        return right
    presence, detail = _weighed(need, caller, exists=exists)
    if presence is Presence.MISSING and need.step in OPTIONAL:
        presence = Presence.NOT_CHECKED
    return replace(right, presence=presence, detail=detail)


def _weighed(need: Need, caller: Caller, *, exists: bool) -> tuple[Presence, str]:
    if caller.permissions is None:
        return Presence.UNKNOWN, "the token does not tell what this identity may do"
    if caller.kind is Kind.PERSON:
        return _person(need, caller, caller.permissions, exists=exists)
    return _application(need, caller, caller.permissions, exists=exists)


def _application(need: Need, caller: Caller, held: Names, *, exists: bool) -> tuple[Presence, str]:
    lacking = [group for group in need.application if not held & group]
    if not lacking:
        return Presence.PRESENT, _named(held, need.application)
    detail = f"its token lacks {_listed(lacking[0])}"
    if need.owned and OWNED_BY in held and lacking == [need.application[0]]:
        owns = caller.owns if exists else True
        if owns:
            return Presence.PRESENT, f"{OWNED_BY}, as owner"
        if owns is None:
            return Presence.UNKNOWN, f"{OWNED_BY}; whether it owns the application could not be read"
        detail = f"{OWNED_BY} reaches what it owns, and it is not an owner of the application"
    if caller.directory_roles is None:
        return Presence.UNKNOWN, f"{detail}; whether it has a directory role instead could not be read"
    if caller.directory_roles:
        # What a role of the directory lets an application do through Graph is described nowhere.
        names = ", ".join(role_names(caller.directory_roles))
        return (
            Presence.UNKNOWN,
            f"{detail}; what its directory role ({names}) is good for shows when it is used",
        )
    return Presence.MISSING, detail


def _person(need: Need, caller: Caller, held: Names, *, exists: bool) -> tuple[Presence, str]:
    lacking = [group for group in need.person if not held & group]
    if lacking:
        return Presence.MISSING, f"its token lacks the scope {_listed(lacking[0])}"
    if need.roles is None:
        return Presence.PRESENT, _named(held, need.person)
    roles = caller.directory_roles
    fitting = (roles or frozenset()) & (need.roles | {GLOBAL_ADMINISTRATOR})
    if fitting:
        return Presence.PRESENT, role_names(fitting)[0]
    if need.step is Step.CREATE:
        return Presence.UNKNOWN, "no role for it; many tenants let every member register applications"
    if need.owned and not exists:
        return Presence.UNKNOWN, "no role for it; who creates an application owns it, as a rule"
    if need.owned and caller.owns:
        return Presence.PRESENT, "as owner of the application"
    if roles is None or (need.owned and (caller.owns is None or not caller.complete)):
        return Presence.UNKNOWN, "this person's roles could not all be read"
    foreign = sorted(role for role in roles if role not in ROLE_NAMES)
    if foreign:
        return Presence.UNKNOWN, f"what the role {foreign[0]} allows is not known here"
    has = f"its roles are {', '.join(role_names(roles))}" if roles else "it has no directory role"
    return Presence.MISSING, f"{has}{', and it does not own the application' if need.owned else ''}"


def _named(held: Names, groups: tuple[Names, ...]) -> str:
    return ", ".join(dict.fromkeys(min(held & group) for group in groups))


def _listed(group: Names) -> str:
    return ", ".join(sorted(group - {_AS_USER}))
