"""The sink that writes a GitHub Actions secret, of a repository or of one of its environments.

The value is sealed for the repository's public key before it leaves. GitHub never gives it back, so
an Actions variable beside it records which key it is. The library is the extra ``github``.
Sources (each writes, reads and deletes): https://docs.github.com/rest/actions/secrets and https://docs.github.com/rest/actions/variables
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import Field, field_validator

from provision.delivery import interface
from provision.delivery.github_standing import Standing, record_in
from provision.delivery.interface import Handover, Opening
from provision.delivery.ownership import Claim, to_document
from provision.delivery.place import Place
from provision.delivery.refusals.github import MOST_SECRETS, MOST_VARIABLES, RIGHTS, explain
from provision.delivery.service import Connection, ServiceError, Sort, connected, token_of, translate_errors
from provision.errors import catalogue
from provision.secret import Secret

_ROOT = "https://api.github.com"
# Owners have letters, digits and hyphens; names also '.' and '_'. That a name is not '.' or '..' matters:
# it stands in an address.
_REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}"


def address() -> str:
    """Return the address of GitHub's API: the one that a job is told, or the public one."""
    return (os.environ.get("GITHUB_API_URL") or _ROOT).rstrip("/")


class Options(interface.Options):
    """Options of the sink ``github``."""

    repository: str = Field(description="The repository, OWNER/NAME.")
    environment: str | None = Field(
        default=None, description="One of its environments; null: the repository."
    )
    secret: str | None = Field(
        default=None,
        description="Name of the secret; by default made of the config's name: COLLAB_PROD_CLIENT_SECRET. A "
        "variable beside it, NAME_RECORD, says which key it is.",
    )

    @field_validator("repository")
    @classmethod
    def _is_repository(cls, text: str) -> str:
        if not re.fullmatch(_REPOSITORY, text):
            raise ValueError("a repository is written OWNER/NAME")
        return text

    @field_validator("environment")
    @classmethod
    def _is_environment(cls, text: str | None) -> str | None:
        if text is not None and (text in ("", ".", "..") or len(text) > 255 or not text.isprintable()):
            raise ValueError("it is not the name of an environment")
        return text

    @field_validator("secret")
    @classmethod
    def _is_secret(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(r"(?!GITHUB_)[A-Z_][A-Z0-9_]{0,99}", text.upper()):
            raise ValueError(
                "a secret's name has letters, digits and '_', and begins with no digit or GITHUB_"
            )
        return None if text is None else text.upper()

    @classmethod
    def from_argument(cls, text: str) -> Self:
        """Read ``github:OWNER/NAME``, with ``?environment=NAME&secret=NAME`` behind it at will."""
        repository, _, query = text.partition("?")
        options = dict(parse_qsl(query, keep_blank_values=True))
        if not re.fullmatch(_REPOSITORY, repository) or not set(options) <= {"environment", "secret"}:
            raise ValueError(
                "write github:OWNER/NAME?environment=NAME&secret=NAME; the part after '?' is optional"
            )
        return cls(
            repository=repository, environment=options.get("environment"), secret=options.get("secret")
        )

    @property
    def foreign_host(self) -> None:
        """The host is the environment's (GITHUB_API_URL) or GitHub's own; a config cannot name one."""

    def reaches(self, cloud: str) -> str:
        """GitHub's API, as the job is told."""
        del cloud
        return address()

    def places(self, name: str, cloud: str) -> tuple[Place, ...]:
        """Return the secret, whose record has the same name with more behind it; GitHub minds no case.

        Sources: https://docs.github.com/actions/reference/security/secrets and
        https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments
        """
        del cloud
        secret = (self.secret or interface.variable_name(name)).upper()
        return (Place(("github", self.repository.lower(), (self.environment or "").casefold(), secret)),)


class GitHub:
    """Seals the value for GitHub's public key; the token comes from the environment, never a config."""

    interactive = False

    def __init__(self, options: Options, opening: Opening) -> None:
        self._claim = Claim(opening.owner)
        self._token: Secret | None = None  # as long as it lives, no message repeats it
        self._secret = options.secret or interface.variable_name(opening.name)
        self._record = f"{self._secret}_RECORD"
        self._where = options.repository
        self._repository = f"/repos/{options.repository}"
        self._environment = options.environment
        self._base = f"/repos/{options.repository}/actions"
        if options.environment is not None:
            self._where += f"/{options.environment}"
            self._base = f"/repos/{options.repository}/environments/{quote(options.environment, safe='')}"

    @property
    def label(self) -> str:
        """Repository, environment and name of the secret."""
        return f"github:{self._where}/{self._secret}"

    def probe(self, known: Collection[str] = ()) -> str:
        """See that repository and environment take secrets, and that secret and record are ours or not there.

        GitHub does not tell whether a token may write.
        """
        self._claim = self._claim.with_known(known)
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as github:
            self._refuse_unwritable(github)
            self._public_key(github)
            self._refuse_full(github, self._look(github))
        return (
            "the token can read the public key, and nobody else's secret stands under this name; "
            "whether it may write shows on delivery"
        )

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Write the record, then the value, then what is left of the record.

        A key in the record counts only with the time at which GitHub says its value was written. Killed
        before the value, the record holds the old key with the old time, which is still the secret's.
        Killed after it, the secret has another time than the one before, and that within the minutes that
        a delivery can take: so it is the new key's, which stands in the record with the time before. A
        record that cannot be finished is left like that: the value is there, which is what counts. What is
        not found out is somebody who, after a kill between record and value, sets another value by hand
        within these minutes.
        """
        with translate_errors(catalogue.DELIVERY_FAILED, self.label), self._connected() as github:
            key_id, seal = self._public_key(github)
            before = self._look(github)
            new = {
                "key_id": handover.key_id,
                "hint": secret.hint,
                "expires": handover.expires.isoformat(timespec="seconds"),
                "before": before.written,
                "written": None,
            }
            self._write_record(github, [*before.held, new])
            sealed = {"encrypted_value": seal(secret), "key_id": key_id}
            github.ask("PUT", f"{self._base}/secrets/{self._secret}", body=lambda: sealed)
            with suppress(ServiceError):
                written = self._written(github)
                # The same second, or an answer from before: then the time tells nothing, and no key is held.
                told_apart = written if written != before.written else None
                self._write_record(github, [{**new, "written": told_apart}])

    def _refuse_unwritable(self, github: Connection) -> None:
        """Refuse a repository that is archived or disabled, or that the token's owner may only read.

        Source: https://docs.github.com/rest/repos/repos#get-a-repository. Tokens of an App get a list of
        permissions that are all false, so only one that may read and not write is told anything by it.
        """
        found = github.ask("GET", self._repository).body
        found = found if isinstance(found, dict) else {}
        for state, fix in (
            ("archived", "Unarchive the repository, or choose another."),
            ("disabled", "Ask GitHub's support, or choose another repository."),
        ):
            if found.get(state) is True:
                raise ServiceError(f"the repository is {state}, and so read-only", fix=fix, sort=Sort.STATE)
        may = found.get("permissions")
        if isinstance(may, dict) and may.get("pull") is True and may.get("push") is False:
            raise ServiceError(
                "the token's owner may read the repository, but not write to it", fix=RIGHTS, sort=Sort.RIGHTS
            )

    def _refuse_full(self, github: Connection, standing: Standing) -> None:
        """Refuse a place that has as many secrets or variables as it may have, where ours would be a new one.

        Sources: https://docs.github.com/rest/actions/secrets#list-repository-secrets and the like.
        """
        limits = (
            ("secrets", MOST_SECRETS, standing.written),
            ("variables", MOST_VARIABLES[self._environment is not None], standing.noted),
        )
        for kind, most, ours in limits:
            if ours is not None:
                continue
            listed = github.ask(
                "GET", f"{self._base}/{kind}", query={"per_page": "1"}, expect=[403, 404]
            ).body
            count = listed.get("total_count") if isinstance(listed, dict) else None
            if isinstance(count, int) and count >= most:
                raise ServiceError(
                    f"there are {count} {kind} already, and GitHub takes {most}",
                    fix=f"Delete {kind} that nobody needs, or choose another place.",
                    sort=Sort.STATE,
                )

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """Return the key whose value the secret holds, by record and time together."""
        self._claim = self._claim.with_known(known)
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as github:
            standing = self._standing(github)
        if standing.record is None or not self._claim.has(standing.record.owner, standing.record.ids):
            return frozenset()
        return frozenset(str(key["key_id"]).lower() for key in standing.held)

    def lies(self, known: Collection[str] = ()) -> bool:
        """Say whether the secret, or its record alone, is there and ours; refuse anybody else's."""
        self._claim = self._claim.with_known(known)
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as github:
            return self._look(github).record is not None

    def forget(self, known: Collection[str] = ()) -> None:
        """Delete the secret, then the variable that is its record; one that somebody else wrote stays.

        GitHub has no condition on a deletion: what somebody writes in the instant between is lost. 404 is
        also what a token gets that may not delete, so both are looked for afterwards.
        """
        self._claim = self._claim.with_known(known)
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as github:
            if self._look(github).record is None:
                return
            for kind, name in (("secrets", self._secret), ("variables", self._record)):
                path = f"{self._base}/{kind}/{name}"
                gone = github.ask("DELETE", path, expect=[404]).status != 404
                if not gone and github.ask("GET", path, expect=[404]).status != 404:
                    raise ServiceError(
                        f"GitHub does not delete {name}", fix=RIGHTS, status=404, sort=Sort.RIGHTS
                    )

    def _look(self, github: Connection) -> Standing:
        """Return what is there, if it is ours."""
        standing, name = self._standing(github), self._claim.owner.name
        if standing.noted is not None and standing.record is None:
            raise ServiceError(
                f"the variable {self._record} is there, and provision did not write it for '{name}'",
                fix="Choose another name (secret), or delete the variable if nobody needs it.",
                sort=Sort.STATE,
            )
        if standing.record is None and standing.written is not None:
            raise ServiceError(
                f"the secret is there, and provision did not write it for '{name}'",
                fix="Choose another name (secret), or delete it if nobody needs it.",
                sort=Sort.STATE,
            )
        if standing.record is not None:
            self._claim.refuse_others(
                self.label,
                standing.record.owner,
                standing.record.ids,
                remove=f"delete the secret and the variable {self._record}",
                empty=standing.written is None,
            )
        pending = [key for key in standing.keys if key.get("written") is None]
        untouched = any(standing.untouched(key) for key in pending)
        if standing.written is not None and not standing.held and not untouched:
            raise ServiceError(
                "somebody else wrote the secret after provision did",
                fix=f"If nobody needs that value, delete the secret and the variable {self._record}.",
                sort=Sort.STATE,
            )
        return standing

    def _standing(self, github: Connection) -> Standing:
        answer = github.ask("GET", f"{self._base}/variables/{self._record}", expect=[404])
        if answer.status == 404:
            return Standing(None, None, self._written(github))
        return Standing(record_in(answer.body), str(answer.body["updated_at"]), self._written(github))

    def _write_record(self, github: Connection, keys: list[dict[str, Any]]) -> None:
        value = json.dumps(to_document(self._claim.owner, keys))
        path = f"{self._base}/variables"

        def body() -> dict[str, str]:
            return {"name": self._record, "value": value}

        if github.ask("PATCH", f"{path}/{self._record}", body=body, expect=[404]).status != 404:
            return
        # 409: it is there by now, made by a try whose answer was lost.
        if github.ask("POST", path, body=body, expect=[409]).status == 409:
            github.ask("PATCH", f"{path}/{self._record}", body=body)

    def _written(self, github: Connection) -> str | None:
        answer = github.ask("GET", f"{self._base}/secrets/{self._secret}", expect=[404])
        return None if answer.status == 404 else str(answer.body["updated_at"])

    def _public_key(self, github: Connection) -> tuple[str, Any]:
        """Return the id of the key that values are sealed for, and what seals them.

        Source: https://docs.github.com/rest/guides/encrypting-secrets-for-the-rest-api
        """
        try:
            from nacl.public import PublicKey, SealedBox
        except ImportError:
            raise interface.lacking("github", "github") from None
        try:
            answer = github.ask("GET", f"{self._base}/secrets/public-key")
        except ServiceError as trouble:
            if trouble.status == 404 and self._environment is not None:
                trouble.message += f": there is no environment '{self._environment}', or it may not be seen"
                trouble.fix = f"Make it under Settings > Environments, or compare its name. {RIGHTS}"
            raise
        box = None
        try:
            key_id, key = str(answer.body["key_id"]), base64.b64decode(answer.body["key"], validate=True)
            box = SealedBox(PublicKey(key))
        except (KeyError, TypeError, ValueError):
            pass
        if box is None:
            raise ServiceError("GitHub's public key cannot be read")

        def seal(secret: Secret) -> str:
            return base64.b64encode(box.encrypt(secret.reveal().encode())).decode()

        return key_id, seal

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        # As GitHub's own command line has it: https://cli.github.com/manual/gh_help_environment
        self._token = token_of("GH_TOKEN", "GITHUB_TOKEN")
        if self._token is None:
            raise ServiceError(
                "no token for GitHub: neither GH_TOKEN nor GITHUB_TOKEN is set",
                fix=f"Set GH_TOKEN. {RIGHTS}",
                sort=Sort.SIGN_IN,
            )
        root = address()
        if not root.startswith("https://") or not urlsplit(root).hostname:
            raise ServiceError("GITHUB_API_URL must begin with https://")
        with connected(root, self._headers, request_id="x-github-request-id", explain=explain) as github:
            yield github

    def _headers(self) -> dict[str, str]:
        assert self._token is not None
        return {
            "Authorization": f"Bearer {self._token.reveal()}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
