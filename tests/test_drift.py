"""Drift: tampering by hand is found, told by name, and left as it is; a clean tenant gives none."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provision.errors import catalogue
from tests.sandbox.served import Served, serving
from tests.support import STATE, TENANT, Program, Ran, Tenant, write_config
from tests.test_served import SEED

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
FULL_ACCESS = "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
MAIL_READ = "810c84a8-4a9e-49e6-bf7d-12d183f40d01"
USER_READ = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
PLANTED = "99999999-9999-4999-8999-999999999999"
DELIVER = ("--yes", "--deliver", "file:out.secret")


def certificate() -> dict[str, Any]:
    """A key credential with a certificate of an hour ago in it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "intruder")])
    began = datetime.now(UTC) - timedelta(hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=400))
        .sign(key, hashes.SHA256())
    )
    encoded = base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()
    return {"type": "AsymmetricX509Cert", "usage": "Verify", "displayName": "intruder", "key": encoded}


class Hand:
    """Somebody at work in the portal: the sandbox's tenant by plain HTTP."""

    def __init__(self) -> None:
        self.tenant = Tenant()
        self.app = self.tenant.application()
        self.principal = self.tenant.get(f"/servicePrincipals(appId='{self.app['appId']}')")
        self.at = f"/applications/{self.app['id']}"
        self.principal_at = f"/servicePrincipals/{self.principal['id']}"

    def patch(self, **body: Any) -> None:
        """Change the application."""
        self.tenant.do("PATCH", self.at, body)

    def patch_principal(self, **body: Any) -> None:
        """Change the service principal."""
        self.tenant.do("PATCH", self.principal_at, body)

    def add_secret(self, at: str, name: str, **more: Any) -> Any:
        """Make a secret."""
        return self.tenant.do(
            "POST", f"{at}/addPassword", {"passwordCredential": {"displayName": name, **more}}
        )

    def ask_for(self, resource: str, permission: str, kind: str) -> None:
        """Declare one more permission on the application."""
        access = self.app["requiredResourceAccess"]
        item = {"id": permission, "type": kind}
        for entry in access:
            if entry["resourceAppId"] == resource:
                entry["resourceAccess"].append(item)
                break
        else:
            access = [*access, {"resourceAppId": resource, "resourceAccess": [item]}]
        self.patch(requiredResourceAccess=access)

    def resource(self, app_id: str) -> str:
        """The object id of a resource's principal."""
        return str(self.tenant.get(f"/servicePrincipals(appId='{app_id}')")["id"])

    def grant(self, app_id: str, role: str) -> None:
        """Assign an app role to the application's principal."""
        resource = self.resource(app_id)
        body = {"principalId": self.principal["id"], "resourceId": resource, "appRoleId": role}
        self.tenant.do("POST", f"/servicePrincipals/{resource}/appRoleAssignedTo", body)

    def revoke(self) -> None:
        """Take the consent back."""
        for item in self.tenant.get(f"{self.principal_at}/appRoleAssignments")["value"]:
            self.tenant.do("DELETE", f"{self.principal_at}/appRoleAssignments/{item['id']}")

    def somebody(self) -> str:
        """A user of the tenant; returns the object id."""
        made = self.tenant.do(
            "POST",
            "/users",
            {
                "accountEnabled": True,
                "displayName": "Mallory",
                "mailNickname": "mallory",
                "userPrincipalName": "mallory@agency.example",
                "passwordProfile": {"password": "Xy7-rehearsal-only"},
            },
        )
        return str(made["id"])

    def own(self, at: str) -> None:
        """Make somebody an owner."""
        url = f"https://graph.microsoft.com/v1.0/directoryObjects/{self.somebody()}"
        self.tenant.do("POST", f"{at}/owners/$ref", {"@odata.id": url})


@dataclass(frozen=True)
class Tampering:
    """What was done, and the one finding that it must give."""

    do: Callable[[Hand], Any]
    name: str
    address: str
    value: str  # is in the finding's value
    severity: str = "error"


