"""What a pull request changes is planned and applied, nothing else; a merge queue pushes several at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ci import tools
from tests.ci.github_standin import GitHub
from tests.ci.repository import BASE, HEAD, MERGE, NEXT, Repository
from tests.ci.runner import Job
from tests.support import Tenant, write_config

SECOND = "e" * 40  # the merge of pull request 8
DELIVER = "--deliver\nfile:{name}.secret"


@pytest.fixture
def two(repository: Repository) -> Repository:
    """A second config, that the pull request does not change."""
    write_config("configs/two.yaml", name="collab-two")
    return repository


def secrets() -> list[str]:
    """Return the names of those that were delivered."""
    return sorted(path.stem for path in Path().glob("*.secret"))


def asked(repository: Repository) -> str:
    """Return how the program was called last."""
    return [call for call in tools.calls(repository.python) if "-m provision" in call][-1]


def test_what_changed_is_planned_and_applied(two: Repository, github: GitHub) -> None:
    """The others are named in the comment, and nothing of theirs is done."""
    planned = two.plan()
    (comment,) = github.comments
    assert planned.code == 0, planned.log.text
    assert "Left out, for they were not asked for: `collab-two`" in comment["body"]
    assert re.findall("provision:plan:[^:]+:([a-z-]+)", comment["body"]) == ["collab-prod"]
    two.merge()
    applied = two.apply(args=DELIVER)
    assert applied.code == 0, applied.log.text
    assert secrets() == ["collab-prod"]
    assert "collab-two" in applied.log.text


def test_another_that_is_broken_or_down_hinders_nothing(two: Repository) -> None:
    """That is what it is for."""
    Path("configs/two.yaml").write_text("version: 1\nname: [\n")
    assert two.plan(**{"changed-only": "false"}).code == 65
    # The job validates nothing but what it plans, and says which it left out.
    assert two.plan().code == 0
    two.merge()
    assert two.apply(args=DELIVER).code == 0
    assert secrets() == ["collab-prod"]


def test_a_base_counts(two: Repository, github: GitHub) -> None:
    """Of a base that changed, every config that extends it; of one that is gone, each is told."""
    Path("shared").mkdir()
    Path("shared/base.yaml").write_text("version: 1\n")
    for name in ("one", "three"):
        path = Path(write_config(f"configs/{name}.yaml", name=f"collab-{name}"))
        path.write_text(f"extends: ../shared/base.yaml\n{path.read_text()}")
    two.changes("shared/base.yaml")
    assert two.plan().code == 0
    named = re.findall("provision:plan:[^:]+:([a-z-]+)", github.comments[0]["body"])
    assert named == ["collab-one", "collab-three"]
    two.merge()
    applied = two.apply(args=DELIVER)
    assert applied.code == 0, applied.log.text
    assert secrets() == ["collab-one", "collab-three"]
    assert asked(two).count("--expect-digest") == 2
    Path("shared/base.yaml").unlink()
    two.changes("shared/base.yaml", "README.md")
    Path("README.md").touch()
    assert two.plan(NEXT).code == 65


def test_each_plan_has_its_digest(two: Repository, github: GitHub) -> None:
    """Of two that were approved one that is different by then stops both."""
    two.changes("configs/prod.yaml", "configs/two.yaml")
    assert two.plan().code == 0
    two.merge()
    write_config("configs/two.yaml", name="collab-two", display_name="Another")
    job = two.apply(args=DELIVER)
    assert job.code == 5
    assert "PRV318" in job.log.text
    assert secrets() == []
    write_config("configs/two.yaml", name="collab-two")
    assert two.apply(args=DELIVER).code == 0
    assert secrets() == ["collab-prod", "collab-two"]


@pytest.mark.parametrize("last", [False, True], ids=["one of two", "the last one"])
def test_a_removal_applies_nothing_and_is_no_failure(two: Repository, github: GitHub, last: bool) -> None:
    """The comment says what stays; nothing is written, and the job on main is green."""
    Path("configs/prod.yaml").unlink()
    if last:
        Path("configs/two.yaml").unlink()
        Path("configs").rmdir()
    Path("README.md").touch()
    two.changes("configs/prod.yaml", *(["configs/two.yaml"] if last else []), "README.md")
    planned = two.plan()
    assert planned.code == 0, planned.log.text
    body = github.comments[0]["body"]
    assert "No config is asked for." in body
    assert "Removed: `configs/prod.yaml`" in body
    two.merge()
    job = two.apply(args=DELIVER)
    assert job.code == 0, job.log.text
    assert not two.state.exists() or Tenant(two.state).writes == 0
    assert secrets() == []


def test_a_config_that_became_none_is_told(two: Repository, github: GitHub) -> None:
    """Its reviewer reads that it is managed no more, as of one that was removed."""
    Path("configs/prod.yaml").write_text("foo: bar\n")
    two.changes("configs/prod.yaml")
    assert two.plan().code == 0
    assert "Changed, and no config (any more): `configs/prod.yaml`" in github.comments[0]["body"]


def test_the_digest_of_nothing_approves_nothing(two: Repository, github: GitHub) -> None:
    """Put over that of a change, by somebody's hand before the approval: exit 5."""
    Path("README.md").touch()
    two.changes("README.md")
    two.plan()
    two.changes("configs/prod.yaml")
    two.merge()
    job = two.apply(args=DELIVER)
    assert job.code == 5
    assert secrets() == []


def test_a_path_with_nothing_is_a_fault_whatever_changed(two: Repository) -> None:
    """A folder that is misspelt in the workflow would else be green for ever."""
    assert two.plan(configs="config").code == 65
    assert two.plan(configs="configs\nconfig").code == 65


