"""The one comment on a pull request: written with each push, read when the merge is applied.

Used by ``action.yml``; the standard library alone, for it runs with the job's token.

``comment FILE`` posts the Markdown, or edits the comment that an earlier push left. ``digest`` prints the
digest that this comment shows, for the pull request that the commit being built was merged from.
Source: https://docs.github.com/rest/issues/comments and https://docs.github.com/rest/commits/commits
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

LARGEST = 65_536  # characters of a comment
PAGE = 100
REFUSED = 5
# A line of our own: what others wrote stands behind a sign, or is escaped.
DIGEST = re.compile(r"^Digest(?: of these (\d+) plans)?: `(sha256:[0-9a-f]{64})`$", re.MULTILINE)


class Failed(Exception):
    """Something to tell, and to end with."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


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
        raise Failed(f"GitHub answered {error.code} to {method} {path}{hint}") from None
    except (OSError, ValueError) as error:
        raise Failed(f"GitHub's API cannot be used: {type(error).__name__}") from None


def comment(file: str) -> None:
    """Post the comment, or edit the one that is there."""
    event = json.loads(Path(_variable("GITHUB_EVENT_PATH")).read_text("utf-8"))
    pull = event.get("pull_request")
    if not pull:
        raise Failed("there is no pull request to comment on")
    number, commit = int(pull["number"]), str(pull["head"]["sha"])
    text = Path(file).read_text("utf-8").strip() or "### provision: failed\n\nThe job's log says why."
    run = "/".join(_variable(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"))
    head = f"{_key()}\n{_of(commit)}\n"
    foot = f"\n\nCommit `{commit}`; [the run]({run}/actions/runs/{_variable('GITHUB_RUN_ID')})"
    if len(head + text + foot) > LARGEST:
        raise Failed("the comment is longer than GitHub takes")
    body = {"body": head + text + foot}
    found = _find(number)
    if found is None:
        call("POST", f"/repos/{_variable('GITHUB_REPOSITORY')}/issues/{number}/comments", body)
    else:
        call("PATCH", f"/repos/{_variable('GITHUB_REPOSITORY')}/issues/comments/{int(found['id'])}", body)


def digest() -> None:
    """Print the digest that the merged pull request's comment shows for its last commit."""
    repository, commit = _variable("GITHUB_REPOSITORY"), _variable("GITHUB_SHA")
    pulls = [
        pull for pull in call("GET", f"/repos/{repository}/commits/{commit}/pulls") if pull.get("merged_at")
    ]
    exact = [pull for pull in pulls if pull.get("merge_commit_sha") == commit]
    if len(exact or pulls) != 1:
        raise Failed(f"commit {commit} is the merge of no one pull request: nothing was approved", REFUSED)
    (pull,) = exact or pulls
    number = int(pull["number"])
    found = _find(number)
    if found is None:
        raise Failed(f"pull request {number} has no comment with a plan: nothing was approved", REFUSED)
    if _of(str(pull["head"]["sha"])) not in found["body"].split("\n", 2)[:2]:
        raise Failed(f"the plan on pull request {number} is not of its last commit", REFUSED)
    shown = DIGEST.findall(found["body"])
    together = [value for count, value in shown if count] or [value for _, value in shown]
    if len(together) != 1:
        raise Failed(f"the comment on pull request {number} shows no one digest", REFUSED)
    sys.stdout.write(f"{together[0]}\n")


def _find(number: int) -> Any:
    """Return our comment. Others may write our marker into theirs, so the author counts, too."""
    author, page = _variable("COMMENT_AUTHOR"), 1
    while True:
        path = f"/repos/{_variable('GITHUB_REPOSITORY')}/issues/{number}/comments?per_page={PAGE}&page={page}"
        comments = call("GET", path)
        for one in comments:
            login = (one.get("user") or {}).get("login")
            if login == author and str(one.get("body")).replace("\r\n", "\n").startswith(f"{_key()}\n"):
                return {**one, "body": one["body"].replace("\r\n", "\n")}
        if len(comments) < PAGE:
            return None
        page += 1


def _key() -> str:
    """Return the marker of these configs: one comment for them, however many plans are in it."""
    names = "\n".join(line.strip() for line in os.environ.get("CONFIGS", "").splitlines() if line.strip())
    return f"<!-- provision:comment:{hashlib.sha256(names.encode()).hexdigest()[:16]} -->"


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
            case ["digest"]:
                digest()
            case _:
                sys.stderr.write("pull_request.py comment FILE | digest\n")
                return 64
    except Failed as failed:
        said = str(failed).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        sys.stderr.write(f"::error title=provision::{said}\n")
        return failed.code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
