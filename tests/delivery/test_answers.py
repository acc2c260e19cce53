"""What the real services answer, and what comes of it: what the trial says, whether a secret is made, what is read.

Each row is one answer or state of a service, with the page that documents it or where users quote it. A secret
is made if the trial lets pass, and only then (``test_program`` has the whole program). What the trial cannot see
fails the delivery, and the next run is told whether trying again makes sense.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from provision.delivery import Sink, Undeliverable
from tests.delivery.azure_devops_standin import BEARER, DevOps
from tests.delivery.github_standin import Hub
from tests.delivery.key_vault_standin import TOKEN, Vault
from tests.delivery.standin import Response, StandIn
from tests.delivery.support import VALUE, Opened, Signed, deliver, refused

PROBE, DELIVERY = "the trial", "the delivery"


@dataclass(frozen=True)
class Row:
    """One answer: what is so at the service, who finds out, and what the person reads."""

    name: str
    source: str
    happens: Callable[[Any], object]
    found_by: str
    says: tuple[str, ...]
    lasting: bool = True  # nobody tries again before a person says so


def check(row: Row, service: StandIn, sink: Sink, held: Callable[[], list[str]]) -> None:
    """Have it happen; the trial or the delivery refuses, nothing of ours is there, and the words are read."""
    assert row.source.startswith("https://")
    row.happens(service)
    before = held()
    if row.found_by == PROBE:
        error = refused(sink.probe, "sink-unusable", *row.says)
        assert service.writes == 0
    else:
        sink.probe()
        error = refused(partial(deliver, sink), "delivery-failed", *row.says)
    assert held() == before
    assert isinstance(error, Undeliverable) == row.lasting
    assert error.fix


def answers(method: str, path: str, status: int, body: Any, **headers: str) -> Callable[[StandIn], None]:
    """Answer every such request so."""
    shown = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda service: service.befall(method, path, Response(status, body, shown), times=99)


# Azure Key Vault


def vault_says(status: int, code: str, message: str, inner: str = "") -> dict[str, Any]:
    """Return a vault's error as it is sent."""
    error: dict[str, Any] = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner}
    return {"error": error}


def get_refused(status: int, code: str, message: str, inner: str = "") -> Callable[[StandIn], None]:
    return answers("GET", "/secrets/mail", status, vault_says(status, code, message, inner))


def put_refused(status: int, code: str, message: str, inner: str = "") -> Callable[[StandIn], None]:
    return answers("PUT", "/secrets/mail", status, vault_says(status, code, message, inner))


def written(tags: dict[str, str] | None = None, **more: Any) -> Callable[[Vault], None]:
    """A version of ours is there already, with other tags beside ours."""

    def happens(vault: Vault) -> None:
        deliver(Opened(Signed(TOKEN))(VAULT))
        vault.secrets["mail"][0]["tags"].update(tags or {})
        vault.secrets["mail"][0].update(more)
        vault.requests.clear()

    return happens


def deleted(recovery: str) -> Callable[[Vault], None]:
    def happens(vault: Vault) -> None:
        written()(vault)
        vault.delete("mail")
        vault.recovery = recovery

    return happens


