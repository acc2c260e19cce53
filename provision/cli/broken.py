"""What keeps a config from being worked on: its own faults, what it may not do, and other configs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from provision.cli import sink_identity
from provision.cli.ci import inside
from provision.cli.identities import chosen
from provision.cli.options import Common
from provision.cli.places import refuse_one_place, sharing_a_place
from provision.config import Config, Loaded
from provision.delivery import Spec
from provision.engine.fleet import Broken
from provision.errors import ProvisionError, catalogue, combined


def broken_of(loaded: Loaded, options: Common, *, writes: bool) -> dict[str, Broken]:
    """Return what keeps each config from being worked on, by its path."""
    broken = {item.path: Broken(item.path, item.error, item.name, item.tenant) for item in loaded.unreadable}
    for config in loaded.configs:
        if refused := list(_untrusted(config, options, writes=writes)):
            broken[config.path] = _broken_config(config, refused)
    return broken


def _broken_config(config: Config, faults: Sequence[ProvisionError]) -> Broken:
    desired = config.desired
    error = combined([fault.met_with(config.path, desired.name) for fault in faults])
    return Broken(config.path, error, desired.name, desired.tenant)


def _unnamed(config: Config, options: Common) -> ProvisionError | None:
    if options.sandbox or options.deliver:
        return None
    return sink_identity.refuse_unnamed(config, os.environ)


def elsewhere(
    loaded: Sequence[Config], settled: Sequence[Config], options: Common, *, stops: bool
) -> dict[str, Broken]:
    """Return the configs whose sink is in another tenant, known only now that theirs have their ids.

    Nobody has signed in yet. ``stops``: raises ``ProvisionError`` instead.
    """
    faults = {
        after.path: fault
        for before, after in zip(loaded, settled, strict=True)
        if sink_identity.undecided(before) and (fault := _unnamed(after, options))
    }
    if faults and stops:
        raise combined(list(faults.values()))
    return {c.path: _broken_config(c, [faults[c.path]]) for c in settled if c.path in faults}


def clashing(
    configs: Sequence[Config],
    specs: Sequence[Spec],
    twice: Mapping[str, Sequence[ProvisionError]],
    *,
    writes: bool,
    keep_going: bool,
) -> dict[str, Broken]:
    """Return what cannot be worked on because of another config, known only now that tenants have their ids.

    Raises ``ProvisionError`` where the run may not go on past it; that two are delivered to one place, always
    before anything is written.
    """
    if writes:
        refuse_one_place(configs, specs)
    places = dict(sharing_a_place(configs, specs))
    if twice and writes and not keep_going:
        raise combined([fault for faults in twice.values() for fault in faults])
    faults = {path: list(found) for path, found in twice.items()}
    for path, error in places.items():
        faults.setdefault(path, []).append(error)
    return {c.path: _broken_config(c, faults[c.path]) for c in configs if c.path in faults}


def _untrusted(config: Config, options: Common, *, writes: bool) -> Iterator[ProvisionError]:
    """A config in a pull request is a stranger's text: what it may do by itself is bounded."""
    if (refused := _unchosen(config, options)) is not None:
        yield refused
    if options.sandbox:
        return
    if config.custom_cloud and catalogue.CUSTOM_CLOUD.name not in options.allow:
        yield ProvisionError(catalogue.CUSTOM_CLOUD, where=config.place("tenant", "cloud"))
    runs = writes and config.delivery.kind == "command" and not options.deliver
    if runs and inside() and catalogue.COMMAND_SINK.name not in options.allow:
        yield ProvisionError(catalogue.COMMAND_SINK, where=config.place("secret", "delivery"))
    if not sink_identity.undecided(config) and (unnamed := _unnamed(config, options)):
        yield unnamed
    host = config.delivery.options.foreign_host if config.delivery.options else None
    if host and not options.deliver and catalogue.SINK_HOST.name not in options.allow:
        yield ProvisionError(
            catalogue.SINK_HOST,
            f"the sink {config.delivery.kind} names the host {host}, which is not known",
            where=config.place("secret", "delivery"),
        )


def _unchosen(config: Config, options: Common) -> ProvisionError | None:
    """Return why nobody may sign in for a config; in a rehearsal without a map nobody has to."""
    if options.sandbox and options.identities is None:
        return None
    try:
        chosen(options.identities, config)
    except ProvisionError as error:
        return error
    return None


def moved(configs: Sequence[Config], tenant: str) -> list[Config]:
    """Return the configs as if they named that tenant, in the cloud of those that do, or of them all."""
    there = [config for config in configs if config.desired.tenant == tenant] or configs
    if len({config.desired.cloud.graph for config in there}) > 1:
        raise ProvisionError(
            catalogue.USAGE,
            "--tenant: the configs are of several clouds, so it is not known which one that tenant is in",
            fix="Give the configs of one cloud.",
        )
    return [config.in_tenant(tenant, cloud_of=there[0]) for config in configs]
