"""What counts as approved when a merge is applied, and what does not: each that does not ends with 5."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import warm
from tests.ci import tools
from tests.ci.github_standin import GitHub
from tests.ci.repository import HEAD, MERGE, NEXT, Repository
from tests.ci.runner import ROOT
from tests.support import Ran, write_config

KEY = f"<!-- provision:comment:{hashlib.sha256(b'configs').hexdigest()[:16]} -->"
DIGEST = f"sha256:{'1' * 64}"
OTHER = f"sha256:{'2' * 64}"


def shown(github: GitHub, commit: str = HEAD, digest: str = DIGEST, **more: str) -> None:
    """Have the action's comment on the pull request."""
    text = f"{KEY}\n<!-- provision:commit:{commit} -->\n### provision plan\n\nDigest: `{digest}`\n"
    github.add(7, more.get("login", github.login), text)


def approved(github: GitHub) -> Ran:
    """Ask what was approved, as the job on main does before anything is installed."""
    ran = subprocess.run(
        [warm.python(), "-I", str(ROOT / "ci" / "pull_request.py"), "digest", "changed"],
        env={
            "PATH": os.environ["PATH"],
            "CONFIGS": "configs",
            "COMMENT_AUTHOR": "github-actions[bot]",
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": "agency/mail",
            "GITHUB_SHA": MERGE,
            "GITHUB_REF_NAME": "main",
            "GITHUB_TOKEN": github.token,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


Reviews = Callable[[GitHub], object]
# What was done after the plan was shown, and what is said to it; "" where it is an approval.
REVIEWS: dict[str, tuple[Reviews, str]] = {
    "approved": (lambda g: g.review("APPROVED", HEAD), ""),
    "approved, then spoken of": (
        lambda g: (g.review("APPROVED", HEAD), g.review("COMMENTED", HEAD), g.review("PENDING", HEAD)),
        "",
    ),
    "changes asked for, then approved": (
        lambda g: (g.review("CHANGES_REQUESTED", HEAD), g.review("APPROVED", HEAD)),
        "",
    ),
    "one approved, one long ago": (
        lambda g: (g.review("APPROVED", NEXT, "other"), g.review("APPROVED", HEAD)),
        "",
    ),
    "a stranger wants changes": (
        lambda g: (
            g.permissions.update(mallory="read"),
            g.review("CHANGES_REQUESTED", HEAD, "mallory"),
            g.review("APPROVED", HEAD),
        ),
        "",
    ),
    "behind a hundred others": (
        lambda g: ([g.review("COMMENTED", HEAD) for _ in range(130)], g.review("APPROVED", HEAD)),
        "",
    ),
    "a collaborator": (lambda g: g.review("APPROVED", HEAD, association="COLLABORATOR"), ""),
    "an administrator whose membership is private": (
        lambda g: (
            g.permissions.update(boss="admin"),
            g.review("APPROVED", HEAD, "boss", association="NONE"),
        ),
        "",
    ),
    "nobody": (lambda g: None, "no review of a person who may write to this repository approves it"),
    "only spoken of": (lambda g: g.review("COMMENTED", HEAD), "no review of a person"),
    "an older commit": (lambda g: g.review("APPROVED", NEXT), "of an older commit than the last one"),
    "a commit that is gone": (lambda g: g.review("APPROVED", "") | {"commit_id": None}, "of an older commit"),
    "dismissed": (lambda g: g.review("DISMISSED", HEAD), "was dismissed"),
    "approved, then dismissed": (
        lambda g: g.review("APPROVED", HEAD).update(state="DISMISSED"),
        "was dismissed",
    ),
    "approved, then changes asked for": (
        lambda g: (g.review("APPROVED", HEAD), g.review("CHANGES_REQUESTED", HEAD)),
        "asks for changes",
    ),
    "another wants changes": (
        lambda g: (g.review("CHANGES_REQUESTED", NEXT, "other"), g.review("APPROVED", HEAD)),
        "asks for changes",
    ),
    "the author's own": (lambda g: g.review("APPROVED", HEAD, "author"), "its author's own"),
    "a stranger": (
        lambda g: (g.permissions.update(mallory="read"), g.review("APPROVED", HEAD, "mallory")),
        "no review of a person",
    ),
    "a member of the organisation who may read alone": (
        lambda g: (g.permissions.update(intern="read"), g.review("APPROVED", HEAD, "intern")),
        "no review of a person",
    ),
    "who has left": (
        lambda g: (g.permissions.update(gone="none"), g.review("APPROVED", HEAD, "gone")),
        "no review of a person",
    ),
    "whom GitHub does not know": (
        lambda g: (g.permissions.update(ghost=""), g.review("APPROVED", HEAD, "ghost")),
        "no review of a person",
    ),
    "a workflow": (
        lambda g: g.review("APPROVED", HEAD, "github-actions[bot]", kind="Bot"),
        "no review of a person",
    ),
    "a deleted account": (lambda g: g.review("APPROVED", HEAD).update(user=None), "no review of a person"),
}


@pytest.mark.parametrize("what", REVIEWS)
def test_a_review_of_the_last_commit_is_an_approval(
    repository: Repository, github: GitHub, what: str
) -> None:
    """By a person of the repository, the last word of each, and of nobody the wish for changes."""
    shown(github)
    repository.merge(approved=None)
    review, said = REVIEWS[what]
    review(github)
    ran = approved(github)
    if said:
        assert (ran.code, ran.out) == (5, "")
        assert said in ran.err
        assert "::error title=provision::" in ran.err
    else:
        assert (ran.code, ran.out) == (0, f"{DIGEST}\n"), ran.err


def test_a_push_after_the_approval_takes_it_back(repository: Repository, github: GitHub) -> None:
    """The same comment shows the new commit's plan, GitHub keeps the approval: 5, and nothing is done."""
    repository.plan()
    github.review("APPROVED", HEAD)
    repository.write(display_name="Another")
    repository.plan(NEXT)
    repository.merge(NEXT, approved=None)
    job = repository.apply()
    assert job.code == 5
    assert "of an older commit than the last one" in job.log.text
    assert list(job.steps) == ["Decide", "Look up what was approved"]
    assert not repository.state.exists()
    github.review("APPROVED", NEXT)
    assert repository.apply().code == 0


def test_a_comment_that_changed_after_the_approval_is_not_what_was_approved(
    repository: Repository, github: GitHub
) -> None:
    """By somebody's hand, or by a plan that is made anew; one that comes out the same is not written."""
    repository.plan()
    repository.merge()
    assert approved(github).code == 0
    repository.plan()
    assert github.comments[0]["edits"] == 0
    assert approved(github).code == 0
    github.comments[0] |= {
        "body": github.comments[0]["body"].replace("Digest: `", "Digest: ` "),
        "updated_at": github.now(),
    }
    assert approved(github).code == 5
    repository.plan()
    assert github.comments[0]["edits"] == 1
    ran = approved(github)
    assert ran.code == 5
    assert "newer than the approval" in ran.err
    github.review("APPROVED", HEAD)
    assert approved(github).code == 0


def test_an_edit_in_the_second_of_the_approval_is_later(repository: Repository, github: GitHub) -> None:
    """GitHub's times are in seconds: nobody looked at a comment and approved it within one."""
    shown(github)
    repository.merge()
    github.comments[0]["updated_at"] = github.reviews[-1]["submitted_at"]
    ran = approved(github)
    assert ran.code == 5
    assert "newer than the approval" in ran.err


def test_only_one_comment_can_be_the_actions(repository: Repository, github: GitHub) -> None:
    """A workflow that repeats what strangers write posts as the same author: two plans are none."""
    shown(github, digest=OTHER)  # before the action's own
    shown(github)
    repository.merge()
    ran = approved(github)
    assert ran.code == 5
    assert "2 comments with a plan of its last commit" in ran.err
    del github.comments[0]
    assert approved(github).out == f"{DIGEST}\n"
    shown(github, NEXT, OTHER)  # of an older push
    shown(github, digest=OTHER, login="mallory")
    assert approved(github).out == f"{DIGEST}\n"


def test_a_forged_comment_is_written_over_by_the_plan(repository: Repository, github: GitHub) -> None:
    """One that is there before the plan is: it has the marker, so it becomes the action's."""
    shown(github)
    repository.plan()
    (comment,) = github.comments
    assert comment["edits"] == 1
    assert DIGEST not in comment["body"]


@pytest.mark.parametrize("source", ["mallory/mail", None], ids=["fork", "deleted fork"])
def test_nothing_of_a_fork_was_ever_planned(
    repository: Repository, github: GitHub, source: str | None
) -> None:
    """Whatever a comment there says, and whoever approved it."""
    shown(github)
    repository.merge(source=source)
    ran = approved(github)
    assert ran.code == 5
    assert "of another repository" in ran.err


def test_a_merge_into_another_branch_is_none_of_this_one(repository: Repository, github: GitHub) -> None:
    """For its reviewer looked at another merge."""
    shown(github)
    repository.merge()
    github.pulls[0]["base"]["ref"] = "release"
    assert approved(github).code == 5
    github.pulls[0]["base"]["ref"] = "main"
    assert approved(github).code == 0


def test_a_merge_that_github_learns_of_late_is_waited_for(repository: Repository, github: GitHub) -> None:
    """An empty answer just after the merge is asked for again."""
    shown(github)
    repository.merge()
    github.late = 1
    assert approved(github).out == f"{DIGEST}\n"


def test_a_commit_in_the_middle_of_a_merge_is_not_the_merge(repository: Repository, github: GitHub) -> None:
    """Nor does a second pull request with the same merge commit make it clear which was meant."""
    shown(github)
    repository.merge()
    github.pulls[0]["merge_commit_sha"] = NEXT
    assert approved(github).code == 5
    github.pulls[0]["merge_commit_sha"] = MERGE
    github.pulls.append({**github.pulls[0], "number": 8})
    assert approved(github).code == 5


def test_the_digests_are_of_all_that_the_comment_is_about(repository: Repository, github: GitHub) -> None:
    """One of each plan, and one over several; without it, or if a config failed, there is none."""
    shown(github)
    repository.merge()
    body = github.comments[0]["body"]
    both, three = f"sha256:{'3' * 64}", f"sha256:{'4' * 64}"
    nothing = f"sha256:{hashlib.sha256(b'').hexdigest()}"
    for more, expected in (
        (f"Digest: `{OTHER}`\n", []),
        (f"Digest: `{OTHER}`\nDigest of these 2 plans: `{both}`\n", [DIGEST, OTHER]),
        (f"Digest: `{OTHER}`\nDigest of these 3 plans: `{both}`\n", []),
        (f"Digest of these 2 plans: `{OTHER}`\nDigest of these 3 plans: `{three}`\n", []),
        (f"Digest of these 2 plans: `{OTHER}`\n", []),
        (f"Digest of these 0 plans: `{nothing}`\n", []),
        ("1 of 2 configs failed: `collab-two`\n", []),
        (f"- Digest: `{OTHER}`\n> Digest: `{OTHER}`\n Digest: `{OTHER}`\nDigest: `{OTHER} `\n", [DIGEST]),
    ):
        github.comments[0]["body"] = body + more
        ran = approved(github)
        assert (ran.code, ran.out.split()) == (0 if expected else 5, expected), more
    for digest, code in ((nothing, 0), (OTHER, 5)):
        text = f"Digest of these 0 plans: `{digest}`"
        github.comments[0]["body"] = body.replace(f"Digest: `{DIGEST}`", text)
        assert approved(github).code == code


def test_several_sets_of_configs_have_a_comment_each(repository: Repository, github: GitHub) -> None:
    """Two jobs on one pull request: neither takes the other's digest."""
    Path("more").mkdir()
    write_config("more/two.yaml", name="collab-two")
    repository.changes("configs/prod.yaml", "more/two.yaml")
    one, two = repository.plan(), repository.plan(configs="more")
    assert len(github.comments) == 2
    assert one.outputs["digest"] != two.outputs["digest"]
    repository.merge()
    assert repository.apply(configs="more", args="--deliver\nfile:two.secret").code == 0
    assert [path.name for path in Path().glob("*.secret")] == ["two.secret"]
    assert repository.apply(configs="configs\nmore").code == 5
    assert repository.apply().code == 0


@pytest.mark.parametrize("event", ["pull_request", "merge_group", "push", "schedule", "workflow_dispatch"])
def test_events_that_may_plan(repository: Repository, event: str) -> None:
    """The list of those where the workflow and the checkout are the repository's own."""
    payload = repository.pull_request() if event == "pull_request" else {}
    job = repository.run({"command": "plan", "comment": "false"}, event, payload)
    assert job.code == 0, job.log.text
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", job.outputs["digest"])
    if event in {"pull_request", "merge_group"}:
        assert repository.run({"command": "apply", "digest": DIGEST}, event, payload).code == 64


@pytest.mark.parametrize(
    "event",
    [
        "workflow_run",
        "issue_comment",
        "issues",
        "pull_request_review",
        "discussion_comment",
        "release",
        "fork",
        "",
    ],
)
@pytest.mark.parametrize("command", ["plan", "apply", "drift", "expiry", "doctor"])
def test_other_events_only_validate(repository: Repository, github: GitHub, event: str, command: str) -> None:
    """A stranger may have caused them, and the checkout may be his: nothing is even installed."""
    payload = {"workflow_run": {"head_repository": {"full_name": "mallory/mail"}, "event": "pull_request"}}
    job = repository.run({"command": command, "digest": DIGEST}, event, payload)
    assert (job.code, list(job.steps)) == (64, ["Decide"])
    assert "this event gets validate alone" in job.log.text
    assert github.requests == []


def test_validate_runs_on_every_event(repository: Repository) -> None:
    """And is given none of the workflow's arguments."""
    job = repository.run({"command": "validate", "args": "--var\nA=secret"}, "workflow_run", {})
    assert job.code == 0, job.log.text
    assert not repository.state.exists()


FORGED = "--deliver=github:mallory/box?secret=X"
BREAKS = ("\n", "\r\n", "\r", "\n\n", "\u2028", "\x0b", "\x85")


INPUTS = {
    "command": "apply",
    "digest": DIGEST,
    "configs": "configs",
    "index-url": "https://pypi.agency.example/simple",
}


def forged(name: str, line: str) -> dict[str, str]:
    """Return inputs of which one tries to set what the steps hand on."""
    value = INPUTS.get(name, "x")
    more = line.join((f"forced={FORGED}", "bound=none", "approved=", "code=0", "artifact=x", "folder=."))
    return {**INPUTS, name: f"{value}{line}{more}"}


@pytest.mark.parametrize("line", BREAKS, ids=[item.encode().hex() for item in BREAKS])
@pytest.mark.parametrize("name", ["digest", "command", "index-url"])
def test_a_line_break_in_a_word_is_refused(repository: Repository, name: str, line: str) -> None:
    """Before anything is installed."""
    job = repository.run(forged(name, line), "workflow_dispatch", {})
    assert (job.code, list(job.steps)) == (64, ["Decide"])


@pytest.mark.parametrize(
    "name",
    ["configs", "client-id", "comment", "comment-author", "changed-only", "args", "token", "python-version"],
)
def test_a_line_break_in_a_value_sets_nothing_else(repository: Repository, name: str) -> None:
    """No other output, no argument, no approval: the digest that was given still binds."""
    job = repository.run(forged(name, "\n"), "workflow_dispatch", {})
    assert job.code == (65 if name in {"configs", "args"} else 5)  # of a list, each line is a word
    assert FORGED not in str(job.outputs)
    for path in repository.folder.glob("*-GITHUB_OUTPUT"):
        assert not re.search(r"(?m)^(forced|bound|approved|code|artifact|folder)=", path.read_text())
    (ran,) = [call for call in tools.calls(repository.python) if "-m provision" in call]
    assert f"--yes --expect-digest {DIGEST} " in ran
    assert ran.endswith(("-- configs", f"-- {forged(name, ' ')['configs']}"))
    assert f" {FORGED} " not in ran


def test_a_token_with_a_line_break_sends_no_header_of_its_own(repository: Repository, github: GitHub) -> None:
    """Nor is it told."""
    job = repository.plan(token="job-token-7f3a\nX-Evil: canary", comment="true")
    assert job.code == 1
    assert github.requests == []
    assert "canary" not in "\n".join(job.log.raw)


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "latest",
        "sha256:",
        f"sha256:{'a' * 63}",
        f"sha256:{'a' * 65}",
        f"SHA256:{'a' * 64}",
        f"sha256:{'A' * 64}",
        f" {DIGEST}",
        f"{DIGEST} ",
        f"{DIGEST}\n",
        f"{DIGEST}\n{OTHER}",
        f"sha256:{'é' * 64}",
        "sha256:*",
        "Pull-Request",
    ],
)
def test_a_digest_is_64_hex_digits_and_nothing_else(repository: Repository, digest: str) -> None:
    """Or the step ends before anything is installed."""
    job = repository.apply(digest=digest)
    assert (job.code, list(job.steps)) == (64, ["Decide"])