UNDECLARED = {
    "a secret": Tampering(
        lambda h: h.add_secret(h.at, "theirs"), "undeclared-secret", "client_secret", "theirs ("
    ),
    "a secret of the principal": Tampering(
        lambda h: h.add_secret(h.principal_at, "hidden"),
        "undeclared-secret",
        "service_principal.passwordCredentials",
        "hidden (",
    ),
    "a secret with our mark": Tampering(
        lambda h: h.add_secret(h.at, "x [provision:collab-prod]"),
        "secret-unproven",
        "client_secret",
        "x [provision:collab-prod] (",
        "error",
    ),
    "a certificate": Tampering(
        lambda h: h.patch(keyCredentials=[certificate()]),
        "undeclared-certificate",
        "application.keyCredentials",
        "intruder (",
    ),
    "a certificate of the principal": Tampering(
        lambda h: h.patch_principal(keyCredentials=[certificate()]),
        "undeclared-certificate",
        "service_principal.keyCredentials",
        "intruder (",
    ),
    "a federated credential": Tampering(
        lambda h: h.tenant.do(
            "POST",
            f"{h.at}/federatedIdentityCredentials",
            {
                "name": "fork",
                "issuer": "https://token.actions.githubusercontent.com",
                "subject": "repo:mallory/fork:ref:refs/heads/main",
                "audiences": ["api://AzureADTokenExchange"],
            },
        ),
        "undeclared-federated-credential",
        "application.federatedIdentityCredentials",
        "fork (issuer https://token.actions.githubusercontent.com, subject repo:mallory/fork:",
    ),
    "a redirect URI": Tampering(
        lambda h: h.patch(
            web={"redirectUris": [*h.app["web"]["redirectUris"], "https://collab.agency.example/other"]}
        ),
        "undeclared-redirect-uri",
        "application.web.redirectUris",
        "https://collab.agency.example/other",
        "warning",
    ),
    "a redirect URI of a page": Tampering(
        lambda h: h.patch(spa={"redirectUris": ["https://evil.example/spa"]}),
        "undeclared-redirect-uri",
        "application.spa.redirectUris",
        "https://evil.example/spa",
        "warning",
    ),
    "a redirect URI of a device": Tampering(
        lambda h: h.patch(publicClient={"redirectUris": ["evil://here"]}),
        "undeclared-redirect-uri",
        "application.publicClient.redirectUris",
        "evil://here",
        "warning",
    ),
    "an application permission": Tampering(
        lambda h: h.ask_for(EXCHANGE, FULL_ACCESS, "Role"),
        "undeclared-permission",
        "application.requiredResourceAccess",
        "Office 365 Exchange Online: full_access_as_app (application)",
        "warning",
    ),
    "a delegated permission": Tampering(
        lambda h: h.ask_for(GRAPH, USER_READ, "Scope"),
        "undeclared-permission",
        "application.requiredResourceAccess",
        "Microsoft Graph: User.Read (delegated)",
        "warning",
    ),
    "a permission that nobody publishes": Tampering(
        lambda h: h.ask_for(PLANTED, MAIL_READ, "Role"),
        "undeclared-permission",
        "application.requiredResourceAccess",
        f"{PLANTED}: {MAIL_READ} (application)",
        "warning",
    ),
    "a grant": Tampering(
        lambda h: h.grant(GRAPH, MAIL_READ),
        "undeclared-grant",
        "service_principal.appRoleAssignments",
        "Microsoft Graph: Mail.Read (application)",
    ),
    "a grant by another resource": Tampering(
        lambda h: h.grant(EXCHANGE, FULL_ACCESS),
        "undeclared-grant",
        "service_principal.appRoleAssignments",
        "Office 365 Exchange Online: full_access_as_app (application)",
    ),
    "a delegated grant": Tampering(
        lambda h: h.tenant.do(
            "POST",
            "/oauth2PermissionGrants",
            {
                "clientId": h.principal["id"],
                "consentType": "AllPrincipals",
                "resourceId": h.resource(GRAPH),
                "scope": "Mail.ReadWrite",
            },
        ),
        "undeclared-grant",
        "service_principal.oauth2PermissionGrants",
        "Microsoft Graph: Mail.ReadWrite (delegated, for everybody)",
        "warning",
    ),
    "an owner of what is not managed": Tampering(
        lambda h: h.own(h.at),
        "undeclared-owner",
        "application.owners",
        "Mallory (mallory@agency.example, user, ",
        "info",
    ),
    "an owner of the principal": Tampering(
        lambda h: h.own(h.principal_at),
        "undeclared-owner",
        "service_principal.owners",
        "Mallory (mallory@agency.example, user, ",
        "info",
    ),
    "implicit grant": Tampering(
        lambda h: h.patch(web={"implicitGrantSettings": {"enableIdTokenIssuance": True}}),
        "implicit-grant",
        "application.web.implicitGrantSettings",
        "enableIdTokenIssuance",
        "warning",
    ),
    "public client flows": Tampering(
        lambda h: h.patch(isFallbackPublicClient=True),
        "public-client",
        "application.isFallbackPublicClient",
        "true",
        "warning",
    ),
    "an identifier URI": Tampering(
        lambda h: h.patch(identifierUris=[f"api://{h.app['appId']}"]),
        "undeclared-setting",
        "application.identifierUris",
        "api://",
        "warning",
    ),
    "a scope for other clients": Tampering(
        lambda h: h.patch(
            api={
                "oauth2PermissionScopes": [
                    {
                        "id": PLANTED,
                        "value": "impersonate",
                        "type": "User",
                        "isEnabled": True,
                        "adminConsentDisplayName": "x",
                        "adminConsentDescription": "x",
                    }
                ]
            }
        ),
        "undeclared-setting",
        "application.api.oauth2PermissionScopes",
        "impersonate",
        "warning",
    ),
    "a logout address": Tampering(
        lambda h: h.patch(web={"logoutUrl": "https://evil.example/out"}),
        "undeclared-setting",
        "application.web.logoutUrl",
        "https://evil.example/out",
        "warning",
    ),
    "a home page": Tampering(
        lambda h: h.patch(web={"homePageUrl": "https://evil.example"}),
        "undeclared-setting",
        "application.web.homePageUrl",
        "https://evil.example",
        "info",
    ),
    "a principal that is disabled": Tampering(
        lambda h: h.patch_principal(accountEnabled=False),
        "principal-disabled",
        "service_principal.accountEnabled",
        "",
    ),
    "an application that is disabled": Tampering(
        lambda h: h.patch(isDisabled=True), "registration-disabled", "application.isDisabled", "isDisabled"
    ),
    "assignment required": Tampering(
        lambda h: h.patch_principal(appRoleAssignmentRequired=True),
        "assignment-required",
        "service_principal.appRoleAssignmentRequired",
        "true",
        "warning",
    ),
    "a tag that records no secret's delivery": Tampering(
        lambda h: h.patch(tags=[*h.app["tags"], f"provision:delivered:{PLANTED}"]),
        "stale-record",
        "application.tags",
        f"provision:delivered:{PLANTED}",
        "error",
    ),
}

