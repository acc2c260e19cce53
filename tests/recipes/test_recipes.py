"""CONTRIBUTING's table is enough: toy additions in the places that it names appear wherever users look."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.recipes.addition import Addition
from tests.recipes.additions import ADDITIONS
from tests.support import write_config

ROOT = Path(__file__).parents[2]
DELIVERED = ("--deliver", "drawer:3", "--allow", "rehearsal-delivery")
# What each is asked, and run in one process: its output goes by the name.
ASKED = {
    "help": ["apply", "--help"],
    "schema": ["schema"],
    "explain": ["explain", "title-too-plain"],
    "delivered": ["apply", "prod.yaml", "--sandbox", "--yes", "-o", "json", *DELIVERED],
    "plan": ["plan", "prod.yaml", "--sandbox", "-o", "json"],
    "expiry help": ["expiry", "--help"],
    "csv": ["expiry", "prod.yaml", "--sandbox", "-o", "csv"],
    "refused": ["plan", "prod.yaml", "--sandbox", "-o", "csv"],
    "product": ["apply", "toy.yaml", "--sandbox", "--yes", "--deliver", "file:toy.secret"],
    "kind planned": ["plan", "kind.yaml", "--sandbox", "-o", "json"],
    "kind shown": ["plan", "kind.yaml", "--sandbox"],
    "kind asked": ["doctor", "kind.yaml", "--sandbox", "-o", "json"],
    "kind made": ["apply", "kind.yaml", "--sandbox", "--yes", "--deliver", "file:kind.secret", "-o", "json"],
    "kind again": ["plan", "kind.yaml", "--sandbox"],
    "kind drifted": ["drift", "other.yaml", "--sandbox", "-o", "json"],
}
PAGES = {
    "formats page": ("tools.docs.program", "formats"),
    "errors page": ("tools.docs.errors", "page"),
    "rights page": ("tools.docs.program", "rights"),
}
RUN = """
import contextlib, importlib, io, json, sys
from provision.cli.main import run
asked, pages = json.loads(sys.stdin.read())
told = {}
for name, argv in asked.items():
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(argv)
    told[name] = [int(code), out.getvalue(), err.getvalue()]
for name, (module, function) in pages.items():
    told[name] = [0, getattr(importlib.import_module(module), function)(), ""]
