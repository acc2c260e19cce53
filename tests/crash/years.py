"""Three years of some registrations: operators, people at the products, a portal, killed runs, weather.

Who is obedient enters what a verb names by the day that it names, and never has an outage that the program
made. What is current, and which day is the last, is known here from what the sinks took and what the tenant
holds; every verb of every machine must say just that.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

from provision.config import load
from provision.delivery import Handover, Owner, file
from provision.engine import run
from provision.engine.drift import find_drift
from provision.engine.expiry import read_dates
from provision.engine.job import Job
from provision.engine.journal import Journal
from provision.engine.observe import Tenant
from provision.engine.proof import prove
from provision.errors import Exit, ProvisionError, Severity
from provision.graph.connect import in_process
from provision.outcomes.expiry import State, Watched
from provision.outcomes.plans import attention
from provision.outcomes.result import Result
from provision.outcomes.results import Results
from provision.plan.model import Plan, Target
from provision.plan.rotation import Mode
from provision.report.documents import result_json
from provision.report.markdown import result_markdown
from provision.report.text import result_text
from provision.resources import mailbox
from provision.resources.client_secret import Span
from provision.sandbox import Sandbox, Weather
from provision.secret import Secret
from tests.crash.effects import weather
from tests.crash.life import SAID
from tests.support import TENANT, write_config

YEARS = timedelta(days=3 * 365)
DAY = timedelta(days=1)
EXITS = {Exit.DONE, Exit.FAILED, Exit.ATTENTION, Exit.REFUSED, Exit.UNREACHABLE}
TOLD = SAID | {"shorter-life", "lifetime-refused"}
LIFETIMES = ("90d", "180d", "6mo", "1y")
OBEDIENT = ("prompt", "late")
# What a verb may call the state in which the newest waits to be entered. Two of one generation there can be
# where a run was killed between the delivery and its record (docs/secrets.md).
TWINS = "two-delivered"
WAITING = ("awaits-confirmation", "confirmation-overdue", TWINS)


class Killed(BaseException):
    """The process is gone: nothing that it still tries has an effect."""


class Sink(file.File):
    """The file sink of one machine; the world hears of what it took."""

    took: Callable[[str, str], None]
    effect: Callable[[str], None]

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Deliver, unless the run was killed."""
        self.effect("before delivery")
        super().deliver(secret, handover)
        self.took(handover.key_id, secret.reveal())
        self.effect("after delivery")


@dataclass
class Registration:
    """One config, and the person who types its values."""

    name: str
    person: str
    lifetime: str
    delivered: list[str] = field(default_factory=list)  # key ids, in the order in which sinks took them
    values: dict[str, str] = field(default_factory=dict)  # by key id
    entered: str | None = None  # the key id of what the product uses; "" for what was never a value
    excused: str = ""  # why the product may be down: no fault of the program
    told: str | None = None  # the key id that was named last
    by: datetime | None = None  # the last day that was named last
    asked: bool = False  # whether something was said to be done at once
    unsettled: set[int] = field(default_factory=set)  # the machines whose run was killed and not made good
    killed: bool = False  # whether a run of it ever was
    twins: bool = False  # whether two of one generation are told of
    seen: Any = None  # how it stood when it was looked at last


@dataclass
class Look:
    """What the four verbs that only look say of one config."""

    shown: Result
    plan: Plan
    dates: Watched | None  # not every look is at everything
    drift: Any


