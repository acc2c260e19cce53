"""Folders are searched through: what is taken for a config, what is passed over, and where it ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provision.config import search, survey
from provision.config.document import top_keys
from provision.config.load import Unreadable
from provision.config.select import Selector, changed, selected
from provision.errors import ProvisionError
from tests.config.test_load import LEAST, write

BASE = "version: 1\nproduct: collaboration\napplication:\n  admin_url: https://collab.agency.example\n"


def own(name: str, more: str = "") -> str:
    """A config that has all but what the base says."""
    guid = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"
    return f"name: {name}\ntenant: {{id: {guid}}}\nmail: {{address: noreply@agency.example}}\n{more}"


def names(*paths: str) -> tuple[list[str], list[str]]:
    """Return the configs, by name or by file where it cannot be read, and what was passed over."""
    found = survey(paths)
    said = [e.name or e.path if isinstance(e, Unreadable) else e.desired.name for e in found.entries]
    return said, sorted(item.path for item in found.search.passed_over)


def test_the_natural_layout() -> None:
    """A base at the top that only files in subfolders extend, with or without its own version."""
    for base in (BASE, BASE.replace("version: 1\n", "")):
        write(base, "configs/base.yaml")
        for name in ("one", "two"):
            more = "extends: ../../base.yaml\n" + ("" if base is BASE else "version: 1\n")
            write(more + own(f"cust-{name}"), f"configs/customers/{name}/collab.yaml")
        assert names("configs") == (["cust-one", "cust-two"], ["configs/base.yaml"])
        assert names("configs/customers")[0] == ["cust-one", "cust-two"]
        assert names("configs/**/*.yaml") == (["cust-one", "cust-two"], ["configs/base.yaml"])


@pytest.mark.parametrize(
    ("path", "text", "taken"),
    [
        ("a.yaml", "services: {mail: {image: x}}\n", False),
        ("a.yml", "apiVersion: v1\nkind: List\n---\nkind: Second\n", False),
        ("a.yaml", "Resources: !Ref x\nother: &anchor 1\n", False),
        ("a.yaml", "- a\n- version: 1\n", False),
        ("a.yaml", "key:\n  version: 1\n", False),
        ("a.yaml", "just a text\n", False),
        ("a.yaml", "version: 1\n", True),  # it says that it is one, and so is told what lacks
        ("a.yaml", "version: 1\n---\nversion: 1\n", True),
        ("a.yaml", own("lost-version", "application: {admin_url: https://x.example}\n"), True),
        ("a.yaml", "name: [\n", True),  # what cannot be parsed may be one
        ("a.yaml", "", True),
        (".hidden.yaml", "version: 1\n", None),
        (".git/a.yaml", "version: 1\n", None),
        ("sub/.venv/a.yaml", "version: 1\n", None),
        ("a.json", "version: 1\n", None),
    ],
)
def test_what_is_a_config(path: str, text: str, taken: bool | None) -> None:
    """A YAML file with a top-level version; ``None``: neither taken nor worth a word."""
    write(LEAST, "configs/good.yaml")
    write(text, f"configs/{path}")
    found, over = names("configs")
    assert (len(found) - 1, len(over)) == {True: (1, 0), False: (0, 1), None: (0, 0)}[taken]
    assert "collab-prod" in found


def test_links_are_not_entered() -> None:
    """A link to a folder is named and not entered; one to itself does no harm, and a pipe is named, too."""
    write(LEAST, "configs/good.yaml")
    write(LEAST.replace("collab-prod", "elsewhere"), "other/far.yaml")
    Path("configs/link").symlink_to("../other")
    Path("configs/circle").symlink_to(".")
    os.mkfifo("configs/pipe.yaml")
    assert names("configs") == (["collab-prod"], ["configs/circle", "configs/link", "configs/pipe.yaml"])


def test_the_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """In depth and in number: what was not searched is an error, and hides nothing that was found."""
    write(LEAST, "configs/good.yaml")
    write(LEAST.replace("collab-prod", "deep"), "configs/" + "d/" * (search.MAX_DEPTH + 1) + "deep.yaml")
    found, _ = names("configs")
    assert found == ["configs" + "/d" * search.MAX_DEPTH, "collab-prod"]
    assert "not all of it was searched" in survey(["configs"]).unreadable[0].error.message
    monkeypatch.setattr(search, "MAX_FILES", 2)
    for number in range(5):
        write(LEAST.replace("collab-prod", f"many-{number}"), f"many/{number}.yaml")
    assert names("many")[0] == ["many", "many-0", "many-1"]


def test_an_unreadable_one_keeps_its_name() -> None:
    """Where the file says it plainly; what a variable or a broken file says is not told."""
    write("version: 1\nname: rules-broken\ntenant: {id: nonsense}\n", "a/1.yaml")
    write("version: 1\nname: ${WHO}\n", "a/2.yaml")
    write("extends: nowhere.yaml\nname: no-base\n", "a/3.yaml")
    write("version: 1\nname: x\nbroken: [\n", "a/4.yaml")
    assert names("a")[0] == ["rules-broken", "a/2.yaml", "no-base", "a/4.yaml"]
    error = survey(["a"]).unreadable[2].error
    assert (error.config, error.name, error.entry.name) == ("a/3.yaml", "no-base", "extends")


def test_a_base_that_cannot_be_read_is_told_where_it_is_used() -> None:
    """Not as a config of its own."""
    write("oops: [\n", "a/base.yaml")
    write("extends: base.yaml\n" + own("cust-one"), "a/one.yaml")
    assert names("a") == (["cust-one"], ["a/base.yaml"])


@pytest.mark.parametrize(
    ("paths", "is_list"),
    [
        (("configs/good.yaml",), False),
        (("configs",), True),
        (("configs/*.yaml",), True),
        (("configs/good.yaml", "configs/good.yaml"), True),
        (("nowhere.yaml",), False),
        (("no/*.yaml",), True),
        (("odd[1].yaml",), False),
    ],
)
def test_when_a_list_is_asked_for(paths: tuple[str, ...], is_list: bool) -> None:
    """By the question, not by what is there."""
    write(LEAST, "configs/good.yaml")
    write(LEAST, "odd[1].yaml")
    assert search.is_list(paths) is is_list


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a: 1\nb: {c: 2}\nd: [e, {f: 3}]\n", {"a", "b", "d"}),
        ("? [x, y]\n: z\na: 1\n", {"a"}),
        ("- a: 1\n", set()),
        ("", set()),
        ("a: &x 1\nb: *x\n", {"a", "b"}),
        ("a: [\n", None),
    ],
)
def test_keys_at_the_top(text: str, keys: set[str] | None) -> None:
    """Of any YAML, whatever it uses."""
    assert top_keys(text) == keys


def test_keys_at_the_top_are_read_until_one_is_enough() -> None:
    """Of a config that is its first; what cannot be read behind it is told when all of it is."""
    enough = frozenset({"version"})
    assert top_keys("version: 1\nname: a\n", enough) == enough
    assert top_keys("name: a\nversion: 1\nmail: [\n", enough) == frozenset({"name", "version"})


def test_selecting_by_key() -> None:
    """Patterns of one key are alternatives, keys add up; what cannot be told stays."""
    for name in ("cust-1", "cust-2", "other"):
        write(LEAST.replace("collab-prod", name), f"a/{name}.yaml")
    write("oops: [\n", "a/z.yaml")
    found = selected(survey(["a"]), [Selector("name", "cust-*"), Selector("tenant", "3F0C*")])
    assert [entry.path for entry in found.entries] == ["a/cust-1.yaml", "a/cust-2.yaml", "a/z.yaml"]
    assert found.search.left_out == ("other",)
    Path("a/z.yaml").unlink()
    with pytest.raises(ProvisionError, match="takes none of these 3 configs"):
        selected(survey(["a"]), [Selector("product", "pal")])


def test_what_changed() -> None:
    """A config's own file and those that it extends, at any remove; what was removed is said."""
    write(BASE, "a/base.yaml")
    write("extends: base.yaml\n", "a/middle.yaml")
    write("extends: middle.yaml\n" + own("cust-1"), "a/1.yaml")
    write(LEAST, "a/2.yaml")
    write("extends: gone.yaml\n" + own("cust-3"), "a/3.yaml")

    def meant(*files: str) -> list[str]:
        return [entry.path for entry in changed(survey(["a"]), ["a"], files).entries]

    assert meant("a/base.yaml") == ["a/1.yaml"]
    assert meant("a/2.yaml", "README.md") == ["a/2.yaml"]
    assert meant("a/gone.yaml") == ["a/3.yaml"]
    assert meant("README.md") == []
    found = changed(survey(["a"]), ["a"], ["a/removed.yaml", "elsewhere/removed.yaml"])
    assert [item.path for item in found.search.passed_over if "removed" in item.reason] == ["a/removed.yaml"]
    assert set(found.search.left_out) == {"cust-1", "collab-prod", "cust-3"}


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


