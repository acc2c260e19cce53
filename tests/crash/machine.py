"""A machine that the program runs on, its processes, and the tenant that they work on, looked at."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests import warm
from tests.crash.effects import SERVICES, UNDISTURBED, Orders
from tests.support import TENANT, Tenant, write_config

ROOT = Path(__file__).parent.parent.parent
MARK = "[provision:collab-prod]"
DELIVERED = "provision:delivered:"
SINKS = {
    "file": "file:out.secret",
    "command": "command:sh -c 'cat > got.new && mv got.new got'",
    **{name: f"{name}:held" for name in SERVICES},
}
# What a sink is made of, the parts in the making included; a value may be there and nowhere else.
_KEPT = ("out.secret", ".out.secret.*", "got", "got.new", "held", "held.new")


class Runner:
    """A process that runs the program in children, one at a time."""

    def __init__(self) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "PROVISION_", "GITHUB_"))}
        for name in ("CI", "TF_BUILD", "GITLAB_CI", "NO_COLOR"):
            clean.pop(name, None)
        self._process = subprocess.Popen(
            [warm.python(), "-c", "from tests.crash.child import main; main()"],
            cwd=ROOT,
            env=clean,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", "the child does not start"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def start(self, asked: dict[str, Any]) -> None:
        """Begin a run."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()

    def end(self) -> int:
        """Wait for the run to end; its code, negative for a signal."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@dataclass(frozen=True)
class Ended:
    """What a run came to."""

    code: int
    out: str
    err: str
    log: Path

    def noted(self, kind: str) -> list[str]:
        """What the hooks wrote down."""
        path = self.log / kind
        return path.read_text().splitlines() if path.exists() else []


class Machine:
    """A folder to work in, a cache folder, and the logs of its runs; the tenant is in ``state``."""

    def __init__(self, root: Path, state: Path | None = None) -> None:
        self.root, self.folder, self.cache = root, root / "work", root / "cache"
        self.state = state or root / "sandbox.json"
        for folder in (self.folder, self.cache):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._runs = len(list(root.glob("run-*")))

    def copy(self, root: Path) -> Machine:
        """The same as it is now, elsewhere."""
        shutil.copytree(self.root, root)
        return Machine(root)

    def begin(self, runner: Runner, *argv: str, orders: Orders = UNDISTURBED) -> Begun:
        """Start the program; ``orders`` say what it meets."""
        self._runs += 1
        log = self.root / f"run-{self._runs:02}"
        log.mkdir()
        runner.start(
            {
                "argv": [argv[0], "prod.yaml", "--sandbox-at", str(self.state), *argv[1:]],
                "folder": str(self.folder),
                "environment": {"XDG_CACHE_HOME": str(self.cache)},
                "orders": asdict(orders) | {"log": str(log)},
                "out": str(log / "out"),
                "err": str(log / "err"),
            }
        )
        return Begun(runner, log)

    def run(self, runner: Runner, *argv: str, orders: Orders = UNDISTURBED) -> Ended:
        """Run the program to its end."""
        return self.begin(runner, *argv, orders=orders).end()

    def write_config(self, more: str = "") -> None:
        """Write the config that every run is given."""
        write_config(str(self.folder / "prod.yaml"), more=more)

    # -- the sink --------------------------------------------------------------------------

    @property
    def held(self) -> str | None:
        """The value that the sink holds, whichever it is."""
        for name in ("out.secret", "got", "held"):
            path = self.folder / name
            if path.exists():
                text = path.read_text()
                return str(json.loads(text)["value"]) if name == "held" else text
        return None

    def leaks(self) -> list[str]:
        """The files outside the sink in which a value stands that was ever minted, or that is held."""
        values = {line for path in self.root.glob("run-*/minted") for line in path.read_text().splitlines()}
        values = {value for value in (*values, self.held or "") if value}
        return [
            str(path.relative_to(self.root))
            for path in self.root.rglob("*")
            if path.is_file()
            and path.name != "minted"
            and not any(path.parent == self.folder and path.match(name) for name in _KEPT)
            and any(value.encode() in path.read_bytes() for value in values)
        ]

    def crashes(self) -> list[str]:
        """The reports of defects that runs left."""
        return [path.name for path in (self.folder / ".provision").glob("crash-*")]


@dataclass(frozen=True)
class Begun:
    """A run that is under way."""

    runner: Runner
    log: Path

    def end(self) -> Ended:
        """Wait for it."""
        code = self.runner.end()
        out, err = ((self.log / name).read_text() for name in ("out", "err"))
        return Ended(code, out, err, self.log)

    @property
    def talk(self) -> str:
        """What it said so far."""
        path = self.log / "err"
        return path.read_text() if path.exists() else ""

    @property
    def paused(self) -> bool:
        """Whether it stands at the effect where it was to pause."""
        return (self.log / "paused").exists()

    def resume(self) -> None:
        """Let it go on."""
        (self.log / "go").touch()


class Directory(Tenant):
    """The tenant, by a client of its own, with what the tests ask of it."""

    def __init__(self, state: Path) -> None:
        super().__init__(state, TENANT)

    @property
    def registered(self) -> bool:
        """Whether the application is there."""
        return self.call("GET", "/applications(uniqueName='collab-prod')").status_code == 200

    def managed(self) -> list[Any]:
        """Our secrets, the oldest first."""
        if not self.registered:
            return []
        found = [s for s in self.application()["passwordCredentials"] if MARK in (s["displayName"] or "")]
        return sorted(found, key=lambda item: (item["startDateTime"], item["keyId"]))

    def recorded(self) -> set[str]:
        """The key ids whose delivery the tenant's tags record."""
        tags = self.application()["tags"]
        return {tag.removeprefix(DELIVERED) for tag in tags if tag.startswith(DELIVERED)}

    def limits_made(self) -> list[str]:
        """The role assignments in Exchange."""
        return [item.id for item in self.sandbox.store.tenants[self.id].all("exchangeAssignment")]

    def limits(self) -> tuple[list[str], list[str]]:
        """Those, and those that the application's tags tell of."""
        told = [tag.split(":")[2] for tag in self.application()["tags"] if tag.startswith("provision:scop")]
        return self.limits_made(), told

    def foreign(self) -> Any:
        """All that is nobody's business here: it must be the same before and after anything."""
        apps = self.get("/applications")["value"]
        ours = [app for app in apps if app["uniqueName"] == "collab-prod"]
        return {
            "others": [app for app in apps if app not in ours],
            "on ours": [
                {
                    "secrets": [s for s in a["passwordCredentials"] if MARK not in (s["displayName"] or "")],
                    "certificates": a["keyCredentials"],
                    "tags": sorted(tag for tag in a["tags"] if not tag.startswith("provision")),
                    "redirectUris": sorted(uri for uri in a["web"]["redirectUris"] if "theirs" in uri),
                }
                for a in ours
            ],
        }

    def signs_in(self, value: str | None) -> bool:
        """Whether the token endpoint takes the value, as the product would send it."""
        if not value or not self.registered:
            return False
        form = {
            "grant_type": "client_credentials",
            "client_id": self.application()["appId"],
            "client_secret": value,
            "scope": "https://graph.microsoft.com/.default",
        }

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.sandbox.app)
            async with httpx.AsyncClient(transport=transport) as client:
                url = f"https://login.microsoftonline.com/{self.id}/oauth2/v2.0/token"
                return await client.post(url, data=form)

        return asyncio.run(send()).status_code == 200

    def add_others(self) -> None:
        """Another application with a secret of its own."""
        other = self.do("POST", "/applications", {"displayName": "Payroll", "uniqueName": "payroll"})
        self.do("POST", f"/applications/{other['id']}/addPassword", {})

    def add_foreign(self) -> None:
        """Somebody else's secret, certificate, tag and redirect URI on our application."""
        app = self.application()
        body = {"passwordCredential": {"displayName": "theirs", "endDateTime": "2040-01-01T00:00:00Z"}}
        self.do("POST", f"/applications/{app['id']}/addPassword", body)
        certificate = {
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
            "displayName": "theirs",
            "key": base64.b64encode(_certificate()).decode(),
        }
        web = {"redirectUris": [*app["web"]["redirectUris"], "https://theirs.example/callback"]}
        more = {"keyCredentials": [certificate], "tags": [*app["tags"], "theirs"], "web": web}
        self.do("PATCH", f"/applications/{app['id']}", more)


def _certificate() -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "theirs")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=3650))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
