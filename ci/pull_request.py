"""The one comment on a pull request: written with each push, read when the merge is applied.

Used by ``action.yml``; the standard library alone, for it runs with the job's token and before anything is
installed.

``changed LIST`` writes the names of the files that the pull request changes. ``comment FILE`` posts the
Markdown, or edits the comment that an earlier push left. ``digest LIST`` prints the digests that this comment
shows, for each pull request that the push being built merged, if somebody else than its author who may
write approved its last commit after the comment was written; and it writes the files, if the comment is about
those alone.
Source: https://docs.github.com/rest/issues/comments, https://docs.github.com/rest/commits/commits,
https://docs.github.com/rest/pulls/reviews, https://docs.github.com/rest/pulls/pulls#list-pull-requests-files
and https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user; the right
for that is Metadata, read, which every job's token has:
https://docs.github.com/rest/authentication/permissions-required-for-github-apps
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LARGEST = 65_536  # characters of a comment
PAGE = 100
REFUSED = 5
WAITS = (1, 2)  # seconds: just after a merge, GitHub may not yet know of it
DECISIONS = {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}
# Who may read may review, in a public repository anybody. GitHub calls "maintain" write, and "triage" read.
WRITERS = {"admin", "write"}
FILES = 3000  # GitHub names so many of a pull request
PUSHED = 50  # commits of one push that are looked at
ONLY_CHANGED = "<!-- provision:only-changed -->"
# A line of our own: what others wrote stands behind a sign, or is escaped.
DIGEST = re.compile(r"^Digest(?: of these (\d+) plans)?: `(sha256:[0-9a-f]{64})`$", re.MULTILINE)
NOTHING = f"sha256:{hashlib.sha256(b'').hexdigest()}"  # of no plan at all
FAILED = re.compile(r"^\d+ of \d+ configs failed: ", re.MULTILINE)


class Failed(Exception):
    """Something to tell, and to end with."""

    def __init__(self, message: str, code: int = 1, status: int = 0) -> None:
        super().__init__(message)
        self.code, self.status = code, status  # of the program, and of GitHub's answer


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to wherever it leads."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none."""