def test_a_config_that_became_none_is_told() -> None:
    """Whoever removes a config by making something else of it does not do so unseen."""
    write(LEAST, "a/2.yaml")
    write(BASE, "a/base.yaml")
    write("extends: base.yaml\n" + own("cust-1"), "a/1.yaml")
    for name, text in {"other": "foo: bar\n", "text": "gone\n", "list": "- 1\n"}.items():
        write(text, f"a/{name}.yaml")
    Path("a/device.yaml").symlink_to("/dev/null")
    write(LEAST, "elsewhere/folder.yaml")
    Path("a/linked").symlink_to("../elsewhere")
    write(POINTER, "a/replaced.yaml/pointer.txt")
    names = ("other", "text", "list", "device", "base")
    files = [*(f"a/{name}.yaml" for name in names), "a/linked", "a/linked/folder.yaml", "a/replaced.yaml"]
    search = changed(survey(["a"]), ["a"], files).search
    assert set(search.no_more) == {"a/other.yaml", "a/text.yaml", "a/list.yaml", "a/device.yaml", "a/linked"}
    assert search.removed == ("a/replaced.yaml",)
    assert changed(survey(["a"]), ["a"], ["a/2.yaml"]).search.no_more == ()


def test_a_pointer_of_lfs_is_no_other_yaml() -> None:
    """Else a checkout without LFS would pass over every config, and be green."""
    write(LEAST, "a/2.yaml")
    write(POINTER, "a/1.yaml")
    (found,) = survey(["a"]).unreadable
    assert "Git LFS" in found.error.message
    assert found.path == "a/1.yaml"
