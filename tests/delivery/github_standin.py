"""A stand-in for GitHub: sealed values that are really opened, variables, names hidden behind 404.

Sources: https://docs.github.com/rest/actions/secrets, https://docs.github.com/rest/actions/variables,
https://docs.github.com/rest/repos/repos#get-a-repository, and for what a place holds
https://docs.github.com/actions/reference/security/secrets#limits-for-secrets (100 secrets of a repository or
environment) and https://docs.github.com/actions/reference/workflows-and-actions/variables (500 variables of a
repository, 100 of an environment). How GitHub words the refusal beyond those is on no page: ours says so.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nacl.public import PrivateKey, SealedBox

from tests.delivery.standin import Request, Response, StandIn

TOKEN = "ghp_tokencanary0123456789"


@dataclass
class Place:
    """A repository, or one of its environments."""

    secrets: dict[str, tuple[str, str]] = field(default_factory=dict)  # value, updated_at
    variables: dict[str, str] = field(default_factory=dict)
    noted: dict[str, str] = field(default_factory=dict)  # updated_at of a variable


class Hub(StandIn):
    """Repositories by name; who holds ``TOKEN`` may do what ``rights`` says."""

    def __init__(self, root: str = "") -> None:
        super().__init__()
        self.root = root
        self.rights = {"read", "write"}
        # Of a fine-grained token. An environment's secrets want two of them, as the Terraform provider's page
        # of its public key says; GitHub's own page of its variables names Environments alone.
        self.permissions = {"secrets", "variables", "environments"}
        self.repository_is: dict[str, Any] = {  # what anybody who may see the repository is told of it
            "full_name": "agency/mail",
            "archived": False,
            "disabled": False,
            "permissions": {"admin": False, "push": True, "pull": True},
        }
        self.places = {
            "/repos/agency/mail/actions": Place(),
            "/repos/agency/mail/environments/production/eu": Place(),
        }
        self._key = PrivateKey.generate()

    @property
    def repository(self) -> Place:
        return self.places["/repos/agency/mail/actions"]

    @property
    def environment(self) -> Place:
        return self.places["/repos/agency/mail/environments/production/eu"]

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._refusal(401, "Bad credentials")
        assert request.headers["x-github-api-version"] == "2022-11-28"
        path = request.path.removeprefix(self.root)
        if path == "/repos/agency/mail" and request.method == "GET":
            return Response(200, self.repository_is)
        match = re.fullmatch(r"(/repos/.+?)/(secrets|variables)(?:/([^/]+))?", path)
        place = self.places.get(match[1]) if match else None
        if match is None or place is None:
            return self._refusal(404, "Not Found")
        right = "read" if request.method == "GET" else "write"
        if right not in self.rights:
            return self._refusal(403, "Resource not accessible by personal access token")
        kind, name = match[2], match[3]
        wanted = {kind} if "/environments/" not in path else {kind, "environments"} - {"variables"}
        if not wanted <= self.permissions:
            said = ",".join(f"{permission}={right}" for permission in sorted(wanted))
            return self._refusal(
                403,
                "Resource not accessible by personal access token",
                **{"X-Accepted-GitHub-Permissions": said},
            )
        if right == "write" and self.repository_is["archived"]:  # quoted by users, such as ossf/scorecard
            return self._refusal(403, "Repository was archived so is read-only.")
        held: Any = place.secrets if kind == "secrets" else place.variables
        if request.method == "GET" and name is None:
            return Response(200, {"total_count": len(held), kind: [{"name": found} for found in held]})
        most = 100 if kind == "secrets" or "/environments/" in path else 500
        made = name or str((request.body or {}).get("name"))
        if request.method in ("PUT", "POST") and made not in held and len(held) >= most:
            return self._refusal(422, f"A place holds {most} {kind} (in words of the stand-in's own)")
        if kind == "secrets":
            return self._secret(place, request, name)
        return self._variable(place, request, name)

    def _secret(self, place: Place, request: Request, name: str | None) -> Response:
        assert name is not None
        if name == "public-key":
            key = base64.b64encode(bytes(self._key.public_key)).decode()
            return Response(200, {"key_id": "3380204578043523366", "key": key})
        there = name in place.secrets
        if request.method == "GET":
            if not there:
                return self._refusal(404, "Not Found")
            updated = place.secrets[name][1]
            return Response(200, {"name": name, "created_at": updated, "updated_at": updated})
        if request.method == "DELETE":
            return Response(204) if place.secrets.pop(name, None) else self._refusal(404, "Not Found")
        assert request.method == "PUT"
        if request.body["key_id"] != "3380204578043523366":
            return self._refusal(422, "Bad request - bad key_id")
        sealed = base64.b64decode(request.body["encrypted_value"], validate=True)
        self.put(place, name, SealedBox(self._key).decrypt(sealed).decode())
        return Response(204) if there else Response(201, {})

    def put(self, place: Place, name: str, value: str) -> None:
        """Write a secret, as somebody does in the browser."""
        place.secrets[name] = (value, _shown(self.tick()))

    def _variable(self, place: Place, request: Request, name: str | None) -> Response:
        if request.method == "POST":
            name = str(request.body["name"])
            if name in place.variables:
                return self._refusal(409, "Already exists - Variable already exists")
            self._note(place, name, request)
            return Response(201, {})
        assert name is not None
        if name not in place.variables:
            return self._refusal(404, "Not Found")
        if request.method == "PATCH":
            self._note(place, name, request)
            return Response(204)
        if request.method == "DELETE":
            del place.variables[name]
            return Response(204)
        noted = place.noted.get(name, _shown(self.now))
        body = {"name": name, "value": place.variables[name], "created_at": noted, "updated_at": noted}
        return Response(200, body)

    def _note(self, place: Place, name: str, request: Request) -> None:
        place.variables[name] = request.body["value"]
        place.noted[name] = _shown(self.tick())

    def _refusal(self, status: int, message: str, **headers: str) -> Response:
        body: dict[str, Any] = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        return Response(status, body, {"X-GitHub-Request-Id": "0AB1:2C3D", **headers})


def _shown(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
