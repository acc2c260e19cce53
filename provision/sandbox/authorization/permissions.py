"""The table of rights: for each endpoint, the permissions and roles that a call needs.

Of each group of permissions one is needed; a person's directory roles, or owning the object, must
allow it as well (https://learn.microsoft.com/graph/permissions-overview). Permissions are those of
the pages named beside the rows.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from provision.sandbox.directory.security_attributes import READ_ATTRIBUTES, WRITE_ATTRIBUTES

# https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
GROUPS_ADMINISTRATOR = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
REPORTS_READER = "4a5d8f65-41da-4de4-8968-e035b65339cf"
SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
SECURITY_ADMINISTRATOR = "194ae4cb-b126-40b2-bd5b-6091b380977d"

Names = frozenset[str]
OWNED_BY = "Application.ReadWrite.OwnedBy"
AS_USER = "Directory.AccessAsUser.All"  # a person's whole rights in the directory


@dataclass(frozen=True, slots=True)
class Right:
    """What a call needs: of each group one permission, and of a person one of ``roles`` too.

    ``roles`` None: any person. ``owned``: the object in the path may be the caller's own instead,
    for an application with ``Application.ReadWrite.OwnedBy`` and for a person without a role.
    ``grants``: who may depends on the resource whose role is granted. ``exchange``: the mailbox
    decides, and Exchange refuses in its own words.
    """

    application: tuple[Names, ...] = ()
    delegated: tuple[Names, ...] = ()
    roles: Names | None = None
    owned: bool = False
    creates: bool = False
    grants: bool = False
    exchange: bool = False


def _any(*names: str) -> tuple[Names, ...]:
    return (frozenset(names),)


def _and_as_user(groups: tuple[Names, ...]) -> tuple[Names, ...]:
    return tuple(group | {AS_USER} for group in groups)


_APP_ADMINS = frozenset({APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR})
_DIRECTORY_READ = ("Directory.Read.All", "Directory.ReadWrite.All")
_APPS = ("Application.Read.All", "Application.ReadWrite.All", *_DIRECTORY_READ)

_READ_APPS = Right(_any(*_APPS, OWNED_BY), _and_as_user(_any(*_APPS)))
CREATE_APP = Right(
    _any("AppRegistration.Create", OWNED_BY, "Application.ReadWrite.All"),
    _and_as_user(_any("AppRegistration.Create", "Application.ReadWrite.All")),
)
_WRITE_APP = Right(
    _any("Application.ReadWrite.All"),
    _and_as_user(_any("Application.ReadWrite.All")),
    _APP_ADMINS,
    owned=True,
)
_CREATE_PRINCIPAL = Right(_WRITE_APP.application, _WRITE_APP.delegated, _APP_ADMINS, owned=True, creates=True)
_WRITE_DELETED = Right(_WRITE_APP.application, _WRITE_APP.delegated, _APP_ADMINS)
_OWNERS = (frozenset({"Application.ReadWrite.All", "Directory.ReadWrite.All"}), frozenset(_DIRECTORY_READ))
_WRITE_OWNERS = Right(_OWNERS, _and_as_user(_OWNERS), _APP_ADMINS, owned=True)
_GRANT = Right(
    (frozenset({"AppRoleAssignment.ReadWrite.All"}), frozenset({*_APPS, OWNED_BY})),
    (frozenset({"AppRoleAssignment.ReadWrite.All"}), frozenset({*_APPS, AS_USER})),
    _APP_ADMINS | {PRIVILEGED_ROLE_ADMINISTRATOR},
    grants=True,
)
_REVOKE = Right(_GRANT.application, _GRANT.delegated, _APP_ADMINS | {PRIVILEGED_ROLE_ADMINISTRATOR})
_SCOPES = ("DelegatedPermissionGrant.Read.All", "DelegatedPermissionGrant.ReadWrite.All", *_DIRECTORY_READ)
_READ_SCOPES = Right(_any(*_SCOPES), _and_as_user(_any(*_SCOPES)))
_WRITE_SCOPES = Right(
    _any("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"),
    _and_as_user(_any("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")),
    _APP_ADMINS | {PRIVILEGED_ROLE_ADMINISTRATOR},
)
_POLICY_READ = _any("Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration")
_POLICY_WRITE = _any("Policy.ReadWrite.ApplicationConfiguration")
_READ_POLICY = Right(_POLICY_READ, _POLICY_READ)
_WRITE_POLICY = Right(_POLICY_WRITE, _POLICY_WRITE, _APP_ADMINS)
_READ_POLICY_LINK = Right((*_POLICY_READ, *_READ_APPS.application), (*_POLICY_READ, *_READ_APPS.delegated))
_WRITE_POLICY_LINK = Right(
    (*_POLICY_WRITE, *_READ_APPS.application), (*_POLICY_WRITE, *_READ_APPS.delegated), _APP_ADMINS
)
_USERS = ("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", *_DIRECTORY_READ)
_READ_USERS = Right(_any(*_USERS), _and_as_user(_any(*_USERS)))
_WRITE_USERS = Right(
    _any("User.ReadWrite.All", "Directory.ReadWrite.All"),
    _and_as_user(_any("User.ReadWrite.All", "Directory.ReadWrite.All")),
    frozenset({USER_ADMINISTRATOR}),
)
_GROUPS = ("Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All", *_DIRECTORY_READ)
_READ_GROUPS = Right(_any(*_GROUPS), _and_as_user(_any(*_GROUPS)))
_WRITE_GROUPS = Right(
    _any("Group.ReadWrite.All", "Directory.ReadWrite.All"),
    _and_as_user(_any("Group.ReadWrite.All", "Directory.ReadWrite.All")),
    frozenset({GROUPS_ADMINISTRATOR, USER_ADMINISTRATOR}),
)
_READ_ANY = Right(
    _any(*_APPS, *_USERS, *_GROUPS, OWNED_BY), _and_as_user(_any(*_APPS, *_USERS, *_GROUPS, "User.Read"))
)
_ME = Right((), _and_as_user(_any("User.Read", "User.ReadWrite", *_USERS)))
_ROLES = ("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", *_DIRECTORY_READ)
_READ_ROLES = Right(_any(*_ROLES), _and_as_user(_any(*_ROLES)))
_WRITE_ROLES = Right(
    _any("RoleManagement.ReadWrite.Directory"),
    _and_as_user(_any("RoleManagement.ReadWrite.Directory")),
    frozenset({PRIVILEGED_ROLE_ADMINISTRATOR}),
)
# Which role of the directory a person needs here is not verified (docs/sandbox.md).
_EXCHANGE_READ = _any(
    "RoleManagement.Read.Exchange", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Exchange"
)
_EXCHANGE_WRITE = _any("RoleManagement.ReadWrite.Exchange")
_READ_EXCHANGE = Right(_EXCHANGE_READ, _EXCHANGE_READ, frozenset({EXCHANGE_ADMINISTRATOR, GLOBAL_READER}))
_WRITE_EXCHANGE = Right(_EXCHANGE_WRITE, _EXCHANGE_WRITE, frozenset({EXCHANGE_ADMINISTRATOR}))
# "Application: Not supported": no permission is enough.
_REMOVE_EXCHANGE = Right((frozenset(),), _EXCHANGE_WRITE, frozenset({EXCHANGE_ADMINISTRATOR}))
_READ_REPORTS = Right(
    _any("AuditLog.Read.All", *_DIRECTORY_READ),
    _any("AuditLog.Read.All", *_DIRECTORY_READ),
    frozenset({REPORTS_READER, SECURITY_READER, SECURITY_ADMINISTRATOR, GLOBAL_READER}),
)
_ORGANIZATION = Right(
    _any("Organization.Read.All", "Organization.ReadWrite.All", *_DIRECTORY_READ),
    _and_as_user(_any("User.Read", "Organization.Read.All", "Organization.ReadWrite.All", *_DIRECTORY_READ)),
)
_DOMAINS = Right(
    _any("Domain.Read.All", "Domain.ReadWrite.All", *_DIRECTORY_READ),
    _and_as_user(_any("Domain.Read.All", "Domain.ReadWrite.All", *_DIRECTORY_READ)),
)
_MAIL_READ = Right(
    _any("Mail.ReadBasic", "Mail.ReadBasic.All", "Mail.Read", "Mail.ReadWrite"),
    _any("Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"),
    exchange=True,
)
_MAIL_SETTINGS = Right(
    _any("MailboxSettings.Read", "MailboxSettings.ReadWrite"),
    _any("MailboxSettings.Read", "MailboxSettings.ReadWrite"),
    exchange=True,
)
_MAIL_SEND = Right(_any("Mail.Send"), _any("Mail.Send"), exchange=True)
_ANYBODY = Right()

_READ, _WRITE, _ALL = "GET", "POST|PATCH|PUT|DELETE", "GET|POST|PATCH|PUT|DELETE"

# Methods, pattern (``*`` is one segment, ``**`` any number, none included), right; the first match holds.
# Rows follow the pages under https://learn.microsoft.com/graph/api/, "Permissions".
TABLE: tuple[tuple[str, str, Right], ...] = (
    (_ALL, "$batch", _ANYBODY),  # each request inside is checked for itself
    # directoryobject-checkmembergroups, -getmembergroups, and the same for objects
    ("POST", "*/*/checkMember*", _READ_ANY),
    ("POST", "*/*/getMember*", _READ_ANY),
    # application-list, -get, -post-applications, -update, -delete, -addpassword, -post-owners
    (_READ, "applications/*/appManagementPolicies/**", _READ_POLICY_LINK),
    (_WRITE, "applications/*/appManagementPolicies/**", _WRITE_POLICY_LINK),
    (_READ, "applications/**", _READ_APPS),
    ("POST", "applications", CREATE_APP),
    (_WRITE, "applications/*/owners/**", _WRITE_OWNERS),
    (_WRITE, "applications/**", _WRITE_APP),
    # serviceprincipal-list-approleassignedto, -post-approleassignedto, -post-approleassignments
    ("POST", "servicePrincipals/*/appRoleAssignedTo", _GRANT),
    ("POST", "*/*/appRoleAssignments", _GRANT),
    (_WRITE, "*/*/appRoleAssignedTo/**", _REVOKE),
    (_WRITE, "*/*/appRoleAssignments/**", _REVOKE),
    (_READ, "*/*/appRoleAssignments/**", _READ_APPS),
    (_ALL, "appRoleAssignments/**", _ANYBODY),  # refused to everybody by its handler
    # serviceprincipal-list, -post-serviceprincipals, -update, -delete
    (_READ, "servicePrincipals/*/appManagementPolicies/**", _READ_POLICY_LINK),
    (_WRITE, "servicePrincipals/*/appManagementPolicies/**", _WRITE_POLICY_LINK),
    (_READ, "servicePrincipals/*/oauth2PermissionGrants/**", _READ_SCOPES),
    (_READ, "servicePrincipals/**", _READ_APPS),
    ("POST", "servicePrincipals", _CREATE_PRINCIPAL),
    (_WRITE, "servicePrincipals/*/owners/**", _WRITE_OWNERS),
    (_WRITE, "servicePrincipals/**", _WRITE_APP),
    # oauth2permissiongrant-list, -post
    (_READ, "oauth2PermissionGrants/**", _READ_SCOPES),
    (_WRITE, "oauth2PermissionGrants/**", _WRITE_SCOPES),
    # directory-deleteditems-list, -restore, -delete
    (_READ, "directory/deletedItems/**", _READ_APPS),
    (_WRITE, "directory/deletedItems/**", _WRITE_DELETED),
    # tenantappmanagementpolicy-get, -update; appmanagementpolicy-post, -list-appliesto
    (_READ, "policies/appManagementPolicies/*/appliesTo", _READ_POLICY_LINK),
    (_READ, "policies/**", _READ_POLICY),
    (_WRITE, "policies/**", _WRITE_POLICY),
    # user-list-mailfolders, mailfolder-get, user-get-mailboxsettings, user-list-messages, user-sendmail
    ("POST", "users/*/sendMail", _MAIL_SEND),
    ("POST", "me/sendMail", _MAIL_SEND),
    (_READ, "users/*/mailFolders/**", _MAIL_READ),
    (_READ, "me/mailFolders/**", _MAIL_READ),
    (_READ, "users/*/messages/**", _MAIL_READ),
    (_READ, "me/messages/**", _MAIL_READ),
    (_READ, "users/*/mailboxSettings", _MAIL_SETTINGS),
    (_READ, "me/mailboxSettings", _MAIL_SETTINGS),
    # user-list, -get, -post-users, -update, -delete; me is 400 for an application, whatever its rights
    (_ALL, "me/**", _ME),
    (_READ, "users/*/oauth2PermissionGrants/**", _READ_SCOPES),
    (_READ, "users/**", _READ_USERS),
    (_WRITE, "users/**", _WRITE_USERS),
    (_READ, "groups/**", _READ_GROUPS),
    (_WRITE, "groups/**", _WRITE_GROUPS),
    # directoryobject-get, -getbyids
    (_READ, "directoryObjects/**", _READ_ANY),
    ("POST", "directoryObjects/**", _READ_ANY),
    # beta: rbacapplication-list-roleassignments, -post-roleassignments, unifiedroleassignment-delete
    (_READ, "roleManagement/exchange/**", _READ_EXCHANGE),
    ("DELETE", "roleManagement/exchange/roleAssignments/*", _REMOVE_EXCHANGE),
    (_WRITE, "roleManagement/exchange/**", _WRITE_EXCHANGE),
    # reportroot-list-appcredentialsigninactivities, in beta
    (_READ, "reports/**", _READ_REPORTS),
    # directoryrole-list, rbacapplication-list-roleassignments
    (_READ, "directoryRole*/**", _READ_ROLES),
    (_WRITE, "directoryRoles/**", _WRITE_ROLES),
    (_READ, "roleManagement/**", _READ_ROLES),
    (_WRITE, "roleManagement/**", _WRITE_ROLES),
    # organization-list, domain-list
    (_READ, "organization/**", _ORGANIZATION),
    (_READ, "domains/**", _DOMAINS),
)


def right_of(method: str, pattern: str) -> Right | None:
    """Return the row for an endpoint; None if the table forgot it."""
    return _row(method, pattern.lower())


@functools.cache
def _row(method: str, pattern: str) -> Right | None:
    for methods, row, right in TABLE:
        if method in methods.split("|") and _regex(row).fullmatch(pattern):
            return right
    return None


@functools.cache
def _regex(row: str) -> re.Pattern[str]:
    text = re.escape(row.lower()).replace(r"/\*\*", "(?:/.+)?").replace(r"\*", "[^/]+")
    return re.compile(text)


@functools.cache
def application_permissions() -> Names:
    """Return every application permission that the table speaks of, and those of attributes."""
    of_rows = frozenset().union(*(g for _, _, r in TABLE for g in r.application))
    return of_rows | {OWNED_BY, READ_ATTRIBUTES, WRITE_ATTRIBUTES}


@functools.cache
def delegated_permissions() -> Names:
    """Return every delegated permission that the table speaks of, and those of attributes."""
    of_rows = frozenset().union(*(g for _, _, r in TABLE for g in r.delegated))
    return of_rows | {READ_ATTRIBUTES, WRITE_ATTRIBUTES}