DECLARED = {
    "another name": Tampering(
        lambda h: h.patch(displayName="Renamed"),
        "differs-from-config",
        "application.displayName",
        "Renamed",
        "warning",
    ),
    "our redirect URI replaced by none": Tampering(
        lambda h: h.patch(web={"redirectUris": []}),
        "differs-from-config",
        "application.redirectUris",
        "https://collab.agency.example/connectors/SMTP.aspx",
        "warning",
    ),
    "our permission taken away": Tampering(
        lambda h: h.patch(requiredResourceAccess=[]),
        "differs-from-config",
        "application.permissions",
        "Microsoft Graph: Mail.Send (application)",
        "warning",
    ),
    "a wider audience": Tampering(
        lambda h: h.patch(signInAudience="AzureADMultipleOrgs"),
        "differs-from-config",
        "application.signInAudience",
        "AzureADMultipleOrgs",
        "warning",
    ),
    "the consent revoked": Tampering(lambda h: h.revoke(), "mail-not-granted", "consent", "Mail.Send"),
}


def drift(provision: Program, *argv: str, code: int) -> Any:
    """Look for drift, see that the sandbox's state is the same to the byte, and return the document."""
    before = STATE.read_bytes()
    ran = provision("drift", *argv, "--sandbox", "-o", "json")
    assert ran.code == code, ran.out + ran.err
    assert STATE.read_bytes() == before
    return ran.json


