"""Time a served sandbox that holds many applications: its start, its memory, what its lists take.

``python -m benchmarks.sandbox --applications 5000``: the state file is made first, by the sandbox itself.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from provision.sandbox import Sandbox

TENANT = "contoso.onmicrosoft.com"
_OPTIONS = ("--port", "0", "-o", "json")


@dataclass(frozen=True)
class Served:
    """A running server: what it printed, its process, the seconds until it accepted connections."""

    said: dict[str, str]
    process: subprocess.Popen[str]
    seconds: float

    def megabytes(self, field: str) -> float:
        """``VmRSS`` or ``VmHWM`` of the process."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


def make_state(path: Path, applications: int) -> str:
    """A state file with this many applications, and the appId of one of them."""
    sandbox = Sandbox.open(path)
    sandbox.persist = False  # else each of them would be written by itself
    tenant = sandbox.ensure_tenant(TENANT)

    async def fill() -> str:
        headers = {"Authorization": f"Bearer {sandbox.administrator_token(tenant)}"}
        transport = httpx.ASGITransport(app=sandbox.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="https://graph.microsoft.com/v1.0", headers=headers
        ) as client:
            for number in range(applications):
                body = {
                    "displayName": f"Application {number:05}",
                    "uniqueName": f"application-{number:05}",
                    "signInAudience": "AzureADMyOrg",
                    "tags": ["benchmark", f"team{number % 50}"],
                    "web": {"redirectUris": [f"https://{number:05}.example/connectors/SMTP.aspx"]},
                    "requiredResourceAccess": [
                        {
                            "resourceAppId": "00000003-0000-0000-c000-000000000000",
                            "resourceAccess": [
                                {"id": "b633e1c5-b582-4048-a93e-9f11b44c7e96", "type": "Role"}
                            ],
                        }
                    ],
                }
                answer = await client.post("/applications", json=body)
                answer.raise_for_status()
        return str(answer.json()["appId"])

    app_id = asyncio.run(fill())
    sandbox.persist = True
    sandbox.set_clock(advance=timedelta())  # the first change that is kept writes everything
    return app_id


@contextlib.contextmanager
def served(state: Path) -> Iterator[Served]:
    """``provision sandbox serve`` on a state file, until the block ends."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("provision"), "sandbox", "serve", "--state", state, *_OPTIONS],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        if not line:
            raise SystemExit(f"the server ended with {process.wait()}")
        yield Served(json.loads(line), process, seconds)
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def queries(app_id: str, applications: int) -> dict[str, str]:
    """What is asked, by the name it has in the table."""
    last = f"{applications - 1:05}"
    return {
        "appId eq": f"/applications?$filter=appId eq '{app_id}'",
        "by key appId": f"/applications(appId='{app_id}')",
        "displayName eq": f"/applications?$filter=displayName eq 'Application {last}'",
        "displayName eq, none": "/applications?$filter=displayName eq 'nobody'",
        "uniqueName eq": f"/applications?$filter=uniqueName eq 'application-{last}'",
        "startswith, a few": f"/applications?$filter=startswith(displayName,'Application {last[:4]}')",
        "startswith, all, $top=10": "/applications?$filter=startswith(displayName,'App')&$top=10",
        "tags/any, $select": "/applications?$filter=tags/any(t:t eq 'team7')&$select=id,displayName&$top=20",
        "principals by name": "/servicePrincipals?$filter=displayName eq 'Microsoft Graph'&$select=id",
        "$top=10": "/applications?$top=10",
        "first page of 100": "/applications",
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--applications", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "sandbox.json"
        app_id = make_state(state, options.applications)
        print(f"served: {options.applications} applications, {state.stat().st_size / 1e6:.1f} MB of state\n")
        starts = []
        for _ in range(3):
            with served(state) as server:
                starts.append(server.seconds)
        print(
            f"start until it accepts connections: {statistics.median(starts):.2f} s (least {min(starts):.2f})"
        )
        with served(state) as server:
            _measure(server, queries(app_id, options.applications), options.runs)


def _measure(server: Served, asked: dict[str, str], runs: int) -> None:
    said = server.said
    print(f"memory after the start: {server.megabytes('VmRSS'):.0f} MB\n")
    form = {
        "grant_type": "client_credentials",
        "client_id": said["client_id"],
        "scope": "https://localhost/.default",
        "client_secret": Path(said["secret_file"]).read_text().strip(),
    }
    context = ssl.create_default_context(cafile=said["ca_file"])
    with httpx.Client(verify=context, base_url=said["graph"]) as client:
        token = client.post(f"/{said['tenant_id']}/oauth2/v2.0/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        print(f"| {'query':<24} | {'median ms':>9} | {'worst of 20 ms':>14} | {'items':>5} |")
        print(f"|{'-' * 26}|{'-' * 11}|{'-' * 16}|{'-' * 7}|")
        for name, url in asked.items():
            times = []
            for _ in range(runs):
                began = time.perf_counter()
                answer = client.get(f"/v1.0{url}", headers=headers)
                times.append((time.perf_counter() - began) * 1000)
                answer.raise_for_status()
            items = len(answer.json().get("value", ("one",)))
            worst = sorted(times)[int(len(times) * 0.95)]
            print(f"| {name:<24} | {statistics.median(times):9.1f} | {worst:14.1f} | {items:5d} |")
        began = time.perf_counter()
        client.post(
            "/v1.0/applications", headers=headers, json={"displayName": "one more"}
        ).raise_for_status()
        print(f"\none more application, on the disk: {(time.perf_counter() - began) * 1000:.1f} ms")
    print(f"memory at the most: {server.megabytes('VmHWM'):.0f} MB")


if __name__ == "__main__":
    main()
