"""``provision import``: registrations that were made by hand are found, and their configs written."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision.cli.one_tenant import Opened, clouds, connection, open_tenant, products, rule
from provision.cli.options import Common
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.cli import new_file
    from provision.engine.importing import Answers, Facts
    from provision.outcomes.imports import Imported
    from provision.products import Product


@click.command(
    "import",
    cls=Verb,
    examples=(
        "provision import --tenant agency.example --search",
        "provision import 6b2f1c0e-9a54-4d0b-8a3f-2c1d7e5f9b10 --tenant agency.example --out prod.yaml",
    ),
)
@click.argument("client_ids", metavar="[CLIENT_ID]...", nargs=-1, callback=rule("guid"))
@click.option(
    "--tenant", metavar="ID", required=True, callback=rule("tenant"), help="Its id, or a domain of it."
)
@clouds
@click.option("--search", is_flag=True, help="List the registrations that may be the product's, and why.")
@products
@click.option(
    "--address", metavar="MAILBOX", callback=rule("address"), help="The mailbox that mail is sent from."
)
@click.option(
    "--name", metavar="NAME", callback=rule("name"), help="The config's name; of one CLIENT_ID only."
)
@click.option(
    "--stamp", is_flag=True, help="Have apply put the config's name and our tag on the registration."
)
@click.option("--out", metavar="FILE|DIR", help="Where the config goes; of a folder NAME.yaml in it.")
@partial(connection, outcome="imports", also={"--search": "candidates"})
def importing(  # noqa: PLR0917 - click calls it by name
    options: Common,
    client_ids: tuple[str, ...],
    tenant: str,
    cloud: str,
    search: bool,
    product: str | None,
    address: str | None,
    name: str | None,
    stamp: bool,
    out: str | None,
) -> int:
    """Write the config of a registration that was made by hand, so that its plan is empty.

    What the tenant does not tell, the mailbox and perhaps the product, is asked or given by option. Nothing
    in the tenant is changed, and no file is overwritten. What will not be managed is listed.
    """
    from provision.errors import ProvisionError, catalogue

    if search == bool(client_ids):
        raise ProvisionError(
            catalogue.USAGE, "give CLIENT_IDs to import, or --search", fix="Begin with --search."
        )
    if name and len(client_ids) > 1:
        raise ProvisionError(
            catalogue.USAGE, "--name is of one CLIENT_ID", fix="Leave it out: each gets its own."
        )
    if client_ids and not out:
        raise ProvisionError(
            catalogue.USAGE, "where does the config go?", fix="Add --out FILE, or --out FOLDER/."
        )
    given = {"product": product, "address": address, "name": name}
    return asyncio.run(
        _search(options, tenant, cloud, product)
        if search
        else _import(options, tenant, cloud, client_ids, given, stamp=stamp, out=out or "")
    )


async def _search(options: Common, tenant: str, cloud: str, product: str | None) -> int:
    from provision.cli import emit
    from provision.engine import candidates
    from provision.products import DEFAULT

    profile = _profile(product or DEFAULT)
    async with open_tenant(options, tenant, cloud) as session:
        session.progress("looking through the tenant ...")
        found = await candidates.find(session.tenant, session.target, profile)
    return emit.finish(replace(found, product=product, again=options.again), options)


async def _import(
    options: Common,
    tenant: str,
    cloud: str,
    client_ids: tuple[str, ...],
    given: dict[str, str | None],
    *,
    stamp: bool,
    out: str,
) -> int:
    from provision.cli import emit, new_file
    from provision.errors import ProvisionError
    from provision.outcomes.imports import Imports

    place = new_file.Place(out, several=len(client_ids) > 1)
    items: list[Imported | ProvisionError] = []
    async with open_tenant(options, tenant, cloud) as session:
        for client_id in dict.fromkeys(client_ids):
            session.progress(f"looking at {client_id} ...")
            names = {item.name for item in items if not isinstance(item, ProvisionError)}
            try:
                items.append(await _one(session, options, client_id, given, names, place, stamp=stamp))
            except ProvisionError as error:
                items.append(error.met_with(client_id, None))
    return emit.finish(Imports(tuple(items), out=out, again=options.again), options)


async def _one(  # noqa: PLR0917 - what _import() knows
    session: Opened,
    options: Common,
    client_id: str,
    given: dict[str, str | None],
    names: set[str],
    place: new_file.Place,
    *,
    stamp: bool,
) -> Imported:
    from provision.engine import importing as engine

    found = await engine.facts(session.tenant, client_id)
    name = given["name"] or await engine.name(session.tenant, found, names)
    path = place.of(name)
    answers = _answers(session, found, given, name, path, stamp=stamp)
    session.make_up(answers.address)
    made = await engine.checked(session.tenant, session.target, found, answers, options.allow)
    place.write(path, made.text)
    return replace(made.imported, path=path)


def _answers(
    session: Opened, found: Facts, given: dict[str, str | None], name: str, path: str, *, stamp: bool
) -> Answers:
    from provision.cli.questions import Question, answer
    from provision.config import asked, rules
    from provision.config.product import is_file
    from provision.engine.importing import Answers
    from provision.products import NAMES

    session.progress.done()
    whose = f"of '{found.app.display_name}' ({found.app.app_id})"
    product = given["product"] or answer(
        Question(f"Product {whose}", "--product", asked.product, found.product, ", ".join(NAMES)),
        sure=found.product is not None,
    )
    profile, here = _profile(product), None
    if is_file(product):
        here, product = _ways(product, path)
    address = given["address"] or answer(
        Question(f"Mailbox {whose}", "--address", rules.address, None, "noreply@agency.gov")
    )
    return Answers(product, profile, address, name, stamp=stamp, here=here)


def _profile(product: str) -> Product:
    from provision.config.product import is_file, of_file
    from provision.products import load

    return of_file(product) if is_file(product) else load(product)


def _ways(file: str, config: str) -> tuple[str, str]:
    """Return the ways to a product's file: from the working folder, and from the config's."""
    from provision.config import extend
    from provision.errors import ProvisionError, catalogue

    if not extend.inside(file, extend.root_of(config)):
        raise ProvisionError(
            catalogue.PRODUCT_FILE,
            f"'{file}' is outside the folder tree of {config}, which could not name it",
            fix="Keep the file in the same repository or folder as the configs.",
        )
    here, there = (Path(os.path.relpath(file, start)).as_posix() for start in (".", Path(config).parent))
    return f"./{here}", there if there.startswith("../") else f"./{there}"
