"""GitHub's API as far as the comment and the approval need it, on loopback.

As documented: https://docs.github.com/rest/issues/comments, https://docs.github.com/rest/pulls/reviews,
https://docs.github.com/rest/pulls/pulls#list-pull-requests-files (at most 3000),
https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit,
https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user (in a
public repository everybody may at least read; 404 for what is no user)
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LARGEST = 65_536


@dataclass
class GitHub:
    """Its comments and pull requests, and what was asked of it."""

    token: str = "job-token-7f3a"
    login: str = "github-actions[bot]"  # whose token it is
    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)  # of the one pull request, as they were made
    permissions: dict[str, str] = field(default_factory=dict)  # by login; of others "write"
    parents: dict[str, list[str]] = field(default_factory=dict)  # by commit
    merges: dict[str, list[int]] = field(default_factory=dict)  # commits, and whose merges they are; else all
    files: dict[int, list[dict[str, str]]] = field(default_factory=dict)  # by number of the pull request
    late: int = 0  # so many times nothing is known yet of a merge
    minutes: int = 0  # since noon
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, target: str, body: Any, authorization: str) -> tuple[int, Any]:
        """Return what GitHub would."""
        parts = urlsplit(target)
        self.requests.append(f"{method} {parts.path}")
        if authorization != f"Bearer {self.token}":
            return 401, {"message": "Bad credentials"}
        if body is not None and len(body["body"]) > LARGEST:
            return 422, {"message": "Body is too long (maximum is 65536 characters)"}
        found = re.fullmatch(r"/repos/agency/mail/(.+)", parts.path)
        if not found:
            return 404, {"message": "Not Found"}
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        if one := re.fullmatch(r"issues/(\d+)/comments", found[1]):
            if method == "GET":
                listed = [comment for comment in self.comments if comment["issue"] == int(one[1])]
                return 200, listed[(page - 1) * size : page * size]
            return 201, self.add(int(one[1]), self.login, body["body"])
        if one := re.fullmatch(r"issues/comments/(\d+)", found[1]):
            (comment,) = [comment for comment in self.comments if comment["id"] == int(one[1])]
            comment |= {"body": body["body"], "edits": comment["edits"] + 1, "updated_at": self.now()}
            return 200, comment
        if one := re.fullmatch(r"commits/([0-9a-f]{40})/pulls", found[1]):
            self.late -= 1
            known = [
                pull for pull in self.pulls if pull["number"] in self.merges.get(one[1], [pull["number"]])
            ]
            return 200, [] if self.late >= 0 else known
        if one := re.fullmatch(r"commits/([0-9a-f]{40})", found[1]):
            return 200, {"sha": one[1], "parents": [{"sha": sha} for sha in self.parents.get(one[1], [])]}
        if one := re.fullmatch(r"pulls/(\d+)/reviews", found[1]):
            listed = [review for review in self.reviews if review["pull"] == int(one[1])]
            return 200, listed[(page - 1) * size : page * size]
        if one := re.fullmatch(r"pulls/(\d+)/files", found[1]):
            return 200, self.files.get(int(one[1]), [])[:3000][(page - 1) * size : page * size]
        if one := re.fullmatch(r"collaborators/([\w.-]+)/permission", found[1]):
            permission = self.permissions.get(one[1], "write")
            return (200, {"permission": permission}) if permission else (404, {"message": "Not Found"})
        return 404, {"message": "Not Found"}

    def add(self, issue: int, login: str, text: str) -> dict[str, Any]:
        """Put a comment on an issue."""
        number = len(self.comments) + 1
        comment = {"id": number, "issue": issue, "user": {"login": login}, "body": text, "edits": 0}
        comment |= {"created_at": self.now(), "updated_at": self.now()}
        self.comments.append(comment)
        return comment

    def now(self) -> str:
        """Return the time, a minute later each time."""
        self.minutes += 1
        return f"2026-11-25T{12 + self.minutes // 60:02}:{self.minutes % 60:02}:00Z"

    def review(
        self,
        state: str,
        commit: str,
        login: str = "reviewer",
        *,
        association: str = "MEMBER",
        kind: str = "User",
        pull: int = 7,
    ) -> dict[str, Any]:
        """Have somebody review the pull request."""
        one = {
            "id": len(self.reviews) + 1,
            "pull": pull,
            "user": {"login": login, "type": kind},
            "state": state,
            "commit_id": commit,
            "submitted_at": self.now(),
            "author_association": association,
        }
        self.reviews.append(one)
        return one

    def serve(self) -> ThreadingHTTPServer:
        """Start it on a free port; whoever asked for it stops it."""
        github = self

        class Handler(BaseHTTPRequestHandler):
            def _do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                status, answer = github.answer(
                    self.command, self.path, body, self.headers.get("Authorization", "")
                )
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = _do

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server
