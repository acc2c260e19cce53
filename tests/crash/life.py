"""A registration's life in this process: operations in any order, any weather, a clock that moves.

The engine runs on an embedded sandbox as the program does; a model of the person at the product says
which value is in use. After each operation, and at each request that writes, the value in use is alive.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

from provision.config import load
from provision.delivery import Handover, Owner, file
from provision.engine import run
from provision.engine.job import Job
from provision.engine.journal import Journal
from provision.engine.observe import Tenant
from provision.engine.proof import prove
from provision.errors import ProvisionError
from provision.graph.connect import in_process
from provision.plan.model import Plan, Target
from provision.plan.rotation import Mode
from provision.sandbox import Sandbox, Weather
from provision.secret import Secret
from tests.crash.effects import weather
from tests.crash.machine import MARK, Directory
from tests.support import TENANT, write_config

# What may be said under bad weather: each is a row of the catalogue that says how to go on.
SAID = frozenset(
    {
        "unreachable",
        "throttled",
        "unseen-secret",
        "not-revoked",
        "changed-meanwhile",
        "delivery-failed",
        "not-applied",
        "wrong-secret",
        "not-proven",
        "another-run",
    }
)


class Sink(file.File):
    """The file sink, which fails when it is told to; it keeps what it was handed, as the person sees it."""

    failing = False

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Deliver, or fail before."""
        if self.failing:
            from provision.delivery.interface import failed

            raise failed("the sink fails")
        super().deliver(secret, handover)


