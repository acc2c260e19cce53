"""From options to jobs: configs are loaded, tenants opened, sinks chosen. The way in to every verb."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provision.cli import sink_identity
from provision.cli.broken import broken_of, clashing, elsewhere, moved
from provision.cli.configs import found
from provision.cli.console import talk
from provision.cli.identities import chosen
from provision.cli.log_file import LogFile
from provision.cli.options import FOLDER, Common, Embedded, Served
from provision.cli.places import (
    claims,
    findings_of_files,
    reached,
    specs_of,
    word_of,
)
from provision.cli.progress import Progress
from provision.cli.sinks import sink_of, source_of
from provision.cli.tenants import Tenants, key, named_by_id
from provision.clouds import CLOUDS, Cloud
from provision.config import Config
from provision.delivery import Spec
from provision.engine import folder
from provision.engine.began import Began
from provision.engine.fleet import Entry
from provision.engine.job import Job
from provision.engine.journal import Journal
from provision.engine.lock import hold_locks
from provision.engine.observe import Tenant
from provision.engine.session import Session
from provision.errors import ProvisionError, catalogue, combined
from provision.graph.client import Graph
from provision.graph.clock import moment
from provision.graph.connect import Administrator, in_process, over_the_network
from provision.graph.ways import Auth
from provision.plan.model import Target

if TYPE_CHECKING:
    from provision.sandbox import Sandbox

_THREADS = 32  # that write files and deliver at once; one more for each tenant, which signs in to it
_SHOWN = 5  # made-up mailboxes that are named on stderr
# What azure-identity takes for a credential; see graph/credentials.py.
_IDENTITIES = ("AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE")


@asynccontextmanager
async def open_session(
    options: Common,
    *,
    writes: bool,
    keep_going: bool = False,
    tenant: str | None = None,
    lenient: bool = False,
) -> AsyncIterator[Session]:
    """Load the configs and open the tenants they name; ``writes`` is false for a look alone.

    A look goes on past a config that is wrong, or not allowed by name; what writes does so with
    ``keep_going``. With ``tenant``, that one is opened in the place of those that the configs name. With
    ``lenient``, what is wrong with the network's variables is told at each request, not here.

    Raises ``ProvisionError`` for what is wrong with the command line, or with a config where the run may not
    go on past it.
    """
    with _log(options) as log:  # before a tenant is opened: a refused log leaves nothing behind
        async with _opened(options, log, writes, keep_going, tenant, lenient) as session:
            yield session


@contextmanager
def _log(options: Common) -> Iterator[LogFile | None]:
    log = LogFile(options.log_file, _target(options).value) if options.log_file else None
    try:
        yield log
    finally:
        if log is not None:
            log.close()


@asynccontextmanager
async def _opened(  # noqa: PLR0917 - the options of open_session()
    options: Common,
    log: LogFile | None,
    writes: bool,
    keep_going: bool,
    tenant: str | None,
    lenient: bool,
) -> AsyncIterator[Session]:
    began = Began(moment())
    loaded = found(options)
    broken = broken_of(loaded, options, writes=writes)
    if broken and writes and not keep_going:
        raise combined([item.error for item in broken.values()])
    configs = [config for config in loaded.configs if config.path not in broken]
    if tenant is not None:
        configs = moved(configs, tenant)
    progress = Progress()
    tenants = _tenants(configs, options, progress, log, writes=writes, lenient=lenient)
    # Python's own number goes by the processors: a few tenants that nobody answers for would take them
    # all, and whoever signs in elsewhere would wait.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS + len(tenants)))
    try:
        settled, tenants, twice = await named_by_id(configs, tenants)
        options.ci.remember(settled)
        broken |= elsewhere(configs, settled, options, stops=writes and not keep_going)
        shared = Counter(key(config) for config in settled)
        for which, one in tenants.items():
            if shared[which] > 1:
                one.graph.gather()
        specs = specs_of(settled, options, FOLDER)
        if tenant is None:
            broken |= clashing(settled, specs, twice, writes=writes, keep_going=keep_going)
        for one in tenants.values():
            one.begin()
        with hold_locks(claims(settled, specs, options) if writes else (), notify=progress) as waited:
            began = replace(began, waited=waited)
            jobs = {
                job.path: replace(job, began=began)
                for job in _jobs(settled, specs, options, tenants, progress, log)
            }
            entries = [broken.get(entry.path) or jobs[entry.path] for entry in loaded.entries]
            declared = tuple(config.desired for config in loaded.configs)
            tenants_of = {entry.path: _tenant_of(entry) for entry in entries}
            yield Session(
                entries=tuple(entries),
                search=replace(loaded.search, tenants={k: v for k, v in tenants_of.items() if v}),
                progress=progress,
                target=_target(options),
                declared=declared,
                allowed=options.allow,
                parallel=options.parallel,
                log=log,
            )
    finally:
        progress.done()
        await asyncio.gather(*(tenant.close() for tenant in tenants.values()))


def _tenants(
    configs: Sequence[Config],
    options: Common,
    progress: Progress,
    log: LogFile | None,
    *,
    writes: bool,
    lenient: bool,
) -> Tenants:
    match options.sandbox:
        case None:
            return _real(configs, options, progress, log, writes=writes, lenient=lenient)
        case Served(url):
            return _served(url, configs, options, progress, log, writes=writes)
        case Embedded(state):
            return _embedded(state, configs, options, progress, log, writes=writes)


def _tenant_of(entry: Entry) -> str | None:
    return entry.desired.tenant if isinstance(entry, Job) else entry.tenant


def _target(options: Common) -> Target:
    return Target.SANDBOX if options.sandbox else Target.GRAPH


def _real(
    configs: Sequence[Config],
    options: Common,
    progress: Progress,
    log: LogFile | None,
    *,
    writes: bool,
    lenient: bool,
) -> Tenants:
    return _connected(
        configs,
        writes,
        lambda config: over_the_network(
            config.desired.cloud,
            config.desired.tenant,
            Auth(options.auth),
            notify=progress,
            prompt=progress.say,
            trace=talk if options.verbose else None,
            budget=options.timeout,
            lenient=lenient,
            identity=chosen(options.identities, config),
            audit=log,
            share=options.share,
        ),
    )


def _served(
    url: str,
    configs: Sequence[Config],
    options: Common,
    progress: Progress,
    log: LogFile | None,
    *,
    writes: bool,
) -> Tenants:
    """Return a sandbox behind a URL: by azure-identity as its administrator, or as whom AZURE_… names."""
    cloud, administrator, authority = served_sandbox(url, others=options.identities is not None)
    announce(url, options, writes=writes)
    return _connected(
        configs,
        writes,
        lambda config: over_the_network(
            cloud,
            config.desired.tenant,
            Auth(options.auth),
            administrator=administrator,
            authority=authority,
            notify=progress,
            trace=talk if options.verbose else None,
            budget=options.timeout,
            identity=chosen(options.identities, config) if administrator is None else None,
            audit=log,
            share=options.share,
        ),
    )


def served_sandbox(url: str, *, others: bool = False) -> tuple[Cloud, Administrator | None, str | None]:
    """Return a served sandbox as a cloud, its administrator, and the file of its CA as far as it is known.

    No administrator: the AZURE_… variables sign in, or with ``others`` the identities of a map. Those are
    honoured on this machine alone: no real credential is sent to another. ``ProvisionError`` if nobody knows
    how to sign in there.
    """
    from provision.sandbox.serving import announcement

    try:
        parts = urlsplit(url)
        host, bare = parts.hostname or "", (parts.path, parts.query, parts.fragment, parts.username)
        _ = parts.port
    except ValueError:
        host, bare = "", ("", "", "", None)
    if not url.lower().startswith("https://") or not host or any(bare):
        raise ProvisionError(catalogue.USAGE, f"--sandbox-at: write https://HOST:PORT, not '{url}'")
    cloud = Cloud("sandbox", graph=url, login=url, portal=url)
    local = host in ("localhost", "127.0.0.1", "::1")
    endpoint = announcement.find(url)
    if local and (others or any(os.environ.get(name) for name in _IDENTITIES)):
        return cloud, None, str(endpoint.ca_file) if endpoint else None
    if endpoint is None:
        raise ProvisionError(catalogue.SANDBOX_NOT_SERVED, f"no sandbox is known at {url}")
    try:
        administrator = Administrator(endpoint.client_id, endpoint.client_secret)
    except OSError as error:
        raise ProvisionError(catalogue.SANDBOX_NOT_SERVED, f"{url}: {error.strerror}") from error
    return cloud, administrator, str(endpoint.ca_file)


def announce(where: str, options: Common, *, writes: bool) -> None:
    """Say which sandbox it is, and that nothing real is touched."""
    if writes:  # the stand-in file of a rehearsal goes there
        folder.make(FOLDER)
    real = "no real tenant" if catalogue.REHEARSAL_DELIVERY.name in options.allow else "nothing real"
    talk(f"rehearsal on the sandbox {where}: {real} is touched")


def _connected(configs: Sequence[Config], writes: bool, way: Callable[[Config], Graph]) -> Tenants:
    """Return one connection for each tenant, however many configs name it."""
    return {
        key: Tenant(way(config), key[0], reads_ownership=writes)
        for key, config in {key(c): c for c in configs}.items()
    }


def _embedded(
    state: str,
    configs: Sequence[Config],
    options: Common,
    progress: Progress,
    log: LogFile | None,
    *,
    writes: bool,
) -> Tenants:
    sandbox = open_sandbox(state, persist=writes)
    announce(state, options, writes=writes)
    tenants: dict[tuple[str, str], Tenant] = {}
    made_up: dict[str, None] = {}
    for config in configs:
        desired = config.desired
        tenant_id = sandbox.ensure_tenant(desired.tenant)
        sandbox.ensure_mailbox(tenant_id, desired.mailbox.address)
        if key(config) not in tenants:
            # The hosts of a cloud that only the config knows are not those of any Graph here.
            cloud = CLOUDS["global"] if config.custom_cloud else desired.cloud
            graph = in_process(
                sandbox.app,
                sandbox.administrator_token(tenant_id, cloud.graph),
                cloud,
                desired.tenant,
                notify=progress,
                sleep=virtual_sleep(sandbox),
                trace=talk if options.verbose else None,
                budget=options.timeout,
                audit=log,
                share=options.share,
            )
            tenants[key(config)] = Tenant(graph, desired.tenant, reads_ownership=writes)
        address = desired.mailbox.address
        invented = sandbox.made_up(tenant_id, address)
        tenants[key(config)].made_up[address] = invented | {"rights"}
        if "mailbox" in invented:
            made_up.setdefault(f"{tenant_id}, {address}")
    for each in list(made_up)[:_SHOWN]:
        talk(f"made up for it, so nothing says that the real ones are there: {each}")
    if len(made_up) > _SHOWN:
        talk(f"made up for it likewise: {len(made_up) - _SHOWN} more")
    return tenants


def virtual_sleep(sandbox: Sandbox) -> Callable[[float], Awaitable[None]]:
    """Return a way to wait: in a rehearsal that takes no time: the sandbox's clock moves on instead."""

    async def sleep(seconds: float) -> None:
        sandbox.set_clock(advance=timedelta(seconds=seconds))
        await asyncio.sleep(0)  # others may go on meanwhile, as in a wait

    return sleep


