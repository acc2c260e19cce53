"""The effects of a run, counted and struck: hooks around the product, none in it.

An effect is what changes something outside the process: a request that writes, a line of the journal,
a step of a sink. Each has a name and a number, such as ``addPassword#1``, so that the same one is
found again in another run, whatever ran beside it.
"""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from provision import delivery
from provision.delivery import Handover, Kind, command, file
from provision.engine.journal import Journal
from provision.sandbox import Sandbox, Weather
from provision.secret import Secret

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SERVICES = ("key_vault", "github", "azure_devops")
_LONGEST_PAUSE = 120.0  # seconds
_REQUESTS = (
    ("POST", r".*/applications", "POST applications"),
    ("PATCH", r".*/applications/[^/]*", "PATCH tags"),
    ("PATCH", r".*/servicePrincipals\(appId=.*", "PATCH servicePrincipal"),
    ("POST", r".*/appRoleAssignedTo", "POST appRoleAssignedTo"),
    ("POST", r".*/addPassword", "addPassword"),
    ("POST", r".*/removePassword", "removePassword"),
    ("POST", r".*/exchange/roleAssignments", "POST roleAssignments"),
    ("DELETE", r".*/exchange/roleAssignments/[^/]*", "DELETE roleAssignment"),
    ("DELETE", r".*/applications/[^/]*", "DELETE application"),
    ("POST", r".*/deletedItems/[^/]*/restore", "restore"),
    ("DELETE", r".*/deletedItems/[^/]*", "purge"),
)


@dataclass(frozen=True)
class Orders:
    """What is to happen in a run, and where it is written down."""

    at: str = ""  # the effect, such as "journal intended#1"
    when: str = ""  # before, after; or full: the disk, during it
    action: str = "kill"  # kill, pause; or of a full disk: open, write, fsync
    for_good: bool = False  # a full disk stays full
    weather: dict[str, float] = field(default_factory=dict)
    cuts: list[list[Any]] = field(default_factory=list)  # method, path, before/after, nth, times
    fails: list[list[Any]] = field(default_factory=list)  # method, path, status, code, message
    log: str = ""  # a folder for what the run tells: its effects, the values that were minted
    patience: float = 10.0  # of the lock, in seconds

    def text(self) -> str:
        """As the child reads it."""
        return json.dumps(asdict(self))


UNDISTURBED = Orders()


