"""Many configs in one run, one request that fails, and whose objects each request and each write was about.

The program runs in this process on an embedded sandbox that is copied from a prepared one, so a run costs no
more than its requests. Which config a request belongs to is known from the task that sent it; whose object it
names, from the store. So a request, a write or a file that is another config's does not go unnoticed.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import pickle
import random
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import unquote

import httpx

from provision.cli.main import run as run_program
from provision.engine import carry_out, fleet
from provision.engine.job import Job
from provision.graph.batch import Batches
from provision.graph.request import Request
from provision.sandbox import Sandbox, Weather
from provision.sandbox.clock import Clock
from tests.crash.effects import weather
from tests.crash.own import ADOPTED, LIMITED, NAMES, Asked, Owned, Ran, items, judge, tenant_of

DELIVER = ("--yes", "--deliver", "file:{name}.secret")
_RUNNING: ContextVar[str | None] = ContextVar("config", default=None)
_GATHERED: ContextVar[bool] = ContextVar("gathered", default=False)  # noted part by part
_CONFIG = """\
version: 1
name: {name}
tenant: {{id: {tenant}}}
application: {{display_name: '{shown}', admin_url: 'https://{name}.agency.example'{more}}}
mail: {{address: box-{name}@agency.example{scope}}}
consent: {consent}
"""


@dataclass(frozen=True)
class Verb:
    """What is run, on which prepared tenant, and what is changed before."""

    argv: tuple[str, ...]
    state: str
    only: frozenset[str] | None = None  # it takes one config, of these
    renamed: bool = False  # the configs have another display name than the applications
    days: int = 0  # that pass before

    @property
    def reads(self) -> bool:
        """Whether it only looks, so that what it says of a config must be what it says in calm weather."""
        return not self.renamed and not self.days and self.argv[0] in ("plan", "show", "drift")


VERBS = (
    Verb(("plan",), "applied"),
    Verb(("plan",), "empty"),
    Verb(("show",), "applied"),
    Verb(("drift",), "applied"),
    Verb(("expiry",), "applied"),
    Verb(("doctor",), "applied"),
    Verb(("apply", *DELIVER), "empty"),
    Verb(("apply", *DELIVER, "--verify"), "empty"),
    Verb(("apply", *DELIVER), "applied", renamed=True),
    Verb(("apply", *DELIVER), "applied", days=170),
    Verb(("rotate", *DELIVER), "applied"),
    Verb(("rotate", "--emergency", *DELIVER), "applied"),
    Verb(("rotate", "--again", *DELIVER), "rotated"),
    Verb(("rotate", "--confirm", *DELIVER), "rotated"),
    Verb(("consent", "--yes"), "not granted"),
    Verb(("verify", "--secret-from", "file:{name}.secret"), "applied", only=frozenset(NAMES) - LIMITED),
    Verb(("exchange",), "applied", only=LIMITED),
)


Swap = Callable[[Asked, httpx.Response, Ran], httpx.Response]


class Many:
    """Prepared tenants, and runs on copies of them."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self._root, self.names = root, tuple(names)
        self._stores: dict[str, bytes] = {}
        self._calm: dict[Verb, dict[str, Any]] = {}
        self._prepare()

    # -- what is there before ---------------------------------------------------------------

    def _prepare(self) -> None:
        sandbox = Sandbox.open(None)
        by_hand = {name: _make_by_hand(sandbox, name) for name in sorted(ADOPTED & {*self.names})}
        for state, consent in (("empty", "grant"), ("not granted", "handoff")):
            folder = self._root / state
            folder.mkdir(mode=0o700, parents=True)
            for name in self.names:
                _write(folder, name, client_id=by_hand.get(name), consent=consent)
        self._keep("empty", sandbox)
        self._follow("empty", "applied", "apply", *DELIVER)
        self._follow("applied", "rotated", "rotate", *DELIVER)
        self._keep("not granted", sandbox)
        self._follow("not granted", "not granted", "apply", *DELIVER)

    def _follow(self, before: str, after: str, *argv: str) -> None:
        folder = self._root / after
        if after != before:
            shutil.copytree(self._root / before, folder)
        sandbox = self.sandbox(before)
        ran = launch(sandbox, folder, [argv[0], *_paths(self.names), *argv[1:]], random.Random(0))
        assert ran.code in (0, 3), ran
        sandbox.set_clock(advance=timedelta(hours=1))  # nothing is young any more
        self._keep(after, sandbox)

    def _keep(self, state: str, sandbox: Sandbox) -> None:
        self._stores[state] = pickle.dumps(sandbox.store)

    def sandbox(self, state: str) -> Sandbox:
        """Return a copy of a prepared tenant, in memory."""
        return Sandbox(None, pickle.loads(self._stores[state]), Clock())

    # -- a run ----------------------------------------------------------------------------

    def run(self, seed: int) -> tuple[Verb, bool]:
        """One verb on 2 to 20 configs while a request fails; return the verb, and whether one did.

        Raises ``AssertionError`` for whatever is another config's.
        """
        dice = random.Random(seed)
        verb, names = dice.choice(VERBS), sorted(dice.sample(NAMES, dice.randint(2, 20)))
        if verb.only is not None:
            names = [dice.choice(sorted(verb.only))]
        with self.copied(verb, names) as (sandbox, folder):
            before = Owned(sandbox)
            storm = sandbox.weather = _any_weather(sandbox, dice, len(names))
            ran = self.launch(verb, names, sandbox, folder, dice)
            fault = storm._faults or storm
            what = f"seed {seed}: {' '.join(verb.argv)} on {len(names)} configs, {verb.state}; {fault}"
            try:
                judge(before, Owned(sandbox), ran, names, folder)
                if verb.reads:
                    self._agrees(verb, ran)
            except AssertionError as error:
                raise AssertionError(f"{what}: {error}\nexit {ran.code}\n{ran.err[-2000:]}") from error
        return verb, all(fault.seen >= fault.nth for fault in storm._faults)

    @contextlib.contextmanager
    def copied(self, verb: Verb, names: Sequence[str]) -> Iterator[tuple[Sandbox, Path]]:
        """A tenant and a folder of their own, as the verb is to find them."""
        with tempfile.TemporaryDirectory(dir=self._root) as made:
            folder = Path(made) / "work"
            shutil.copytree(self._root / verb.state, folder)
            sandbox = self.sandbox(verb.state)
            if verb.days:
                sandbox.set_clock(advance=timedelta(days=verb.days))
            for name in names if verb.renamed else ():
                path = folder / f"{name}.yaml"
                path.write_text(path.read_text().replace(f"'Mail {name}'", f"'Post {name}'"))
            yield sandbox, folder

    def launch(
        self,
        verb: Verb,
        names: Sequence[str],
        sandbox: Sandbox,
        folder: Path,
        dice: random.Random,
        *,
        swap: Swap | None = None,
    ) -> Ran:
        """Run the verb on these configs, as many side by side as the dice say."""
        argv = [verb.argv[0], *_paths(names), *(text.replace("{name}", names[0]) for text in verb.argv[1:])]
        if verb.only is None:
            argv = [verb.argv[0], *_paths(names), *verb.argv[1:], "--parallel", str(dice.choice((2, 4, 20)))]
        return launch(sandbox, folder, argv, dice, config=names[0] if verb.only else None, swap=swap)

    def _agrees(self, verb: Verb, ran: Ran) -> None:
        """What was said of each config is what is said of it when nothing fails."""
        if verb not in self._calm:
            calm = launch(
                self.sandbox(verb.state),
                self._root / verb.state,
                [verb.argv[0], *_paths(self.names), *verb.argv[1:]],
                random.Random(0),
            )
            self._calm[verb] = {item["name"]: _lasting(item) for item in items(calm.document)}
        for item in items(ran.document):
            said, calm_said = _lasting(item), self._calm[verb][item["name"]]
            assert said == calm_said, f"{item['name']}: {said}, in calm weather {calm_said}"


