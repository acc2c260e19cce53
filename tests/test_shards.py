"""One fleet on several machines: each config once, and together the document that one run prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provision.cli.main import run
from tests.support import Program, Tenant, write_config

COUNT = 24
NAMES = [f"agency-{number:02d}" for number in range(COUNT)]
TENANTS = [f"0000000a-0000-4000-8000-00000000000{number}" for number in range(3)]
APPLY = ("--sandbox", "--yes", "--deliver", "file:{name}.secret", "--allow", "many-changes")


@pytest.fixture
def fleet() -> list[str]:
    """Files whose order is not that of the names."""
    Path("fleet").mkdir()
    for number, name in enumerate(NAMES):
        write_config(f"fleet/{COUNT - number:02d}.yaml", name=name, tenant=TENANTS[number % 3])
    return NAMES


def shards(provision: Program, verb: str, *options: str, count: int = 3) -> list[str]:
    """Run a verb for every shard; return the files of their documents."""
    paths = []
    for index in range(1, count + 1):
        ran = provision(verb, "fleet", *options, "-o", "json", "--shard", f"{index}/{count}")
        paths.append(f"shard-{index}.json")
        Path(paths[-1]).write_text(ran.out)
    return paths


def documents(paths: list[str]) -> list[Any]:
    return [json.loads(Path(path).read_text()) for path in paths]


def test_each_config_once_and_together_what_one_run_prints(provision: Program, fleet: list[str]) -> None:
    """``apply`` by shards makes each application once; ``show`` and ``plan`` combine to the very document."""
    applied = documents(shards(provision, "apply", *APPLY))
    done = [item["name"] for document in applied for item in document["results"]]
    assert sorted(done) == fleet
    assert all(change["status"] == "done" for d in applied for r in d["results"] for change in r["changes"])
    assert {d["shard"]["index"] for d in applied} == {1, 2, 3}
    assert sorted(place for d in applied for place in d["shard"]["configs"]) == list(range(COUNT))
    for number, tenant in enumerate(TENANTS):
        there = [a["uniqueName"] for a in Tenant(tenant=tenant).get("/applications")["value"]]
        assert sorted(there) == fleet[number::3]
    for verb in ("show", "plan"):
        whole = provision(verb, "fleet", "--sandbox", "--deliver", "file:{name}.secret", "-o", "json")
        paths = shards(provision, verb, "--sandbox", "--deliver", "file:{name}.secret")
        combined = provision("combine", *reversed(paths))
        assert _timeless(combined.json) == _timeless(whole.json)
        assert combined.code == whole.code == 0


def _timeless(document: Any) -> Any:
    """Without the moment at which each run read the report of sign-ins."""
    for item in document.get("results", ()):
        assert item["last_use"].pop("read")
    return document


def test_the_worst_code_and_what_is_refused_for_its_number(provision: Program, fleet: list[str]) -> None:
    """One that cannot be read is 65 in one shard, and in the whole; many changes are many together."""
    Path("fleet/99.yaml").write_text("version: 1\nname: broken\noops: [\n")
    options = ("--sandbox", "--deliver", "file:{name}.secret", "--detailed-exitcode")
    whole = provision("plan", "fleet", *options, "-o", "json")
    paths = shards(provision, "plan", *options)
    found = [document["shard"]["exit_code"] for document in documents(paths)]
    assert sorted(found) == [2, 2, 65]
    combined = provision("combine", *paths)
    assert combined.code == whole.code == 65
    assert combined.json["findings"] == whole.json["findings"]
    assert combined.json["findings"][0]["name"] == "many-changes"
    assert [item["name"] for item in combined.json["plans"]] == [item["name"] for item in whole.json["plans"]]


def test_a_shard_that_was_killed_is_run_again(provision: Program, fleet: list[str]) -> None:
    """The others are done; the one that is run again does its own, and a second time nothing."""
    paths = shards(provision, "apply", *APPLY)
    again = provision("apply", "fleet", *APPLY, "-o", "json", "--shard", "2/3")
    assert [change["status"] for r in again.json["results"] for change in r["changes"]].count("done") == 0
    Path(paths[1]).write_text(again.out[: len(again.out) // 2])
    cut = provision("combine", *paths)
    assert (cut.code, cut.out) == (64, "")
    assert "shard-2.json is no whole JSON document" in cut.err


def test_fewer_configs_than_shards(provision: Program) -> None:
    """A shard may have nothing to do; that is no failure, and it says so."""
    Path("fleet").mkdir()
    write_config("fleet/one.yaml", name="collab-prod")
    paths = shards(provision, "plan", "--sandbox", count=3)
    found = documents(paths)
    assert sorted(len(document["plans"]) for document in found) == [0, 0, 1]
    combined = provision("combine", *paths)
    assert (combined.code, len(combined.json["plans"])) == (0, 1)
    assert provision("apply", "fleet", "--sandbox", "--yes", "--shard", "1/3").code == 0


def test_a_saved_plan_of_all_is_carried_out_by_shards(provision: Program, fleet: list[str]) -> None:
    """What was approved once is done in parts, and nothing else is."""
    assert (
        provision("plan", "fleet", "--sandbox", "--deliver", "file:{name}.secret", "--out", "all.json").code
        == 0
    )
    for index in (1, 2):
        ran = provision("apply", "fleet", *APPLY, "--plan", "all.json", "--shard", f"{index}/2", "-o", "json")
        assert ran.code == 0, ran.err
    assert provision("plan", "fleet", "--sandbox", "--detailed-exitcode").code == 0


def test_what_is_no_part_is_64(provision: Program, fleet: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("0/3", "4/3", "auto"):
        assert provision("plan", "fleet", "--sandbox", "--shard", text).code == 64
    monkeypatch.setenv("CI_NODE_INDEX", "2")
    monkeypatch.setenv("CI_NODE_TOTAL", "3")
    ran = provision("plan", "fleet", "--sandbox", "--shard", "auto", "-o", "json")
    assert (ran.code, ran.json["shard"]["index"], ran.json["shard"]["count"]) == (0, 2, 3)
    refused = provision("orphans", "fleet", "--sandbox", "--shard", "1/2")
    assert refused.code == 64
    assert "orphans does not go with --shard" in refused.err


def _document(index: int, count: int = 2, **changed: Any) -> dict[str, Any]:
    shard = {"index": index, "count": count, "configs": [], "fleet": 0, "exit_code": 0}
    return {
        "format": "provision.results/1",
        "shard": shard | changed.pop("shard", {}),
        "results": [],
    } | changed


PLAN = {"format": "provision.results/1", "name": "x"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([_document(1)], "of 2 shards these are missing: 2"),
        ([_document(1), _document(1)], "shard 1 is there twice"),
        ([_document(1), _document(3)], "these are missing: 2"),
        ([_document(1), _document(2, 3)], "their number of shards is"),
        ([_document(1), _document(2, shard={"fleet": 5})], "their number of configs is"),
        ([_document(1), _document(2, format="provision.plans/1", plans=[])], "their format is"),
        ([_document(1), {"format": "provision.results/1", "results": []}], "is of a run without --shard"),
        (
            [_document(1), {"format": "provision.error/2", "code": "PRV100", "message": "m"}],
            "the error of a run",
        ),
        ([_document(1), {"format": "provision.expiry/1"}], "provision.expiry/1; there are"),
        ([_document(1), ["x"]], "no document of this program"),
        ([_document(1), _document(2, shard={"configs": [0]})], "does not say which shard"),
        ([_document(1), _document(2, shard={"exit_code": 7})], "does not say how its run ended"),
        (
            [_document(n, shard={"configs": [0]}, results=[PLAN]) for n in (1, 2)],
            "holds a config that another file holds",
        ),
    ],
)
def test_what_does_not_fit_together(provision: Program, given: list[Any], said: str) -> None:
    paths = [f"{number}.json" for number in range(len(given))]
    for path, document in zip(paths, given, strict=True):
        Path(path).write_text(json.dumps(document))
    ran = provision("combine", *paths)
    assert (ran.code, ran.out) == (64, "")
    assert said in ran.err
    assert "PRV110" in ran.err


def test_a_file_given_twice_or_not_there(provision: Program) -> None:
    Path("1.json").write_text(json.dumps(_document(1, 1)))
    lists: dict[str, list[Any]] = {"results": [], "passed_over": [], "left_out": []}
    assert provision("combine", "1.json").json == {"format": "provision.results/1", **lists}
    assert provision("combine", "1.json", "1.json").code == 64
    assert provision("combine", "2.json").code == 64
    assert run(["combine"]) == 64