class Years:
    """One life of three years, by a seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.seed, self._dice, self._folder = seed, random.Random(seed), folder
        self.sandbox = Sandbox.open(None)
        self._tenant = self.sandbox.ensure_tenant(TENANT)
        self.sandbox.ensure_mailbox(self._tenant, "noreply@agency.example")
        people = ("prompt", "late", "late", "wrong", "never")
        self.all = [
            Registration(f"config-{number}", self._dice.choice(people), self._dice.choice(LIFETIMES))
            for number in range(self._dice.choice((1, 2, 3)))
        ]
        self.exits: Counter[int] = Counter()
        self.steps: list[str] = []
        self.happened: Counter[str] = Counter()
        self._storm = Weather()
        self._shared: dict[tuple[str, ...], Any] = {}  # what a tenant has once
        self._failed = False
        self._left: int | None = None  # effects until the run is killed
        self._dead = False

    # -- time --------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The service's time."""
        return self.sandbox.clock.now()

    def live(self, span: timedelta = YEARS) -> None:
        """Three years, and an end in which all is in order."""
        until = self.now + span
        self._apply(0, calm=True)
        self._look_everywhere()
        while self.now < until:
            self._pass_time()
            self._something()
            self._retry()
            self._look_everywhere()
            if any(item.told is None for item in self.all):  # every verb says to run apply at once
                for machine in range(2):
                    self._apply(machine, calm=True)
                self._look_everywhere()
            self._settle_twins(item for item in self.all if item.person in OBEDIENT)
        self._in_order()

    def _settle_twins(self, items: Iterable[Registration]) -> None:
        """Who is told of two of one generation enters the newer and confirms it with its value."""
        for item in items:
            if item.twins and item.told:
                item.entered, item.excused = item.told, ""
                self._confirm(self._dice.randrange(2), item, calm=True)

    def _pass_time(self) -> None:
        """Some days; whoever is told a day that falls into them acts before it."""
        calm = min(min(self._alive(item).values(), default=self.now) for item in self.all) - self.now
        jump = max(self._dice.uniform(2, 8) * DAY, min(self._dice.uniform(5, 90) * DAY, calm - 33 * DAY))
        for item in self.all:
            self._type(item, self.now + jump + DAY)
        self.sandbox.set_clock(advance=jump)
        for item in self.all:
            self._up(item)

    def _busy(self, item: Registration) -> bool:
        """Whether something of it is to be done within the next weeks."""
        return min(self._alive(item).values(), default=self.now) - self.now < 35 * DAY

    def _type(self, item: Registration, deadline: datetime) -> None:
        if item.told is None or item.told == item.entered or (item.person == "never" and item.entered):
            return
        down = item.entered not in self._alive(item)
        must = down or (item.by is not None and item.by <= deadline)
        if item.person == "wrong" and self._dice.random() < 0.5:
            item.entered = self._dice.choice(["", *item.delivered])
            item.excused = "typed the wrong one"
        elif must or (item.person != "late" and self._dice.random() < 0.5):
            item.entered, item.excused = item.told, ""

    def _up(self, item: Registration) -> None:
        if item.entered is None or item.entered in self._alive(item) or item.person not in OBEDIENT:
            return
        assert item.excused, f"{item.name}: an outage: {item.entered} is entered, told was {item.told}"

    # -- what is done ------------------------------------------------------------------------

    def _something(self) -> None:
        machine, dice = self._dice.randrange(2), self._dice
        item = dice.choice(self.all)
        waits = len(self._alive(item)) > 1
        steps: list[tuple[float, Callable[[], None]]] = [
            (10, lambda: self._apply(machine)),
            (2, lambda: self._rotate(machine, item, Mode.ROTATE)),
            (0.7, lambda: self._emergency(machine, item)),
            (0.5, lambda: self._portal(item)),
            (0.5, lambda: setattr(item, "lifetime", dice.choice(LIFETIMES))),
        ]
        if (waits or item.asked) and item.told and item.entered == item.told:
            steps.append((6, lambda: self._confirm(machine, item)))
        elif waits:
            steps.append((1, lambda: self._rotate(machine, item, Mode.AGAIN)))
        (step,) = dice.choices([call for _, call in steps], [weight for weight, _ in steps])
        step()

    def _apply(self, machine: int, *, calm: bool = False) -> None:
        self._do("apply", machine, self.all, run.plan, calm=calm)

    def _retry(self) -> None:
        """A run that was killed or that failed is started again, and a pipeline runs when it is time."""
        self._failed = self._failed and any(self._busy(item) for item in self.all)
        unsettled = sorted({machine for item in self.all for machine in item.unsettled})
        for machine in unsettled:
            if self._dice.random() < 0.7:
                self._apply(machine, calm=True)
        again = any(self._busy(item) for item in self.all) and self._dice.random() < 0.3
        if self._failed or again:
            self._apply(self._dice.randrange(2), calm=True)

    def _rotate(self, machine: int, item: Registration, mode: Mode) -> None:
        allowed = frozenset({"shorter-life"} if self._dice.random() < 0.2 else ())
        self._do(mode.value, machine, [item], lambda job: run.plan_rotation(job, mode), allowed=allowed)

    def _emergency(self, machine: int, item: Registration) -> None:
        self._do("emergency", machine, [item], lambda job: run.plan_rotation(job, Mode.EMERGENCY))
        item.excused = item.excused or "revoked in an emergency"

    def _confirm(self, machine: int, item: Registration, *, calm: bool = False) -> None:
        proves = self._dice.random() < 0.5 or item.twins  # without a value it is refused

        async def planned(job: Job) -> Plan:
            plan = await run.plan_rotation(job, Mode.CONFIRM)
            state = plan.standing
            if state is None or state.current is None or not plan.pending:
                return plan
            if proves or len(state.older) > 1:
                await prove(job, plan, Secret(item.values[item.entered or ""]))
            elif state.current.key_id != item.entered:  # the question names what it is about
                raise ProvisionError(report_entry("declined"))
            return plan

        self._do("confirm", machine, [item], planned, calm=calm)

    def _portal(self, item: Registration) -> None:
        """Somebody removes one of ours."""
        there = sorted(self._ends(item))
        if not there:
            return
        gone = self._dice.choice(there)
        self.steps.append(f"portal removes {item.name} {gone[:4]}")
        self.happened["portal"] += 1
        app = self._app(item)
        assert app is not None
        self._calm_call("POST", f"/applications/{app.id}/removePassword", {"keyId": gone})
        if gone == item.entered:
            item.excused = "removed in the portal"

    def _calm_call(self, method: str, path: str, body: Any) -> None:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self.sandbox.app)) as client:
                token = self.sandbox.administrator_token(self._tenant)
                return await client.request(
                    method,
                    f"https://graph.microsoft.com/v1.0{path}",
                    json=body,
                    headers={"Authorization": f"Bearer {token}"},
                )

        response = asyncio.run(send())
        assert response.is_success, response.text

    def _do(
        self,
        what: str,
        machine: int,
        items: Sequence[Registration],
        planner: Callable[[Job], Any],
        *,
        calm: bool = False,
        allowed: frozenset[str] = frozenset(),
    ) -> None:
        """Carry out an operation as the command line does, in some weather; it may be killed."""
        self._storm = Weather() if calm or self._dice.random() < 0.6 else self._weather()
        self._left = None if calm or self._dice.random() > 0.15 else self._dice.randrange(1, 9)
        killed = self._left is not None
        self.steps.append(f"{self.now:%Y-%m-%d} {what} on {machine}{' (killed)' if killed else ''}")

        async def one(job: Job) -> Result | ProvisionError:
            try:
                plan = await planner(job)
                await run.make_ready(job, plan, allowed)
                return await run.apply(job, plan)
            except ProvisionError as error:
                return error

        items_ = list(items)
        try:
            found = self._running(machine, items_, one, allowed)
        except Killed:
            self.happened[f"killed {what}"] += 1
            self._failed = True
            for item in items_:
                item.unsettled.add(machine)
                item.killed = True
            return
        failed = [e for r in found for e in (r.errors if isinstance(r, Result) else (r,))]
        code = Results(tuple(found)).exit
        assert code in EXITS, f"{what} exits {code}: {failed}"
        told = TOLD | ({TWINS} if any(item.killed for item in items) else set())
        assert {error.entry.name for error in failed} <= told, [error.message for error in failed]
        self._failed = bool(failed)
        self.exits[int(code)] += 1
        self.happened[what] += 1
        for item, result in zip(items_, found, strict=True):
            if isinstance(result, Result) and not result.errors and what == "apply":
                item.unsettled.discard(machine)
            elif failed:
                item.unsettled.add(machine)  # a lost answer leaves the same behind as a kill

    def _running(
        self, machine: int, items: Sequence[Registration], one: Callable[[Job], Any], allowed: frozenset[str]
    ) -> list[Any]:
        async def operate() -> list[Any]:
            graph = in_process(
                self.sandbox.app,
                self.sandbox.administrator_token(self._tenant),
                self._config(items[0]).cloud,
                TENANT,
                notify=lambda _: None,
                sleep=self._sleep,
            )
            tenant = Tenant(graph, TENANT)
            for key, value in self._shared.items():
                tenant._shared[key] = asyncio.ensure_future(asyncio.sleep(0, value))
            try:
                jobs = [self._job(machine, item, tenant, allowed) for item in items]
                return await asyncio.gather(*map(one, jobs))
            finally:
                for key, task in tenant._shared.items():
                    if task.done() and not task.cancelled() and not task.exception() and len(key) == 1:
                        self._shared[key] = task.result()
                await tenant.close()

        self._dead = False
        with self._watched():
            self.sandbox.weather = self._storm
            try:
                return asyncio.run(operate())
            finally:
                self.sandbox.weather = Weather()
                self._left, self._dead = None, False

    def _job(self, machine: int, item: Registration, tenant: Tenant, allowed: frozenset[str]) -> Job:
        folder = self._folder / str(machine)
        folder.mkdir(mode=0o700, exist_ok=True)
        place = file.Options(path=str(folder / f"{item.name}.secret"))
        sink = Sink(place, Owner(item.name, self._tenant))
        sink.effect = self._effect

        def took(key_id: str, value: str) -> None:
            item.delivered.append(key_id)
            item.values[key_id] = value

        sink.took = took
        return Job(
            path=f"{item.name}.yaml",
            desired=self._config(item),
            target=Target.SANDBOX,
            tenant=tenant,
            sink=sink,
            journal=lambda tenant_id: Journal(folder, "sandbox", tenant_id, item.name),
            allowed=allowed,
        )

    def _config(self, item: Registration) -> Any:
        path = self._folder / f"{item.name}-{item.lifetime}.yaml"
        if not path.exists():
            more = f"secret:\n  lifetime: {item.lifetime}\n  renew_before: 30d\n"
            write_config(str(path), name=item.name, more=more)
        key = str(path)
        if key not in _LOADED:
            (config,) = load([key], environment={})
            _LOADED[key] = config.desired
        return _LOADED[key]

    def _weather(self) -> Weather:
        dice = self._dice
        rates = {name: dice.choice((0.0, 0.1, 0.2)) for name in ("throttle", "error", "reset", "lost_reply")}
        return weather(self.sandbox, seed=dice.randrange(2**32), **rates)

    async def _sleep(self, seconds: float) -> None:
        self.sandbox.set_clock(advance=timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def _effect(self, _: str) -> None:
        """Something is written; if it is the last, the process is gone."""
        if self._dead:
            raise Killed
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self._dead = True
                raise Killed

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Each request that writes and each line of the journal is an effect."""
        send, write = httpx.ASGITransport.handle_async_request, Journal.write

        async def sent(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
            if self._dead:
                raise Killed
            if request.method == "GET":
                return await send(transport, request)
            self._effect("before")
            response = await send(transport, request)
            self._effect("after")
            return response

        def written(journal: Journal, *told: Any, **more: Any) -> None:
            self._effect("before")
            write(journal, *told, **more)
            self._effect("after")

        with (
            mock.patch.object(httpx.ASGITransport, "handle_async_request", sent),
            mock.patch.object(Journal, "write", written),
            # Not judged here, and a third of all requests.
            mock.patch("provision.graph.mailbox.observe", _mailbox_there),
            mock.patch("provision.graph.app_management_policy.custom", _no_policy),
        ):
            yield

    # -- what is there ------------------------------------------------------------------------

    def _app(self, item: Registration) -> Any:
        return self.sandbox.store.tenants[self._tenant].one("application", "uniqueName", item.name)

    def _ends(self, item: Registration) -> dict[str, datetime]:
        """The secrets that are there, ours alone, by key id: their ends."""
        app = self._app(item)
        found = app.props["passwordCredentials"] if app else ()
        return {s["keyId"].lower(): datetime.fromisoformat(s["endDateTime"]) for s in found}

    def _alive(self, item: Registration) -> dict[str, datetime]:
        """Those that somebody received, that have not ended."""
        ends = self._ends(item)
        return {key: end for key, end in ends.items() if key in item.delivered and end > self.now}

    def _going(self, item: Registration, machine: int) -> set[str]:
        """Those that are to be removed, as the tags say, or this machine's journal alone."""
        app = self._app(item)
        tags = app.props["tags"] if app else ()
        journal = Journal(self._folder / str(machine), "sandbox", self._tenant, item.name)
        marks, replaces = ("provision:leaked:", "provision:retired:"), "provision:replaces:"
        going = {tag.rpartition(":")[2] for tag in tags if tag.startswith(marks)} | journal.leaked()
        for old, _, new in (t.removeprefix(replaces).partition(":") for t in tags if t.startswith(replaces)):
            # Where the new one is, and was delivered as far as this machine can tell.
            if new in self._ends(item) and (new in item.delivered or new not in journal.keys()[0]):
                going.add(old)
        return going

    # -- what is said --------------------------------------------------------------------------

    def _look_everywhere(self) -> None:
        """Look from one machine or the other; all that is left of a killed run its own alone can know."""
        able = [m for m in range(2) if not any(item.unsettled - {m} for item in self.all)]
        if able:
            self._look(self._dice.choice(able))

    def _look(self, machine: int) -> None:
        async def one(job: Job) -> Any:
            try:
                shown = await run.show(job)
                if not whole:
                    return Look(shown, shown.plan, None, None)
                dates = await read_dates(job, Span(days=30))
                return Look(shown, await run.plan(job), dates, await find_drift(job))
            except ProvisionError as error:
                return error

        self._storm, whole = Weather(), self._dice.random() < 0.35
        items = [item for item in self.all if self._changed(item) or self._dice.random() < 0.3]
        if not items:
            return
        for item, look in zip(items, self._running(machine, items, one, frozenset()), strict=True):
            if isinstance(look, ProvisionError):
                assert look.entry.name == "not-applied", look.message
                continue
            key = result_json(look.shown)["outputs"]["secret_key"]
            item.told = key["key_id"] if key else None
            item.asked = attention([look.shown.plan]) is Exit.ATTENTION
            item.twins = any(f.entry.name == TWINS for f in look.shown.plan.findings)
            assert item.killed or not item.twins
            item.by = datetime.fromisoformat(key["confirm_by"] or key["expires"]) if key else None
            self._agree(item, look, self._going(item, machine))

    def _changed(self, item: Registration) -> bool:
        """Whether it stands otherwise than when this was asked last."""
        app, seen = self._app(item), item.seen
        tags = tuple(app.props["tags"]) if app else ()
        item.seen = (tags, self._ends(item), self._alive(item), item.entered, self._busy(item))
        return bool(item.seen != seen)

    def _agree(self, item: Registration, look: Look, going: set[str]) -> None:
        """All verbs name the same secret and the same last day, and these are right."""
        in_use = {key: end for key, end in self._alive(item).items() if key not in going}
        newest = next((key for key in reversed(item.delivered) if key not in going), None)
        current = newest if newest in in_use else None
        last_day = min(in_use.values()) if current and len(in_use) > 1 else None
        where = f"{item.name} at {self.now}: {[k[:4] for k in item.delivered]} in use {in_use}"
        document = result_json(look.shown)
        key = document["outputs"]["secret_key"]
        assert (key["key_id"] if key else None) == current, f"show names {key}, {where}"
        named = key["confirm_by"] if key else None
        assert (datetime.fromisoformat(named) if named else None) == last_day, f"{named} {last_day} {where}"
        if last_day is not None and key:
            assert f"{last_day:%Y-%m-%d}" in result_text(look.shown)
            assert f"{last_day:%Y-%m-%d}" in result_markdown(look.shown)
        if current is not None:
            held = {path.read_text() for path in self._folder.glob(f"*/{item.name}.secret")}
            there = item.values[current] in held or item.entered == current
            assert there, f"{current} is named, and its value is nowhere: {where}"
        if look.dates is not None:
            self._agree_on_dates(item, look, look.dates, current, last_day, where)

    def _agree_on_dates(
        self,
        item: Registration,
        look: Look,
        dates: Watched,
        current: str | None,
        last_day: datetime | None,
        where: str,
    ) -> None:
        """What plan, expiry and drift say is what show says."""
        rows = [row for row in dates.rows if row.renew is not None]
        assert [row.secret.key_id for row in rows if row.secret] == ([current] if current else []), where
        assert [row.confirm_by for row in rows] == ([last_day] if current else []), where
        said = {
            "show": [f.message for f in look.shown.plan.findings if f.entry.name in WAITING],
            "plan": [f.message for f in look.plan.findings if f.entry.name in WAITING],
            "drift": [d.message for d in look.drift.deviations if d.entry.name in WAITING],
        }
        for verb, messages in said.items():
            assert len(messages) <= 1 + item.twins, f"{verb}: {messages} {where}"
            assert bool(messages) == (last_day is not None), f"{verb}: {messages} {where}"
            assert all(f"{last_day:%Y-%m-%d}" in text for text in messages), f"{verb}: {messages} {where}"
        errors = {d.entry.name for d in look.drift.deviations if d.severity is Severity.ERROR}
        at_once = attention([look.plan]) == attention([look.shown.plan]) == Exit.ATTENTION
        if item.excused == "removed in the portal" and item.entered not in self._alive(item):
            assert errors & {"stale-record", "secret-removed", "secret-due"}, f"drift: {errors} {where}"
            assert at_once, where
            assert any(row.attention for row in dates.rows), where
        leaked = [row for row in dates.rows if row.state is State.LEAKED]
        if leaked:
            assert "emergency-unfinished" in errors, where
            assert at_once, where
            assert all(row.attention for row in leaked)

    def _in_order(self) -> None:
        """In the end, a calm run of each machine: nothing is left of what was killed."""
        for machine in (0, 1, 0):
            self._apply(machine, calm=True)
            self._look_everywhere()
            self._settle_twins(self.all)
        self._look_everywhere()
        for item in self.all:
            assert not self._going(item, 0) & set(self._alive(item)), "an emergency is not finished"
            assert item.told is not None
            lost = set(self._ends(item)) - set(item.delivered)
            assert not lost, f"{item.name}: nobody received {lost}, and it is there"


async def _mailbox_there(*_: Any) -> mailbox.Observed:
    return mailbox.Observed(mailbox.State.PRESENT)


async def _no_policy(*_: Any) -> None:
    return None


_LOADED: dict[str, Any] = {}


def report_entry(name: str) -> Any:
    """The catalogue's entry of that name."""
    from provision.errors import catalogue

    return next(entry for entry in catalogue.ENTRIES.values() if entry.name == name)
