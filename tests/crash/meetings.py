"""Several machines at once, interleaved in this process: a seeded schedule over one sandbox and its clock.

Every request takes a random time to arrive and its answer a random time to come back; a delivery takes one
too. All of it passes in the sandbox's time alone, so a meeting of minutes takes a moment, and the same seed
is the same meeting. What is looked at: how many values were handed over in each generation, that some value
that was handed over is there, that each record is, and what each run said.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import json
import random
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

from provision.config import load
from provision.delivery import Handover, Owner, file
from provision.engine import run
from provision.engine.began import Began
from provision.engine.job import Job
from provision.engine.journal import Journal
from provision.engine.observe import Tenant
from provision.errors import Exit, Finding, ProvisionError
from provision.graph import clock
from provision.graph.connect import in_process
from provision.outcomes.result import Result
from provision.plan.model import Plan, Target
from provision.plan.rotation import Mode
from provision.resources import delivery_tags
from provision.sandbox import Sandbox, Weather
from provision.secret import Secret
from tests.crash.machine import DELIVERED
from tests.support import TENANT, write_config

_EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
Planner = Callable[[Job], Awaitable[Plan]]

# Where they start from, and what each may be asked; the first of a list is a run that mints.
BEGINS: dict[str, tuple[str, ...]] = {
    "fresh": ("apply",),
    "due": ("apply", "rotate", "emergency"),
    "applied": ("rotate", "emergency"),
    "rotated": ("again", "emergency", "confirm"),
}
# What a run may end with, beside being done; each says what to do next.
TOLD = {
    "another-run",
    "changed-meanwhile",
    "unreachable",
    "throttled",
    "unseen-secret",
    "not-revoked",
    "revoked-meanwhile",
    "two-delivered",
    "secret-too-old",
    "written-to-by-others",
    "not-spread-yet",
}
# With these there is no secret to enter yet, and plan, show and apply say so.
# The last: what is to be replaced is named no more, and the new one is on its way.
NOTHING_TO_ENTER = {"emergency-unfinished", "emergency-under-way", "secret-removed", "secret-unproven"}
WEATHERS: dict[str, dict[str, float]] = {
    "fair": {},
    "replication": {"replication": 20.0},
    "lost answers": {"lost_reply": 0.1, "reset": 0.03},
    "both": {"replication": 8.0, "lost_reply": 0.06, "throttle": 0.04, "error": 0.03},
}
# Servers that hear of the secrets in any order, which Entra is not known to be: what nobody can mend then.
SCATTERED = "scattered"
# One machine stands still for eleven minutes, somewhere.
ASLEEP = "asleep"


class Schedule:
    """The sandbox's time, and who goes on when."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.time = 0.0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return _EPOCH + timedelta(seconds=self.time)

    async def sleep(self, seconds: float) -> None:
        """Come back when that time has passed."""
        self._count += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.time + seconds, self._count, future))
        await future

    async def drive(self, tasks: list[asyncio.Task[Any]]) -> None:
        """Let one go on at a time, whoever is next, until all have ended."""
        ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
        while True:
            while ready:  # noqa: ASYNC110 - until each waits for its turn, or has ended
                await asyncio.sleep(0)
            if all(task.done() for task in tasks):
                return
            assert self._waiting, "somebody waits for what never comes"
            self.time, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)


class Sink(file.File):
    """The file sink; it tells whom it was handed what."""

    handed: list[str]

    def deliver(self, secret: Secret, handover: Handover) -> None:
        super().deliver(secret, handover)
        self.handed.append(handover.key_id)


@dataclass
class Run:
    """One run on one machine, and what came of it."""

    verb: str
    begins: float
    asleep_at: int = 0  # which of its requests takes eleven minutes
    slept_on: frozenset[str] = frozenset()  # what it had handed over by then, and not recorded
    known: frozenset[str] = frozenset()  # whose delivery it knew of when it was planned
    handed: list[str] = field(default_factory=list)
    result: Result | None = None
    errors: list[ProvisionError] = field(default_factory=list)
    requests: int = 0

    @property
    def code(self) -> int:
        return max((int(error.exit) for error in self.errors), default=0)

    def __str__(self) -> str:
        what = ", ".join(error.entry.name for error in self.errors) or "done"
        return f"{self.verb} at {self.begins:.1f}: {what}{f', handed {self.handed}' if self.handed else ''}"


