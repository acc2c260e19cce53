"""A repository on GitHub that uses the action: a checkout, a pull request, a runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.ci import tools
from tests.ci.github_standin import GitHub
from tests.ci.runner import Job, run
from tests.support import Tenant, write_config

HEAD, NEXT, MERGE, BASE = "a" * 40, "b" * 40, "c" * 40, "d" * 40


class Repository:
    """A checkout with one config in ``configs``, its pull request, and a runner."""

    def __init__(self, folder: Path, github: GitHub, *, strict: bool = False) -> None:
        self.folder, self.github = folder, github
        self.python = tools.python(folder.parent / "tools", strict=strict)
        self.set_up = True  # by actions/setup-python, else what is on the path
        self.environment: dict[str, str] = {}  # further variables of the job
        self.state = Path("tenant.json")
        github.parents[MERGE] = [BASE]
        self.changes("configs/prod.yaml")
        Path("configs").mkdir(exist_ok=True)
        self.write()

    def write(self, **changes: str) -> None:
        """Change the config."""
        write_config("configs/prod.yaml", **changes)

    def changes(self, *names: str, pull: int = 7) -> None:
        """Say which files the pull request changes: one that is not there is one that it removes."""
        self.github.files[pull] = [
            {"filename": name, "status": "modified" if Path(name).exists() else "removed"} for name in names
        ]

    @property
    def tenant(self) -> Tenant:
        """The sandbox's tenant, as somebody else sees it."""
        return Tenant(self.state)

    def pull_request(self, commit: str = HEAD, *, source: str | None = "agency/mail") -> dict[str, Any]:
        """Return the event of a push to the pull request."""
        repo = {"full_name": source} if source else None
        return {"pull_request": {"number": 7, "head": {"sha": commit, "repo": repo}}}

    def merge(
        self, commit: str = HEAD, *, approved: str | None = HEAD, source: str | None = "agency/mail"
    ) -> None:
        """Have a commit of the pull request approved, and merge it."""
        if approved:
            self.github.review("APPROVED", approved)
        self.github.pulls = [
            {
                "number": 7,
                "merged_at": "2026-11-25T00:00:00Z",
                "merge_commit_sha": MERGE,
                "user": {"login": "author"},
                "head": {"sha": commit, "ref": "change", "repo": {"full_name": source} if source else None},
                "base": {"ref": "main", "sha": BASE},
            }
        ]

    def plan(self, commit: str = HEAD, *, source: str | None = "agency/mail", **inputs: str) -> Job:
        """Run plan for a push to the pull request."""
        payload = self.pull_request(commit, source=source)
        return self.run({"command": "plan", **inputs}, "pull_request", payload)

    def apply(self, **inputs: str) -> Job:
        """Run apply on main."""
        args = "--deliver\nfile:out.secret\n"
        return self.run(
            {"command": "apply", "args": args, **inputs}, "push", {"ref": "refs/heads/main", "before": BASE}
        )

    def run(self, inputs: dict[str, str], event: str, payload: dict[str, Any]) -> Job:
        """Run the action."""
        return run(
            inputs,
            folder=self.folder,
            event=event,
            payload=payload,
            environment={
                **self.environment,
                "PROVISION_SANDBOX": str(self.state),
                "GITHUB_API_URL": self.github.url,
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "agency/mail",
                "GITHUB_RUN_ID": "42",
                "GITHUB_SHA": MERGE,
                "GITHUB_REF_NAME": "main",
            },
            python=self.python if self.set_up else None,
        )
