"""Many machines at once: each takes its part of a fleet in one tenant; one of them is killed on the way."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import warm
from tests.sandbox.served import Served, serving
from tests.soak import soaking
from tests.support import TENANT, Program, write_config

SEED = f"""\
tenant: {{id: {TENANT}, domain: agency.example}}
users: [{{user_principal_name: noreply@agency.example, mailbox: shared}}]
"""
DELIVER = ("--deliver", "file:secrets/{name}.secret", "-o", "json")
APPLY = ("apply", "fleet", "--yes", "--allow", "many-changes", *DELIVER)


@pytest.fixture
def served() -> Iterator[Served]:
    """One tenant with one mailbox."""
    with serving(SEED) as server:
        yield server


class Shards:
    """The same verb on so many machines, each a process."""

    def __init__(self, python: str, url: str, count: int) -> None:
        self._python, self._url, self.count = python, url, count

    def begin(self, index: int, *argv: str) -> subprocess.Popen[bytes]:
        """Start one."""
        words = [*argv, "--sandbox-at", self._url, "--shard", f"{index}/{self.count}"]
        with Path(f"shard-{index}.json").open("wb") as out, Path(f"shard-{index}.log").open("wb") as err:
            return subprocess.Popen(
                [self._python, "-m", "provision", *words], stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )

    def run(self, *argv: str, kill: int | None = None) -> list[int]:
        """Run all at once, one of them killed once it has handed something over; return their codes."""
        running = [self.begin(index + 1, *argv) for index in range(self.count)]
        if kill is not None:
            until = time.monotonic() + 120
            while not any(Path("secrets").iterdir()) and time.monotonic() < until:
                time.sleep(0.01)
            running[kill].kill()
        return [process.wait(timeout=600) for process in running]

    @property
    def documents(self) -> list[Any]:
        """What each printed."""
        return [json.loads(Path(path).read_text()) for path in self.files]

    @property
    def files(self) -> list[str]:
        """The files of what each printed."""
        return [f"shard-{index + 1}.json" for index in range(self.count)]


@pytest.mark.soak
def test_each_config_exactly_once(provision: Program, served: Served, request: pytest.FixtureRequest) -> None:
    """All at the same moment; what they came to is one document, and a part that was killed is run again.

    In ``make test`` two processes, and none is killed; in a soak eight, of 96 configs.
    """
    soaks = soaking(request.config)
    count, size = (8, 96) if soaks else (2, 6)
    names = [f"agency-{number:02d}" for number in range(size)]
    Path("secrets").mkdir(mode=0o700)
    Path("fleet").mkdir()
    for name in names:
        write_config(f"fleet/{name}.yaml", name=name)
    shards = Shards(sys.executable if soaks else warm.python(), served.endpoint.url, count)
    killed = count // 2 if soaks else None
    codes = shards.run(*APPLY, kill=killed)
    assert [code for index, code in enumerate(codes) if index != killed] == [0] * (
        count - (killed is not None)
    )
    if killed is not None:
        served.control("POST", "clock", {"advance": "15m"})  # what it left is nobody's claim any more
        assert shards.begin(killed + 1, *APPLY).wait(timeout=600) == 0, Path(
            f"shard-{killed + 1}.log"
        ).read_text()
    done = [item["name"] for document in shards.documents for item in document["results"]]
    assert sorted(done) == names

    created = [
        one
        for one in served.control("GET", "requests").json()["requests"]
        if (one["method"], one["path"], one["status"]) == ("POST", "/v1.0/applications", 201)
    ]
    assert len(created) == size
    assert set(shards.run("show", "fleet", *DELIVER)) == {0}
    whole = provision("show", "fleet", *DELIVER, "--sandbox-at", served.endpoint.url)
    combined = provision("combine", *reversed(shards.files))
    assert _timeless(combined.json) == _timeless(whole.json)
    results = whole.json["results"]
    assert len({item["outputs"]["oauth_client_id"] for item in results}) == size
    values = Counter(Path(f"secrets/{name}.secret").read_text() for name in names)
    assert len(values) == size
    for item in results:
        value = Path(f"secrets/{item['name']}.secret").read_text()
        assert value.startswith(item["outputs"]["secret_key"]["hint"])
    assert set(shards.run(*APPLY)) == {0}
    statuses = {c["status"] for d in shards.documents for item in d["results"] for c in item["changes"]}
    assert statuses == {"unchanged"}


def _timeless(document: Any) -> Any:
    """Without the moment at which each run read the report of sign-ins."""
    for item in document["results"]:
        if item["last_use"]:
            item["last_use"].pop("read")
    return document