VAULT = "key_vault:https://agency.vault.azure.net/secrets/mail"
ERRORS = "https://learn.microsoft.com/azure/key-vault/general/rest-error-codes"
TERRAFORM = "https://github.com/hashicorp/terraform-provider-azurerm/issues"
FIREWALL = (
    "Client address is not authorized and caller is not a trusted service.\r\nClient address: 192.0.2.7\r\n"
    "Caller: appid=1;oid=2;iss=https://sts.windows.net/3/\r\nVault: agency;location=westeurope"
)
PRIVATE = (
    "Public network access is disabled and request is not from a trusted service nor via an approved private "
    "link.\r\nCaller: appid=1;oid=2;iss=https://sts.windows.net/3/\r\nVault: agency;location=westeurope"
)
NO_RBAC = (
    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
    "definitions were changed recently, please observe propagation time."
)
NO_POLICY = (
    "The user, group or application 'appid=1;oid=2;iss=https://sts.windows.net/3/' does not have secrets get "
    "permission on key vault 'agency;location=westeurope'."
)
ISSUER = (
    "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/1/, found https://sts.windows.net/2/."
)
RECOVERABLE = (
    "Secret mail is currently in a deleted but recoverable state, and its name cannot be reused; in this state, "
    "the secret can only be recovered or purged."
)
VAULT_ROWS = (
    Row("firewall", f"{TERRAFORM}/20742", get_refused(403, "Forbidden", FIREWALL, "ForbiddenByFirewall"), PROBE,
        ("kept out by the network", "403 ForbiddenByFirewall", "under the vault's Networking")),
    Row("no public network", "https://github.com/microsoft/multimodal-ai/issues/171",
        get_refused(403, "Forbidden", PRIVATE, "ForbiddenByConnection"), PROBE,
        ("kept out by the network", "ForbiddenByConnection", "private endpoint")),
    Row("a private link that is not approved", "https://github.com/Azure/azure-cli/issues/31406",
        get_refused(403, "Forbidden", "Connection is not an approved private link and caller was ignored because "
                    "bypass is not set to 'AzureServices' and PublicNetworkAccess is set to 'Disabled'."), PROBE,
        ("kept out by the network", "run inside its network")),
    Row("a network security perimeter", "https://learn.microsoft.com/azure/key-vault/general/network-security",
        get_refused(403, "Forbidden", "Request was not allowed by NSP rules and the client address is not "
                    "authorized and caller was ignored because bypass is set to None"), PROBE,
        ("kept out by the network", "network security perimeter")),
    Row("no role", ERRORS, get_refused(403, "Forbidden", NO_RBAC, "ForbiddenByRbac"), PROBE,
        ("a right is missing", "403 ForbiddenByRbac", "Key Vault Secrets Officer")),
    Row("no access policy", ERRORS, get_refused(403, "Forbidden", NO_POLICY, "AccessDenied"), PROBE,
        ("a right is missing", "AccessDenied", "get and set of an access policy")),
    Row("a policy's refusal", "https://learn.microsoft.com/azure/key-vault/general/assign-access-policy",
        get_refused(403, "Forbidden", NO_POLICY, "ForbiddenByPolicy"), PROBE,
        ("a right is missing", "ForbiddenByPolicy")),
    Row("may read, may not write", "https://learn.microsoft.com/azure/key-vault/general/rbac-guide",
        put_refused(403, "Forbidden", NO_RBAC, "ForbiddenByRbac"), DELIVERY,
        ("a right is missing", "403 ForbiddenByRbac", "Key Vault Secrets Officer")),
    Row("another tenant's vault", "https://github.com/Azure/azure-sdk-for-js/issues/13036",
        get_refused(401, "Unauthorized", ISSUER), PROBE,
        ("not signed in", "AKV10032", "another tenant than this sign-in", "tenant, client_id")),
    Row("no token", ERRORS,
        get_refused(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token."), PROBE,
        ("not signed in", "AKV10000", "--auth")),
    Row("a token's end", ERRORS, get_refused(401, "Unauthorized", "Error validating token: IDX10223"), PROBE,
        ("not signed in", "IDX10223", "--auth")),
    Row("a disabled version", "https://github.com/Azure/azure-sdk-for-js/tree/main/sdk/keyvault/keyvault-secrets",
        written(attributes={"enabled": False}), PROBE,
        ("the place cannot take it", "SecretDisabled", "Enable the current version")),
    Row("deleted, may be purged", "https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview",
        deleted("Recoverable+Purgeable"), PROBE,
        ("the place cannot take it", "deleted secret of this name", "Recover or purge it")),
    Row("deleted, with purge protection",
        "https://learn.microsoft.com/rest/api/keyvault/secrets/get-deleted-secret/get-deleted-secret",
        deleted("Recoverable"), PROBE,
        ("the place cannot take it", "cannot be purged before 2027-02-23", "recover it")),
    Row("deleted, in a protected subscription",
        "https://learn.microsoft.com/rest/api/keyvault/secrets/get-deleted-secret/get-deleted-secret",
        deleted("Recoverable+ProtectedSubscription"), PROBE, ("cannot be purged before",)),
    Row("deleted, seen by the write alone", "https://github.com/external-secrets/external-secrets/issues/3519",
        put_refused(409, "Conflict", RECOVERABLE, "ObjectIsDeletedButRecoverable"), DELIVERY,
        ("the place cannot take it", "deleted secret of this name", "Recover or purge")),
    Row("being deleted", f"{TERRAFORM}/10454",
        put_refused(409, "Conflict", "Secret is currently being deleted.", "ObjectIsBeingDeleted"), DELIVERY,
        ("the place cannot take it", "409 ObjectIsBeingDeleted", "Wait until it is deleted")),
    Row("twelve tags of a team", f"{TERRAFORM}/16780", written({f"team-{n}": "x" for n in range(12)}), PROBE,
        ("the place cannot take it", "16 tags with ours", "takes 15", "Remove tags")),
    Row("more tags since the trial", f"{TERRAFORM}/16780",
        put_refused(400, "BadParameter", "Property has invalid value\r\n"), DELIVERY,
        ("the place cannot take it", "400 BadParameter", "15 tags")),
    Row("a certificate's secret", "https://learn.microsoft.com/azure/key-vault/certificates/about-certificates",
        written(managed=True), PROBE, ("the place cannot take it", "certificate in the vault", "another name")),
    Row("a team's secret", "https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret",
        written({"provision-config": "other"}), PROBE, ("was not written by provision", "another name")),
    Row("throttled without end", "https://learn.microsoft.com/azure/key-vault/general/overview-throttling",
        put_refused(429, "Throttled", "Request was not processed because too many requests were received."),
        DELIVERY, ("too many requests", "429 Throttled", "tried 5 times"), lasting=False),
    Row("a fault", ERRORS, put_refused(500, "InternalServerError", "An internal error occurred."), DELIVERY,
        ("500 InternalServerError", "tried 5 times"), lasting=False),
)  # fmt: skip


@pytest.mark.parametrize("row", VAULT_ROWS, ids=lambda row: row.name)
def test_key_vault(vault: Vault, row: Row) -> None:
    """Firewall, rights, other tenants, deleted and disabled secrets, limits: each in its own words."""
    sink = Opened(Signed(TOKEN))(VAULT)
    check(row, vault, sink, lambda: [version["value"] for version in vault.secrets.get("mail", [])])


# GitHub


def said(message: str) -> dict[str, str]:
    return {"message": message, "documentation_url": "https://docs.github.com/rest"}


def is_so(**what: Any) -> Callable[[Hub], None]:
    """The repository is in that state."""
    return lambda hub: hub.repository_is.update(what)


def full(kind: str, count: int) -> Callable[[Hub], None]:
    def happens(hub: Hub) -> None:
        for number in range(count):
            if kind == "secrets":
                hub.put(hub.repository, f"S{number}", "theirs")
            else:
                hub.repository.variables[f"V{number}"] = "theirs"

    return happens


def everywhere(status: int, message: str, **headers: str) -> Callable[[StandIn], None]:
    return answers("GET", "/repos", status, said(message), **headers)


GITHUB = "github:agency/mail"
SECRETS = "https://docs.github.com/rest/actions/secrets"
TROUBLES = "https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api"
LIMITS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
SAML = (
    "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to "
    "this organization."
)
ALLOW_LIST = (
    "Although you appear to have the correct authorization credentials, the `agency` organization has an IP "
    "allow list enabled, and your IP address is not permitted to access this resource."
)
LIFETIME = (
    "The 'agency' organization forbids access via a fine-grained personal access tokens if the token's lifetime "
    "is greater than 366 days."
)
GITHUB_ROWS = (
    Row("archived", "https://docs.github.com/rest/repos/repos#get-a-repository", is_so(archived=True), PROBE,
        ("the place cannot take it", "repository is archived", "Unarchive")),
    Row("archived since the trial", "https://github.com/hub4j/github-api/blob/main/src/main/java/org/kohsuke/github/GHRepository.java",
        answers("PUT", "/secrets/", 403, said("Repository was archived so is read-only.")), DELIVERY,
        ("the place cannot take it", "archived so is read-only", "Unarchive")),
    Row("disabled", "https://docs.github.com/rest/repos/repos#get-a-repository", is_so(disabled=True), PROBE,
        ("the place cannot take it", "repository is disabled")),
    Row("may read the repository, not write", SECRETS, is_so(permissions={"pull": True, "push": False}), PROBE,
        ("a right is missing", "not write to it", "write access to Secrets and Variables")),
    Row("a hundred secrets", "https://docs.github.com/actions/reference/security/secrets#limits-for-secrets",
        full("secrets", 100), PROBE, ("the place cannot take it", "100 secrets already", "Delete secrets")),
    Row("five hundred variables", "https://docs.github.com/actions/reference/workflows-and-actions/variables",
        full("variables", 500), PROBE, ("the place cannot take it", "500 variables already")),
    Row("no such repository, or not to be seen", TROUBLES, everywhere(404, "Not Found"), PROBE,
        ("a right is missing", "404 Not Found", "repository and environment are there")),
    Row("a fine-grained token without the permission", TROUBLES,
        answers("GET", "/secrets/public-key", 403, said("Resource not accessible by personal access token"),
                X_Accepted_GitHub_Permissions="secrets=read"), PROBE,
        ("a right is missing", "not accessible by personal access token", "permission secrets=read")),
    Row("an App without the permission", TROUBLES,
        answers("PUT", "/secrets/", 403, said("Resource not accessible by integration"),
                X_Accepted_GitHub_Permissions="secrets=write"), DELIVERY,
        ("a right is missing", "not accessible by integration", "permission secrets=write")),
    Row("variables not allowed", "https://docs.github.com/rest/actions/variables",
        answers("POST", "/variables", 403, said("Resource not accessible by personal access token")), DELIVERY,
        ("a right is missing", "Secrets and Variables")),
    Row("an organization's administrators only", TROUBLES,
        answers("PUT", "/secrets/", 403, said("Must have admin rights to Repository.")), DELIVERY,
        ("a right is missing", "Must have admin rights")),
    Row("single sign-on", "https://github.com/ossf/scorecard/issues/1504",
        everywhere(403, SAML, X_GitHub_SSO="required; url=https://github.com/orgs/agency/sso?authorization_request=A1"),
        PROBE, ("not signed in", "SAML enforcement", "Configure SSO", "https://github.com/orgs/agency/sso?")),
    Row("single sign-on that points elsewhere", "https://github.com/ossf/scorecard/issues/1504",
        everywhere(403, SAML, X_GitHub_SSO="required; url=https://github.com.example.com/orgs/agency/sso"), PROBE,
        ("not signed in", "Configure SSO")),
    Row("an address that is not allowed", "https://docs.github.com/organizations/keeping-your-organization-secure",
        everywhere(403, ALLOW_LIST), PROBE, ("kept out by the network", "IP allow list", "on a machine")),
    Row("a token that lives too long",
        "https://docs.github.com/organizations/managing-programmatic-access-to-your-organization",
        everywhere(403, LIFETIME), PROBE, ("not signed in", "366 days", "lifetime that it allows")),
    Row("an expired token", TROUBLES, everywhere(401, "Bad credentials"), PROBE,
        ("not signed in", "401 Bad credentials", "has expired")),
    Row("a suspended account", TROUBLES, everywhere(403, "Sorry. Your account was suspended."), PROBE,
        ("the place cannot take it", "suspended")),
    Row("renamed", "https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api",
        answers("GET", "/repos", 301, said("Moved Permanently"), Location="https://api.github.com/repositories/1"),
        PROBE, ("the place cannot take it", "301 Moved Permanently", "renamed or transferred")),
    Row("a secondary limit without a word how long", LIMITS, answers("PUT", "/secrets/", 403, said(SECONDARY)),
        DELIVERY, ("too many requests", "secondary rate limit", "Run again later"), lasting=False),
    Row("a primary limit", LIMITS,
        answers("PUT", "/secrets/", 403, said("API rate limit exceeded for user ID 1."),
                X_RateLimit_Remaining="0", X_RateLimit_Reset="1795609999"), DELIVERY,
        ("too many requests", "asks to wait", "Run again later"), lasting=False),
    Row("429", LIMITS, answers("PUT", "/secrets/", 429, said("Too Many Requests")), DELIVERY,
        ("too many requests", "429 Too Many Requests"), lasting=False),
    Row("what cannot be processed", SECRETS, answers("PUT", "/secrets/", 422, said("Validation Failed")), DELIVERY,
        ("the place cannot take it", "422 Validation Failed")),
    Row("a fault", TROUBLES, answers("PUT", "/secrets/", 502, said("Server Error")), DELIVERY,
        ("502 Server Error", "tried 5 times"), lasting=False),
)  # fmt: skip


@pytest.mark.parametrize("row", GITHUB_ROWS, ids=lambda row: row.name)
def test_github(hub: Hub, row: Row) -> None:
    """Archived, full, hidden, limited, single sign-on, allow lists: each in its own words."""
    sink = Opened(None)(GITHUB)
    check(row, hub, sink, lambda: [value for value, _ in hub.repository.secrets.values()])


def test_github_names_the_environment_that_is_missing(hub: Hub) -> None:
    """And does not count what the repository holds against an environment."""
    sink = Opened(None)(f"{GITHUB}?environment=staging")
    refused(
        sink.probe, "sink-unusable", "no environment 'staging'", "Settings > Environments", "compare its name"
    )
    full("secrets", 100)(hub)
    Opened(None)(f"{GITHUB}?environment=production/eu").probe()
    for number in range(100):
        hub.put(hub.environment, f"E{number}", "theirs")
    refused(Opened(None)(f"{GITHUB}?environment=production/eu").probe, "sink-unusable", "100 secrets already")


def test_github_renews_in_a_full_place(hub: Hub) -> None:
    """What is there already takes no place more."""
    sink = Opened(None)(GITHUB)
    deliver(sink)
    full("secrets", 99)(hub)
    full("variables", 499)(hub)
    sink.probe()
    deliver(sink, "new" + VALUE)


def test_github_waits_a_minute_for_a_limit_that_does_not_say_how_long(hub: Hub, waits: list[float]) -> None:
    """And then goes on."""
    hub.befall("PUT", "/secrets/", Response(403, said(SECONDARY)))
    deliver(Opened(None)(GITHUB))
    assert waits == [60.0]


def test_github_app_tokens_have_no_permissions_of_their_own(hub: Hub) -> None:
    """All false says nothing."""
    hub.repository_is["permissions"] = {"admin": False, "push": False, "pull": False}
    Opened(None)(GITHUB).probe()


# Azure DevOps


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
    Row("the anonymous sign-in page", PATS,
        answers("GET", "", 203, "<html>Azure DevOps Services | Sign In</html>"), PROBE,
        ("not signed in", "not accepted", "AZURE_DEVOPS_EXT_PAT")),
    Row("sent to the sign-in page", PATS,
        answers("GET", "", 302, "<html>", Location="https://spsprodweu4.vssps.visualstudio.com/_signin"), PROBE,
        ("not signed in", "points elsewhere", "AZURE_DEVOPS_EXT_PAT")),
    Row("an expired token", PATS,
        groups_say(401, "Access Denied: The Personal Access Token used has expired.", "AccessCheckException"), PROBE,
        ("not signed in", "has expired", "make another")),
    Row("no member", ACCESS,
        groups_say(401, "TF400813: The user 'aaaaaaaa' is not authorized to access this resource.",
                   "UnauthorizedRequestException"), PROBE, ("not signed in", "TF400813", "no member")),
    Row("not authorized", "https://learn.microsoft.com/azure/devops/pipelines/agents/agents",
        groups_say(401, "VS30063: You are not authorized to access https://dev.azure.com."), PROBE,
        ("not signed in", "VS30063", "for another one")),
    Row("Conditional Access",
        "https://learn.microsoft.com/azure/devops/organizations/accounts/change-application-access-policies",
        groups_say(401, "VS403463: The conditional access policy defined by your Azure Active Directory "
                   "administrator has failed."), PROBE, ("not signed in", "VS403463", "Conditional Access")),
    Row("no such project", ACCESS,
        groups_say(404, "TF200016: The following project does not exist: Elsewhere. Verify that the name of the "
                   "project is correct.", "ProjectDoesNotExistWithNameException"), PROBE,
        ("the place cannot take it", "TF200016", "Compare the project's name")),
    Row("a project that may not be seen", ACCESS,
        groups_say(404, "VS800075: The project with id 'vstfs:///1' does not exist, or you do not have permission "
                   "to access it."), PROBE, ("the place cannot take it", "VS800075")),
    Row("no such organization", GROUPS, answers("GET", "", 404, "<html>The resource cannot be found.</html>"), PROBE,
        ("a right is missing", "404")),
    Row("no such group", f"{GROUPS}/get-variable-groups", lambda devops: devops.groups.pop(7), PROBE,
        ("a right is missing", "no such variable group", "Administrator")),
    Row("a group that may not be looked into", LIBRARY, lambda devops: devops.unseen.add(7), PROBE,
        ("a right is missing", "and not what is in it", "Administrator")),
    Row("a group that may be read, not managed", LIBRARY, lambda devops: devops.manageable.discard(7), PROBE,
        ("a right is missing", "not manage it", "Project Administrator")),
    Row("a group of a key vault", LIBRARY, group_is(type="AzureKeyVault"), PROBE,
        ("the place cannot take it", "from elsewhere", "the sink key_vault")),
    Row("a group that names no project", "https://github.com/microsoft/azure-devops-node-api/issues/424",
        group_is(variableGroupProjectReferences=[]), PROBE, ("a right is missing", "not what is in it")),
    Row("a read-only variable", f"{GROUPS}/get", ours_locked, PROBE,
        ("the place cannot take it", "is read-only", "Make it writable")),
    Row("somebody else's variable", LIBRARY, has("COLLAB_PROD_CLIENT_SECRET", isSecret=True), PROBE,
        ("provision did not write it", "another name")),
    Row("a token that may only read", "https://github.com/MicrosoftDocs/vsts-rest-api-specs/issues/601",
        lambda devops: devops.scopes.discard("manage"), DELIVERY,
        ("a right is missing", "may read the group, but not write it", "read, create, & manage")),
    Row("the role was taken away", LIBRARY,
        put_says(403, "You do not have permissions to perform this operation on the variable group. A variable "
                 "group Administrator should add you to the Administrator role.", "AccessDeniedException"),
        DELIVERY, ("a right is missing", "Administrator", "for each of them")),
    Row("projects that are refused", "https://github.com/microsoft/azure-devops-node-api/issues/424",
        put_says(400, "Project information name is not valid for variable group.", "ArgumentException"), DELIVERY,
        ("the place cannot take it", "save it once")),
    Row("two groups of one name", LIBRARY,
        put_says(409, "Variable group mail already exists.", "VariableGroupExistsException"), DELIVERY,
        ("the place cannot take it", "rename one")),
    Row("a group that is gone", GROUPS,
        put_says(404, "Variable group 7 was not found.", "VariableGroupNotFoundException"), DELIVERY,
        ("the place cannot take it", "See that the group is there")),
    Row("throttled", RATES, put_says(429, BLOCKED, "RequestBlockedException", Retry_After="300"), DELIVERY,
        ("too many requests", "TF400733", "asks to wait 300 seconds"), lasting=False),
    Row("throttled without a word how long", RATES, put_says(429, BLOCKED), DELIVERY,
        ("too many requests", "TF400733", "tried 5 times"), lasting=False),
    Row("a fault", "https://github.com/MicrosoftDocs/azure-devops-docs/issues/8581",
        put_says(500, "TF400898: An Internal Error Occurred. Activity Id: 1."), DELIVERY,
        ("500 TF400898", "tried 5 times"), lasting=False),
)  # fmt: skip


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


@pytest.mark.parametrize("rows", [VAULT_ROWS, GITHUB_ROWS, DEVOPS_ROWS], ids=["vault", "github", "devops"])
def test_the_tables_are_whole(rows: tuple[Row, ...]) -> None:
    """At least twenty answers of each service, none twice, each with its source."""
    assert len({row.name for row in rows}) == len(rows) >= 20