def told(document: Any) -> set[tuple[str, str, str, str]]:
    """The findings as far as they can be compared."""
    return {(f["severity"], f["name"], f["address"], f["value"]) for f in document["findings"]}


def fresh(provision: Program, tampering: Tampering) -> Any:
    """Tamper, and return the one finding that came of it."""
    before = told(drift(provision, "prod.yaml", code=0))
    tampering.do(Hand())
    document = drift(provision, "prod.yaml", code=0 if tampering.severity == "info" else 4)
    assert document["clean"] is (tampering.severity == "info")
    (finding,) = told(document) - before
    assert before <= told(document)
    return finding


def expected(tampering: Tampering, finding: tuple[str, str, str, str]) -> None:
    assert finding[:3] == (tampering.severity, tampering.name, tampering.address)
    assert tampering.value in finding[3]


@pytest.mark.parametrize("what", UNDECLARED)
def test_what_nobody_declared_is_found_and_left(provision: Program, applied: Ran, what: str) -> None:
    """One finding of its own; neither drift nor a following apply removes or repairs it."""
    finding = fresh(provision, UNDECLARED[what])
    expected(UNDECLARED[what], finding)
    writes = Tenant().writes
    at_once = 4 if finding[1] == "stale-record" else 0  # what is gone may be what is entered
    assert provision("apply", "prod.yaml", "--sandbox", *DELIVER).code == at_once
    assert Tenant().writes == writes
    assert finding in told(drift(provision, "prod.yaml", code=0 if finding[0] == "info" else 4))


@pytest.mark.parametrize("what", DECLARED)
def test_what_is_otherwise_than_declared_is_found_and_left_to_apply(
    provision: Program, applied: Ran, what: str
) -> None:
    """Found as what differs, with the plan's change; gone once apply was asked for."""
    clean = told(drift(provision, "prod.yaml", code=0))
    finding = fresh(provision, DECLARED[what])
    expected(DECLARED[what], finding)
    changes = drift(provision, "prod.yaml", code=4)["resource_changes"]
    assert provision("plan", "prod.yaml", "--sandbox", "-o", "json").json["resource_changes"] == changes
    assert [c["address"] for c in changes if c["change"]["actions"] != ["no-op"]]
    assert provision("apply", "prod.yaml", "--sandbox", *DELIVER).code == 0
    assert told(drift(provision, "prod.yaml", code=0)) == clean


@pytest.mark.parametrize(
    ("scope", "rest"),
    [("mailbox\n  scope_by: graph", []), ("organization", ["mail-for-everyone"])],
    ids=["mailbox", "organization"],
)
def test_a_clean_tenant_gives_none(provision: Program, config: str, scope: str, rest: list[str]) -> None:
    """Nothing at all with a scope and declared owners; with Mail.Send for all, that it is so, and no more."""
    owner = Tenant().get("/users")["value"][0]["id"]
    write_config(more=f"  scope: {scope}\n")
    Path(config).write_text(Path(config).read_text().replace("mail:\n", f"  owners: [{owner}]\nmail:\n"))
    assert provision("apply", config, "--sandbox", *DELIVER).code == 0
    document = drift(provision, config, code=0)
    assert [f["name"] for f in document["findings"]] == rest
    assert document["clean"] is True
    assert {c["change"]["actions"][0] for c in document["resource_changes"]} == {"no-op"}
    ran = provision("drift", config, "--sandbox")
    assert ran.out.splitlines()[-1].startswith("Drift: none")


def test_an_owner_beyond_the_declared_ones_counts(provision: Program, applied: Ran) -> None:
    """Managed owners: one more is an error, and one that lacks is a change."""
    hand = Hand()
    declared = hand.tenant.get(f"{hand.at}/owners")["value"][0]["id"]
    write_config()
    config = Path("prod.yaml")
    config.write_text(config.read_text().replace("mail:\n", f"  owners: [{declared}]\nmail:\n"))
    hand.own(hand.at)
    (finding,) = [f for f in drift(provision, "prod.yaml", code=4)["findings"] if f["severity"] == "error"]
    assert (finding["name"], finding["address"]) == ("undeclared-owner", "application.owners")
    assert "Mallory" in finding["value"]