@pytest.mark.parametrize("why", ["3000 files", "another folder", "no right"])
def test_what_cannot_be_known_is_all(two: Repository, github: GitHub, why: str) -> None:
    """GitHub names so many, the checkout is elsewhere, or the token may not: all are planned and bound."""
    if why == "3000 files":
        github.files[7] = [{"filename": f"f{number}", "status": "added"} for number in range(3100)]
        Path("f7").touch()
    elif why == "another folder":
        github.files[7] = [{"filename": "sub/configs/prod.yaml", "status": "modified"}]
    token = {"token": "another", "comment": "false"} if why == "no right" else {}
    planned = two.plan(**token)
    assert planned.code == 0, planned.log.text
    assert "all configs are" in planned.log.text
    assert planned.summary.count("<!-- provision:plan:") == 2
    if why != "no right":
        two.merge()
        assert two.apply(args=DELIVER).code == 0
        assert secrets() == ["collab-prod", "collab-two"]


def test_with_false_all_are_planned(two: Repository, github: GitHub) -> None:
    """And none is left out on main."""
    two.plan(**{"changed-only": "false"})
    assert github.comments[0]["body"].count("<!-- provision:plan:") == 2
    two.merge()
    assert two.apply(args=DELIVER).code == 0
    assert "--changed" not in asked(two)
    assert secrets() == ["collab-prod", "collab-two"]


def test_a_config_that_came_meanwhile_is_left_to_its_own_approval(repository: Repository) -> None:
    """The base moved: what was approved is done, what was not is named and not done."""
    repository.plan(**{"changed-only": "false"})
    write_config("configs/two.yaml", name="collab-two")
    repository.merge()
    job = repository.apply(args=DELIVER)
    assert job.code == 0
    assert "left out, for no digest of theirs was approved: collab-two" in job.log.text
    assert secrets() == ["collab-prod"]


def test_a_base_that_moved_under_the_config_is_another_plan(repository: Repository) -> None:
    """What another pull request made of it is not what this one's reviewer saw: exit 5."""
    repository.plan()
    repository.write(display_name="Another")  # by the pull request that was merged meanwhile
    repository.merge()
    job = repository.apply(args=DELIVER)
    assert job.code == 5
    assert "PRV318" in job.log.text
    assert secrets() == []


def queue(repository: Repository, *, same: bool = False) -> Job:
    """Plan and approve two pull requests, and have a merge queue push both at once; apply."""
    github = repository.github
    if not same:
        two = Path("configs/two.yaml")
        text = two.read_text()
        two.unlink()  # each is planned without the other
        repository.plan()
        two.write_text(text)
    else:
        repository.plan()
        repository.write(display_name="Another")
    repository.changes("configs/prod.yaml" if same else "configs/two.yaml", pull=8)
    payload = repository.pull_request(NEXT)
    payload["pull_request"]["number"] = 8
    assert repository.run({"command": "plan"}, "pull_request", payload).code == 0
    repository.merge()
    github.review("APPROVED", NEXT, pull=8)
    (first,) = github.pulls
    second = {**first, "number": 8, "merge_commit_sha": MERGE, "head": {**first["head"], "sha": NEXT}}
    github.pulls = [{**first, "merge_commit_sha": SECOND}, second]
    github.parents = {MERGE: [SECOND, NEXT], SECOND: [BASE, HEAD]}
    github.merges = {MERGE: [8], SECOND: [7]}
    return repository.apply(args=DELIVER)


def test_a_merge_queue_applies_all_that_it_pushed(two: Repository) -> None:
    """Each by the digests of its own comment, approved on its own pull request."""
    job = queue(two)
    assert job.code == 0, job.log.text
    assert secrets() == ["collab-prod", "collab-two"]


def test_a_merge_queue_with_one_that_is_not_approved_applies_nothing(two: Repository, github: GitHub) -> None:
    """Nor does a commit in between that is of no pull request go unseen."""
    assert queue(two).code == 0
    writes = Tenant(two.state).writes
    reviews, github.reviews = github.reviews, github.reviews[1:]
    assert two.apply(args=DELIVER).code == 5
    github.reviews = reviews
    github.parents[SECOND] = [NEXT]
    github.parents[NEXT] = [BASE]
    github.merges[NEXT] = []
    job = two.apply(args=DELIVER)
    assert job.code == 5
    assert "merge of no one pull request" in job.log.text
    assert Tenant(two.state).writes == writes


def test_a_merge_queue_with_two_changes_of_one_config_is_another_plan(two: Repository) -> None:
    """The first one's plan is not what is there after the second: exit 5, and nothing is done."""
    job = queue(two, same=True)
    assert job.code == 5
    assert secrets() == []


def test_a_rebased_pull_request_is_one(repository: Repository, github: GitHub) -> None:
    """Its commits are all its own; the last is the merge."""
    repository.plan()
    repository.merge()
    github.parents = {MERGE: [SECOND], SECOND: [BASE]}
    assert repository.apply(args=DELIVER).code == 0


@pytest.mark.parametrize(
    "payload",
    [{"before": BASE, "forced": True}, {"before": "0" * 40}, {"before": NEXT}],
    ids=["forced", "first", "other"],
)
def test_a_push_that_is_no_merge_is_refused(
    repository: Repository, github: GitHub, payload: dict[str, object]
) -> None:
    """The branch was written over, or is new: nobody approved what is there."""
    repository.plan()
    repository.merge()
    job = repository.run({"command": "apply", "args": DELIVER}, "push", payload)
    assert job.code == 5
    assert "Install provision" not in job.steps
