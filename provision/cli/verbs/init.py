"""``provision init``: a config by questions, each of which an option answers, too."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.one_tenant import clouds, connection, open_tenant, rule
from provision.cli.options import Common
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.config.writing import Draft

_SHOWN = 5  # candidates that are named
_NOT_LOOKED_UP = "whether a registration is there already was not looked up"


@click.command(
    cls=Verb,
    examples=(
        "provision init",
        "provision init --product pal --admin-url https://pal.agency.gov --address noreply@agency.gov "
        "--tenant agency.gov --out pal.yaml",
    ),
)
@click.option(
    "--product", metavar="PRODUCT", callback=rule("product", "asked"), help="Whose screens they are for."
)
@click.option(
    "--admin-url", metavar="URL", callback=rule("admin_url", "urls"), help="The product's admin address."
)
@click.option(
    "--address", metavar="MAILBOX", callback=rule("address"), help="The mailbox, which must be there."
)
@click.option("--tenant", metavar="ID", callback=rule("tenant"), help="Its id, or a domain of it.")
@partial(clouds, default=None)
@click.option(
    "--name", metavar="NAME", callback=rule("name"), help="The config's name; by default the product's."
)
@click.option("--out", metavar="FILE|DIR", help="The file to write; by default NAME.yaml.")
@partial(connection, outcome="begun")
def init(  # noqa: PLR0917 - click calls it by name
    options: Common,
    product: str | None,
    admin_url: str | None,
    address: str | None,
    tenant: str | None,
    cloud: str | None,
    name: str | None,
    out: str | None,
) -> int:
    """Begin a config by questions: product, admin address, mailbox, tenant. Each is an option, too.

    Every answer is checked at once. The cloud is guessed from the tenant's OpenID document. Where a
    registration that may be the product's is there already, importing it is offered. Writes one new file, and
    the lines that keep secrets out of git into .gitignore; changes nothing in the tenant.
    """
    from provision.cli.init_questions import draft

    given = {"product": product, "admin_url": admin_url, "address": address, "tenant": tenant, "name": name}
    return asyncio.run(_init(options, draft(given, cloud), cloud, out))


async def _init(options: Common, begun: Draft, cloud: str | None, out: str | None) -> int:
    from provision.cli import emit, gitignore, new_file
    from provision.cli.questions import agreed
    from provision.config.writing import text
    from provision.engine.importing import read_back
    from provision.errors import ProvisionError
    from provision.outcomes.begun import Begun

    place = new_file.Place(out or f"{begun.name}.yaml")
    path, notes, answered = place.of(begun.name), list[str](), True
    if cloud is None:
        begun, note, answered = await _with_cloud(options, begun)
        notes.append(note)
    found, note = await _candidates(options, begun) if answered else ((), _NOT_LOOKED_UP)
    notes += [note] if note else []
    result = Begun(path, begun.name, begun.tenant, begun.cloud, (), found, tuple(notes), options.again)
    if found and not agreed(
        f"{found[0]} may be the product's already. Write a config that makes another one?"
    ):
        return emit.finish(replace(result, path=None), options)
    written = text(begun)
    read_back(written)
    place.write(path, written)
    try:
        result = replace(result, ignored=gitignore.complete())
    except ProvisionError as error:
        note = f"{error.message}; before you commit, have git ignore {', '.join(gitignore.LINES)}"
        result = replace(result, notes=(*notes, note))
    return emit.finish(result, options)


async def _with_cloud(options: Common, begun: Draft) -> tuple[Draft, str, bool]:
    """Return the draft with the cloud that the tenant's document tells, how it is known, and whether it is.

    A rehearsal asks nobody.
    """
    from provision.clouds import CLOUDS
    from provision.errors import ProvisionError, catalogue
    from provision.graph.guess import clouds_of

    if options.sandbox is not None:
        return begun, "a rehearsal: the cloud was not looked up, and is taken for the worldwide one", True
    try:
        async with open_tenant(options, begun.tenant, "global") as session:
            known = await clouds_of(session.tenant.graph, begun.tenant)
    except ProvisionError as error:
        note = f"the cloud was not looked up, and is taken for the worldwide one: {error.message}"
        return begun, note, False
    if known is None:
        return begun, "the cloud could not be told, and is taken for the worldwide one", False
    if not known:
        raise ProvisionError(catalogue.TENANT_NOT_FOUND, f"no cloud has a tenant '{begun.tenant}'")
    if len(known) > 1:
        names = " or ".join(sorted(known, key=list(CLOUDS).index))
        raise ProvisionError(
            catalogue.USAGE, f"the tenant is in {names}", fix="Add --cloud with one of these."
        )
    (name,) = known
    return replace(begun, cloud=name), f"the tenant's OpenID document names the cloud {name}", True


async def _candidates(options: Common, begun: Draft) -> tuple[tuple[str, ...], str]:
    """Return the client ids of what may be the product's, and a note where the caller cannot look."""
    from provision.engine import candidates
    from provision.errors import ProvisionError
    from provision.outcomes.candidates import Reason
    from provision.products import load

    try:
        async with open_tenant(options, begun.tenant, begun.cloud) as session:
            listed = await candidates.find(session.tenant, session.target, load(begun.product))
    except ProvisionError as error:
        return (), f"{_NOT_LOOKED_UP}: {error.message}"
    sure = [one.client_id for one in listed.found if Reason.REDIRECT_URI in one.reasons]
    return tuple(sure[:_SHOWN]), ""
