"""A sink in another tenant: only with leave from outside the config, and no token goes to the wrong one."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from azure.core.exceptions import ClientAuthenticationError

from provision.cli import sinks
from provision.clouds import CLOUDS
from provision.graph import sink_credentials
from provision.graph.sink_credentials import OneTenant, own_identity
from provision.graph.ways import Auth
from provision.network import current
from tests.delivery.azure_devops_standin import BEARER, PAT, DevOps
from tests.delivery.key_vault_standin import TENANT, Vault, token_of
from tests.delivery.standin import Hosting
from tests.delivery.support import VALUE, Opened, Signed, deliver, refused
from tests.support import Program, write_config
from tests.support import Tenant as RealTenant

VENDOR = "9a1b2c3d-0000-4000-8000-00000000beef"
CLIENT = "1c1c1c1c-0000-4000-8000-0000000000aa"
OTHER = "2d2d2d2d-0000-4000-8000-0000000000bb"
VARIABLE = "PROVISION_SINK_TENANTS"
ALLOW = ("--allow", "rehearsal-delivery")
KEY_VAULT = "key_vault: {{vault: agency, tenant: {tenant}, client_id: {client}}}"
DEVOPS = (
    "azure_devops: {{organization: 'https://dev.azure.com/agency', project: Mail Relay, group: mail, "
    "tenant: {tenant}, client_id: {client}}}"
)


class _Token(NamedTuple):
    token: str
    expires_on: int


class Entra:
    """Whoever signs in gets a token of the tenant that is asked for; each sign-in is noted."""

    def __init__(self) -> None:
        self.sign_ins: list[tuple[str, str | None, str]] = []  # way, client id, tenant
        self.made_with: list[dict[str, Any]] = []  # of each credential, by name

    def way(self, name: str) -> Any:
        entra = self

        class Credential:
            def __init__(self, tenant: str | None = None, client_id: str | None = None, *_: Any, **more: Any):
                self.tenant = tenant or more.get("tenant_id")
                self.client_id = client_id or more.get("client_id")
                entra.made_with.append(more)

            def get_token(self, *_: str, tenant_id: str | None = None, **__: Any) -> _Token:
                tenant = tenant_id or self.tenant or TENANT
                entra.sign_ins.append((name, self.client_id, tenant))
                return _Token(token_of(tenant), int(time.time()) + 3600)

        return Credential


@pytest.fixture
def entra(monkeypatch: pytest.MonkeyPatch) -> Entra:
    """Every way to sign in leads to this one."""
    found = Entra()
    for name in (
        "ClientSecretCredential",
        "CertificateCredential",
        "ManagedIdentityCredential",
        "ClientAssertionCredential",
        "WorkloadIdentityCredential",
        "AzurePipelinesCredential",
    ):
        monkeypatch.setattr(f"azure.identity.{name}", found.way(name))
    monkeypatch.setattr(sinks, "credential", lambda _, tenant, *__, **___: found.way("--auth")(tenant))
    return found


def config(sink: str, tenant: str | None = VENDOR, client: str | None = CLIENT) -> str:
    """Write a config whose sink names a tenant and an application."""
    shown = sink.format(tenant=tenant or "null", client=client or "null")
    return write_config(tenant=TENANT, more=f"secret:\n  delivery:\n    {shown}\n")


@pytest.mark.parametrize("verb", ["plan", "apply", "show", "doctor", "drift", "rotate"])
@pytest.mark.parametrize("sink", [KEY_VAULT, DEVOPS], ids=["key_vault", "azure_devops"])
def test_a_config_alone_cannot_choose_the_tenant(
    provision: Program, internet: Hosting, entra: Entra, sink: str, verb: str
) -> None:
    """Exit 5 before anybody signs in, and the line that would allow it."""
    more = ["--yes"] if verb in ("apply", "rotate") else []
    ran = provision(verb, config(sink), *more, "-o", "json")
    assert (ran.code, ran.json["error"]) == (5, "sink-tenant")
    assert VENDOR in ran.json["message"]
    assert f"{VARIABLE}={VENDOR}/{CLIENT}" in ran.json["fix"]
    assert ran.json["where"]
    assert entra.sign_ins == []


@pytest.mark.parametrize("client", [None, CLIENT])
def test_the_configs_own_tenant_by_another_name(
    provision: Program, entra: Entra, real: RealTenant, monkeypatch: pytest.MonkeyPatch, client: str | None
) -> None:
    """A domain is looked up before it is compared with a sink's GUID; another tenant's stays refused."""
    assert real.sandbox.ensure_tenant("agency.example") == TENANT
    monkeypatch.setenv(VARIABLE, CLIENT)
    sink = KEY_VAULT.format(tenant=TENANT, client=client or "null")
    path = write_config(tenant="agency.example", more=f"secret:\n  delivery:\n    {sink}\n")
    ran = provision("plan", path, "-o", "json")
    assert ran.code == 0, ran.out
    Path(path).write_text(Path(path).read_text().replace(TENANT, VENDOR))
    for verb in (("plan",), ("apply", "--yes")):
        ran = provision(*verb, path, "-o", "json")
        assert (ran.code, ran.json["error"]) == (5, "sink-tenant")
        assert ran.json["where"]
    assert entra.sign_ins == []


@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_a_refused_config_among_others(
    provision: Program, internet: Hosting, entra: Entra, real: RealTenant, verb: str
) -> None:
    """A look shows the others and exits 5; what writes makes nothing. Nobody signs in to the sink."""
    Path(config(KEY_VAULT)).rename("refused.yaml")
    good = write_config("good.yaml", name="collab-good")
    more = ["--yes"] if verb == "apply" else []
    ran = provision(verb, "refused.yaml", good, *more, "-o", "json")
    assert ran.code == 5
    if verb == "plan":
        refusal, plan = ran.json["plans"]
        assert (refusal["error"], plan["name"]) == ("sink-tenant", "collab-good")
    else:
        assert ran.json["error"] == "sink-tenant"
    assert real.get("/applications")["value"] == []
    assert entra.sign_ins == []
    assert internet.services == {}


@pytest.mark.parametrize(
    ("named", "tenant", "client", "code"),
    [
        (f"{VENDOR}/{CLIENT}", VENDOR, CLIENT, 0),
        (f"{VENDOR},{CLIENT}", VENDOR, CLIENT, 0),
        (f" {OTHER}/{CLIENT}; {VENDOR.upper()}/{CLIENT} ", VENDOR, CLIENT, 0),
        (VENDOR, VENDOR, None, 0),
        (CLIENT, None, CLIENT, 0),
        (CLIENT, TENANT, CLIENT, 0),
        ("", None, None, 0),
        ("", TENANT, None, 0),
        (VENDOR, VENDOR, CLIENT, 5),
        (CLIENT, VENDOR, CLIENT, 5),
        (f"{VENDOR}/{OTHER} {OTHER}/{CLIENT}", VENDOR, CLIENT, 5),
        (f"{VENDOR}/{CLIENT}", VENDOR, None, 5),
        (f"{VENDOR}/", VENDOR, None, 5),
        ("*", VENDOR, CLIENT, 5),
        (f"{VENDOR}0", VENDOR, None, 5),
        (OTHER, VENDOR, None, 5),
        ("", None, CLIENT, 5),
    ],
)
def test_what_the_variable_allows(
    provision: Program,
    clean_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    entra: Entra,
    named: str,
    tenant: str | None,
    client: str | None,
    code: int,
) -> None:
    """Whole entries, whole pairs; the config's own tenant needs no leave, an application always does."""
    from provision.cli import sink_identity
    from provision.config import load

    (loaded,) = load([config(KEY_VAULT, tenant, client)], variables={}, environment={})
    refusal = sink_identity.refuse_unnamed(loaded, {VARIABLE: named})
    assert (refusal.exit if refusal else 0) == code


