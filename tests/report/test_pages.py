"""Markdown that fits a comment: cut at the end of a line, in no code block, and then without a digest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.report.pages import LIMIT, cut
from tests.report.test_hostile import harmless_markdown, tokens
from tests.support import Program, Tenant, write_config


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job of GitHub Actions, where a page becomes a comment; elsewhere nothing of it is cut."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        Path(name).touch()
        monkeypatch.setenv(name, str(Path(name).resolve()))


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("configs", [1, 40])
def test_a_page_that_was_cut_has_no_digest(provision: Program, configs: int) -> None:
    """Hundreds of redirect URIs in one plan, or in each of many: nobody saw all that it would stand for."""
    count = 250
    uris = "".join(f"    - https://collab.agency.example/{'p' * 200}/{n}\n" for n in range(count))
    for number in range(configs):
        path = Path(write_config(f"c{number}.yaml", name=f"collab-{number}"))
        path.write_text(path.read_text().replace("mail:\n", f"  redirect_uris:\n{uris}mail:\n"))
    paths = [f"c{number}.yaml" for number in range(configs)]
    page = provision("plan", *paths, "--sandbox", "-o", "markdown").out
    assert LIMIT * 0.7 < len(page.encode()) <= LIMIT + 1
    harmless_markdown(page)
    fences = [token for token in tokens(page) if token.type == "fence"]
    assert len(fences) == configs
    assert page.count("Cut here:") == configs
    assert "sha256:" not in page
    assert page.count("**This page was cut, so it has no digest.**") == 1
    whole = provision("plan", *paths, "--sandbox", "--full").out
    assert "Cut here" not in whole
    assert len(re.findall(r"sha256:[0-9a-f]{64}", whole)) >= configs
    assert all("Cut here" not in fence.content for fence in fences)


@pytest.mark.usefixtures("pipeline")
def test_the_short_leave_their_room_to_the_long(provision: Program) -> None:
    """What fits beside a long one is whole."""
    path = Path(write_config("long.yaml", name="collab-long"))
    uris = "".join(f"    - https://collab.agency.example/{'p' * 200}/{n}\n" for n in range(250))
    path.write_text(path.read_text().replace("mail:\n", f"  redirect_uris:\n{uris}mail:\n"))
    short = [write_config(f"s{number}.yaml", name=f"collab-s{number}") for number in range(5)]
    page = provision("plan", *short, "long.yaml", "--sandbox", "-o", "markdown").out
    assert page.count("Cut here:") == 1
    assert len(page.encode()) > LIMIT * 0.9
    assert Tenant().get("/applications")


@pytest.mark.usefixtures("pipeline")
def test_a_page_that_fits_keeps_its_digests(provision: Program) -> None:
    """One for each, and one for all."""
    paths = [write_config(f"s{number}.yaml", name=f"collab-s{number}") for number in range(3)]
    page = provision("plan", *paths, "--sandbox", "-o", "markdown").out
    assert len(re.findall(r"(?m)^Digest: `sha256:[0-9a-f]{64}`$", page)) == 3
    assert len(re.findall(r"(?m)^Digest of these 3 plans: `sha256:[0-9a-f]{64}`$", page)) == 1


@pytest.mark.usefixtures("pipeline")
def test_more_configs_than_fit_have_no_digest(provision: Program) -> None:
    """Those that are left out are counted, and so nothing can be approved by the page."""
    paths = [write_config(f"c{number}.yaml", name=f"collab-{number}") for number in range(120)]
    page = provision("plan", *paths, "--sandbox", "-o", "markdown").out
    assert len(page.encode()) <= LIMIT + 1
    assert "more configs are in the job's log" in page
    assert "many-changes" in page
    assert "sha256:" not in page


@pytest.mark.parametrize("verb", [("plan",), ("apply", "--yes"), ("show",)])
def test_outside_a_pipeline_nothing_is_cut(provision: Program, verb: tuple[str, ...]) -> None:
    """There is no job whose log would have the rest, nor a comment that it must fit."""
    path = Path(write_config("long.yaml", name="collab-long"))
    uris = "".join(f"    - https://collab.agency.example/{'p' * 200}/{n}\n" for n in range(250))
    path.write_text(path.read_text().replace("mail:\n", f"  redirect_uris:\n{uris}mail:\n"))
    paths = [write_config(f"c{number}.yaml", name=f"collab-{number}") for number in range(40)]
    allow = ("--allow", "many-changes")
    assert provision("apply", *paths, "--sandbox", "--yes", "-o", "json", *allow).code == 0
    page = provision(*verb, *paths, "long.yaml", "--sandbox", "-o", "markdown", *allow).out
    assert "Cut here" not in page
    assert page.count("### provision") == 41
    if verb == ("plan",):
        assert len(page.encode()) > LIMIT
        assert page.count("Digest: `sha256:") == 41


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(["```diff", "````diff", "```", "````", "- a &#46; b", "+ é", "", "# x"]), max_size=30
    ),
    st.integers(150, 400),
)
def test_any_cut_ends_its_code_block(lines: list[str], limit: int) -> None:
    """At any limit: it fits, whole lines are kept, and what follows is no code."""
    text = "\n".join(lines)
    shown = cut(text, limit)
    assert len(shown.encode()) <= max(limit, 0) or shown == text
    if shown == text:
        return
    assert shown.endswith("more lines are in the job's log.\n")
    kept = shown.split("\n")
    assert [line for line in kept if line.startswith("- a")] == ["- a &#46; b"] * sum(
        line.startswith("- a") for line in kept
    )
    fences = [token for token in tokens(shown) if token.type == "fence"]
    assert not any("Cut here" in token.content for token in fences)