def test_the_entra_grant_beside_a_mailbox_scope(provision: Program) -> None:
    """It makes the scope void; and asking for it would, at the next consent."""
    config = write_config(more="  scope: mailbox\n")
    assert provision("apply", config, "--sandbox", *DELIVER).code == 0
    hand = Hand()
    hand.grant(GRAPH, "b633e1c5-b582-4048-a93e-9f11b44c7e96")
    hand.ask_for(GRAPH, "b633e1c5-b582-4048-a93e-9f11b44c7e96", "Role")
    found = told(drift(provision, config, code=4))
    assert ("error", "unscoped-grant", "consent", "") in found
    permission = "Microsoft Graph: Mail.Send (application)"
    assert ("warning", "undeclared-permission", "application.requiredResourceAccess", permission) in found


def test_what_was_removed_is_missed(provision: Program, config: str, applied: Ran) -> None:
    """The secret, the service principal with its grant, and at last all of it."""
    hand = Hand()
    key = hand.app["passwordCredentials"][0]["keyId"]
    hand.tenant.do("POST", f"{hand.at}/removePassword", {"keyId": key})
    found = told(drift(provision, config, code=4))
    assert ("error", "secret-due", "client_secret", "") in found
    assert ("error", "stale-record", "application.tags", f"provision:delivered:{key}") in found
    hand.tenant.do("DELETE", hand.principal_at)
    names = {name for _, name, _, _ in told(drift(provision, config, code=4))}
    assert {"principal-missing", "mail-not-granted", "secret-due"} <= names
    hand.tenant.do("DELETE", hand.at)
    refused = provision("drift", config, "--sandbox", "-o", "json")
    assert (refused.code, refused.json["error"]) == (5, "soft-deleted")
    hand.tenant.do("DELETE", f"/directory/deletedItems/{hand.app['id']}")
    found = told(drift(provision, config, code=4))
    assert {name for severity, name, _, _ in found if severity != "info"} == {"application-missing"}


def test_what_has_ended_is_worth_knowing_and_no_more(provision: Program, applied: Ran) -> None:
    """A foreign secret past its end lets nobody in."""
    hand = Hand()
    end = (datetime.now(UTC) + timedelta(days=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    hand.add_secret(hand.at, "short", endDateTime=end)
    drift(provision, "prod.yaml", code=4)
    Tenant().advance(days=11)
    found = told(drift(provision, "prod.yaml", code=0))
    assert [severity for severity, name, _, _ in found if name == "undeclared-secret"] == ["info"]


IGNORE = "drift:\n  ignore:\n  - {{finding: {}, value: '{}', reason: {}}}\n"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("CI [old] (KEY)", True),
        ("CI [old]*", True),
        ("C? [old] (????????-*)", True),
        ("*", True),
        ("CI o (KEY)", False),
        ("ci [old]*", False),
        ("CI [old]", False),
        ("CI * (", False),
    ],
)
def test_the_ignore_list(provision: Program, applied: Ran, pattern: str, matches: bool) -> None:
    """By exact value or pattern, brackets as they stand; shown with its reason, and it does not count."""
    key = Hand().add_secret(Hand().at, "CI [old]")["keyId"]
    write_config(more=IGNORE.format("undeclared-secret", pattern.replace("KEY", key), "'goes in May'"))
    document = drift(provision, "prod.yaml", code=0 if matches else 4)
    text = provision("drift", "prod.yaml", "--sandbox").out
    unused = [f["value"] for f in document["findings"] if f["name"] == "unused-ignore"]
    if not matches:
        assert document["ignored"] == []
        assert unused == [f"undeclared-secret: {pattern.replace('KEY', key)}"]
        return
    (ignored,) = document["ignored"]
    assert (ignored["name"], ignored["value"]) == ("undeclared-secret", f"CI [old] ({key})")
    assert ignored["reason"] == "goes in May"
    assert unused == []
    assert document["clean"] is True
    assert "goes in May" in text
    assert "1 ignored" in text.splitlines()[-1]
    assert "goes in May" in provision("drift", "prod.yaml", "--sandbox", "-o", "markdown").out.replace(
        "&#32;", " "
    )