def _lasting(item: Any) -> Any:
    """What does not change from one run to the next."""
    lasting = {key: value for key, value in item.items() if key not in ("time", "created", "checked")}
    if lasting.get("last_use"):  # when the report of sign-ins was read
        lasting["last_use"] = lasting["last_use"] | {"read": None}
    return lasting


def _any_weather(sandbox: Sandbox, dice: random.Random, configs: int) -> Weather:
    """Let a request of any kind fail, once or a few times, in any way; or several, here and there."""
    storm = weather(sandbox)
    path, most = dice.choice(
        (
            ("*", 6 * configs),
            ("*", 2 * configs),
            ("*applications(uniqueName=*", configs),
            ("*servicePrincipals(appId=*", configs),
            ("*/applications/*", configs),
            ("*/users/*", configs),
        )
    )
    nth, times = dice.randint(1, most), dice.choice((1, 1, 1, 2, 3))
    match dice.choice(("429", "500", "503", "504", "reset", "reset", "lost", "lost", "weather")):
        case "reset":
            storm.cut("*", path, "before", nth=nth, times=times)
        case "lost":
            storm.cut("*", path, "after", nth=nth, times=times)
        case "weather":
            rates = dict.fromkeys(("throttle", "error", "reset", "lost_reply"), 0.04)
            return weather(sandbox, seed=nth, replication=dice.choice((0.0, 5.0)), **rates)
        case status:
            wait = {"Retry-After": "7"} if status == "429" else None
            storm.fail("*", path, int(status), nth=nth, times=times, headers=wait)
    return storm


