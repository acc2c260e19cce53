"""A tenant without a config: how ``import`` and ``init`` are told which, and connect to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import click

from provision.cli.options import Common, Embedded, Served, common
from provision.values import dataclass

if TYPE_CHECKING:
    from provision.cli.progress import Progress
    from provision.engine.observe import Tenant
    from provision.graph.client import Graph
    from provision.plan.model import Target

# Options of verbs that take configs, which have no meaning here.
_ABSENT: dict[str, Any] = {
    "paths": (),
    "variables": {},
    "select": (),
    "changed": None,
    "parallel": 8,
    "log_file": None,
    "deliver": None,
    "identities": None,
    "shard": None,
}


def rule(name: str, of: str = "rules") -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Return the check of an option, or of each item of a list, by a rule of the config's."""

    def check(_: click.Context, __: click.Parameter, value: Any) -> Any:
        from importlib import import_module

        from provision.config.rules import Fault

        checked = getattr(import_module(f"provision.config.{of}"), name)
        try:
            if isinstance(value, tuple):
                return tuple(checked(item) for item in value)
            return None if value is None else checked(value)
        except Fault as fault:
            fix = f" {fault.fix}" if fault.fix else ""
            raise click.BadParameter(f"{fault.why}.{fix}") from None

    return check


def clouds(function: Callable[..., Any], *, default: str | None = "global") -> Callable[..., Any]:
    """Take ``--cloud``."""
    return click.option(
        "--cloud",
        metavar="CLOUD",
        default=default,
        show_default=default is not None,
        callback=rule("cloud"),
        help="The tenant's cloud: global, gcc, gcc-high, dod or china.",
    )(function)


def products(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take ``--product``."""
    return click.option(
        "--product",
        metavar="PRODUCT|FILE",
        callback=_product,
        help="Whose screens the values are for: a product, or a file that describes one.",
    )(function)


def _product(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    from provision.config import asked, rules
    from provision.config.product import is_file

    try:
        return value if value is None or is_file(value) else asked.product(value)
    except rules.Fault as fault:
        raise click.BadParameter(f"{fault.why}. {fault.fix}", ctx, param) from None


def connection(
    function: Callable[..., Any], *, outcome: str, also: Mapping[str, str] | None = None
) -> Callable[..., Any]:
    """Take what signing in to one tenant needs, as one :class:`Common` named ``options``."""
    whole = common(function, outcome=outcome, also=also)

    @click.pass_context
    def bare(ctx: click.Context, /, **given: Any) -> Any:
        return ctx.invoke(whole, **_ABSENT, **given)

    kept = [item for item in getattr(whole, "__click_params__", []) if item.name not in _ABSENT]
    bare.__name__, bare.__doc__ = function.__name__, function.__doc__
    vars(bare)["__click_params__"] = kept
    return bare


@dataclass(frozen=True)
class Opened:
    """The connection to the tenant, and in a rehearsal what makes a mailbox up, as ``plan`` does."""

    tenant: Tenant
    target: Target
    progress: Progress
    make_up: Callable[[str], None]


@asynccontextmanager
async def open_tenant(options: Common, tenant: str, cloud: str) -> AsyncIterator[Opened]:
    """Connect to a tenant, and close the connection at the end. Nothing is written.

    Raises ``ProvisionError`` if the sandbox, or what the environment names, cannot be used.
    """
    from provision.cli.progress import Progress
    from provision.engine.observe import Tenant
    from provision.plan.model import Target

    progress = Progress()
    match options.sandbox:
        case Embedded(state):
            graph, make_up = _embedded(state, options, tenant, cloud, progress)
        case Served(url):
            graph, make_up = _served(url, options, tenant, progress), _nothing
        case None:
            graph, make_up = _real(options, tenant, cloud, progress), _nothing
    target = Target.SANDBOX if options.sandbox else Target.GRAPH
    one = Tenant(graph, tenant)
    try:
        yield Opened(one, target, progress, make_up)
    finally:
        progress.done()
        await one.close()


def _embedded(
    state: str, options: Common, tenant: str, cloud: str, progress: Progress
) -> tuple[Graph, Callable[[str], None]]:
    from provision.cli.session import announce, open_sandbox, virtual_sleep
    from provision.clouds import CLOUDS
    from provision.graph.connect import in_process

    sandbox = open_sandbox(state, persist=False)
    announce(state, options, writes=False)
    tenant_id = sandbox.ensure_tenant(tenant)

    def make_up(address: str) -> None:
        sandbox.ensure_mailbox(tenant_id, address)

    graph = in_process(
        sandbox.app,
        sandbox.administrator_token(tenant_id, CLOUDS[cloud].graph),
        CLOUDS[cloud],
        tenant,
        notify=progress,
        sleep=virtual_sleep(sandbox),
        trace=_trace(options),
        budget=options.timeout,
    )
    return graph, make_up


def _served(url: str, options: Common, tenant: str, progress: Progress) -> Graph:
    from provision.cli.session import announce, served_sandbox
    from provision.graph.connect import over_the_network
    from provision.graph.ways import Auth

    at, administrator, authority = served_sandbox(url)
    announce(url, options, writes=False)
    return over_the_network(
        at,
        tenant,
        Auth(options.auth),
        administrator=administrator,
        authority=authority,
        notify=progress,
        trace=_trace(options),
        budget=options.timeout,
    )


def _real(options: Common, tenant: str, cloud: str, progress: Progress) -> Graph:
    from provision.clouds import CLOUDS
    from provision.graph.connect import over_the_network
    from provision.graph.ways import Auth

    return over_the_network(
        CLOUDS[cloud],
        tenant,
        Auth(options.auth),
        notify=progress,
        trace=_trace(options),
        budget=options.timeout,
    )


def _trace(options: Common) -> Callable[[str], None] | None:
    from provision.cli.console import talk

    return talk if options.verbose else None


def _nothing(_: str) -> None:
    """Make nothing up: what is real is there or not."""