def test_a_custom_cloud_gets_no_sign_in_of_a_sinks_own(provision: Program, clean_folder: Path) -> None:
    """Its login host is the config's choice."""
    path = config(KEY_VAULT)
    text = (
        Path(path)
        .read_text()
        .replace(
            f"id: {TENANT}",
            f"id: {TENANT}\n  cloud: {{graph: https://g.example, login: https://l.example, "
            "portal: https://p.example}",
        )
    )
    Path(path).write_text(text)
    ran = provision("plan", path, "--allow", "custom-cloud", "-o", "json")
    assert (ran.code, ran.json["error"]) == (5, "sink-tenant")
    assert "custom cloud" in ran.json["message"]


def test_a_vault_of_another_tenant_gets_that_tenants_tokens_alone(
    provision: Program, vault: Vault, entra: Entra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the application's own secret; the plan says where it goes, and as whom."""
    vault.tenant = VENDOR
    monkeypatch.setenv(sink_credentials.CLIENT_SECRET, "the-vendors-canary")
    there = f"key_vault:https://agency.vault.azure.net/secrets/mail?tenant={VENDOR}&client_id={CLIENT}"
    argv = (write_config(tenant=TENANT), "--sandbox", *ALLOW, "--deliver", there)
    planned = provision("plan", *argv, "-o", "json").json
    assert VENDOR in planned["delivery"]
    (told,) = [finding for finding in planned["findings"] if finding["name"] == "sink-elsewhere"]
    assert VENDOR in told["message"]
    assert CLIENT in told["message"]
    assert f"in the tenant {VENDOR}, signed in as {CLIENT}" in provision("plan", *argv).out.replace("\n", " ")
    ran = provision("apply", *argv, "--yes")
    assert ran.code == 0, ran.err
    assert len(vault.secrets["mail"]) == 1
    assert set(vault.tenants) == {VENDOR}
    assert set(entra.sign_ins) == {("ClientSecretCredential", CLIENT, VENDOR)}
    assert "canary" not in ran.out + ran.err


def test_a_vault_of_another_tenant_gets_no_token_of_the_configs(
    provision: Program, vault: Vault, entra: Entra
) -> None:
    """It asks for its own tenant's; nobody signs in there for it, and nothing is made."""
    vault.tenant = VENDOR
    argv = (write_config(tenant=TENANT), "--sandbox", *ALLOW, "--yes", "-o", "json")
    ran = provision("apply", *argv, "--deliver", "key_vault:https://agency.vault.azure.net/secrets/mail")
    assert (ran.code, ran.json["error"]) == (1, "sink-unusable")
    assert f"belongs to the tenant {VENDOR}" in ran.json["message"]
    assert "key_vault.tenant" in ran.json["fix"]
    assert (vault.tenants, entra.sign_ins, vault.secrets) == ([], [], {})


def test_the_configs_vault_gets_no_token_of_another_tenant(vault: Vault, entra: Entra) -> None:
    """A sink that names the wrong tenant is refused before anybody signs in."""
    opened = Opened(OneTenant(entra.way("--auth")(VENDOR), VENDOR))
    refused(opened("key_vault:agency/secrets/mail").probe, "sink-unusable", f"belongs to the tenant {TENANT}")
    assert (vault.tenants, entra.sign_ins) == ([], [])


def test_a_token_of_the_wrong_tenant_is_not_sent() -> None:
    """A machine's own identity, for one, signs in to its own tenant whatever it is asked."""
    machine = Signed(token_of(TENANT))
    assert OneTenant(machine, TENANT.upper()).get_token("x").token == token_of(TENANT)
    assert machine.asked == [("x", TENANT)]
    with pytest.raises(ClientAuthenticationError, match=f"token of the tenant {TENANT}, not of {VENDOR}"):
        OneTenant(machine, VENDOR).get_token("x")
    assert OneTenant(Signed("opaque"), VENDOR).get_token("x").token == "opaque"


FEDERATED = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://x.example", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}
PIPELINE = {
    "SYSTEM_ACCESSTOKEN": "t",
    "SYSTEM_OIDCREQUESTURI": "https://x.example",
    sink_credentials.SERVICE_CONNECTION: "connection",
}


@pytest.mark.parametrize(
    ("auth", "variables", "way"),
    [
        (Auth.DEFAULT, {sink_credentials.CLIENT_SECRET: "s"}, "ClientSecretCredential"),
        (Auth.GITHUB, {sink_credentials.CLIENT_SECRET: "s", **FEDERATED}, "ClientSecretCredential"),
        (Auth.CLI, {sink_credentials.CERTIFICATE: "c.pem"}, "CertificateCredential"),
        (Auth.GITHUB, FEDERATED, "ClientAssertionCredential"),
        (Auth.DEFAULT, FEDERATED, "ClientAssertionCredential"),
        (Auth.AZURE_PIPELINES, PIPELINE, "AzurePipelinesCredential"),
        (Auth.WORKLOAD, {"AZURE_FEDERATED_TOKEN_FILE": "f"}, "WorkloadIdentityCredential"),
        (Auth.DEFAULT, {"AZURE_FEDERATED_TOKEN_FILE": "f"}, "WorkloadIdentityCredential"),
        (Auth.MANAGED, {}, "ManagedIdentityCredential"),
        (Auth.DEFAULT, {}, None),
        (Auth.CLI, {"AZURE_CLIENT_SECRET": "the customer's", "AZURE_CLIENT_ID": OTHER}, None),
        (Auth.GITHUB, {}, None),
        (Auth.AZURE_PIPELINES, {"SYSTEM_ACCESSTOKEN": "t"}, None),
    ],
)
def test_how_the_application_proves_itself(
    entra: Entra, monkeypatch: pytest.MonkeyPatch, auth: Auth, variables: dict[str, str], way: str | None
) -> None:
    """By variables of the sink's own, or the pipeline's federation; never by Graph's AZURE_… variables."""
    for name in (*FEDERATED, *PIPELINE, "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if way is None:
        with pytest.raises(ValueError, match="Not set: "):
            own_identity(auth, VENDOR, CLIENT, CLOUDS["global"], network=current())
        return
    own_identity(auth, VENDOR, CLIENT, CLOUDS["global"], network=current()).get_token("x")
    assert entra.sign_ins == [(way, CLIENT, VENDOR if way != "ManagedIdentityCredential" else TENANT)]


@pytest.mark.parametrize(("name", "alone"), [("custom", True), ("gcc-high", None)])
def test_a_cloud_of_its_own_is_asked_alone(
    entra: Entra, monkeypatch: pytest.MonkeyPatch, name: str, alone: bool | None
) -> None:
    """As for Graph: Microsoft's worldwide login service knows nothing of its hosts, or is not reached."""
    monkeypatch.setenv(sink_credentials.CLIENT_SECRET, "s")
    cloud = replace(CLOUDS["gcc-high"], name=name)
    own_identity(Auth.DEFAULT, VENDOR, CLIENT, cloud, network=current())
    assert entra.made_with[-1].get("disable_instance_discovery") is alone


def test_azure_devops_of_another_tenant(devops: DevOps, monkeypatch: pytest.MonkeyPatch) -> None:
    """A named application signs in, whatever tokens lie about; a pipeline's own stays at home."""
    there = "azure_devops:https://dev.azure.com/agency/Mail%20Relay?group=mail"
    monkeypatch.setenv("SYSTEM_ACCESSTOKEN", "the-pipelines-own")
    monkeypatch.setenv("AZURE_DEVOPS_EXT_PAT", "somebodys-pat")
    opened = Opened(Signed(BEARER))
    sink = opened(f"{there}&tenant={VENDOR}&client_id={CLIENT}")
    assert f"in the tenant {VENDOR}, signed in as {CLIENT}" in sink.label
    deliver(sink)
    assert devops.value("COLLAB_PROD_CLIENT_SECRET") == VALUE
    assert opened.signed_in == 1
    monkeypatch.setenv("AZURE_DEVOPS_EXT_PAT", PAT)
    opened(f"{there}&tenant={VENDOR}").probe()
    monkeypatch.delenv("AZURE_DEVOPS_EXT_PAT")
    opened(f"{there}&tenant={VENDOR}").probe()
    assert opened.signed_in == 2
    sent = {request.headers["authorization"] for request in devops.requests}
    assert not [value for value in sent if "the-pipelines-own" in value]


@pytest.mark.parametrize(
    "argument",
    [
        "key_vault:agency?tenant=contoso.com",
        "key_vault:agency?client_id=me",
        "key_vault:agency?",
        "key_vault:agency?tenant=",
        f"key_vault:agency?tenants={VENDOR}",
        "azure_devops:https://dev.azure.com/agency/Mail?group=g&tenant=contoso.com",
    ],
)
def test_what_is_no_tenant(argument: str) -> None:
    """GUIDs, so that they compare with a token's."""
    from provision.delivery import parse_option
    from provision.errors import ProvisionError

    with pytest.raises(ProvisionError) as caught:
        parse_option(argument)
    assert caught.value.entry.name == "usage"
