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
DOWN_NAMES = {"down-0", "down-1", "down-2"}
# what each of the eight is called: its name, or its file where that does not tell one
FAILED = {
    "fleet/broken/syntax.yaml",
    "fleet/broken/utf16.yaml",
    "fleet/broken/empty.yaml",
    "cfg-rules",
    "cfg-base",
    "down-0",
    "down-1",
    "down-2",
}


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


@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_validate_judges_each(provision: Program, fleet: None, output: str) -> None:
    """Offline no tenant is down: 55 are in order, the five are told, each by its name or file."""
    ran = provision("validate", "fleet", "-o", output)
    assert ran.code == 65
    if output == "json":
        failed = [item for item in ran.json["configs"] if item.get("format") == "provision.error/2"]
        given = {item["name"] for item in ran.json["configs"] if item not in failed}
        assert given == {*GOOD, *DOWN_NAMES}
        assert {item["name"] or item["config"] for item in failed} == FAILED - DOWN_NAMES
        return
    assert [name for name in (*GOOD, *FAILED) if name not in ran.out] == []
    assert ran.out.count("not in order") == len(BROKEN)
    assert len(set(ran.err.split()) & {"fleet/broken/syntax.yaml:4:1:"}) == 1


@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_drift_with_orphans_gives_them_too(provision: Program, fleet: None, output: str) -> None:
    """The drift of the 52; what is left over is judged in no tenant, for a broken config may name it."""
    ran = provision("drift", "fleet", "--sandbox", "--with-orphans", "-o", output)
    assert ran.code == 69
    if output == "json":
        assert names_in_json("drift", ran.json) == (set(GOOD), FAILED)
        return
    assert [name for name in (*GOOD, *FAILED) if name not in ran.out] == []


@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_orphans_names_what_keeps_it_from_judging(provision: Program, fleet: None, output: str) -> None:
    """No tenant is judged while a config cannot be read, and each that cannot is named."""
    ran = provision("orphans", "fleet", "--sandbox", "-o", output)
    assert ran.code in (65, 69)
    plain = ran.out + ran.err
    unread = FAILED - DOWN_NAMES
    assert [name for name in unread if name not in plain] == []


@pytest.mark.parametrize("output", ["text", "json", "markdown", "html"])
def test_a_dry_run_is_a_look(provision: Program, fleet: None, output: str) -> None:
    """Of apply, too: the 52 are given and the 8 are named; without --dry-run nothing is looked at."""
    ran = provision("apply", "fleet", "--sandbox", "--dry-run", "-o", output)
    assert ran.code == 69
    if output == "json":
        assert names_in_json("plan", ran.json) == (set(GOOD), FAILED)
        assert provision("apply", "fleet", "--sandbox", "--yes", "-o", output).code == 65
        return
    assert [name for name in (*GOOD, *FAILED) if name not in ran.out] == []


@pytest.mark.parametrize("verb", ["plan", "drift", "expiry"])
def test_in_a_pipeline_each_is_told(
    provision: Program, fleet: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verb: str
) -> None:
    """The summary has the 52 and the 8, and the annotations stand at the broken files."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        (tmp_path / name).touch()
        monkeypatch.setenv(name, str(tmp_path / name))
    ran = provision(verb, "fleet", "--sandbox", "--ci", "github")
    assert ran.code == 69
    summary = (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    assert [name for name in (*GOOD, *FAILED) if name not in summary] == []
    for name in BROKEN:
        assert f"::error file=fleet/broken/{name}.yaml" in ran.err