def launch(
    sandbox: Sandbox,
    folder: Path,
    argv: Sequence[str],
    dice: random.Random,
    *,
    config: str | None = None,
    swap: Swap | None = None,
) -> Ran:
    """Run the program on this sandbox, with every request and its config (the only one, or each) noted.

    ``swap`` may put another answer in place of the one that came.
    """
    out, err, here = io.StringIO(), io.StringIO(), Path.cwd()
    _RUNNING.set(config)
    ran = Ran(-1, None, "")
    argv = [*argv, "--sandbox-at", "s.json", "-o", "json", *_allowed(argv[0])]
    with (
        mock.patch.object(Sandbox, "open", return_value=sandbox),
        mock.patch.object(httpx.ASGITransport, "handle_async_request", _noting(ran, dice, swap)),
        mock.patch.object(Batches, "answer", _noting_parts(ran, dice, swap)),
        mock.patch.object(Batches, "_carry", _carried),
        mock.patch.object(fleet, "run_each", _named_each),
        mock.patch.object(carry_out, "run_each", _named_each),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        os.chdir(folder)
        try:
            ran.code = run_program(argv)
        finally:
            os.chdir(here)
    ran.err = err.getvalue()
    with contextlib.suppress(ValueError):
        ran.document = json.loads(out.getvalue())
    sandbox.weather = Weather()
    return ran


def _allowed(verb: str) -> tuple[str, ...]:
    return ("--allow", "many-changes") if verb in ("apply", "rotate", "consent") else ()


_EACH = fleet.run_each


async def _named_each(
    jobs: Sequence[Job],
    call: Callable[[Job], Awaitable[Any]],
    *,
    parallel: int,
    watch: fleet.Watch | None = None,
) -> Any:
    """``fleet.run_each``, with the name of the config known to all that its call does."""

    async def one(job: Job) -> Any:
        _RUNNING.set(job.desired.name)
        return await call(job)

    return await _EACH(jobs, one, parallel=parallel, watch=watch)


def _noting(ran: Ran, dice: random.Random, swap: Swap | None) -> Any:
    """A transport that notes each request and lets others go first, by the dice."""
    original = httpx.ASGITransport.handle_async_request

    async def noted(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        if _GATHERED.get():
            return await original(transport, request)
        body = (await request.aread()).decode()

        async def send() -> httpx.Response:
            response = await original(transport, request)
            await response.aread()
            return response

        return await _note(ran, dice, swap, f"{request.method} {unquote(str(request.url))} {body}", send)

    return noted


def _noting_parts(ran: Ran, dice: random.Random, swap: Swap | None) -> Any:
    """The same of what goes in batches, where it is still known which config asks."""
    original = Batches.answer

    async def noted(batches: Batches, request: Request) -> httpx.Response:
        async def send() -> httpx.Response:
            answer = await original(batches, request)
            if isinstance(answer, httpx.Response):
                return answer
            content = b"" if answer.body is None else json.dumps(answer.body).encode()
            asked = httpx.Request(request.method.value, request.url)
            return httpx.Response(answer.status, headers=dict(answer.headers), content=content, request=asked)

        body = (request.content or b"").decode()
        return await _note(ran, dice, swap, f"{request.method.value} {unquote(request.url)} {body}", send)

    return noted


_CARRY = Batches._carry


async def _carried(batches: Batches, part: Any) -> None:
    _GATHERED.set(True)
    await _CARRY(batches, part)


async def _note(
    ran: Ran,
    dice: random.Random,
    swap: Swap | None,
    line: str,
    send: Callable[[], Awaitable[httpx.Response]],
) -> httpx.Response:
    for _ in range(dice.choice((0, 0, 1, 3, 9))):
        await asyncio.sleep(0)
    asked = Asked(_RUNNING.get(), unquote(line).lower())
    ran.asked.append(asked)
    response = await send()
    path = line.split(" ")[1].split("?", maxsplit=1)[0]
    if path.endswith("/addPassword") and response.status_code == 200:
        answer = response.json()
        ran.minted[answer["secretText"]] = (answer["keyId"], path.split("/")[-2])
    for _ in range(dice.choice((0, 0, 1, 3))):
        await asyncio.sleep(0)
    return response if swap is None else swap(asked, response, ran)


def _paths(names: Sequence[str]) -> list[str]:
    return [f"{name}.yaml" for name in names]


def _write(folder: Path, name: str, *, client_id: str | None, consent: str) -> None:
    text = _CONFIG.format(
        name=name,
        tenant=tenant_of(name),
        shown=f"Mail {name}",
        more=f", client_id: {client_id}" if client_id else "",
        scope=", scope: mailbox" if name in LIMITED else "",
        consent=consent,
    )
    (folder / f"{name}.yaml").write_text(text)


def _make_by_hand(sandbox: Sandbox, name: str) -> str:
    """Make a registration as a person would in the portal; return its client id."""
    tenant_id = sandbox.ensure_tenant(tenant_of(name))
    token = sandbox.administrator_token(tenant_id)

    async def post() -> Any:
        transport = httpx.ASGITransport(app=sandbox.app)
        async with httpx.AsyncClient(
            transport=transport, headers={"Authorization": f"Bearer {token}"}
        ) as http:
            made = await http.post(
                "https://graph.microsoft.com/v1.0/applications",
                json={"displayName": f"by hand {name}", "signInAudience": "AzureADMyOrg"},
            )
            return made.json()

    return str(asyncio.run(post())["appId"])


@contextlib.contextmanager
def prepared(root: Path, names: Sequence[str] = NAMES) -> Iterator[Many]:
    """The prepared tenants, with a cache folder of their own."""
    with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": str(root / "cache")}):
        yield Many(root / "many", names)
