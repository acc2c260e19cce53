"""What people see when mail does not flow, reproduced on the sandbox, and what the program says to it.

``python -m tests.diagnosis`` prints the table; ``tests/test_diagnosis.py`` asserts each row. The sights
are those of public reports on this job.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

from provision.cli.main import run as run_program
from provision.errors import catalogue
from provision.sandbox import Sandbox, Weather
from tests.sandbox.served import Served, serving
from tests.support import TENANT, Tenant, write_config

OTHER = "11111111-2222-4333-8444-555555555555"
VERIFY = ("verify", "prod.yaml", "--sandbox", "-o", "json")
APPLY = ("apply", "prod.yaml", "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
SEED = f"""\
tenant: {{id: {TENANT}, domain: agency.example}}
users: [{{user_principal_name: noreply@agency.example, mailbox: user}}]
callers: [{{client_id: {OTHER}, secret: known-to-the-test, roles: [Application.Read.All]}}]
"""


@dataclass(frozen=True)
class Said:
    """What the program said: the entry's name, its words, its exit code."""

    name: str
    words: str
    code: int


@dataclass(frozen=True)
class Sight:
    """One thing that people see, how it comes about here, and the entry that must name it."""

    seen: str
    cause: str
    expected: str
    reproduce: Callable[[], Said]

    @property
    def id(self) -> str:
        """A name for the row."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.seen} {self.cause}".lower()).strip("-")


def program(*argv: str, stdin: str = "") -> tuple[int, Any]:
    """Run the program in this process; its stdout is one JSON document."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch("sys.stdin", io.StringIO(stdin)),
    ):
        code = run_program(argv)
    return code, json.loads(out.getvalue())


def verdict(code: int, document: Any) -> Said:
    """Reduce an error, a result or a verification to what was said."""
    if document["format"] == "provision.error/2":
        return Said(document["error"], document["message"], code)
    if document["format"] == "provision.verification/1":
        rung = document["rungs"][-1]
        failed = next((r for r in document["rungs"] if r["verdict"] == "fail"), None)
        if failed is None:
            sent = next(r for r in document["rungs"] if r["rung"] == "send")
            return Said("accepted" if document["proven"] else "not-proven", sent["message"], code)
        return Said(str(failed["name"]), str(rung["message"]), code)
    failed = next(change["error"] for change in document["changes"] if change["error"])
    return Said(failed["error"], failed["message"], code)


def applied(**replaced: str) -> str:
    """Apply a config from nothing; returns the secret's value."""
    write_config(**replaced)
    code, document = program(*APPLY)
    assert code in (0, 3), document
    return Path("out.secret").read_text()


def typed(value: str, *more: str) -> Said:
    """Verify with a value that somebody typed."""
    return verdict(*program(*VERIFY, *more, "--secret-from", "-", stdin=value + "\n"))


@contextlib.contextmanager
def weather(prepare: Callable[[Weather], object]) -> Iterator[None]:
    """Let the embedded sandbox have this weather."""
    original = Sandbox.open

    def opened(*args: Any, **options: Any) -> Sandbox:
        sandbox = original(*args, **options)
        prepare(sandbox.weather)
        return sandbox

    with mock.patch.object(Sandbox, "open", opened):
        yield


def refusal(method: str, path: str, status: int, code: str) -> Callable[[], Said]:
    """Apply from nothing where Graph keeps refusing one kind of request."""
    return lambda: stormy(lambda w: w.fail(method, path, status, code, times=1_000))


def stormy(prepare: Callable[[Weather], object]) -> Said:
    """Apply from nothing in this weather."""
    write_config()
    with weather(prepare):
        return verdict(*program(*APPLY))


@contextlib.contextmanager
def served() -> Iterator[Served]:
    """A served sandbox with one tenant, a mailbox, and a caller that may only read."""
    with serving(SEED) as server:
        yield server


def secret_id() -> Said:
    applied()
    return typed(str(Tenant().application()["passwordCredentials"][0]["keyId"]))


def mistyped() -> Said:
    value = applied()
    Tenant().advance(hours=1)
    return typed(value[:-1] + ("a" if value[-1] != "a" else "b"))


def padded() -> Said:
    return typed(applied() + " ")


def expired() -> Said:
    value = applied()
    Tenant().advance(days=181)
    return typed(value)


def other_client() -> Said:
    return typed(applied(), "--client-id", OTHER)


def swapped() -> Said:
    return typed(applied(), "--client-id", TENANT)


def other_tenant() -> Said:
    write_config(tenant=OTHER)
    with served() as server:
        argv = (
            "verify",
            "prod.yaml",
            "--sandbox-at",
            server.endpoint.url,
            "--client-id",
            OTHER,
            "-o",
            "json",
        )
        return verdict(*program(*argv, "--secret-from", "-", stdin="abc8Q~anything\n"))