def test_an_ignored_value_that_changed_counts_again(provision: Program, applied: Ran) -> None:
    """An entry speaks of what was looked at, not of what stands there now."""
    hand = Hand()
    hand.patch(web={"logoutUrl": "https://known.example/out"})
    write_config(more=IGNORE.format("undeclared-setting", "https://known.example/out", "ours"))
    drift(provision, "prod.yaml", code=0)
    hand.patch(web={"logoutUrl": "https://evil.example/out"})
    found = told(drift(provision, "prod.yaml", code=4))
    assert {"undeclared-setting", "unused-ignore"} <= {name for _, name, _, _ in found}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{finding: undeclared-secrt, value: x, reason: y}", "Did you mean 'undeclared-secret'?"),
        ("{finding: usage, value: x, reason: y}", "no finding of this name"),
        ("{finding: undeclared-secret, value: x}", "reason"),
        ("{finding: undeclared-secret, value: x, reason: ''}", "empty"),
        ("{finding: undeclared-secret, value: x, reason: y, until: z}", "until"),
    ],
)
def test_a_wrong_ignore_list_is_65(provision: Program, entry: str, said: str) -> None:
    """With the place and what is meant."""
    config = write_config(more=f"drift:\n  ignore:\n  - {entry}\n")
    ran = provision("drift", config, "--sandbox")
    assert ran.code == 65
    assert said in ran.err
    assert "prod.yaml:" in ran.err


def test_fail_on(provision: Program, config: str, applied: Ran) -> None:
    """drift counts warnings unless told otherwise; plan counts nothing unless told to, and then refuses."""
    Hand().patch(isFallbackPublicClient=True)
    assert provision("drift", config, "--sandbox").code == 4
    assert provision("drift", config, "--sandbox", "--fail-on", "error").code == 0
    Hand().add_secret(Hand().at, "theirs")
    assert provision("drift", config, "--sandbox", "--fail-on", "error").code == 4
    assert provision("drift", config, "--sandbox", "--fail-on", "info").code == 64
    write_config(more="secret:\n  lifetime: 12mo\n")
    assert provision("plan", config, "--sandbox").code == 0
    assert provision("plan", config, "--sandbox", "--fail-on", "error").code == 0
    ran = provision("plan", config, "--sandbox", "--fail-on", "warning", "--detailed-exitcode", "-o", "json")
    assert ran.code == 5
    assert ran.json["format"] == "provision.plan/1"


def rules(provision: Program, *verb: str) -> dict[str, Any]:
    """The findings of the built-in rules, by name."""
    found = provision(*verb, "--sandbox", "-o", "json").json["findings"]
    codes = ("PRV600", "PRV640", "PRV641", "PRV642", "PRV643", "PRV645")
    return {f["name"]: f for f in found if f["code"] in codes}


def test_the_built_in_rules(provision: Program, config: str) -> None:
    """Each says where it is from; a plan says so before anything is made, and drift afterwards."""
    assert list(rules(provision, "plan", config)) == ["mail-for-everyone"]
    text = Path(config).read_text()
    text = text.replace(
        "mail:\n",
        "  sign_in_audience: AzureADMultipleOrgs\n"
        "  redirect_uris: [http://localhost/x, https://other.example/x]\nmail:\n",
    )
    Path(config).write_text(text + "secret:\n  lifetime: 12mo\n")
    for argv in (("plan", config), ("drift", config)):
        found = rules(provision, *argv)
        assert {name: f["severity"] for name, f in found.items()} == {
            "lifetime-over-180-days": "warning",
            "audience-wide": "warning",
            "redirect-uri-insecure": "warning",
            "redirect-uri-elsewhere": "info",
            "mail-for-everyone": "info",
        }
        assert all(f["source"].startswith("https://") for f in found.values())
        assert "http://localhost/x" in found["redirect-uri-insecure"]["message"]
        assert "https://other.example/x" in found["redirect-uri-elsewhere"]["message"]
        assert provision("apply", config, "--sandbox", *DELIVER).code == 0


