"""A sink opened as the program opens it, a secret to hand over, and the search for it in what is raised."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from provision.delivery import Handover, Opening, Owner, Sink, open_sink, parse_option
from provision.errors import ProvisionError
from provision.secret import Secret

NAME = "collab-prod"
TENANT = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"
VALUE = "Vk~8Q.canary-d41d8cd98f00b204e98~"
KEY = "5f1c2a3e-0b4d-4c6e-8f7a-9b0c1d2e3f40"
STARTS = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ENDS = datetime(2027, 5, 23, 12, 0, tzinfo=UTC)


class _Token(NamedTuple):
    token: str
    expires_on: int


class Signed:
    """A credential as azure-identity's are: it hands out one token and notes what was asked for."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.asked: list[tuple[str, str | None]] = []

    def get_token(self, *scopes: str, tenant_id: str | None = None, **_: Any) -> _Token:
        self.asked.append((scopes[0], tenant_id))
        return _Token(self.token, int(time.time()) + 3600)


@dataclass
class Opened:
    """What a sink is opened with, and how often it signed in."""

    credential: Any
    name: str = NAME
    cloud: str = "global"
    signed_in: int = 0
    owner: Owner | None = None  # None: of that name, in the one tenant

    def __call__(self, argument: str) -> Sink:
        return open_sink(
            parse_option(argument), Opening(self.owner or Owner(self.name, TENANT), self.cloud, self._sign_in)
        )

    def _sign_in(self) -> Any:
        self.signed_in += 1
        return self.credential


def handover(key_id: str = KEY, name: str = NAME) -> Handover:
    return Handover(name, key_id, ENDS, STARTS)


def refused(call: Any, entry: str, *words: str) -> ProvisionError:
    """Call what must be refused, search all that is raised for canaries, and return the error."""
    with pytest.raises(ProvisionError) as caught:
        call()
    error = caught.value
    assert error.entry.name == entry
    said = f"{error.message}\n{error.fix}"
    for word in words:
        assert word in said, said
    assert "\n" not in error.message
    assert len(error.message) < 700
    for one in chain(error):
        assert type(one).__module__.startswith(("provision.", "builtins")), one
        shown = f"{one!r} {one} {vars(one)} {locals_of(one)}"
        for canary in (VALUE, "canary", VALUE[4:20]):
            assert canary not in shown, one
    return error


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Every exception that a traceback, or a crash report, could show."""
    seen: list[BaseException] = []
    todo = [error]
    while todo:
        one = todo.pop()
        if one is not None and one not in seen:
            seen.append(one)
            yield one
            todo += [one.__cause__, one.__context__]


def locals_of(error: BaseException) -> str:
    """The locals of the program's own frames, as a traceback with locals would show them."""
    shown = []
    trace = error.__traceback__
    while trace is not None:
        if "/provision/" in trace.tb_frame.f_code.co_filename:
            shown += [f"{name}={value!r}" for name, value in trace.tb_frame.f_locals.items()]
        trace = trace.tb_next
    return " ".join(shown)


def deliver(sink: Sink, value: str = VALUE, key_id: str = KEY, name: str = NAME) -> None:
    """Hand a value over, as the engine does."""
    secret = Secret(value)
    sink.deliver(secret, handover(key_id, name))