def redirect() -> Said:
    applied()
    app = Tenant().application()["appId"]
    url = f"https://login.microsoftonline.com/{TENANT}/adminconsent?client_id={app}"
    wrong = "https://collab.agency.example/connectors/smtp.aspx"

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=Tenant().sandbox.app)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.get(url, params={"client_id": app, "redirect_uri": wrong})

    (entry,) = catalogue.in_text(asyncio.run(ask()).text)
    code, document = program("explain", "AADSTS50011", "-o", "json")
    assert document["name"] == entry.name
    return Said(entry.name, document["title"], code)


def no_consent() -> Said:
    write_config(more="consent: handoff\n")
    program(*APPLY)
    return typed(Path("out.secret").read_text())


def no_right() -> Said:
    write_config()
    with served() as server:
        caller = {
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": OTHER,
            "AZURE_CLIENT_SECRET": "known-to-the-test",
            "SSL_CERT_FILE": str(server.endpoint.ca_file),
        }
        with mock.patch.dict(os.environ, caller):
            argv = [word for word in APPLY if word != "--sandbox"]
            return verdict(*program(*argv, "--sandbox-at", server.endpoint.url, "--auth", "environment"))


def out_of_scope() -> Said:
    path = write_config()
    address = "address: noreply@agency.example"
    Path(path).write_text(Path(path).read_text().replace(address, f"{address}\n  scope: mailbox"))
    program(*APPLY)
    return typed(Path("out.secret").read_text(), "--send-to", "me@agency.example")


def no_mailbox() -> Said:
    tenant = Tenant()
    tenant.do(
        "POST",
        "/users",
        {
            "accountEnabled": True,
            "displayName": "x",
            "mailNickname": "noreply",
            "userPrincipalName": "noreply@agency.example",
            "passwordProfile": {"password": "Xy7-rehearsal-only"},
        },
    )
    write_config()
    program(*APPLY, "--allow", "mailbox-missing")
    return typed(Path("out.secret").read_text(), "--send-to", "me@agency.example")


def blocked() -> Said:
    restriction = {"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": None}
    body = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [restriction]}}
    Tenant().do("PATCH", "/policies/defaultAppManagementPolicy", body)
    write_config()
    return verdict(*program(*APPLY))


def accepted() -> Said:
    return typed(applied(), "--send-to", "me@agency.example")


SIGHTS = (
    Sight("AADSTS7000215", "the Secret ID was pasted", "secret-id-pasted", secret_id),
    Sight("AADSTS7000215", "the value is mistyped", "secret-refused", mistyped),
    Sight("AADSTS7000215", "a space came with it", "secret-padded", padded),
    Sight("AADSTS7000222", "the secret expired", "secret-expired", expired),
    Sight("AADSTS700016", "another client id", "application-unknown", other_client),
    Sight("AADSTS700016", "the ids are swapped", "ids-swapped", swapped),
    Sight("AADSTS90002", "another tenant", "tenant-unknown", other_tenant),
    Sight("AADSTS50011", "smtp.aspx for SMTP.aspx", "redirect-differs", redirect),
    Sight("no Mail.Send in the token", "consent is still to be given", "consent-missing", no_consent),
    Sight("Authorization_RequestDenied", "a caller who may only read", "no-permission", no_right),
    Sight("ErrorAccessDenied on sendMail", "the mailbox is out of scope", "send-refused", out_of_scope),
    Sight("no mailbox", "the user has no licence", "no-mailbox", no_mailbox),
    Sight(
        "Credential lifetime exceeds the max value",
        "policy, unread",
        "lifetime-refused",
        refusal("POST", "*/addPassword", 400, "CredentialInvalidLifetimeAsPerAppPolicy"),
    ),
    Sight("Credential type not allowed", "policy", "secrets-blocked", blocked),
    Sight(
        "404 after create",
        "replication beyond the retries",
        "not-spread-yet",
        refusal("POST", "*/addPassword", 404, "Request_ResourceNotFound"),
    ),
    Sight(
        "409",
        "somebody else writes",
        "written-to-by-others",
        refusal("PATCH", "*/servicePrincipals*", 409, "Directory_ConcurrencyViolation"),
    ),
    Sight(
        "429",
        "throttled to the end",
        "throttled",
        refusal("PATCH", "*/applications*", 429, "TooManyRequests"),
    ),
    Sight("202 from sendMail but no mail", "accepted is not delivered", "accepted", accepted),
)


def main() -> None:
    """Print the table."""
    print("| Seen | Here because | Said | Exit |\n|---|---|---|---|")
    for sight in SIGHTS:
        before = Path.cwd()
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"XDG_CACHE_HOME": folder}):
            os.chdir(folder)
            try:
                said = sight.reproduce()
            finally:
                os.chdir(before)
        mark = "" if said.name == sight.expected else f" (expected {sight.expected})"
        print(f"| {sight.seen} | {sight.cause} | `{said.name}`{mark} | {said.code} |")


if __name__ == "__main__":
    main()
