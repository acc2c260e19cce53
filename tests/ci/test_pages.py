"""What docs/ci.md must tell: a guard that nobody sets up guards nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.ci.runner import ROOT

PAGE = (ROOT / "docs" / "ci.md").read_text()
AZURE = PAGE[PAGE.index("## Azure Pipelines") : PAGE.index("## Before a commit")]
GITHUB = PAGE[PAGE.index("## GitHub Actions") : PAGE.index("## Azure Pipelines")]


def test_azure_tells_of_the_checks_on_the_service_connection() -> None:
    """Branch control and an approval on the connection itself: the environment guards only who names it."""
    said, table = re.split(r"^\| Set \|", AZURE, maxsplit=1, flags=re.MULTILINE)
    assert re.search(r"checks on the service connection `provision-apply` itself", said)
    assert re.search(
        r"^\| Branch control: `refs/heads/main`, \"Verify branch protection\"", table, re.MULTILINE
    )
    assert re.search(r"^\| Approvals, .*approve their own runs.* off", table, re.MULTILINE)
    assert re.search(r"^\| Pipeline permissions: only this pipeline", table, re.MULTILINE)
    assert "Exclusive lock" in AZURE


def samples(text: str) -> list[dict[str, Any]]:
    """Return the pipelines of a part of the page."""
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]


def test_the_sample_for_azure_is_built_from_main_alone() -> None:
    """One stage of its own applies, by the plan file, one run after the other."""
    (sample,) = samples(AZURE)
    assert sample["trigger"] == ["main"]
    (apply,) = [stage for stage in sample["stages"] if stage["stage"] == "apply"]
    assert apply["lockBehavior"] == "sequential"
    assert "refs/heads/main" in apply["condition"]
    assert "--plan" in yaml.safe_dump(apply)


def test_the_sample_for_github_gives_each_job_what_it_needs() -> None:
    """What applies has an environment, waits for the one before, and no right that it has no use for."""
    (sample,) = [one for one in samples(GITHUB) if isinstance(one, dict) and "jobs" in one]
    jobs: dict[str, dict[str, Any]] = sample["jobs"]
    assert sample["permissions"] == {}
    for name in ("apply", "again"):
        assert jobs[name]["environment"] == "production"
        assert jobs[name]["concurrency"] == "provision"
        rights = jobs[name]["permissions"]
        assert "write" not in {value for right, value in rights.items() if right != "id-token"}


@pytest.mark.parametrize(
    "setting",
    [
        "Prevent self-review",
        "Allow administrators to bypass",
        "Dismiss stale approvals",
        "Require approval of the most recent reviewable push",
        "deployment branches, only `main`",
    ],
)
def test_github_tells_of_each_guard(setting: str) -> None:
    """In the table of what to set, each with what happens without it."""
    assert re.search(rf"^\|[^|]*{re.escape(setting)}[^|]*\|[^|]+\|$", GITHUB, re.MULTILINE)