def call(method: str, path: str, body: Any = None) -> Any:
    """Send one request to GitHub's API, and return what it answers."""
    request = urllib.request.Request(  # noqa: S310 - the address is the runner's own
        f"{_variable('GITHUB_API_URL')}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {_variable('GITHUB_TOKEN')}",
            "Content-Type": "application/json",
            "User-Agent": "provision",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        hint = " (does the job have 'permissions: pull-requests: write'?)" if error.code in {403, 404} else ""
        raise Failed(f"GitHub answered {error.code} to {method} {path}{hint}", status=error.code) from None
    except (OSError, ValueError) as error:
        raise Failed(f"GitHub's API cannot be used: {type(error).__name__}") from None


def comment(file: str) -> None:
    """Post the comment, or edit the one that is there."""
    pull = _pull_request()
    number, commit = int(pull["number"]), str(pull["head"]["sha"])
    text = Path(file).read_text("utf-8").strip() or "### provision: failed\n\nThe job's log says why."
    run = "/".join(_variable(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"))
    run = f"{run}/actions/runs/{_variable('GITHUB_RUN_ID')}"
    head = f"{_key()}\n{_of(commit)}\n" + (f"{ONLY_CHANGED}\n" if os.environ.get("CHANGED") else "")
    foot = f"\n\nCommit `{commit}`; [the run]({run})"
    if len(head + text + foot) > LARGEST or os.environ.get("ARTIFACT"):
        text = _headings(text, run, LARGEST - len(head + foot))
    body = head + text + foot
    found = _find(number)
    if not found:
        call("POST", f"/repos/{_variable('GITHUB_REPOSITORY')}/issues/{number}/comments", {"body": body})
        return
    # An edit that changes nothing would make an approval older than the comment.
    if found[0]["body"].strip() != body.strip():
        one = int(found[0]["id"])
        call("PATCH", f"/repos/{_variable('GITHUB_REPOSITORY')}/issues/comments/{one}", {"body": body})


def _headings(text: str, run: str, room: int) -> str:
    """Return what each plan is about, and where it is; no digest, for nobody saw what it stands for."""
    artifact = os.environ.get("ARTIFACT") or "provision-plan"
    lines = [
        f"**Too long for a comment.** What would be done is whole in the summary of [the run]({run}), and in "
        f"its artifact `{artifact}`. So this comment has no digest, and a merge applies nothing. Read it "
        "there, then start `apply` by hand with its digest.",
        "",
    ]
    plans = [line[4:] for line in text.split("\n") if line.startswith("### ")]
    for number, plan in enumerate(plans):
        if len("\n".join(lines)) + len(plan) + 100 > room:
            lines.append(f"- and {len(plans) - number} more")
            break
        lines.append(f"- {plan}")
    return "\n".join(lines)


def changed(file: str) -> None:
    """Write the names of the files that the pull request changes; none if they cannot be known."""
    try:
        names = _files(int(_pull_request()["number"]))
    except Failed as failed:
        _tell("notice", f"all configs are planned, for what changed is not known: {failed}")
        return
    _write(file, names)


def digest(file: str) -> None:
    """Print the digests that the merged pull requests show, if a review approves the last commit of each."""
    digests: list[str] = []
    names: list[str] | None = []
    for pull in _merged(_variable("GITHUB_REPOSITORY"), _variable("GITHUB_SHA")):
        body = _approved(pull)
        digests += _shown(f"pull request {int(pull['number'])}", body)
        more = _files(int(pull["number"])) if ONLY_CHANGED in body.split("\n", 3)[:3] else None
        names = None if names is None or more is None else names + more
    # Of no plan at all the digest is of use alone.
    some = [one for one in dict.fromkeys(digests) if one != NOTHING]
    _write(file, names)
    sys.stdout.write("".join(f"{one}\n" for one in some or [NOTHING]))


def _approved(pull: Any) -> str:
    """Return the comment on a merged pull request, if it is of the last commit and a review approves that."""
    repository = _variable("GITHUB_REPOSITORY")
    number, head = int(pull["number"]), str(pull["head"]["sha"])
    where = f"pull request {number}"
    source = pull["head"].get("repo", {"full_name": repository})  # None: it was deleted
    if (source or {}).get("full_name") != repository:
        raise Failed(f"{where} is of another repository, so it has no plan: nothing was approved", REFUSED)
    branch = os.environ.get("GITHUB_REF_NAME")
    if branch and (pull.get("base") or {}).get("ref", branch) != branch:
        raise Failed(f"{where} was merged into another branch than this one", REFUSED)
    ours = _find(number)
    if not ours:
        raise Failed(f"{where} has no comment with a plan: nothing was approved", REFUSED)
    found = [one for one in ours if _of(head) in one["body"].split("\n", 2)[:2]]
    if not found:
        raise Failed(f"the plan on {where} is not of its last commit", REFUSED)
    if len(found) > 1:
        raise Failed(
            f"{where} has {len(found)} comments with a plan of its last commit, and only one can be the "
            "action's. Find out who wrote the other, delete it, and have the last commit approved anew",
            REFUSED,
        )
    _see_approval(where, pull, str(found[0].get("updated_at") or ""))
    return str(found[0]["body"])


def _shown(where: str, body: str) -> list[str]:
    """Return the digest of each plan that a comment shows whole: all that were asked for, or nothing."""
    shown = DIGEST.findall(body)
    each = [value for count, value in shown if not count]
    together = [(int(count), value) for count, value in shown if count]
    if len(each) == 1 and not together and not FAILED.search(body):
        return each
    if len(each) > 1 and [count for count, _ in together] == [len(each)]:
        return each
    if not each and together == [(0, NOTHING)]:
        return [NOTHING]
    raise Failed(f"the comment on {where} shows no digest for all that it is about", REFUSED)


def _files(number: int) -> list[str] | None:
    """Return the files that a pull request changes, old names too; ``None``: all configs count.

    So it is if GitHub does not name all of them, or if the checkout is not in the working directory.
    """
    names: list[str] = []
    there, count = False, 0
    for one in _pages(f"/repos/{_variable('GITHUB_REPOSITORY')}/pulls/{number}/files"):
        count += 1
        names += [str(one[key]) for key in ("filename", "previous_filename") if one.get(key)]
        there = there or one.get("status") == "removed" or os.path.lexists(str(one["filename"]))
    if count >= FILES or not there:
        _tell(
            "notice",
            f"all configs are looked at, for pull request {number} names too many files, or none here",
        )
        return None
    return names


def _write(file: str, names: list[str] | None) -> None:
    if names is not None:
        Path(file).write_text("".join(f"{name}\0" for name in names), "utf-8", "surrogateescape")


def _merged(repository: str, commit: str) -> list[Any]:
    """Return the pull requests whose merges this push is, the oldest first: a merge queue pushes several."""
    chain = _pushed(repository, commit)
    found: dict[int, Any] = {}
    for one in chain:
        pull = _merge_of(repository, one, chain)
        found.setdefault(int(pull["number"]), pull)
    return list(found.values())


def _merge_of(repository: str, commit: str, chain: list[str]) -> Any:
    """Return the pull request that brought this commit; a rebased one brings several."""
    for wait in (*WAITS, None):
        pulls = call("GET", f"/repos/{repository}/commits/{commit}/pulls")
        found = [one for one in pulls if one.get("merged_at") and one.get("merge_commit_sha") in chain]
        if found or wait is None:
            break
        time.sleep(wait)
    if len(found) != 1:
        raise Failed(f"commit {commit} is the merge of no one pull request: nothing was approved", REFUSED)
    return found[0]


def _pushed(repository: str, commit: str) -> list[str]:
    """Return the commits that this push put on the branch, the oldest first."""
    path = os.environ.get("GITHUB_EVENT_PATH")
    event = json.loads(Path(path).read_text("utf-8")) if path else {}
    before = event.get("before")
    chain: list[str] = []
    while commit != before:
        if len(chain) == PUSHED or event.get("forced"):
            raise Failed(
                "this push is no merge of pull requests, or of too many: nothing was approved", REFUSED
            )
        chain.append(commit)
        if before is None:  # not a push: the commit alone
            break
        parents = call("GET", f"/repos/{repository}/commits/{commit}").get("parents")
        commit = str(parents[0]["sha"]) if parents else ""
        if not re.fullmatch(r"[0-9a-f]{40,64}", commit):
            raise Failed("this push is the first of its branch: nothing was approved", REFUSED)
    return chain[::-1]


def _see_approval(where: str, pull: Any, written: str) -> None:
    """Raise ``Failed`` unless the last commit is approved as it was shown, and nobody wants it changed.

    Of each person the last decision counts; a comment in between decides nothing.
    """
    author, head = (pull.get("user") or {}).get("login"), pull["head"]["sha"]
    last: dict[str, Any] = {}
    path = f"/repos/{_variable('GITHUB_REPOSITORY')}/pulls/{int(pull['number'])}/reviews"
    for review in _pages(path):
        who = review.get("user") or {}
        person = who.get("login") and who.get("type") != "Bot"  # a workflow may approve, too
        if person and review.get("state") in DECISIONS:
            last[who["login"]] = review
    last = {login: one for login, one in last.items() if _may_write(login)}
    for review in last.values():
        if review["state"] == "CHANGES_REQUESTED":
            raise Failed(f"{where}: a review asks for changes, and nobody took that back", REFUSED)
    approvals = [one for login, one in last.items() if one["state"] == "APPROVED" and login != author]
    current = [one for one in approvals if one.get("commit_id") == head]
    # A time is in whole seconds: of an edit in the same one nobody can say that it was looked at.
    if any(str(one.get("submitted_at") or "") > written for one in current):
        return
    if current:
        why = "the comment is newer than the approval of the last commit; approve what it shows now"
    elif approvals:
        why = "the approval is of an older commit than the last one"
    elif last:
        why = "the approval was dismissed, or is its author's own"
    else:
        why = "no review of a person who may write to this repository approves it"
    raise Failed(f"{where}: {why}", REFUSED)


def _may_write(login: str) -> bool:
    """Say whether somebody may write to the repository now; else his review is an opinion."""
    name = urllib.parse.quote(login, safe="")
    path = f"/repos/{_variable('GITHUB_REPOSITORY')}/collaborators/{name}/permission"
    try:
        return call("GET", path).get("permission") in WRITERS
    except Failed as failed:
        if failed.status == 404:  # nobody that the repository knows
            return False
        raise


def _find(number: int) -> list[Any]:
    """Return our comments. Others may write our marker into theirs, so the author counts, too."""
    author = _variable("COMMENT_AUTHOR")
    ours = []
    for one in _pages(f"/repos/{_variable('GITHUB_REPOSITORY')}/issues/{number}/comments"):
        body = str(one.get("body")).replace("\r\n", "\n")
        if (one.get("user") or {}).get("login") == author and body.startswith(f"{_key()}\n"):
            ours.append({**one, "body": body})
    return ours


def _pages(path: str) -> Iterator[Any]:
    page, items = 1, [None] * PAGE
    while len(items) == PAGE:
        items = call("GET", f"{path}?per_page={PAGE}&page={page}")
        yield from items
        page += 1


def _key() -> str:
    """Return the marker of these configs: one comment for them, however many plans are in it."""
    names = "\n".join(line.strip() for line in os.environ.get("CONFIGS", "").splitlines() if line.strip())
    return f"<!-- provision:comment:{hashlib.sha256(names.encode()).hexdigest()[:16]} -->"


def _pull_request() -> Any:
    pull = json.loads(Path(_variable("GITHUB_EVENT_PATH")).read_text("utf-8")).get("pull_request")
    if not pull:
        raise Failed("there is no pull request")
    return pull


def _tell(level: str, text: str) -> None:
    said = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    sys.stderr.write(f"::{level} title=provision::{said}\n")


def _of(commit: str) -> str:
    return f"<!-- provision:commit:{re.sub(r'[^0-9a-f]', '', commit)} -->"


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise Failed(f"{name} is not set")
    return value


def main(argv: list[str]) -> int:
    """Do what the first argument says."""
    try:
        match argv:
            case ["comment", file]:
                comment(file)
            case ["changed", file]:
                changed(file)
            case ["digest", file]:
                digest(file)
            case _:
                sys.stderr.write("pull_request.py comment FILE | changed LIST | digest LIST\n")
                return 64
    except Failed as failed:
        _tell("error", str(failed))
        return failed.code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