def open_sandbox(at: str, *, persist: bool = True) -> Sandbox:
    """Open the embedded sandbox on a state file; ``ProvisionError`` if the state cannot be used.

    ``persist`` is false where what it is asked to do is to leave no trace in the file.
    """
    from provision.sandbox import Sandbox
    from provision.sandbox.keeping.state import StateError

    try:
        sandbox = Sandbox.open(Path(at))
    except StateError as error:
        raise ProvisionError(catalogue.SANDBOX_STATE, f"{at}: {error}", fix=error.fix) from error
    except ValueError as error:  # a path without a name, such as /
        raise ProvisionError(catalogue.SANDBOX_STATE, f"{at!r} names no file") from error
    sandbox.persist = persist
    return sandbox


def _jobs(  # noqa: PLR0917 - what open_session() knows by then
    configs: Sequence[Config],
    specs: Sequence[Spec],
    options: Common,
    tenants: Tenants,
    progress: Progress,
    log: LogFile | None,
) -> tuple[Job, ...]:
    target = _target(options)
    delivering = asyncio.Lock()
    seen = findings_of_files(specs, FOLDER, rehearsal=options.sandbox is not None)
    return tuple(
        Job(
            path=config.path,
            desired=config.desired,
            target=target,
            tenant=tenants[key(config)],
            again=options.again.of(config.path),
            address_at=str(config.place("mail", "address")),
            sink=sink_of(config, spec, options, progress, log),
            source=source_of(config, options, progress),
            journal=_journal(target, config.desired.name, options),
            # Files are each other's business in nothing; a person, or a command, is asked one at a time.
            delivering=asyncio.Lock() if spec.kind == "file" else delivering,
            made_up=tenants[key(config)].made_up.get(config.desired.mailbox.address, frozenset()),
            of_delivery=(*found, *sink_identity.findings(spec, config.desired)),
            allowed=options.allow,
            reaches=reached(config, spec, options),
        )
        for config, spec, found in zip(configs, specs, seen, strict=True)
    )


def _journal(target: Target, name: str, options: Common) -> Callable[[str], Journal]:
    # Of a checkout, .provision may be a stranger's text: a pipeline keeps its journal elsewhere.
    folder_of_it = Path(os.environ.get("PROVISION_JOURNAL") or FOLDER)
    sandbox = word_of(options.sandbox, folder_of_it) if options.sandbox else None
    return lambda tenant_id: Journal(folder_of_it, target.value, tenant_id, name, sandbox)