def test_what_is_started_by_hand_needs_a_digest(repository: Repository) -> None:
    """The job `again` of docs/ci.md takes what a person types: `none` is not a digest."""
    for digest in ("none", "", "pull-request\n"):
        job = repository.run({"command": "apply", "digest": digest}, "workflow_dispatch", {})
        assert (job.code, list(job.steps)) == (64, ["Decide"])
    assert repository.apply(digest="none").code == 0  # a workflow's own word, on a push


def test_a_plan_that_is_too_long_for_a_comment_has_no_digest_there(
    repository: Repository, github: GitHub
) -> None:
    """The comment names the configs, the summary and an artifact have all; a merge applies nothing."""
    for number in range(12):
        path = Path(write_config(f"configs/c{number}.yaml", name=f"collab-{number}"))
        uris = "".join(f"    - https://collab.agency.example/{'p' * 200}/{n}\n" for n in range(30))
        path.write_text(path.read_text().replace("mail:\n", f"  redirect_uris:\n{uris}mail:\n"))
    repository.changes("configs/prod.yaml", *(f"configs/c{number}.yaml" for number in range(12)))
    planned = repository.plan()
    assert planned.code == 0, planned.log.text
    (comment,) = github.comments
    assert "sha256:" not in comment["body"]
    assert "Too long for a comment" in comment["body"]
    assert all(f"`collab-{number}`" in comment["body"] for number in range(12))
    ((name, files),) = planned.artifacts.items()
    assert f"`{name}`" in comment["body"]
    assert all(planned.outputs["digest"] in text for text in (planned.summary, *files.values()))
    assert all("Cut here" not in text for text in (planned.summary, *files.values()))
    repository.merge()
    job = repository.apply()
    assert job.code == 5
    assert "shows no digest for all that it is about" in job.log.text
    args = "--deliver\nfile:{name}.secret\n--allow\nmany-changes"
    again = {"command": "apply", "digest": planned.outputs["digest"], "args": args}
    assert repository.run(again, "workflow_dispatch", {}).code == 0
