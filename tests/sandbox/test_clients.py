"""Independent clients, unchanged, do the whole job: SDK models, plain HTTP, Azure CLI."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from .served import Served
from .world import GRAPH_APP, MAIL_SEND

DOCS = Path(__file__).parents[2] / "docs" / "sandbox.md"


@pytest.fixture
def served() -> Iterator[Served]:
    running = Served()
    yield running
    running.close()


def test_a_program_on_plain_http(served: Served) -> None:
    """Application, principal, grant, secret, and a mail sent with it: what a script with curl would do."""
    api = httpx.Client(
        verify=ssl.create_default_context(cafile=str(served.endpoint.ca_file)), base_url=served.endpoint.url
    )
    tenant, login = (
        served.endpoint.tenant_id,
        {"grant_type": "client_credentials", "scope": f"{served.endpoint.url}/.default"},
    )

    def sign_in(client_id: str, secret: str) -> dict[str, str]:
        form = login | {"client_id": client_id, "client_secret": secret}
        answer = api.post(f"/{tenant}/oauth2/v2.0/token", data=form).raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    admin = sign_in(served.endpoint.client_id, served.endpoint.client_secret)
    access = [{"resourceAppId": GRAPH_APP, "resourceAccess": [{"id": MAIL_SEND, "type": "Role"}]}]
    wanted = {"displayName": "curl", "signInAudience": "AzureADMyOrg", "requiredResourceAccess": access}
    app = api.post("/v1.0/applications", json=wanted, headers=admin).raise_for_status().json()
    principal = (
        api.post("/v1.0/servicePrincipals", json={"appId": app["appId"]}, headers=admin)
        .raise_for_status()
        .json()
    )
    graph = (
        api.get(f"/v1.0/servicePrincipals(appId='{GRAPH_APP}')?$select=id", headers=admin)
        .raise_for_status()
        .json()
    )
    grant = {"principalId": principal["id"], "resourceId": graph["id"], "appRoleId": MAIL_SEND}
    api.post(
        f"/v1.0/servicePrincipals/{graph['id']}/appRoleAssignedTo", json=grant, headers=admin
    ).raise_for_status()
    secret = (
        api.post(f"/v1.0/applications/{app['id']}/addPassword", json={}, headers=admin)
        .raise_for_status()
        .json()
    )
    mine = sign_in(app["appId"], secret["secretText"])
    mail = {"message": {"subject": "hi", "toRecipients": [{"emailAddress": {"address": "a@b.example"}}]}}
    sent = api.post("/v1.0/users/noreply@contoso.onmicrosoft.com/sendMail", json=mail, headers=mine)
    assert sent.status_code == 202
    api.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own generated code
def test_a_program_on_the_sdks_own_models(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """msgraph-sdk as its documentation shows it: credential, client, models."""
    monkeypatch.setenv("SSL_CERT_FILE", str(served.endpoint.ca_file))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served.endpoint.ca_file))
    assert asyncio.run(_with_the_sdk(served)) == (["sdk"], "sdk 2")


async def _with_the_sdk(served: Served) -> tuple[list[str | None], str | None]:
    from azure.identity.aio import ClientSecretCredential
    from kiota_authentication_azure.azure_identity_authentication_provider import (
        AzureIdentityAuthenticationProvider,
    )
    from msgraph.generated.applications.item.add_password.add_password_post_request_body import (
        AddPasswordPostRequestBody,
    )
    from msgraph.generated.models.app_role_assignment import AppRoleAssignment
    from msgraph.generated.models.application import Application
    from msgraph.generated.models.password_credential import PasswordCredential
    from msgraph.generated.models.service_principal import ServicePrincipal
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient

    at = served.endpoint
    async with ClientSecretCredential(
        at.tenant_id, at.client_id, at.client_secret, authority=at.url, disable_instance_discovery=True
    ) as credential:
        auth = AzureIdentityAuthenticationProvider(
            credential, scopes=["https://graph.microsoft.com/.default"], allowed_hosts=["localhost"]
        )
        adapter = GraphRequestAdapter(auth)
        adapter.base_url = f"{at.url}/v1.0"
        graph = GraphServiceClient(request_adapter=adapter)
        app = await graph.applications.post(Application(display_name="sdk", sign_in_audience="AzureADMyOrg"))
        assert app is not None
        assert app.id is not None
        principal = await graph.service_principals.post(ServicePrincipal(app_id=app.app_id))
        resource = await graph.service_principals_with_app_id(GRAPH_APP).get()
        assert principal is not None
        assert principal.id is not None
        assert resource is not None
        assert resource.id is not None
        grant = AppRoleAssignment(
            principal_id=UUID(principal.id), resource_id=UUID(resource.id), app_role_id=UUID(MAIL_SEND)
        )
        await graph.service_principals.by_service_principal_id(resource.id).app_role_assigned_to.post(grant)
        body = AddPasswordPostRequestBody(password_credential=PasswordCredential(display_name="mail"))
        made = await graph.applications.by_application_id(app.id).add_password.post(body)
        assert made is not None
        assert made.secret_text
        listed = await graph.applications.get()
        names = [a.display_name for a in (listed.value or [])] if listed else []
        await graph.applications.by_application_id(app.id).patch(Application(display_name="sdk 2"))
        again = await graph.applications.by_application_id(app.id).get()
        await graph.applications.by_application_id(app.id).delete()
        await adapter._http_client.aclose()
        return names, again.display_name if again else None


AZ = shutil.which("az")


@pytest.mark.skipif(AZ is None, reason="Azure CLI is not installed")
def test_azure_cli_as_the_documentation_shows_it(served: Served, tmp_path: Path) -> None:
    """The commands of docs/sandbox.md, "Azure CLI", in one shell that stops at the first failure."""
    block = re.search(r"<!-- azure-cli:.*?```bash\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert block is not None
    at = served.endpoint
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "URL": at.url,
        "CA_FILE": str(at.ca_file),
        "CLIENT_ID": at.client_id,
        "SECRET_FILE": str(at.secret_file),
        "TENANT_ID": at.tenant_id,
        "AZURE_CORE_ONLY_SHOW_ERRORS": "true",
    }
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.group(1)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.strip().splitlines()
    assert lines[-1] == "made with Azure CLI"
    assert "8Q~" in ran.stdout
