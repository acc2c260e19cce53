"""Who signs in to a sink. A config names a tenant or identity of the sink's own only with leave from outside.

That leave is ``PROVISION_SINK_TENANTS``, a list of GUIDs separated by commas or spaces. An entry is a tenant,
a client id, or both as ``TENANT/CLIENT_ID``, which then are meant together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from provision.config import Config
from provision.delivery import Spec
from provision.delivery.interface import EntraOptions
from provision.errors import Finding, ProvisionError, Severity, catalogue
from provision.resources import Desired

VARIABLE = "PROVISION_SINK_TENANTS"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def of(spec: Spec, desired: Desired) -> tuple[str, str | None] | None:
    """Return the tenant and the client id that a sink names as its own; ``None`` if it has the config's."""
    options = spec.options
    if not isinstance(options, EntraOptions):
        return None
    tenant = options.tenant or desired.tenant
    return None if tenant == desired.tenant and options.client_id is None else (tenant, options.client_id)


def findings(spec: Spec, desired: Desired) -> tuple[Finding, ...]:
    """Return what a plan says of a sink with a tenant or an identity of its own."""
    if of(spec, desired) is None:
        return ()
    said = f"a new secret would go to the sink {spec.kind}{spec.options.identity}"
    return (Finding(catalogue.SINK_ELSEWHERE, Severity.INFO, said),)


def refuse_unnamed(config: Config, environment: Mapping[str, str]) -> ProvisionError | None:
    """Return the refusal of a config whose sink names a tenant or an identity that nobody else names."""
    named = of(config.delivery, config.desired)
    if named is None:
        return None
    tenant, client_id = named
    where = config.place("secret", "delivery")
    if config.custom_cloud:
        return ProvisionError(
            catalogue.SINK_TENANT,
            "a sink's own tenant or identity is signed in to at Microsoft's hosts only, not a custom cloud's",
            fix="Take tenant and client_id out of the sink, or use one of the clouds by name.",
            where=where,
        )
    if _allowed(tenant, client_id, config.desired.tenant, environment.get(VARIABLE, "")):
        return None
    wanted = f"{tenant}/{client_id}" if client_id else tenant
    said = f" as the application {client_id}" if client_id else ""
    return ProvisionError(
        catalogue.SINK_TENANT,
        f"the sink {config.delivery.kind} is in the tenant {tenant}{said}, and {VARIABLE} does not name it",
        fix=f"If you trust it, set {VARIABLE}={wanted} where the run is started.",
        where=where,
    )


def undecided(config: Config) -> bool:
    """Say whether only a lookup tells if the sink's tenant is the config's own, named by a domain."""
    named = of(config.delivery, config.desired)
    return named is not None and not _GUID.fullmatch(config.desired.tenant.lower())


def _allowed(tenant: str, client_id: str | None, own: str, text: str) -> bool:
    alone: set[str] = set()
    together: set[tuple[str, str]] = set()
    for entry in re.split(r"[\s,;]+", text.lower()):
        first, slash, second = entry.partition("/")
        if slash and _GUID.fullmatch(first) and _GUID.fullmatch(second):
            together.add((first, second))
        elif not slash and _GUID.fullmatch(first):
            alone.add(first)
    if client_id is not None and (tenant, client_id) in together:
        return True
    return (tenant == own or tenant in alone) and (client_id is None or client_id in alone)
