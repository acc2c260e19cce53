"""Two runs, by a seed: tenants, targets, configs, sinks, order, kills; and what became of each value.

The engine runs as the program does, on an embedded Graph for each target, with every sink's stand-in. A run
that is killed does nothing more, in Graph or anywhere: what it left is what the other run finds.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest import mock

from provision.cli.options import Common, Embedded
from provision.cli.places import named_sink, owner_of, refuse_one_place
from provision.config import Config, load
from provision.delivery import Handover, Opening, Sink, file, open_sink
from provision.engine import run
from provision.engine.job import Job
from provision.engine.journal import Journal
from provision.engine.observe import Tenant
from provision.errors import ProvisionError
from provision.graph.connect import in_process
from provision.outcomes.result import Status
from provision.plan.model import Target
from provision.plan.rotation import Mode
from provision.resources.delivery_tags import newest
from provision.sandbox import Sandbox
from provision.secret import Secret
from tests.delivery.azure_devops_standin import BEARER, DevOps
from tests.delivery.github_standin import Hub
from tests.delivery.key_vault_standin import TOKEN, Vault
from tests.delivery.standin import StandIn
from tests.delivery.support import Signed
from tests.support import write_config

TENANTS = ("3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690", "91d2a7c4-0f3e-4b58-8a6d-2c7e5f1b9034")
NAMES = ("mail-a", "mail-b", "app-1xx", "1xx")  # the last two make one name of a variable
DEVOPS = "azure_devops:https://dev.azure.com/agency/Mail%20Relay?group="
SINKS = {
    "file": (
        "file:out.secret",
        "file:{name}.secret",
        "file:linked/out.secret",
        "file:out.secret.provision.json",
    ),
    "command": ('command:sh -c "cat > $PROVISION_TARGET.$PROVISION_TENANT_ID.$PROVISION_NAME.told"',),
    "key_vault": ("key_vault:agency/secrets/mail", "key_vault:https://agency.vault.azure.net"),
    "github": ("github:agency/mail", "github:agency/mail?secret=MAIL", "github:agency/mail?secret=mail"),
    "azure_devops": (f"{DEVOPS}mail", f"{DEVOPS}7", f"{DEVOPS}mail&variable=MAIL"),
}


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Run:
    """One run: what it is of, and what came of it."""

    config: Config
    target: Target
    sink: str
    verb: str  # apply, or rotate where there is something to rotate
    kill: int | None  # at which effect on the sink, counted from 1
    after: bool  # whether that effect still takes place
    handed: list[str] = field(default_factory=list)  # values given to the sink
    reported: bool = False  # as delivered by this run
    recorded: bool = False  # as delivered by the one before, which was killed
    dead: bool = False
    minted: int = 0
    refused: list[ProvisionError] = field(default_factory=list)

    @property
    def options(self) -> Common:
        where = Embedded("state") if self.target is Target.SANDBOX else None
        return mock.Mock(sandbox=where, deliver=self.sink, spec=("sandbox", "deliver"))


@dataclass
class Mortal:
    """A sink that counts nothing itself, and notes what it is handed."""

    sink: Sink
    of: Run
    service: StandIn | None

    @property
    def label(self) -> str:
        return self.sink.label

    interactive = False

    def probe(self, known: Collection[str] = ()) -> str:
        return self.sink.probe(known)

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        return self.sink.recall(known)

    def deliver(self, secret: Secret, handover: Handover) -> None:
        self.of.handed.append(secret.reveal())
        if self.service is not None and self.of.kill is not None:
            self.service.killed_at(self.of.kill, after=self.of.after)
        try:
            self.sink.deliver(secret, handover)
        finally:
            if self.service is not None and self.of.kill is not None and self.service.lives():
                self.of.dead = True
                raise Killed


class World:
    """A folder, a Graph for each target, the services."""

    def __init__(self, folder: Path, vault: Vault, hub: Hub, devops: DevOps) -> None:
        self.folder = folder
        self.vault, self.hub, self.devops = vault, hub, devops
        self.services: dict[str, StandIn] = {"key_vault": vault, "github": hub, "azure_devops": devops}
        self.delivering = asyncio.Lock()  # shared by the jobs of one run, as the program has it
        self.graphs = {target: Sandbox.open(None) for target in Target}
        (folder / "linked").symlink_to(".")

    def values(self) -> dict[str, str]:
        """Every value that lies anywhere, by its place."""
        found = {
            str(path): path.read_text()
            for path in self.folder.iterdir()
            if path.suffix in (".secret", ".told") or path.name == "out.secret.provision.json"
        }
        found |= {f"vault {name.lower()}": kept[-1]["value"] for name, kept in self.vault.secrets.items()}
        found |= {f"github {name}": value for name, (value, _) in self.hub.repository.secrets.items()}
        variables = self.devops.groups[7]["variables"]
        return found | {f"devops {k}": v["value"] for k, v in variables.items() if v.get("isSecret")}

    def newest(self, of: Run) -> tuple[str, ...]:
        """How the secrets begin that the run's application has, and says were delivered last."""
        tenant = self.graphs[of.target].store.tenant(of.config.desired.tenant)
        name = of.config.desired.name
        app = tenant and tenant.one("application", "uniqueName", name)
        if not app:
            return ()
        keys = newest(app.props["tags"], name)
        secrets = app.props["passwordCredentials"]
        return tuple(str(item["hint"]) for item in secrets if item["keyId"].lower() in keys)

    async def both(self, first: Run, second: Run, *, together: bool) -> None:
        """Carry both out: in one run of the program, or one after the other."""
        if not together:
            await self.one(first)
            self.hub.now += timedelta(minutes=30)
            await self.one(second)
            return
        specs = [named_sink(each.sink, "--deliver", each.config) for each in (first, second)]
        try:
            refuse_one_place([first.config, second.config], specs)
        except ProvisionError as error:
            first.refused.append(error)
            second.refused.append(error)
            return
        await asyncio.gather(self.one(first), self.one(second))

    async def one(self, each: Run) -> None:
        """Carry one out, as the program does."""
        graph = self._graph(each)
        with self._mortal(each):
            try:
                await self._carried_out(each, self._job(each, graph))
            except ProvisionError as error:
                each.refused += error.all
            except Killed:
                each.dead = True
            finally:
                await graph.close()

    async def _carried_out(self, each: Run, job: Job) -> None:
        plan = await (run.plan_rotation(job, Mode.ROTATE) if each.verb == "rotate" else run.plan(job))
        await run.make_ready(job, plan, ())
        result = await run.apply(job, plan)
        if each.dead:
            raise Killed
        each.refused += result.errors
        done = not result.errors and any(
            outcome.status is Status.DONE and outcome.change.address.startswith("client_secret")
            for outcome in result.outcomes
        )
        each.reported, each.recorded = done and bool(each.handed), done and not each.handed

    def _graph(self, each: Run) -> Any:
        sandbox, desired = self.graphs[each.target], each.config.desired
        sandbox.ensure_mailbox(sandbox.ensure_tenant(desired.tenant), desired.mailbox.address)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if each.dead:
                raise Killed
            each.minted += scope["path"].endswith("/addPassword")
            await sandbox.app(scope, receive, send)

        async def sleep(seconds: float) -> None:
            sandbox.set_clock(advance=timedelta(seconds=seconds))
            await asyncio.sleep(0)

        token = sandbox.administrator_token(desired.tenant)
        return in_process(app, token, desired.cloud, desired.tenant, notify=lambda _: None, sleep=sleep)

    def _job(self, each: Run, graph: Any) -> Job:
        desired = each.config.desired
        spec = named_sink(each.sink, "--deliver", each.config)
        token = TOKEN if spec.kind == "key_vault" else BEARER
        opening = Opening(owner_of(each.config, each.options), desired.cloud.name, lambda: Signed(token))
        return Job(
            path=each.config.path,
            desired=desired,
            target=each.target,
            tenant=Tenant(graph, desired.tenant),
            sink=Mortal(open_sink(spec, opening), each, self.services.get(spec.kind)),
            delivering=self.delivering,
            journal=lambda tenant_id: Journal(self.folder, each.target.value, tenant_id, desired.name),
        )

    @contextmanager
    def _mortal(self, each: Run) -> Iterator[None]:
        """Files are written until the run is killed."""
        written, replaced, journaled = 0, file._replace, Journal.write

        def struck(path: Path, content: Secret | str) -> None:
            nonlocal written
            written += 1
            if written == each.kill and each.sink.startswith("file:"):
                if each.after:
                    replaced(path, content)
                each.dead = True
            if each.dead:
                raise Killed
            replaced(path, content)

        def write(journal: Journal, *event: Any, **more: Any) -> None:
            if each.dead:
                raise Killed
            journaled(journal, *event, **more)

        with mock.patch.object(file, "_replace", struck), mock.patch.object(Journal, "write", write):
            yield

    def make_records_old(self) -> None:
        """Write every record in the form that names the config alone, as the first version did."""
        for path in self.folder.glob("*.provision.json"):
            with_old(path.read_text, path.write_text)
        for place in self.hub.places.values():
            for name in list(place.variables):
                with_old(partial(place.variables.__getitem__, name), partial(_put, place, name))
        for kept in self.vault.secrets.values():
            tags = kept[-1]["tags"]
            tags["provision"] = "provision.delivery/1"
            tags.pop("provision-owner", None)
        variables = self.devops.groups[7]["variables"]
        for name, variable in variables.items():
            if name.endswith("_OWNER") and variable["value"].startswith("provision/2:"):
                variable["value"] = "provision:" + variable["value"].split(":")[1].split("@")[0]


