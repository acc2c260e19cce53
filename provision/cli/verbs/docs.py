"""``provision docs``: the pages that come with the program, where no browser and no network is."""

from __future__ import annotations

import click

from provision.cli.completion import page_names
from provision.cli.streams import out
from provision.cli.verb import Verb


@click.command(cls=Verb, examples=("provision docs", "provision docs first-run"))
@click.argument("page", required=False, metavar="[PAGE]", shell_complete=page_names)
def docs(page: str | None) -> int:
    """Print the page called PAGE, as Markdown; without one, list them all."""
    from provision import shipped
    from provision.cli.verbs.example import chosen

    there = {key: file.read_text(encoding="utf-8") for key, file in shipped.pages().items()}
    if page is None:
        width = max(map(len, there))
        out("\n".join(f"{key:{width}}  {shipped.title_of_page(text)}" for key, text in there.items()))
    else:
        out(there[chosen(page, there, "page")], nl=False)
    return 0
