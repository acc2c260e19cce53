"""Generated configs, valid and broken, through the whole program on the sandbox."""

from __future__ import annotations

import copy
import io
import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from provision.cli.main import run as run_program
from tests.config.test_properties import DOCUMENTS, GUIDS, VALUES
from tests.soak import soaking
from tests.support import Ran, Tenant

EXITS = {0, 1, 2, 3, 4, 5, 64, 65, 69, 77}  # docs/commands.md, without Ctrl-C's
# Four parts with a seed each, to be run side by side; together some 100 examples, the same in every run. Of
# what costs most, a soak has 400.
PARTS = pytest.mark.parametrize("part", range(4))
EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def program(*argv: str) -> Ran:
    """Run the program; whatever it is given, it ends in a documented code and leaves no crash report."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run_program(argv)
    ran = Ran(int(code), out.getvalue(), err.getvalue())
    assert code in EXITS, ran
    assert "Traceback" not in ran.out + ran.err
    assert not [*Path(".provision").glob("crash-*")], ran
    if "json" in argv:
        assert isinstance(ran.json, dict)
    return ran


def fresh() -> None:
    """Begin with an empty folder: the examples of one test share it."""
    for path in Path().iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def known(document: dict[str, Any]) -> dict[str, Any]:
    """Take out what names objects that would have to be there already."""
    return {
        **document,
        "application": {k: v for k, v in document["application"].items() if k not in ("client_id", "owners")},
    }


APPLY = ("apply", "a.yaml", "--sandbox", "--yes", "-o", "json", "--deliver", "file:out.secret")
ALLOW = ("--allow", "consent-pending", "--allow", "unscoped-grant")


@pytest.mark.soak
@PARTS
def test_apply_then_plan_is_empty(part: int, pytestconfig: pytest.Config) -> None:
    """For any valid config: a second apply makes no write, and the sheet has every value."""

    @seed(part)
    @settings(EXAMPLES, max_examples=100 if soaking(pytestconfig) else 6)
    @given(DOCUMENTS.map(known))
    def check(document: dict[str, Any]) -> None:
        fresh()
        Path("a.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
        first = program(*APPLY, *ALLOW)
        assert first.code == 0, first
        result = first.json
        assert result["name"] == document["name"]
        assert {change["status"] for change in result["changes"]} <= {"done", "unchanged", "handoff"}
        assert result["outputs"]["email_address"] == document["mail"]["address"]
        handed_over = result["consent"]["state"] == "required"
        plan = program("plan", "a.yaml", "--sandbox", "--detailed-exitcode", "-o", "json")
        assert plan.code == (2 if handed_over else 0), plan
        assert {k for k, n in plan.json["summary"].items() if n} <= {"no-op", "handoff"}
        state = Path(".provision/sandbox.json").read_bytes()
        secret = Path("out.secret").read_bytes()
        again = program(*APPLY, *ALLOW)
        assert again.code == 0
        assert {change["status"] for change in again.json["changes"]} <= {"unchanged", "handoff"}
        assert again.json["outputs"] == result["outputs"]
        assert (Path(".provision/sandbox.json").read_bytes(), Path("out.secret").read_bytes()) == (
            state,
            secret,
        )

    check()


def shuffled(document: Any, order: Any) -> Any:
    """Return the same document with its maps and lists in another order."""
    if isinstance(document, dict):
        keys = order.permutation(list(document))
        return {key: shuffled(document[key], order) for key in keys}
    if isinstance(document, list):
        return [shuffled(item, order) for item in order.permutation(document)]
    return document


class Order:
    """Orders that the generator chooses."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def permutation(self, items: list[Any]) -> list[Any]:
        """Return the items in some order."""
        return self._data.draw(st.permutations(items)) if items else []


URIS = st.sampled_from([f"https://h{number}.example/x" for number in range(6)])
LISTS = st.fixed_dictionaries({"redirect_uris": st.lists(URIS, min_size=2, unique=True)})


