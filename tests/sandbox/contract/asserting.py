"""What these tests share: requests in one word, and refusals in one line."""

from __future__ import annotations

from typing import Any

from ..world import World

ADMINISTRATOR = "root"  # a person, Global Administrator: who the recorded answers were given to
NOBODY = "00000000-0000-4000-8000-00000000dead"  # a GUID that names nothing
EVENTUAL = {"ConsistencyLevel": "eventual"}


def refused(answer: Any, status: int, code: str, text: str | None = None) -> dict[str, Any]:
    """Check a refusal by its status, its code and a part of its message; the error."""
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"] == code, error
    if text is not None:
        assert text in error["message"], error
    return error


def get(world: World, path: str, **headers: str) -> Any:
    """What the administrator reads, which must succeed."""
    answer = world.graph(ADMINISTRATOR, "GET", path, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(world: World, path: str, **headers: str) -> list[Any]:
    """The items of a list."""
    value: list[Any] = get(world, path, **headers)["value"]
    return value


def done(answer: Any) -> None:
    """Check that a call answered 204, with nothing."""
    assert answer.status_code == 204, answer.text
    assert answer.content == b""


def new_app(world: World, **properties: Any) -> Any:
    """An application that a person registers."""
    return world.make(ADMINISTRATOR, "/applications", {"displayName": "Mailer", **properties})


def new_principal(world: World, app: Any) -> Any:
    """The service principal of an application."""
    return world.make(ADMINISTRATOR, "/servicePrincipals", {"appId": app["appId"]})


def new_user(world: World, name: str = "uma") -> Any:
    """A person."""
    body = {
        "accountEnabled": True,
        "displayName": name.title(),
        "mailNickname": name,
        "userPrincipalName": f"{name}@contoso.example",
        "passwordProfile": {"password": "Str0ng-enough-1", "forceChangePasswordNextSignIn": False},
    }
    return world.make(ADMINISTRATOR, "/users", body)


def new_group(world: World, name: str = "crew", **properties: Any) -> Any:
    """A security group."""
    body = {"displayName": name, "mailNickname": name, "mailEnabled": False, "securityEnabled": True}
    return world.make(ADMINISTRATOR, "/groups", body | properties)


def link(world: World, path: str, object_id: str) -> Any:
    """Add a reference."""
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{object_id}"}
    return world.graph(ADMINISTRATOR, "POST", f"{path}/$ref", body)