def _put(place: Any, name: str, text: str) -> None:
    place.variables[name] = text


def with_old(read: Callable[[], str], write: Callable[[str], Any]) -> None:
    """Replace a record by one of the first form."""
    try:
        record = json.loads(read())
    except ValueError:  # a value lies there
        return
    old = {"format": "provision.delivery/1", "name": record["name"], "keys": record["keys"]}
    write(json.dumps(old))


@cache
def config(name: str) -> Config:
    """A config of that name; loaded once, for it is the same in every pair."""
    (found,) = load([write_config(f"{name}.yaml", name=name)], environment={})
    return found


def drawn(dice: random.Random) -> tuple[Run, Run, bool, bool]:
    """Return two runs, whether they are one run of the program, and whether the first left old records."""
    first = _run(dice, list(SINKS))
    kind = first.sink.partition(":")[0]
    second = _run(dice, [kind, kind, kind, *SINKS])  # where they may meet
    if dice.random() < 0.6:
        second = replace(second, sink=first.sink)
    if dice.random() < 0.4:
        second = replace(second, config=first.config, verb=dice.choice(("apply", "rotate")))
    if dice.random() < 0.5:
        second = replace(second, target=first.target)
    same = (first.config, first.target) == (second.config, second.target)
    together = first.target == second.target and not same and dice.random() < 0.4
    if together:
        second = replace(second, verb="apply", kill=None)
        first = replace(first, kill=None)
    return first, second, together, not together and dice.random() < 0.3


def _run(dice: random.Random, kinds: list[str]) -> Run:
    of = config(dice.choice(NAMES)).in_tenant(dice.choice(TENANTS))
    kill = dice.choice((1, 2, 3, 4, 5)) if dice.random() < 0.35 else None
    target = dice.choice(list(Target))
    sink = dice.choice(SINKS[dice.choice(kinds)])
    return Run(of, target, sink, "apply", kill, dice.random() < 0.5)
