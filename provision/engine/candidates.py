"""``provision import --search``: registrations of a tenant that may be the product's. Nothing is written."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from provision import products
from provision.engine.observe import Tenant
from provision.graph import application, candidates, client_secret, owner
from provision.graph.listing import NotReadable
from provision.graph.records import maybe, part, text, texts, time
from provision.outcomes.candidates import Candidate, Candidates, Reason
from provision.plan.model import Target
from provision.products import Product
from provision.resources.application import OWNER_TAG
from provision.resources.owner import Observed as Owner

_AT_ONCE = 8
_WORDS = frozenset(
    word.lower() for name in products.NAMES for word in products.load(name).title.split() if len(word) > 3
)


async def find(tenant: Tenant, target: Target, product: Product) -> Candidates:
    """Return what may be this product's registration, the likeliest first.

    Raises ``ProvisionError`` if the applications cannot be listed; what else may not be read is noted.
    """
    tenant_id = await tenant.id()
    every = await candidates.applications(tenant.graph)
    unread: list[str] = []
    try:
        holders = await candidates.holders(tenant.graph, await tenant.role(product.permission))
    except NotReadable as error:
        holders = frozenset()
        unread.append(f"{error.what}: needs {error.needs}")
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(record: dict[str, Any], reasons: tuple[Reason, ...]) -> Candidate:
        async with limit:
            return await _candidate(tenant, record, reasons)

    likely = [(record, why) for record in every if (why := _reasons(record, holders, product))]
    found = await asyncio.gather(*(one(record, why) for record, why in likely))
    return Candidates(
        target,
        tenant_id,
        tenant.graph.cloud.name,
        len(every),
        tuple(sorted(found, key=_order)),
        tenant.graph.now(),
        tuple(unread),
        permission=product.permission.name,
        redirect_path=product.redirect_path,
    )


def _reasons(record: dict[str, Any], holders: frozenset[str], product: Product) -> tuple[Reason, ...]:
    path, holds = product.redirect_path, text(record, "appId").lower() in holders
    words_of_it = _WORDS | {word.lower() for word in product.title.split() if len(word) > 3}
    uris = texts(part(record, "web"), "redirectUris")
    words = set(re.findall(r"[a-z]+", (maybe(record, "displayName") or "").lower()))
    told = {
        Reason.REDIRECT_URI: path is not None and any(uri.endswith(path) for uri in uris),
        Reason.GRANT: holds and product.permission.sends,
        Reason.READS: holds and not product.permission.sends,
        Reason.TAG: OWNER_TAG in texts(record, "tags"),
        Reason.NAME: bool(words & words_of_it),
    }
    return tuple(reason for reason in Reason if told[reason])


async def _candidate(tenant: Tenant, record: dict[str, Any], reasons: tuple[Reason, ...]) -> Candidate:
    seen = application.observed(record)
    owners: tuple[Owner, ...] | None
    try:
        owners = await owner.of_application(tenant.graph, seen.id)
    except NotReadable:
        owners = None
    return Candidate(
        client_id=seen.app_id,
        object_id=seen.id,
        display_name=seen.display_name,
        unique_name=seen.unique_name,
        created=time(record, "createdDateTime"),
        redirect_uris=seen.redirect_uris,
        reasons=reasons,
        secrets=client_secret.observed(record),
        owners=owners,
    )


def _order(item: Candidate) -> tuple[list[bool], str, str]:
    """First by the surest reason, then by the next: a name alone says least."""
    return [reason not in item.reasons for reason in Reason], item.display_name.lower(), item.client_id