@PARTS
def test_the_order_of_the_input_never_matters(part: int) -> None:
    """Keys and lists in another order: the same plan to the byte, and nothing to do after an apply."""

    @seed(part)
    @settings(EXAMPLES, max_examples=6)
    @given(DOCUMENTS.map(known), LISTS, st.data())
    def check(document: dict[str, Any], lists: dict[str, Any], data: st.DataObject) -> None:
        fresh()
        document["application"].update(lists)
        other = shuffled(copy.deepcopy(document), Order(data))
        plans: list[Ran] = []
        for each in (other, document):  # under one name: the plan's texts name the file
            Path("a.yaml").write_text(yaml.safe_dump(each, sort_keys=False))
            plans.append(program("plan", "a.yaml", "--sandbox", "-o", "json"))
        assert (plans[0].code, plans[0].out) == (0, plans[1].out)
        assert program(*APPLY, *ALLOW).code == 0
        Path("a.yaml").write_text(yaml.safe_dump(other, sort_keys=False))
        after = program("plan", "a.yaml", "--sandbox", "-o", "json").json["summary"]
        assert {kind for kind, count in after.items() if count} <= {"no-op", "handoff"}

    check()


@PARTS
def test_a_registration_that_is_not_there_is_refused(part: int) -> None:
    """client_id of nobody: refused before anything is written."""

    @seed(part)
    @settings(EXAMPLES, max_examples=4)
    @given(DOCUMENTS.map(known), GUIDS)
    def check(document: dict[str, Any], guid: str) -> None:
        fresh()
        document["application"]["client_id"] = guid
        Path("a.yaml").write_text(yaml.safe_dump(document))
        ran = program(*APPLY, *ALLOW)
        assert (ran.code, ran.json["error"]) == (5, "client-id-not-found"), ran
        assert not Path("out.secret").exists()

    check()


@PARTS
def test_broken_configs_are_refused_in_words(part: int) -> None:
    """Wrong values, missing and unknown keys, cut and doubled text: 65 at a place, or a plan."""

    @seed(part)
    @EXAMPLES
    @given(DOCUMENTS.map(known), st.data())
    def check(document: dict[str, Any], data: st.DataObject) -> None:
        fresh()
        holder: Any = data.draw(
            st.sampled_from([document, *(v for v in document.values() if isinstance(v, dict))])
        )
        for _ in range(data.draw(st.integers(1, 3))):
            key = data.draw(
                st.sampled_from([*map(str, holder), "name", "id", "scope", "delivery", "tennant", "1", ""])
            )
            if data.draw(st.booleans()):
                holder[key] = data.draw(VALUES)
            else:
                holder.pop(key, None)
        text = yaml.dump(document, allow_unicode=True)
        for _ in range(data.draw(st.integers(0, 2))):
            start = data.draw(st.integers(0, len(text)))
            piece = data.draw(
                st.sampled_from(
                    ["", "\t", "*a", "&a ", "<<: ", "${A}", "${", "---\n", "? ", "{", "]", "'", "\x00"]
                )
            )
            text = text[:start] + piece + text[start + data.draw(st.integers(0, 9)) :]
        Path("a.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
        said = program("validate", "a.yaml", "-o", "json")
        assert said.code in (0, 65)
        for output in ("json", data.draw(st.sampled_from(["text", "markdown"]))):
            ran = program("plan", "a.yaml", "--sandbox", "-o", output)
            assert ran.code == said.code or (said.code == 0 and ran.code in (1, 5)), (said, ran)
        applied = program(*APPLY, *ALLOW)
        if said.code == 65:
            assert applied.code == 65
            assert re.match(r"a\.yaml(:\d+:\d+)?$", applied.json["where"])
            assert all(error["fix"] for error in (applied.json, *applied.json["errors"]))
            assert not Path(".provision").exists()  # nothing was begun

    check()


def test_the_state_of_a_generated_run_is_readable(clean_folder: Path) -> None:
    """What the examples above compare is really there: the sandbox's file, and an independent look at it."""
    document = {
        "version": 1,
        "name": "abc",
        "tenant": {"id": "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"},
        "application": {"admin_url": "https://a.example"},
        "mail": {"address": "a@b.example"},
    }
    Path("a.yaml").write_text(json.dumps(document))
    assert program(*APPLY).code == 0
    assert Tenant().application("abc")["displayName"] == "FOIAXpress Collaboration Mail"