print(json.dumps(told))
"""


def made(addition: Addition, house: Path) -> set[str]:
    """Make an addition in a copy of the program, and return the files that it took."""
    for path, text in addition.files.items():
        (house / path).write_text(text)
    for edit in addition.edits:
        before = (house / edit.path).read_text()
        assert before.count(edit.behind) >= 1, f"{edit.path}: {edit.behind!r}"
        (house / edit.path).write_text(before.replace(edit.behind, edit.behind + edit.text, 1))
    return {*addition.files, *(edit.path for edit in addition.edits)}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """What a program says that has all the additions."""
    folder = tmp_path_factory.mktemp("recipes")
    ignored = shutil.ignore_patterns("__pycache__")
    for package in ("provision", "tools"):
        shutil.copytree(ROOT / package, folder / "house" / package, ignore=ignored)
    for addition in ADDITIONS:
        made(addition, folder / "house" / "provision")
    work = folder / "work"
    work.mkdir()
    write_config(str(work / "prod.yaml"))
    toy = (work / "prod.yaml").read_text().replace("collab-prod", "toys")
    (work / "toy.yaml").write_text(re.sub("product: .*", "product: toybox", toy))
    for name, attribute in (("kind", "shoe-size"), ("other", "hat-size")):
        text = (work / "prod.yaml").read_text().replace("collab-prod", "kinds")
        wanted = f"application:\n  attribute: {attribute}\n"
        (work / f"{name}.yaml").write_text(text.replace("application:\n", wanted))
    environment = {**os.environ, "PYTHONPATH": str(folder / "house")}
    ran = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps([ASKED, PAGES]),
        capture_output=True,
        text=True,
        cwd=work,
        env=environment,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said: dict[str, list[Any]] = json.loads(ran.stdout.splitlines()[-1])
    return {name: (code, out, err) for name, (code, out, err) in said.items()}


@pytest.mark.parametrize("addition", ADDITIONS, ids=lambda one: one.row)
def test_it_is_made_in_the_places_that_the_table_names(addition: Addition) -> None:
    """And in no other: a file that is changed stands in the row by its path, or its folder as a whole."""
    table = (ROOT / "CONTRIBUTING.md").read_text()
    (row,) = [line for line in table.splitlines() if line.startswith(f"| {addition.row} |")]
    for path in addition.files:
        assert f"{path.rpartition('/')[0]}/" in row, f"{path} is not named by: {row}"
    for path in {edit.path for edit in addition.edits}:
        named = f"`{path}" in row or f"`{path.rpartition('/')[0]}/`" in row
        assert named, f"{path} is not named by: {row}"


def test_a_kind_is_planned_made_and_then_no_difference(told: dict[str, tuple[int, str, str]]) -> None:
    """Its key is in the schema, its right in the rights and their page, its change in plan and result."""
    assert '"attribute"' in told["schema"][1]
    code, out, err = told["kind planned"]
    assert code == 0, err
    planned = {one["address"]: one["change"] for one in json.loads(out)["resource_changes"]}
    assert planned["attribute"]["actions"] == ["create"]
    assert planned["attribute"]["after"] == {"name": "shoe-size"}
    rights = {right["step"]: right for right in json.loads(told["kind asked"][1])["rights"]}
    assert rights["define-attribute"]["detail"] == "made up for this rehearsal"  # needed, that is
    assert "define an attribute" in told["rights page"][1]
    code, out, err = told["kind made"]
    assert code == 0, err
    assert {one["address"]: one["status"] for one in json.loads(out)["changes"]}["attribute"] == "done"
    assert re.search(r"attribute\b.*there is no attribute of that name", told["kind shown"][1])
    assert re.search(r"attribute\b.*as declared", told["kind again"][1]), told["kind again"]


def test_a_kind_that_differs_is_drift(told: dict[str, tuple[int, str, str]]) -> None:
    """At its own address: nothing is said of an object that it is not."""
    findings = json.loads(told["kind drifted"][1])["findings"]
    found = [one for one in findings if one["address"] == "attribute"]
    assert [(one["name"], one["severity"]) for one in found] == [("differs-from-config", "warning")]
    assert "attribute is to be made" in found[0]["message"]


def test_a_sink_is_in_help_schema_and_results(told: dict[str, tuple[int, str, str]]) -> None:
    """It takes a secret, and is named where it went."""
    assert "drawer:NUMBER" in told["help"][1]
    assert '"drawer"' in told["schema"][1], told["schema"][2]
    code, out, err = told["delivered"]
    assert code == 0, err
    assert json.loads(out)["outputs"]["secret_key"]["delivered_to"] == "drawer:3"


def test_a_finding_is_in_plans_and_explained(told: dict[str, tuple[int, str, str]]) -> None:
    """With its code, on the page of errors, too."""
    found = json.loads(told["plan"][1])["findings"]
    assert [item["message"] for item in found if item["code"] == "PRV699"] == ["a plain title"]
    assert "Toys are colourful." in told["explain"][1]
    assert "title-too-plain" in told["errors page"][1]


def test_a_format_is_in_help_and_refused_of_others(told: dict[str, tuple[int, str, str]]) -> None:
    """The verb that has it draws it; the docs' table names it."""
    assert "csv" in told["expiry help"][1]
    assert told["csv"][1].startswith("config,state\ncollab-prod,")
    assert told["refused"][0] == 64
    assert "'html'" in told["refused"][2]
    assert "| `expiry` | text, json, markdown, ical, prometheus, csv |" in told["formats page"][1]


def test_a_product_is_in_the_schema_and_handed_over(told: dict[str, tuple[int, str, str]]) -> None:
    """Its boxes are filled."""
    assert '"toybox"' in told["schema"][1]
    code, out, err = told["product"]
    assert code == 0, err
    assert "Enter in Toybox, Mail" in out
    assert "Toy client" in out


def test_a_property_is_sent_read_and_then_no_difference(told: dict[str, tuple[int, str, str]]) -> None:
    """Its row is enough for body, before and after."""
    changes = {change["address"]: change for change in json.loads(told["delivered"][1])["changes"]}
    assert changes["application"]["change"]["after"]["description"] == "a toy"
    later = {one["address"]: one["change"] for one in json.loads(told["plan"][1])["resource_changes"]}
    assert later["application"]["actions"] == ["no-op"]
