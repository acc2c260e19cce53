"""Many configs: one that is broken, or whose tenant is down, hides no other, in no verb and no format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from provision.cli import session
from provision.cli.main import run
from provision.graph.connect import in_process
from tests.support import Program, write_config

BROKEN = {
    "syntax": b"version: 1\nname: cfg-syntax\noops: [\n",
    "utf16": "version: 1\nname: cfg-utf16\n".encode("utf-16"),
    "empty": b"",
    "rules": b"version: 1\nname: cfg-rules\ntenant: {id: nonsense}\n",
    "base": b"extends: nowhere.yaml\nname: cfg-base\n",
}
DOWN = [f"{number:08d}-0000-4000-8000-00000000dead" for number in (1, 2, 3)]
GOOD = [f"good-{number:02d}" for number in range(52)]
# what each of the eight is called: its name, or its file where that does not tell one
FAILED = {
    "fleet/broken/syntax.yaml", "fleet/broken/utf16.yaml", "fleet/broken/empty.yaml", "cfg-rules", "cfg-base",
    "down-0", "down-1", "down-2",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 configs in folders of folders, 52 of them applied to six tenants."""
    folder = tmp_path_factory.mktemp("fleet")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for number, name in enumerate(GOOD):
            place = Path(f"fleet/agency-{number % 6}/{name}")
            place.mkdir(parents=True)
            write_config(
                str(place / "mail.yaml"), name=name, tenant=f"0000000{number % 6}-0000-4000-8000-0000000000aa"
            )
        argv = ["--sandbox", "--yes", "--deliver", "file:{name}.secret", "--allow", "many-changes"]
        assert run(["apply", "fleet", *argv]) == 0
        Path("fleet/broken").mkdir()
        for name, text in BROKEN.items():
            Path(f"fleet/broken/{name}.yaml").write_bytes(text)
        for number, tenant in enumerate(DOWN):
            write_config(f"fleet/down-{number}.yaml", name=f"down-{number}", tenant=tenant)
    return folder


@pytest.fixture
def fleet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work there, while nobody answers for three tenants."""

    async def dead(scope: Any, receive: Any, send: Any) -> None:
        raise httpx.ConnectError("refused")

    def connected(app: Any, token: str, cloud: Any, tenant: str, **rest: Any) -> Any:
        return in_process(dead if tenant in DOWN else app, token, cloud, tenant, **rest)

    monkeypatch.chdir(folder)
    monkeypatch.setattr(session, "in_process", connected)


def names_in_json(verb: str, document: Any) -> tuple[set[str], set[str]]:
    """Return what a list gives, and what each error in it is of."""
    key = {"plan": "plans", "show": "results", "drift": "drifts", "doctor": "doctors", "expiry": "configs"}[
        verb
    ]
    items = document[key]
    errors = [item.get("error") if verb == "expiry" else item for item in items]
    failed = [item for item in errors if item and item.get("format") == "provision.error/2"]
    given = {item["name"] for item in items if item not in failed and item.get("readable", True)}
    return given, {item["name"] or item["config"] for item in failed}


@pytest.mark.parametrize(
    ("verb", "output"),
    [
        *((verb, output) for verb in ("plan", "show") for output in ("text", "json", "markdown", "html")),
        *((verb, output) for verb in ("drift", "doctor") for output in ("text", "json", "markdown")),
        *(("expiry", output) for output in ("text", "json", "markdown", "ical", "prometheus")),
    ],
)
def test_the_other_52(provision: Program, fleet: None, verb: str, output: str) -> None:
    """Every reading verb gives the 52, names the 8 where its format can, and ends with the worst code."""
    ran = provision(verb, "fleet", "--sandbox", "-o", output)
    assert ran.code == 69
    if output == "json":
        given, failed = names_in_json(verb, ran.json)
        # the doctor's own words for a tenant that is down are a diagnosis
        assert (given, failed) == (
            set(GOOD) | ({"down-0", "down-1", "down-2"} if verb == "doctor" else set()),
            FAILED - ({"down-0", "down-1", "down-2"} if verb == "doctor" else set()),
        )
        assert ran.json.get("digest") is None
        return
    plain = ran.out.replace("\r\n ", "")  # iCalendar folds its lines
    assert [name for name in GOOD if name not in plain] == []
    assert [name for name in FAILED if name not in plain] == []
    if output == "prometheus":
        assert 'provision_config_readable{config="fleet/broken/empty.yaml",target="sandbox"} 0' in plain
        assert plain.count("} 0\n") >= len(FAILED)