class Life:
    """One life, by a seed."""

    def __init__(self, folder: Path, seed: int, *, more: str = "") -> None:
        self.seed, self._dice = seed, random.Random(seed)
        self.folder = folder
        self.sandbox = Sandbox.open(None)
        tenant = self.sandbox.ensure_tenant(TENANT)
        self.sandbox.ensure_mailbox(tenant, "noreply@agency.example")
        self.sandbox.set_clock(advance=timedelta(days=self._dice.randrange(2000)))
        self.directory = _directory(self.sandbox)
        (config,) = load([write_config(str(folder / "prod.yaml"), more=more)], environment={})
        self.desired = config.desired
        self.sink = Sink(file.Options(path=str(folder / "out.secret")), Owner(self.desired.name, tenant))
        self.said: list[str] = []
        self.told: Counter[str] = Counter()
        self.minted: dict[str, str] = {}  # value -> key id
        self.unfinished = False  # an emergency was declared, and did not come to its end
        self.planted: set[str] = set()  # marked by somebody else
        self.entered: str | None = None  # what the product uses
        self.steps: list[str] = []
        self.storm = Weather()

    # -- what is done ----------------------------------------------------------------------

    def live(self, length: int) -> None:
        """So many steps, then calm, and an end that must be in order."""
        self.directory.add_others()
        for _ in range(length):
            if self._dice.random() < 0.6:  # else what is young stays so for the next step
                self.storm = self._any_weather()
            step = self._dice.choice(self._possible())
            self.steps.append(step.__name__.strip("_"))
            step()
            self.check()
        self._calm_end()

    def _possible(self) -> list[Callable[[], None]]:
        steps = [self._apply, self._apply, self._rotate, self._emergency, self._pass_time, self._plan]
        if self.directory.registered:
            steps += [self._plant_foreign, self._plant_marked]
            steps += [self._confirm] * 3 if self._newest_is_entered() else [self._enter] * 3
            if not self._newest_is_entered():
                steps += [self._again]
        return steps

    def _any_weather(self) -> Weather:
        dice = self._dice
        if dice.random() < 0.3:
            return weather(self.sandbox)
        faults = ("throttle", "error", "reset", "lost_reply")
        rates = {name: dice.choice((0.0, 0.1, 0.3)) for name in faults}
        return weather(
            self.sandbox, replication=dice.choice((0.0, 0.0, 5.0, 20.0)), seed=dice.randrange(2**32), **rates
        )

    def _plan(self) -> None:
        asked = len(self.sandbox.requests)
        self.attempt(run.plan)
        assert all(request.method == "GET" for request in list(self.sandbox.requests)[asked:]), "plan wrote"

    def _apply(self) -> None:
        self.sink.failing = self._dice.random() < 0.1
        self.attempt(run.plan, carry_out=True)
        self.sink.failing = False

    def _rotate(self) -> None:
        self.sink.failing = self._dice.random() < 0.1
        self.attempt(lambda job: run.plan_rotation(job, Mode.ROTATE), carry_out=True)
        self.sink.failing = False

    def _again(self) -> None:
        self.attempt(lambda job: run.plan_rotation(job, Mode.AGAIN), carry_out=True)

    def _emergency(self) -> None:
        self.unfinished = not self.attempt(lambda job: run.plan_rotation(job, Mode.EMERGENCY), carry_out=True)
        if not self.unfinished:
            self.entered = self._held()
        elif self.entered and not self._alive(self.entered):
            self.entered = self._held()  # the old one went, so its successor was delivered

    def _confirm(self) -> None:
        async def planned(job: Job) -> Plan:
            plan = await run.plan_rotation(job, Mode.CONFIRM)
            if plan.pending and self._dice.random() < 0.7:
                await prove(job, plan, self.sink.retrieve())
            return plan

        self.attempt(planned, carry_out=True)

    def _enter(self) -> None:
        held = self._held()
        if held is not None and self._alive(held):
            self.entered = held

    def _pass_time(self) -> None:
        self.sandbox.set_clock(
            advance=self._dice.choice(
                [timedelta(seconds=5), timedelta(hours=1), timedelta(days=30), timedelta(days=130)]
            )
        )
        if self.entered and not self._alive(self.entered):
            self.entered = None  # it has ended, by its date

    def _plant_foreign(self) -> None:
        with self._calm():
            self._plant("somebody else's")

    def _plant_marked(self) -> None:
        if len(self.planted) < 2:
            with self._calm():
                self.planted.add(self._plant(f"a copy {MARK}"))

    def _plant(self, name: str) -> str:
        app = self.directory.application()
        body = {"passwordCredential": {"displayName": name, "endDateTime": "2060-01-01T00:00:00Z"}}
        return str(self.directory.do("POST", f"/applications/{app['id']}/addPassword", body)["keyId"])

    def attempt(self, planner: Callable[[Job], Any], *, carry_out: bool = False) -> bool:
        """Run an operation as the program does; whether all of it was done."""

        async def operate() -> list[ProvisionError]:
            graph = in_process(
                self.sandbox.app,
                self.sandbox.administrator_token(self.directory.id),
                self.desired.cloud,
                TENANT,
                notify=self._notify,
                sleep=self._sleep,
                trace=self.said.append,
            )
            job = Job(
                path="prod.yaml",
                desired=self.desired,
                target=Target.SANDBOX,
                tenant=Tenant(graph, TENANT),
                sink=self.sink,
                journal=lambda tenant_id: Journal(self.folder, "sandbox", tenant_id, self.desired.name),
            )
            try:
                plan = await planner(job)
                if not carry_out:
                    return []
                await run.make_ready(job, plan, ())
                result = await run.apply(job, plan)
                return [outcome.error for outcome in result.outcomes if outcome.error is not None]
            except ProvisionError as error:
                return [error]
            finally:
                await graph.close()

        before = self.foreign()
        with self._watched():
            self.sandbox.weather = self.storm
            errors = asyncio.run(operate())
            self.sandbox.weather = Weather()
        for error in errors:
            self.told[error.entry.name] += 1
            self.said += [error.message, error.fix]
            assert error.entry.name in SAID, f"{error.entry.name}: {error.message}"
        after = self.foreign()
        assert after == before or not before["on ours"], "something foreign changed"
        return not errors

    def _notify(self, text: str) -> None:
        self.said.append(text)

    async def _sleep(self, seconds: float) -> None:
        self.sandbox.set_clock(advance=timedelta(seconds=seconds))
        await asyncio.sleep(0)

    @contextmanager
    def _calm(self) -> Iterator[None]:
        self.sandbox.weather = Weather()
        yield

    # -- what holds ------------------------------------------------------------------------

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """At each request that writes, right after it, the value in use or its successor is alive."""
        original = httpx.ASGITransport.handle_async_request
        in_use = self.entered

        async def watched(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
            try:
                response = await original(transport, request)
            finally:
                if request.method != "GET" and in_use is not None:
                    assert self._alive(in_use) or self._alive(self._held()), "no value is alive"
            if request.url.path.endswith("/addPassword") and response.status_code == 200:
                await response.aread()
                answer = response.json()
                self.minted[answer["secretText"]] = answer["keyId"]
            return response

        with mock.patch.object(httpx.ASGITransport, "handle_async_request", watched):
            yield

    def _held(self) -> str | None:
        path = self.folder / "out.secret"
        return path.read_text() if path.exists() else None

    def _records(self) -> list[Any]:
        tenant = self.sandbox.store.tenants[self.directory.id]
        found = tenant.one("application", "uniqueName", "collab-prod")
        return list(found.props["passwordCredentials"]) if found else []

    def _alive(self, value: str | None) -> bool:
        key_id, now = self.minted.get(value or ""), self.sandbox.clock.now()
        return any(
            item["keyId"] == key_id and datetime.fromisoformat(item["endDateTime"]) > now
            for item in self._records()
        )

    def _newest_is_entered(self) -> bool:
        return self.entered is not None and self.entered == self._held()

    def foreign(self) -> Any:
        """What is nobody's business, the copies of our mark included."""
        found = self.directory.foreign()
        planted = [item for item in self._records() if item["keyId"] in self.planted]
        return found | {"planted": len(planted)}

    def check(self) -> None:
        """What holds after each operation."""
        if self.entered is not None:
            assert self._alive(self.entered), "the value in use is gone"
        held = self._held()
        if held is not None and held in self.minted:
            gone = self.minted[held] not in {item["keyId"] for item in self._records()}
            assert not gone, "the value in the sink was removed"
        assert {item["keyId"] for item in self._records()} >= self.planted
        apps = [a for a in self.directory.get("/applications")["value"] if "Collab" in a["displayName"]]
        assert len(apps) <= 1, "a second application"
        text = "\n".join(self.said) + self._journal()
        assert not any(value in text for value in self.minted), "a value was told"

    def _journal(self) -> str:
        return "\n".join(path.read_text() for path in self.folder.glob("journals/*"))

    def _calm_end(self) -> None:
        """In calm weather: apply, and nothing is left to do; confirm, and one is left."""
        self.storm = Weather()
        self.sandbox.set_clock(advance=timedelta(hours=1))
        if self.entered and not self._alive(self.entered):
            self.entered = None
        for _ in range(2):
            assert self.attempt(run.plan, carry_out=True)
        if self.unfinished and not self._alive(self.entered):
            self.entered = None  # the emergency was finished by an apply, which delivered its successor
        assert self.attempt(self._nothing_to_do)
        self.check()
        assert self.attempt(lambda job: run.plan_rotation(job, Mode.ROTATE), carry_out=True)
        self.check()
        self._enter()
        assert self.directory.signs_in(self.entered), "the newest does not sign in"
        assert self.attempt(lambda job: run.plan_rotation(job, Mode.CONFIRM), carry_out=True)
        self.check()
        ours = {item["keyId"] for item in self.directory.managed()} - self.planted
        assert ours == {self.minted[self.entered or ""]}, f"{len(ours)} are left after confirm"
        assert ours <= self.directory.recorded()
        assert self.directory.signs_in(self.entered)
        self.attempt(self._nothing_but_renewal)

    async def _nothing_but_renewal(self, job: Job) -> Plan:
        """While two are alive none is renewed, so that may be due once one of them is gone."""
        return await self._nothing_to_do(job, "renewal is due")

    async def _nothing_to_do(self, job: Job, but: str = "nothing") -> Plan:
        plan = await run.plan(job)
        pending = [change.reason for change in plan.pending if not change.reason.startswith(but)]
        assert not pending, pending
        unproven = [finding for finding in plan.findings if finding.entry.name == "secret-unproven"]
        assert len(unproven) == len(self.planted), "an orphan is left"
        return plan


def _directory(sandbox: Sandbox) -> Directory:
    """The tenant of this sandbox, for a client of its own."""
    found = Directory.__new__(Directory)
    found.sandbox, found.id = sandbox, sandbox.ensure_tenant(TENANT)
    found._token = sandbox.administrator_token(found.id)
    return found


def quiet() -> None:
    """The SDK's loggers have nothing to say here."""
    logging.disable(logging.CRITICAL)


def failure(life: Life, error: BaseException) -> str:
    """What to say of a life that broke: enough to live it again."""
    return f"seed {life.seed}: {error!r}\nsteps: {' '.join(life.steps)}\n" + "\n".join(
        re.sub(r"https://[^ ]*/v1.0", "", line) for line in life.said[-40:]
    )
