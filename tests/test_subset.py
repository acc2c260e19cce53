"""An approval of several configs: it names the one that differs, and may cover some of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import Program, Ran, Tenant, write_config

DELIVER = ("--sandbox", "--yes", "--deliver", "file:{name}.secret", "-o", "json")
NAMES = ("a-one", "b-two", "c-three")


@pytest.fixture
def plans(provision: Program) -> dict[str, Any]:
    """Three configs in a folder, planned; the document, and the plan file beside it."""
    Path("fleet").mkdir()
    for name in NAMES:
        write_config(f"fleet/{name}.yaml", name=name)
    ran = provision("plan", "fleet", *DELIVER[:1], *DELIVER[2:], "--out", "plan.json")
    assert ran.code == 0, ran.err
    document: dict[str, Any] = ran.json
    return document


def digests(document: dict[str, Any], *names: str) -> list[str]:
    """Return the options that approve the plans of these names, each by its own digest."""
    found = {plan["name"]: plan["digest"] for plan in document["plans"]}
    return [word for name in names for word in ("--expect-digest", found[name])]


def there() -> set[str]:
    """The applications of the tenant."""
    return {app["uniqueName"] for app in Tenant().get("/applications")["value"]}


def change(name: str) -> None:
    """Change a config after it was approved."""
    write_config(f"fleet/{name}.yaml", name=name, address="another@agency.example")


def test_the_digest_of_the_set_says_which_are_what_now(provision: Program, plans: dict[str, Any]) -> None:
    """A hash alone cannot be asked; so each config is named with its own, to be compared."""
    change("b-two")
    ran = provision("apply", "fleet", *DELIVER, "--expect-digest", plans["digest"])
    assert (ran.code, ran.json["error"], there()) == (5, "stale-plan", set())
    old = {plan["name"]: plan["digest"][:19] for plan in plans["plans"]}
    assert [name for name in NAMES if f"{name} {old[name]}" not in ran.json["message"]] == ["b-two"]


def test_digests_one_by_one_name_the_one(provision: Program, plans: dict[str, Any]) -> None:
    """All or nothing; with --keep-going those that are as approved, and 5 for the rest."""
    change("b-two")
    every = digests(plans, *NAMES)
    ran = provision("apply", "fleet", *DELIVER, *every)
    assert (ran.code, ran.json["error"], ran.json["name"], there()) == (5, "stale-plan", "b-two", set())
    ran = provision("apply", "fleet", *DELIVER, *every, "--keep-going")
    assert (ran.code, there()) == (5, {"a-one", "c-three"})
    assert [item.get("error") for item in ran.json["results"]] == [None, "stale-plan", None]
    assert ran.json["results"][1]["config"] == "fleet/b-two.yaml"


def test_some_are_approved(provision: Program, plans: dict[str, Any]) -> None:
    """The others are left out and named."""
    ran = provision("apply", "fleet", *DELIVER, *digests(plans, "a-one", "c-three"))
    assert (ran.code, there(), ran.json["left_out"]) == (0, {"a-one", "c-three"}, ["b-two"])
    assert [item["name"] for item in ran.json["results"]] == ["a-one", "c-three"]


def test_a_saved_plan_of_which_some_are_selected(provision: Program, plans: dict[str, Any]) -> None:
    """By name; one that the file does not hold is refused, and so is the file without --select."""
    ran = provision("apply", "fleet", *DELIVER, "--plan", "plan.json", "--select", "name=[bc]-*")
    assert (ran.code, there()) == (0, {"b-two", "c-three"}), ran.out
    write_config("fleet/d-four.yaml", name="d-four")
    ran = provision("apply", "fleet", *DELIVER, "--plan", "plan.json", "--select", "name=[ad]-*")
    assert (ran.code, ran.json["message"].endswith("d-four")) == (5, True)
    ran = provision("apply", "fleet/a-one.yaml", *DELIVER, "--plan", "plan.json")
    assert (ran.code, there()) == (5, {"b-two", "c-three"})


def test_a_broken_config_and_what_writes(provision: Program, plans: dict[str, Any]) -> None:
    """Refused as a set; with --keep-going the others, and the worst code. Such a set has no digest."""
    Path("fleet/z.yaml").write_text("oops: [\n")
    for verb in ("apply", "rotate", "consent"):
        assert (provision(verb, "fleet", "--sandbox", "--yes", "-o", "json").code, there()) == (65, set())
    Path("plan.json").unlink()
    ran = provision("plan", "fleet", "--sandbox", "-o", "json", "--out", "plan.json")
    assert (ran.code, ran.json["digest"], Path("plan.json").exists()) == (65, None, False)
    assert [plan.get("digest", "")[:7] for plan in ran.json["plans"]] == ["sha256:"] * 3 + [""]
    ran = provision("apply", "fleet", *DELIVER, "--keep-going")
    assert (ran.code, there(), len(ran.json["results"])) == (65, set(NAMES), 4)


def shape(ran: Ran) -> str:
    """The format of the document, without its version."""
    return str(ran.json["format"]).removeprefix("provision.").split("/")[0]


@pytest.mark.parametrize("verb", ["plan", "apply", "show", "consent", "rotate", "drift", "doctor"])
def test_the_shape_follows_from_the_question(provision: Program, verb: str) -> None:
    """One file: one document; a folder of one, or a glob: a list. Errors stand in it likewise."""
    Path("fleet").mkdir()
    write_config("fleet/a-one.yaml", name="a-one")
    common = ["--sandbox", "-o", "json"]
    if verb not in ("plan", "apply"):
        assert provision("apply", "fleet", *DELIVER).code == 0
    if verb in ("apply", "rotate", "consent"):
        common += ["--yes", "--deliver", "file:{name}.secret"]
    one = provision(verb, "fleet/a-one.yaml", *common)
    many = [provision(verb, *paths, *common) for paths in (["fleet"], ["fleet/*.yaml"])]
    assert {shape(ran) for ran in many} == {f"{shape(one)}s"}, one.out
    assert [len(ran.json[f"{shape(one)}s"]) for ran in many] == [1, 1]
    Path("fleet/a-one.yaml").write_text("name: [\n")
    assert shape(provision(verb, "fleet/a-one.yaml", *common)) == "error"
    if verb in ("plan", "show", "drift", "doctor"):
        (error,) = provision(verb, "fleet", *common).json[f"{shape(one)}s"]
        assert (error["error"], error["config"], error["name"]) == ("yaml-syntax", "fleet/a-one.yaml", None)


def test_only_what_changed_is_planned(provision: Program, plans: dict[str, Any]) -> None:
    """The rest is left out and named in every format; nothing changed is no error."""
    Path("list").write_text("README.md\nfleet/b-two.yaml\n")
    ran = provision("plan", "fleet", "--sandbox", "--changed", "list", "-o", "json")
    assert ([plan["name"] for plan in ran.json["plans"]], ran.json["left_out"]) == (
        ["b-two"],
        ["a-one", "c-three"],
    )
    for output in ("markdown", "html"):
        ran = provision("plan", "fleet", "--sandbox", "--changed", "list", "-o", output)
        assert (ran.code, "Left out" in ran.out, "a-one" in ran.out) == (0, True, True)
    Path("list").write_text("README.md\n")
    for verb in ("plan", "apply", "drift", "doctor", "expiry", "show"):
        more = DELIVER[1:4] if verb == "apply" else ()
        for output in ("json", "text", "markdown"):
            ran = provision(verb, "fleet", "--sandbox", *more, "--changed", "list", "-o", output)
            assert ran.code == 0, (verb, output, ran.err)
    assert provision("plan", "fleet", "--sandbox", "--changed", "list", "-o", "html").code == 0
    assert provision("plan", "fleet", "--sandbox", "--changed", "nowhere").code == 64
    assert provision("plan", "fleet", "--sandbox", "--select", "names=x").code == 64
