"""The composite action: what its steps do, on the sandbox and with a stand-in of GitHub's API."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.ci.github_standin import GitHub
from tests.ci.repository import HEAD, NEXT, Repository
from tests.ci.runner import ROOT
from tests.report.hostile import NAMES
from tests.report.test_hostile import OF_GRAPH, harmless_markdown
from tests.support import write_config


def test_a_second_push_edits_the_same_comment(repository: Repository, github: GitHub) -> None:
    """One comment: posted, edited in place; one of somebody else that looks like it is left alone."""
    first = repository.plan()
    assert first.code == 0, first.log.text
    (comment,) = github.comments
    assert f"<!-- provision:commit:{HEAD} -->" in comment["body"]
    assert "4 to create" in comment["body"]
    assert re.search(r"<!-- provision:plan:[0-9a-f-]{36}:collab-prod -->", comment["body"])
    assert first.outputs["digest"] in comment["body"]
    assert first.summary.strip() in comment["body"]
    forged = github.add(7, "mallory", comment["body"].replace("4 to create", "nothing to do"))
    github.comments.reverse()
    repository.write(display_name="Another")
    second = repository.plan(NEXT)
    assert second.code == 0
    assert len(github.comments) == 2
    assert (comment["edits"], forged["edits"]) == (1, 0)
    assert "Another" in comment["body"]
    assert f"<!-- provision:commit:{NEXT} -->" in comment["body"]
    assert first.outputs["digest"] not in comment["body"]


def test_the_comment_is_found_behind_a_hundred_others(repository: Repository, github: GitHub) -> None:
    """Pages are followed; a marker in the middle of a comment is not ours."""
    for number in range(230):
        github.add(7, "octocat" if number % 2 else github.login, f"comment {number}")
    repository.plan()
    repository.plan(NEXT)
    assert len(github.comments) == 231
    assert github.comments[-1]["edits"] == 1


def test_a_plan_tells_its_outputs(repository: Repository) -> None:
    """changes, digest, exit code and ids; after apply no change is due."""
    planned = repository.plan()
    assert planned.outputs["changes"] == "true"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", planned.outputs["digest"])
    assert planned.outputs["exit-code"] == "0"
    assert planned.outputs["oauth-client-id"] == ""
    applied = repository.apply(digest="none")
    assert applied.code == 0, applied.log.text
    app = repository.tenant.application()
    assert applied.outputs["oauth-client-id"] == app["appId"]
    assert applied.outputs["consent"] == "granted"
    assert applied.outputs["secret-expires"] == app["passwordCredentials"][0]["endDateTime"]
    after = repository.plan(args="--detailed-exitcode")
    assert (after.outputs["changes"], after.outputs["oauth-client-id"]) == ("false", app["appId"])


def test_changes_with_a_detailed_exit_code_are_no_failure(repository: Repository) -> None:
    """The program's 2 is an output, and the job goes on."""
    planned = repository.plan(args="--detailed-exitcode")
    assert (planned.code, planned.outputs["exit-code"]) == (0, "2")


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
@pytest.mark.parametrize("source", ["mallory/mail", None])
@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_a_fork_gets_validate_alone(
    repository: Repository, github: GitHub, event: str, source: str | None, command: str
) -> None:
    """No look at the tenant, no comment, no identity, no argument of the workflow; faults are still told."""
    payload = repository.pull_request(source=source)
    inputs = {"command": command, "args": "--deliver\nfile:out.secret"}
    job = repository.run(inputs, event, payload)
    assert job.code == 0, job.log.text
    assert "in order" in job.log.text
    assert not repository.state.exists()
    assert github.requests == []
    repository.write(name="A")
    broken = repository.run(inputs, event, payload)
    assert broken.code == 65
    ((level, place, message),) = broken.log.annotations
    assert (level, place["file"], place["line"]) == ("error", "configs/prod.yaml", "2")
    assert place["title"].startswith("PRV")
    assert "name" in message