_machine: contextvars.ContextVar[tuple[int, Run]] = contextvars.ContextVar("machine")


class Meeting:
    """One meeting, by a seed; ``held`` says afterwards what broke."""

    def __init__(self, folder: Path, seed: int, weather: str = "fair") -> None:
        self.seed, self.weather = seed, weather
        self.schedule = Schedule(seed)
        dice = self.schedule.dice
        self.sandbox = Sandbox.open(None, now=self.schedule.now)
        self.tenant_id = self.sandbox.ensure_tenant(TENANT)
        self.sandbox.ensure_mailbox(self.tenant_id, "noreply@agency.example")
        self.begins = dice.choice(list(BEGINS))
        self.count = dice.choice((2, 2, 3, 4))
        self._folders = [folder / f"machine-{number}" for number in range(self.count)]
        for path in self._folders:
            path.mkdir(mode=0o700)
        (config,) = load([write_config(str(folder / "prod.yaml"))], environment={})
        self.desired = config.desired
        self.minted: dict[str, tuple[float, int]] = {}  # key id -> when, and by which machine
        self.runs: list[Run] = []
        self.said: list[str] = []

    # -- running ---------------------------------------------------------------------------

    def meet(self) -> list[Run]:
        """Prepare, and let them meet; return the runs that met."""
        asyncio.run(self._meet())
        return self.runs

    async def _meet(self) -> None:
        with self._patched():
            await self._prepare()
            self.before = {item["keyId"] for item in self._secrets()}
            given: dict[str, Any] = dict(WEATHERS.get(self.weather, {}))
            self.sandbox.weather = Weather(seed=self.seed, now=lambda: self.schedule.time, **given)
            self.runs = [self._any_run(number) for number in range(self.count)]
            await self._together([(n, r, self._planner(r.verb)) for n, r in enumerate(self.runs)])
            self.sandbox.weather = Weather()

    def _any_run(self, number: int) -> Run:
        dice = self.schedule.dice
        verb = BEGINS[self.begins][0] if number == 0 else dice.choice(BEGINS[self.begins])
        if self.weather == ASLEEP:
            return Run(verb, dice.uniform(0, 780) if number else 0.0, 0 if number else dice.randrange(6, 24))
        return Run(verb, self.schedule.time + dice.choice((0.0, dice.uniform(0, 1), dice.uniform(0, 4))))

    async def _prepare(self) -> None:
        """One machine prepares; the others know nothing of it."""
        steps = {"fresh": [], "due": ["apply"], "applied": ["apply"], "rotated": ["apply", "rotate"]}
        for verb in steps[self.begins]:
            ran = Run(verb, self.schedule.time)
            await self._together([(0, ran, self._planner(verb))])
            assert not ran.errors, ran
            self.schedule.time += 86400
        if self.begins == "due":
            self.schedule.time += 150 * 86400
        journal = self._folders[0] / "journals"
        if journal.exists() and self.schedule.dice.random() < 0.5:
            shutil.rmtree(journal)  # it was another machine that prepared

    @staticmethod
    def _planner(verb: str) -> Planner:
        if verb == "apply":
            return run.plan
        return lambda job: run.plan_rotation(job, Mode(verb))

    async def _together(self, runs: list[tuple[int, Run, Planner]]) -> None:
        tasks = [asyncio.create_task(self._machine(*each)) for each in runs]
        await self.schedule.drive(tasks)
        for task in tasks:
            task.result()

    async def _machine(self, number: int, ran: Run, planner: Planner) -> None:
        _machine.set((number, ran))
        await self.schedule.sleep(max(0.0, ran.begins - self.schedule.time))
        folder = self._folders[number]
        sink = Sink(file.Options(path=str(folder / "out.secret")), Owner(self.desired.name, TENANT))
        sink.handed = ran.handed
        graph = in_process(
            self.sandbox.app,
            self.sandbox.administrator_token(self.tenant_id),
            self.desired.cloud,
            TENANT,
            notify=lambda text: self.said.append(f"{self.schedule.time:9.2f} {number}: {text}"),
            sleep=self.schedule.sleep,
        )
        job = Job(
            path="prod.yaml",
            desired=self.desired,
            target=Target.SANDBOX,
            tenant=Tenant(graph, TENANT),
            sink=sink,
            journal=lambda tenant: Journal(folder, "sandbox", tenant, self.desired.name),
            began=Began(self.schedule.time),
            dice=self.schedule.dice.random,
        )
        try:
            plan = await planner(job)
            app = plan.observed.application
            ran.known = delivery_tags.delivered(app.tags) if app else frozenset()
            await run.make_ready(job, plan, ())
            ran.result = await run.apply(job, plan)
            ran.errors = list(ran.result.errors)
        except ProvisionError as error:
            ran.errors = [error]
        finally:
            await graph.close()

    @contextmanager
    def _patched(self) -> Iterator[None]:
        """Let requests, waits and threads take the schedule's time."""
        send = httpx.ASGITransport.handle_async_request
        dice, schedule = self.schedule.dice, self.schedule

        async def slow(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
            number, ran = _machine.get()
            ran.requests += 1
            if ran.requests == ran.asleep_at:
                ran.slept_on = frozenset(ran.handed) - self.recorded()
            await schedule.sleep(660.0 if ran.requests == ran.asleep_at else dice.uniform(0.01, 0.3))
            what = f"{request.method} {request.url.path.rsplit('/', 1)[-1]}"
            self.said.append(f"{schedule.time:9.2f} {number}: {what}")
            response = await send(transport, request)
            if request.url.path.endswith("/addPassword") and response.status_code == 200:
                await response.aread()
                self.minted[response.json()["keyId"]] = schedule.time, number
            if self.weather == SCATTERED and request.method == "GET" and response.status_code == 200:
                response = await self._scattered(request, response, number)
            await schedule.sleep(dice.uniform(0.01, 0.3))
            return response

        async def thread(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
            await schedule.sleep(dice.uniform(0.0, 2.0))
            result = call(*given, **named)
            await schedule.sleep(dice.uniform(0.0, 2.0))
            return result

        def elapsed() -> float:
            return schedule.time

        with (
            mock.patch.object(httpx.ASGITransport, "handle_async_request", slow),
            mock.patch("asyncio.to_thread", thread),
            mock.patch.object(clock, "_elapsed", elapsed),
            mock.patch("random.random", dice.random),
        ):
            yield

    async def _scattered(
        self, request: httpx.Request, response: httpx.Response, number: int
    ) -> httpx.Response:
        """Hide what others made in the last seconds, secret by secret, whatever else is shown."""
        await response.aread()
        document = response.json()
        if not {"passwordCredentials", "tags"} <= document.keys():  # a principal's
            return response
        dice, moment = self.schedule.dice, self.schedule.time

        def hidden(key_id: str) -> bool:
            made, by = self.minted.get(key_id, (-1e9, number))
            return by != number and moment - made < SPREAD and dice.random() < 0.6

        left = [item for item in document["passwordCredentials"] if not hidden(item["keyId"])]
        there = {item["keyId"] for item in left}
        tags = [t for t in document["tags"] if not t.startswith(DELIVERED) or t[len(DELIVERED) :] in there]
        content = json.dumps(document | {"passwordCredentials": left, "tags": tags}).encode()
        headers = {
            k: v for k, v in response.headers.items() if k not in ("content-length", "content-encoding")
        }
        return httpx.Response(200, headers=headers, content=content, request=request)

    # -- what came of it -------------------------------------------------------------------

    def _secrets(self) -> list[dict[str, Any]]:
        found = self.sandbox.store.tenants[self.tenant_id].one("application", "uniqueName", "collab-prod")
        return list(found.props["passwordCredentials"]) if found else []

    def recorded(self) -> set[str]:
        """The key ids whose delivery is on record."""
        found = self.sandbox.store.tenants[self.tenant_id].one("application", "uniqueName", "collab-prod")
        tags = found.props["tags"] if found else ()
        return {tag.removeprefix(DELIVERED) for tag in tags if tag.startswith(DELIVERED)}

    def two(self) -> list[tuple[str, str]]:
        """Pairs that were handed over in one generation: neither run knew of the other's when it planned."""
        handed = [(ran, key_id) for ran in self.runs for key_id in ran.handed]
        return [
            (one, other)
            for place, (ran, one) in enumerate(handed)
            for by, other in handed[place + 1 :]
            if one not in by.known and other not in ran.known
        ]

    def broken(self) -> list[str]:
        """What does not hold, beside two handed over; empty where all does."""
        found: list[str] = []
        there, recorded = {item["keyId"] for item in self._secrets()}, self.recorded()
        handed = {key_id for ran in self.runs for key_id in ran.handed}
        if not there & (handed | self.before) and (self.before or not all(ran.errors for ran in self.runs)):
            found.append("no value that was handed over is alive")
        for ran in self.runs:
            names = {error.entry.name for error in ran.errors}
            if names - TOLD:
                found.append(f"{ran}: {names - TOLD}")
            if ran.errors:
                continue
            urgent = {f.entry.name for f in _findings(ran) if f.entry.exit is Exit.ATTENTION}
            if any(each.verb == "emergency" for each in self.runs):  # it was under way when this one looked
                urgent -= {"emergency-unfinished"}
            if urgent and self.weather in WEATHERS:
                found.append(f"{ran}: {urgent}, although nobody was killed")
            said = " ".join(error.message for each in self.runs for error in each.errors)
            lost = {key for key in ran.handed if key in there and key not in recorded and key not in said}
            if lost:
                found.append(f"{ran}: the record of {lost} is lost")
            key = ran.result.outputs.secret_key if ran.result else None
            if key is None and NOTHING_TO_ENTER & {finding.entry.name for finding in _findings(ran)}:
                continue  # it was planned while another's emergency was under way, and says so
            if key is None or key.key_id not in handed | self.before:
                found.append(f"{ran}: names {key and key.key_id}, which nobody was handed")
        if not any(ran.errors for ran in self.runs) and there - handed - self.before:
            found.append("a secret is left that nobody was handed, and nobody says so")
        if self.weather == "fair" and all(ran.errors for ran in self.runs):
            found.append("nobody was done")
        return found

    def story(self) -> str:
        """Enough to see what happened."""
        runs = "\n".join(map(str, self.runs))
        return f"seed {self.seed}, {self.weather}, {self.begins}\n{runs}\n" + "\n".join(self.said[-120:])


def _findings(ran: Run) -> tuple[Finding, ...]:
    return ran.result.plan.findings if ran.result else ()


SPREAD = 5.0  # seconds that scattered servers take


@dataclass
class Tally:
    """Figures of many meetings."""

    meetings: Counter[str] = field(default_factory=Counter)
    two: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    apart: float = 0.0  # the longest time between the making of two that were both handed over

    def __str__(self) -> str:
        rows = [
            f"{weather}: {count} meetings, {self.two[weather]} with two handed over in one generation, "
            f"{self.untold[weather]} of them told by no run, {self.lost[weather]} with a record lost"
            for weather, count in self.meetings.items()
        ]
        codes = ", ".join(f"{code}: {count}" for code, count in sorted(self.codes.items()))
        window = f"the two were made at most {self.apart:.1f} s apart" if self.apart else "none"
        told = ", ".join(f"{name}: {count}" for name, count in self.told.most_common())
        return "\n".join(
            [*rows, f"exit codes {codes} ({told})", f"the window that is left (scattered): {window}"]
        )


def held(folder: Path, seed: int, weather: str, tally: Tally) -> None:
    """Hold one meeting, and add to the figures. ``AssertionError`` where something does not hold."""
    folder.mkdir(mode=0o700)
    meeting = Meeting(folder, seed, weather)
    try:
        runs = meeting.meet()
        two, broken = meeting.two(), meeting.broken()
    except Exception as error:
        raise AssertionError(f"{error!r}\n{meeting.story()}") from error
    finally:
        shutil.rmtree(folder)
    tally.meetings[weather] += 1
    tally.codes.update(ran.code for ran in runs)
    tally.told.update(error.entry.name for ran in runs for error in ran.errors)
    if two:
        tally.two[weather] += 1
        told = any(e.entry.name == "two-delivered" for ran in runs for e in ran.errors)
        tally.untold[weather] += not told
        if weather == SCATTERED:
            made = [abs(meeting.minted[one][0] - meeting.minted[other][0]) for one, other in two]
            tally.apart = max(tally.apart, *made)
        elif not (told and all(set(pair) & ran.slept_on for pair in two for ran in runs[:1])):
            broken = [f"handed over in one generation: {two}", *broken]
    if weather == SCATTERED:  # none of the servers can be trusted
        tally.lost[weather] += any("the record of" in what for what in broken)
        broken = [what for what in broken if "the record of" not in what]
    assert not broken, f"{broken}\n{meeting.story()}"