class Effects:
    """Counts the effects of one run, and strikes the one that is meant."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._counts: Counter[str] = Counter()
        self._full = threading.local()
        self._stays_full = False

    @contextmanager
    def around(self, name: str) -> Iterator[None]:
        """Mark one effect."""
        self._counts[name] += 1
        key = f"{name}#{self._counts[name]}"
        self.note("effects", key)
        self._strike(key, "before")
        met = key == self._orders.at and self._orders.when == "full"
        self._stays_full = self._stays_full or (met and self._orders.for_good)
        self._full.now = (met or self._stays_full) and not name.startswith(("PATCH", "POST", "add", "rem"))
        try:
            yield
        finally:
            self._full.now = False
        self._strike(key, "after")

    def note(self, kind: str, line: str) -> None:
        """Write something down outside of what the program may see."""
        with (Path(self._orders.log) / kind).open("a") as log:
            log.write(line + "\n")

    def _strike(self, key: str, when: str) -> None:
        if (key, when) != (self._orders.at, self._orders.when):
            return
        if self._orders.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        folder = Path(self._orders.log)
        (folder / "paused").touch()
        end = time.monotonic() + _LONGEST_PAUSE
        while not (folder / "go").exists():
            time.sleep(0.005)
            if time.monotonic() > end:  # whoever was to say so is gone
                os._exit(70)

    def full(self, call: str) -> bool:
        """Whether this call, in this thread, finds the disk full."""
        return getattr(self._full, "now", False) and self._orders.action == call


def install(orders: Orders) -> None:
    """Put the hooks around the product, for the rest of this process."""
    effects = Effects(orders)
    _hook_requests(effects)
    _hook_journal(effects)
    _hook_sinks(effects)
    _hook_disk(effects)
    _hook_sandbox(orders)
    from provision.engine import lock

    lock._TIMEOUT = orders.patience


def name_of(method: str, path: str) -> str:
    """The name of a request that writes; of any other its method and path, without ids."""
    for verb, pattern, name in _REQUESTS:
        if method == verb and re.fullmatch(pattern, path):
            return name
    return f"{method} {GUID.sub('*', path)}"


def _hook_requests(effects: Effects) -> None:
    original = httpx.ASGITransport.handle_async_request

    async def struck(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().split("?")[0]
        name = name_of(request.method, path)
        effects.note("requests", f"{request.method} {path}")
        if name.startswith("GET") or "/oauth2/" in name:
            return await original(self, request)
        with effects.around(name):
            response = await original(self, request)
            if name == "addPassword":
                await response.aread()
                effects.note("minted", str(response.json().get("secretText", "")))
            if path.endswith("/$batch"):
                await response.aread()
                for part in response.json().get("responses", ()):
                    if isinstance(body := part.get("body"), dict) and "secretText" in body:
                        effects.note("minted", str(body["secretText"]))
        return response

    httpx.ASGITransport.handle_async_request = struck  # type: ignore[method-assign]


def _hook_journal(effects: Effects) -> None:
    original = Journal.write

    def write(self: Journal, event: str, key_id: str, now: datetime, **more: str | bool) -> None:
        with effects.around(f"journal {event}"):
            original(self, event, key_id, now, **more)

    Journal.write = write  # type: ignore[method-assign]


def _hook_sinks(effects: Effects) -> None:
    replace, run = file._replace, command.Command._run

    def replaced(path: Path, content: Secret | str) -> None:
        with effects.around("file value" if isinstance(content, Secret) else "file record"):
            replace(path, content)

    def ran(self: command.Command, secret: Secret) -> int:
        with effects.around("command"):
            return run(self, secret)

    remove = file._remove

    def removed(path: Path) -> None:
        with effects.around("file removed"):
            remove(path)

    file._replace, file._remove = replaced, removed
    command.Command._run = ran  # type: ignore[method-assign]
    for name in SERVICES:
        delivery.SINKS[name] = Kind(
            file.Options, partial(_service, name, effects), f"{name}:PATH", f"{{{name}: {{path: PATH}}}}"
        )


def _service(name: str, effects: Effects, options: Any, _: object) -> Service:
    return Service(options.path, name, effects)


class Service:
    """Stands for a service: takes the value and its key id in one request, and can say which it holds."""

    interactive = False

    def __init__(self, path: str, label: str, effects: Effects) -> None:
        self._path, self.label, self._effects = Path(path), label, effects

    def probe(self, known: Collection[str] = ()) -> str:
        """Nothing is known before."""
        return "nothing"

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Keep both, whole or not at all."""
        with self._effects.around(f"deliver to {self.label}"):
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps({"key_id": handover.key_id, "value": secret.reveal()}))
            new.replace(self._path)

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """The key id."""
        try:
            return frozenset({json.loads(self._path.read_text())["key_id"]})
        except FileNotFoundError:
            return frozenset()


def _hook_disk(effects: Effects) -> None:
    """Let the calls of this thread find the disk full while an effect is struck so."""
    no_space = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    opened, written, synced = os.open, os.write, os.fsync
    torn: set[int] = set()

    def open_(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if effects.full("open") and flags & os.O_CREAT:
            raise no_space
        return opened(path, flags, *rest, **named)

    def write(handle: int, data: bytes) -> int:
        if not effects.full("write"):
            return written(handle, data)
        if handle in torn:
            raise no_space
        torn.add(handle)  # the disk takes a part first
        return written(handle, bytes(data)[: len(data) // 2])

    def fsync(handle: int) -> None:
        if effects.full("fsync"):
            raise no_space
        synced(handle)

    os.open = open_
    os.write = write  # type: ignore[assignment]
    os.fsync = fsync  # type: ignore[assignment]


def _hook_sandbox(orders: Orders) -> None:
    original: Callable[..., Sandbox] = Sandbox.open

    def opened(path: Path | None, **named: Any) -> Sandbox:
        sandbox = original(path, **named)
        sandbox.weather = weather(sandbox, **orders.weather)
        for method, place, when, nth, times in orders.cuts:
            sandbox.weather.cut(method, place, when, nth=nth, times=times)
        for method, place, status, code, message in orders.fails:
            sandbox.weather.fail(method, place, status, code, message)
        return sandbox

    Sandbox.open = opened  # type: ignore[method-assign]


def weather(sandbox: Sandbox, **given: Any) -> Weather:
    """Weather in the sandbox's own time, which the program's waits move."""
    return Weather(**given, now=lambda: sandbox.clock.now().timestamp())