@pytest.mark.parametrize("folder", ["configs", "envs"])
@pytest.mark.parametrize("text", ["canary: [\n", "extraheader = canary\n", "version: 1\nname: canary\n"])
def test_a_link_out_of_the_checkout_shows_nothing(
    repository: Repository, tmp_path: Path, text: str, folder: str
) -> None:
    """Of a token's file, say, whose lines an error would show in a public log."""
    Path(".git").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    for place, name in ((outside, "token.yaml"), (Path(".git"), "config")):
        (place / name).write_text(text)
    Path("configs/token.yaml").symlink_to(outside / "token.yaml")
    Path("configs/git.yaml").symlink_to("../.git/config")
    Path("envs").symlink_to(outside)
    payload = repository.pull_request(source="mallory/mail")
    job = repository.run({"command": "validate", "configs": folder}, "pull_request_target", payload)
    assert job.code == 65
    assert "outside its folder tree" in job.log.text
    assert "canary" not in "\n".join(job.log.raw) + job.summary + str(job.outputs)


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "workflow_run"])
def test_a_stranger_reads_no_variable_of_the_job(repository: Repository, event: str) -> None:
    """Put into a name it would be shown, and the log may be public."""
    names = ("WEBHOOK", "DATABASE_URL", "GITHUB_SHA", "AZURE_CLIENT_ID")
    repository.environment |= dict.fromkeys(names, "canary")
    repository.environment["PROVISION_ENV_ALLOW"] = " ".join(names)  # for the repository's own configs
    for name in names:
        repository.write(name=f"${{{name}:-left}}")
        payload = repository.pull_request(source="mallory/mail")
        job = repository.run({"command": "validate", "client-id": "canary"}, event, payload)
        assert "canary" not in "\n".join(job.log.raw) + job.summary + str(job.outputs)
    trusted = repository.run({"command": "validate", "client-id": "canary"}, "push", {})
    assert "canary" in trusted.log.text


def test_a_pull_request_is_never_applied(repository: Repository) -> None:
    """Not even one of the same repository."""
    job = repository.run({"command": "apply"}, "pull_request", repository.pull_request())
    assert job.code == 64
    assert not repository.state.exists()


def test_what_was_approved_is_applied(repository: Repository) -> None:
    """The digest goes from the pull request's comment to main; the secret is nowhere in the log."""
    planned = repository.plan()
    repository.merge()
    applied = repository.apply()
    assert applied.code == 0, applied.log.text
    secret = Path("out.secret").read_text()
    assert secret
    assert planned.outputs["digest"] in applied.log.text
    masking = [number for number, line in enumerate(applied.log.raw) if secret in line]
    assert [applied.log.raw[number] for number in masking] == [f"::add-mask::{secret}"]
    assert applied.log.masks == [secret]
    assert secret not in applied.log.text
    assert applied.log.masked(f"a later step prints {secret}") == "a later step prints ***"
    # Nor in any file that the runner keeps: outputs, summary, scripts.
    kept = [path for path in repository.folder.iterdir() if path.is_file()]
    assert len(kept) > 8
    assert not any(secret in path.read_text() for path in kept)
    assert all(secret not in comment["body"] for comment in repository.github.comments)


def test_a_run_that_is_started_by_hand(repository: Repository, github: GitHub) -> None:
    """As the job `again` of docs/ci.md: the digest of a new plan binds it, without any pull request."""
    planned = repository.run({"command": "plan"}, "workflow_dispatch", {})
    assert planned.code == 0, planned.log.text
    inputs = {"command": "apply", "args": "--deliver\nfile:out.secret\n"}
    stale = {**inputs, "digest": f"sha256:{'0' * 64}"}
    assert repository.run(stale, "workflow_dispatch", {}).code == 5
    assert not Path("out.secret").exists()
    right = {**inputs, "digest": planned.outputs["digest"]}
    applied = repository.run(right, "workflow_dispatch", {})
    assert applied.code == 0, applied.log.text
    assert Path("out.secret").is_file()
    assert github.comments == []


def test_a_stale_digest_is_refused(repository: Repository) -> None:
    """What changed in tenant or config since the approval: exit 5, and nothing is written."""
    assert repository.apply(digest="none").code == 0
    repository.write(display_name="Approved")
    repository.plan()
    repository.merge()
    app = repository.tenant.application()
    repository.tenant.do("PATCH", f"/applications/{app['id']}", {"displayName": "Changed meanwhile"})
    writes = repository.tenant.writes
    for attempt in range(2):
        if attempt:  # back to what was looked at, but another config
            repository.tenant.do("PATCH", f"/applications/{app['id']}", {"displayName": app["displayName"]})
            writes = repository.tenant.writes
            repository.write(display_name="Not approved")
        job = repository.apply()
        assert job.code == 5, job.log.text
        assert any(place.get("title") == "PRV318 stale-plan" for _, place, _ in job.log.annotations)
        assert repository.tenant.writes == writes
        assert "PRV318" in job.summary
    repository.write(display_name="Approved")
    assert repository.apply().code == 0


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("no pull request", "merge of no one pull request"),
        ("not merged", "merge of no one pull request"),
        ("no comment", "no comment with a plan"),
        ("somebody else's comment", "no comment with a plan"),
        ("an older commit", "not of its last commit"),
        ("no digest", "no digest for all"),
        ("other configs", "no comment with a plan"),
    ],
)
def test_without_an_approval_nothing_is_applied(
    repository: Repository, github: GitHub, what: str, said: str
) -> None:
    """Each is said, ends with 5, and comes before the program is started."""
    repository.plan()
    repository.merge(NEXT if what == "an older commit" else HEAD)
    match what:
        case "no pull request":
            github.pulls.clear()
        case "not merged":
            github.pulls[0]["merged_at"] = None
        case "no comment":
            github.comments.clear()
        case "somebody else's comment":
            github.comments[0]["user"]["login"] = "mallory"
        case "no digest":
            github.comments[0]["body"] = github.comments[0]["body"].replace("Digest: ", "Digest: none; ")
    configs = "configs/prod.yaml" if what == "other configs" else "configs"
    job = repository.apply(configs=configs)
    assert job.code == 5
    assert said in job.log.text
    assert "Run" not in job.steps
    assert not repository.state.exists()


