"""Whether two configs declare one application: the same name, or the same client id, in one tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from provision.config import rules
from provision.config.node import Unset
from provision.errors import ProvisionError, catalogue

if TYPE_CHECKING:
    from provision.config.load import Config

_KEYS = (("name",), ("application", "client_id"))


def declared_twice(configs: Sequence[Config]) -> dict[str, list[ProvisionError]]:
    """Return the faults of each config whose application another one has declared already, by its path.

    Tenants are compared as they are written: where all are ids, nothing is missed.
    """
    faults: dict[str, list[ProvisionError]] = {}
    for keys, alike in _alike(configs):
        first: dict[str, Config] = {}
        for config in alike:
            other = first.setdefault(config.desired.tenant, config)
            if other is not config:
                what = f"is declared for this tenant in {other.place(*keys)} already"
                faults.setdefault(config.path, []).append(_fault(config, keys, what))
    return faults


def perhaps_twice(configs: Sequence[Config]) -> list[ProvisionError]:
    """Return a fault for configs of one name whose tenants cannot be compared as they are written.

    A domain may belong to any tenant. Only asking tells, which every verb does that talks to Graph.
    """
    faults = []
    for keys, alike in _alike(configs):
        tenants = {config.desired.tenant: config for config in alike}  # of each tenant one config
        domains = [tenant for tenant in tenants if not _is_id(tenant)]
        if domains and len(tenants) > 1:
            last = tenants.pop(domains[-1])
            others = ", ".join(str(other.place(*keys)) for other in list(tenants.values())[:3])
            more = f" and {len(tenants) - 3} more" if len(tenants) > 3 else ""
            faults.append(
                _fault(
                    last,
                    keys,
                    f"is declared in {others}{more} too: whether tenant '{domains[-1]}' is "
                    "one of theirs cannot be told offline; they may be one application",
                )
            )
    return faults


def _fault(config: Config, keys: tuple[str, ...], what: str) -> ProvisionError:
    value = config.desired.name if keys == ("name",) else config.desired.application.client_id
    return ProvisionError(catalogue.DUPLICATE_NAME, f"'{value}' {what}", where=config.place(*keys))


def _is_id(tenant: str) -> bool:
    try:
        return bool(rules.guid(tenant))
    except rules.Fault:
        return False


def _alike(configs: Sequence[Config]) -> Iterator[tuple[tuple[str, ...], list[Config]]]:
    """Yield the configs that would be one application if their tenants are one, with the key that says so."""
    for keys in _KEYS:
        groups: dict[tuple[str, str], list[Config]] = {}
        for config in configs:
            desired = config.desired
            value = desired.name if keys == ("name",) else desired.application.client_id
            if value is None or isinstance(value, Unset) or isinstance(desired.tenant, Unset):
                continue
            groups.setdefault((value, desired.cloud.graph), []).append(config)
        for alike in groups.values():
            yield keys, alike