def test_a_registration_that_was_made_for_another_config(provision: Program, config: str) -> None:
    """A config that was copied, client_id and all, would undo the other's changes for ever."""
    assert provision("apply", config, "--sandbox", *DELIVER).code == 0
    app = Tenant().application()
    text = Path(config).read_text().replace("name: collab-prod", "name: collab-copy")
    Path("copy.yaml").write_text(
        text.replace("application:\n", f"application:\n  client_id: {app['appId']}\n")
    )
    found = rules(provision, "plan", "copy.yaml")["made-for-another-config"]
    assert (found["severity"], "'collab-prod'" in found["message"]) == ("warning", True)
    assert "made-for-another-config" not in rules(provision, "plan", config)


def test_notes_do_not_drown_a_plan(provision: Program, config: str) -> None:
    """However many addresses there are, a rule is one line."""
    uris = ", ".join(f"https://h{number}.example/x" for number in range(40))
    text = Path(config).read_text().replace("mail:\n", f"  redirect_uris: [{uris}]\nmail:\n")
    Path(config).write_text(text)
    out = provision("plan", config, "--sandbox").out
    (line,) = [line for line in out.splitlines() if "redirect-uri-elsewhere" in line]
    assert "and 37 more" in line
    assert sum(line.startswith("info:") for line in out.splitlines()) == 2


HOSTILE = "\x1b[31mx\x07 ##vso[task.setvariable variable=a]b ::error::boom \u202e <img src=x> `|` [a](b)"


@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_hostile_names_come_through_harmless(provision: Program, applied: Ran, output: str) -> None:
    """A secret's name, a federated credential's subject, a reason in the config: each in every output."""
    hand = Hand()
    hand.add_secret(hand.at, HOSTILE)
    hand.add_secret(hand.at, "::error::" + "x" * 247)
    hand.tenant.do(
        "POST",
        f"{hand.at}/federatedIdentityCredentials",
        {
            "name": "fork",
            "issuer": "https://issuer.example",
            "subject": HOSTILE,
            "audiences": ["api://AzureADTokenExchange"],
        },
    )
    hand.patch(displayName=HOSTILE)
    write_config(more=IGNORE.format("undeclared-secret", "::error::*", "'::warning::<b>##[x]'"))
    ran = provision("drift", "prod.yaml", "--sandbox", "-o", output)
    assert ran.code == 4
    for raw in ("\x1b", "\x07", "\u202e", "##vso[", "##[", "::error::boom" if output == "json" else "\n::"):
        assert raw not in ran.out
    if output == "markdown":
        outside = ran.out.split("```")
        assert not any("<img" in part or "<b>" in part for part in outside[::2])
    if output == "json":
        assert any(HOSTILE in f["value"] for f in ran.json["findings"])


def test_formats(provision: Program, config: str, applied: Ran) -> None:
    """The fields of provision.drift/1, and the same things in text and Markdown."""
    Hand().add_secret(Hand().at, "theirs")
    document = drift(provision, config, code=4)
    assert list(document) == [
        "format",
        "target",
        "name",
        "tenant_id",
        "clean",
        "resource_changes",
        "findings",
        "ignored",
        "not_checked",
    ]
    assert (document["format"], document["target"], document["name"], document["tenant_id"]) == (
        "provision.drift/1",
        "sandbox",
        "collab-prod",
        TENANT,
    )
    worst = document["findings"][0]
    assert list(worst) == ["code", "name", "severity", "address", "value", "message", "fix", "source"]
    assert (worst["code"], worst["name"]) == ("PRV625", "undeclared-secret")
    text = provision("drift", config, "--sandbox").out
    assert f"  client_secret: {worst['value']}\n  {worst['fix']}\n" in text
    assert "Drift: 1 error" in text
    shown = provision("drift", config, "--sandbox", "-o", "markdown").out
    assert shown.startswith("### provision drift: `collab-prod`")
    assert "- **error** `undeclared-secret` at `client_secret`:" in shown


def test_a_fleet(provision: Program, config: str, applied: Ran) -> None:
    """One that drifted, one that is clean, one that cannot be told: all are shown, the worst code counts."""
    write_config("clean.yaml", name="clean-one")
    write_config("gone.yaml", name="gone-one")
    for path in ("clean.yaml", "gone.yaml"):
        assert provision("apply", path, "--sandbox", "--yes").code == 0
    Hand().add_secret(Hand().at, "theirs")
    document = drift(provision, "clean.yaml", config, code=4)
    assert document["format"] == "provision.drifts/1"
    assert [item["clean"] for item in document["drifts"]] == [True, False]
    tenant = Tenant()
    tenant.do("DELETE", f"/applications/{tenant.application('gone-one')['id']}")
    document = drift(provision, "clean.yaml", "gone.yaml", config, code=5)
    assert [item["format"] for item in document["drifts"]] == [
        "provision.drift/1",
        "provision.error/2",
        "provision.drift/1",
    ]
    text = provision("drift", "clean.yaml", "gone.yaml", config, "--sandbox")
    assert "soft-deleted" in text.err
    assert text.out.count("Drift: ") == 2