def test_a_comment_that_cannot_be_posted_fails_the_job(repository: Repository, github: GitHub) -> None:
    """For a comment that is missed is a change that is missed; the token is not told."""
    github.token = "another"
    job = repository.plan()
    assert job.code == 1
    assert "GitHub answered 401" in job.log.text
    assert "job-token" not in "\n".join(job.log.raw)


def test_a_plan_that_fails_is_in_the_comment(repository: Repository, github: GitHub) -> None:
    """So that nobody approves what an earlier push showed."""
    repository.plan()
    repository.write(name="A")
    job = repository.plan(NEXT)
    assert job.code == 65
    (comment,) = github.comments
    assert "failed" in comment["body"]
    assert "sha256:" not in comment["body"]


@pytest.mark.parametrize("name", OF_GRAPH.values(), ids=OF_GRAPH)
def test_hostile_names_come_through_harmless(repository: Repository, github: GitHub, name: str) -> None:
    """The runner obeys nothing but ours, outputs are ours alone, and the comment is inert."""
    made = repository.tenant.do("POST", "/applications", {"displayName": name, "notes": name})
    path = Path("configs/prod.yaml")
    adopt = f"application:\n  client_id: {made['appId']}\n"
    path.write_text(path.read_text().replace("application:\n", adopt))
    job = repository.plan()
    assert job.code == 0, job.log.text
    assert (job.log.masks, job.log.groups) == ([], [])
    assert job.log.annotations == []
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", job.outputs["digest"])
    harmless_markdown(job.summary)
    assert len(re.findall(r"(?m)^Digest", github.comments[0]["body"])) == 1


def test_no_input_becomes_a_command(repository: Repository) -> None:
    """Whatever stands in an input is an argument, or a word that is refused."""
    evil = "$(touch owned)`touch owned`;touch owned\n--out\n'\"&& touch owned"
    for inputs in (
        {"configs": evil},
        {"args": evil},
        {"client-id": evil},
        {"digest": evil},
        {"command": evil},
    ):
        repository.run({"command": "apply", "digest": "none", **inputs}, "push", {})
        assert not Path("owned").exists()
        assert not list(repository.folder.rglob("owned"))


def test_wrong_words_are_refused(repository: Repository) -> None:
    """A command or a digest that there is not: 64, and nothing is done."""
    for inputs in ({"command": "destroy"}, {"command": "apply", "digest": "latest"}):
        assert repository.run(inputs, "push", {}).code == 64
    assert not repository.state.exists()


def test_several_configs_are_one_comment_and_one_digest(repository: Repository, github: GitHub) -> None:
    """A marker each, the digest of all; what is applied is all or nothing."""
    write_config("configs/two.yaml", name="collab-two")
    repository.changes("configs/prod.yaml", "configs/two.yaml")
    planned = repository.plan()
    (comment,) = github.comments
    assert len(re.findall("<!-- provision:plan:", comment["body"])) == 2
    assert f"Digest of these 2 plans: `{planned.outputs['digest']}`" in comment["body"]
    assert planned.log.groups == ["Plan: collab-prod", "Plan: collab-two"]
    repository.merge()
    applied = repository.apply(args="--deliver\nfile:{name}.secret")
    assert applied.code == 0, applied.log.text
    assert len(applied.log.masks) == 2
    names = [item["name"] for item in yaml.safe_load(applied.outputs["configs"])]
    assert names == ["collab-prod", "collab-two"]


def test_others_actions_are_pinned() -> None:
    """By a full commit; and no expression stands in a script."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = action["runs"]["steps"]
    assert [step["uses"] for step in steps if "uses" in step]
    for step in steps:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]) if "uses" in step else True
        assert "${{" not in step.get("run", "")
    assert len(NAMES) > 40
