"""Independent clients, unchanged, do the whole job: SDK models, plain HTTP, Azure CLI."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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


def test_a_program_on_the_sdks_own_models(served: Served) -> None:
    """msgraph-sdk as its documentation shows it; Kiota asks without the port."""
    at = served.endpoint
    environment = os.environ | {
        "URL": at.url,
        "TENANT_ID": at.tenant_id,
        "CLIENT_ID": at.client_id,
        "CLIENT_SECRET": at.client_secret,
        "SSL_CERT_FILE": str(at.ca_file),
        "REQUESTS_CA_BUNDLE": str(at.ca_file),
    }
    program = Path(__file__).parent / "programs" / "with_the_sdk.py"
    ran = subprocess.run(
        [sys.executable, str(program)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "['sdk 2']\n"), ran.stderr


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
