"""A sandbox of many shapes, and a client that knows nothing of its insides but HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from provision.sandbox import Sandbox

TENANT = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"
DOMAIN = "contoso.example"
ADMIN = "11111111-1111-4111-8111-111111111111"
OWNED = "22222222-2222-4222-8222-222222222222"
READER = "33333333-3333-4333-8333-333333333333"
MAILER = "44444444-4444-4444-8444-444444444444"
SCOPED = "55555555-5555-4555-8555-555555555555"
NOTHING = "66666666-6666-4666-8666-666666666666"
GRANTER = "77777777-7777-4777-8777-777777777777"
SECRET = "abc8Q~this-is-a-seeded-secret-of-a-test"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
MAIL_SEND = "b633e1c5-b582-4048-a93e-9f11b44c7e96"

SEED = f"""\
tenant: {{id: {TENANT}, domain: {DOMAIN}, display_name: Contoso}}
users:
  - {{user_principal_name: root@{DOMAIN}, mailbox: user, password: pw-root,
      directory_roles: [Global Administrator]}}
  - {{user_principal_name: pra@{DOMAIN}, password: pw-pra, directory_roles: [Privileged Role Administrator]}}
  - {{user_principal_name: appadmin@{DOMAIN}, password: pw-appadmin,
      directory_roles: [Application Administrator]}}
  - {{user_principal_name: ann@{DOMAIN}, mailbox: user, password: pw-ann}}
  - {{user_principal_name: noreply@{DOMAIN}, mailbox: user}}
  - {{user_principal_name: team@{DOMAIN}, mailbox: shared}}
  - {{user_principal_name: plain@{DOMAIN}, mailbox: none}}
  - {{user_principal_name: nolicence@{DOMAIN}, mailbox: unlicensed}}
  - {{user_principal_name: gone@{DOMAIN}, mailbox: soft-deleted}}
  - {{user_principal_name: staff@{DOMAIN}, mailbox: group}}
callers:
  - client_id: {ADMIN}
    secret: {SECRET}
    roles: [Application.ReadWrite.All, AppRoleAssignment.ReadWrite.All, Directory.Read.All, Policy.Read.All,
            Policy.ReadWrite.ApplicationConfiguration, User.Read.All, Domain.Read.All]
  - {{client_id: {OWNED}, secret: {SECRET}, roles: [Application.ReadWrite.OwnedBy]}}
  - {{client_id: {READER}, secret: {SECRET}, roles: [Application.Read.All]}}
  - {{client_id: {MAILER}, secret: {SECRET}, roles: [Mail.Send, Mail.ReadBasic.All, MailboxSettings.Read]}}
  - {{client_id: {SCOPED}, secret: {SECRET}}}
  - {{client_id: {NOTHING}, secret: {SECRET}}}
  - {{client_id: {GRANTER}, secret: {SECRET}, roles: [AppRoleAssignment.ReadWrite.All]}}
mailbox_scopes:
  - {{client_id: {SCOPED}, addresses: [noreply@{DOMAIN}], permissions: [Mail.Send, Mail.Read]}}
"""


class World:
    """One sandbox, seeded, and requests to it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._tokens: dict[str, str] = {}

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Any request."""

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.sandbox.app)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(method, url, **options)

        return asyncio.run(run())

    def token_answer(self, tenant: str = TENANT, **form: str) -> httpx.Response:
        """What the token endpoint answers to a form."""
        return self.send("POST", f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token", data=form)

    def token(self, who: str) -> str:
        """A token for Graph: of an application by its id, of a person by the name before the @."""
        if who not in self._tokens:
            form = {"scope": "https://graph.microsoft.com/.default"}
            if "-" in who:
                form |= {"grant_type": "client_credentials", "client_id": who, "client_secret": SECRET}
            else:
                form |= {
                    "grant_type": "password",
                    "client_id": AZURE_CLI,
                    "username": f"{who}@{DOMAIN}",
                    "password": f"pw-{who}",
                }
            answer = self.token_answer(**form)
            assert answer.status_code == 200, answer.text
            self._tokens[who] = answer.json()["access_token"]
        return self._tokens[who]

    def graph(
        self, who: str, method: str, path: str, body: Any = None, *, version: str = "v1.0", **headers: str
    ) -> httpx.Response:
        """A request to Graph by somebody."""
        sent = {"Authorization": f"Bearer {self.token(who)}"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        return self.send(method, f"https://graph.microsoft.com/{version}{path}", json=body, headers=sent)

    def make(self, who: str, path: str, body: Any) -> Any:
        """Create something, which must succeed."""
        answer = self.graph(who, "POST", path, body)
        assert answer.is_success, answer.text
        return answer.json()

    def principal(self, app_id: str) -> str:
        """The object id of a service principal."""
        answer = self.graph(ADMIN, "GET", f"/servicePrincipals(appId='{app_id}')?$select=id")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])