@pytest.fixture
def served() -> Iterator[Served]:
    """A served sandbox with a caller of few rights."""
    with serving(SEED) as server:
        yield server


def test_what_may_not_be_read_is_said_and_is_no_failure(
    provision: Program, config: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller that may read applications alone; nothing is written, and plan asks for none of drift's."""
    at = ("--sandbox-at", served.endpoint.url, "-o", "json")
    assert provision("apply", config, *at, *DELIVER).code == 0
    for name, value in {
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": "22222222-2222-4222-8222-222222222222",
        "AZURE_CLIENT_SECRET": "known-to-the-test",
        "SSL_CERT_FILE": str(served.endpoint.ca_file),
    }.items():
        monkeypatch.setenv(name, value)

    def asked(verb: str) -> tuple[Ran, list[tuple[str, str]]]:
        before = len(served.control("GET", "requests").json()["requests"])
        ran = provision(verb, config, *at, "--auth", "environment")
        sent = served.control("GET", "requests").json()["requests"][before:]
        return ran, [(r["method"], r["path"]) for r in sent if r["path"].startswith("/v1.0/")]

    ran, requests = asked("drift")
    assert ran.code == 0, ran.out + ran.err
    assert ran.json["clean"] is True
    said = " | ".join(ran.json["not_checked"])
    for what in (
        "delegated permissions that were granted: needs Directory.Read.All",
        "app management policy: needs Policy.Read.All",
        "mailbox noreply@agency.example: needs Mail.ReadBasic.All",
    ):
        assert what in said
    assert {f["severity"] for f in ran.json["findings"]} <= {"info"}
    assert {method for method, _ in requests} == {"GET"}
    plan, fewer = asked("plan")
    assert plan.code == 0
    assert len(requests) == len(fewer) + 6  # the record in full, and five lists and objects beside it
    assert not [path for _, path in fewer if "federated" in path or "Grants" in path]


def test_the_page_lists_every_finding() -> None:
    """docs/drift.md has each entry of the catalogue that drift can give, and each rule."""
    page = (Path(__file__).parents[1] / "docs" / "drift.md").read_text()
    own = [e.name for e in catalogue.ENTRIES.values() if "PRV620" <= e.code <= "PRV643"]
    assert len(own) == 23
    assert [name for name in own if f"`{name}`" not in page] == []


def test_a_name_is_looked_up_once_for_a_fleet(provision: Program, served: Served) -> None:
    """The publisher of a permission is the tenant's: hundreds of configs ask for it once."""
    at = ("--sandbox-at", served.endpoint.url)
    headers = {"Authorization": f"Bearer {served.token(TENANT)}"}
    for name in ("one-app", "two-app", "three-app"):
        write_config(f"{name}.yaml", name=name)
        assert provision("apply", f"{name}.yaml", *at, "--yes", "--deliver", "file:{name}.secret").code == 0
        access = [{"resourceAppId": EXCHANGE, "resourceAccess": [{"id": FULL_ACCESS, "type": "Role"}]}]
        served.client.patch(
            f"/v1.0/applications(uniqueName='{name}')",
            json={"requiredResourceAccess": access},
            headers=headers,
        ).raise_for_status()
    before = len(served.control("GET", "requests").json()["requests"])
    ran = provision("drift", "one-app.yaml", "two-app.yaml", "three-app.yaml", *at, "-o", "json")
    assert ran.code == 4
    assert json.dumps(ran.json).count('Office 365 Exchange Online: full_access_as_app (application)"') == 3
    sent = served.control("GET", "requests").json()["requests"][before:]
    assert sum(EXCHANGE in request["path"] for request in sent) == 1
