"""``provision explain``: an error code in full."""

from __future__ import annotations

import click

from provision.cli.options import output


@click.command()
@click.argument("code", required=False)
@output
def explain(code: str | None, output: str) -> int:
    """Explain an error or finding by its CODE (PRV305) or its name; without one, list them all."""
    from provision.errors import ProvisionError, catalogue
    from provision.report import catalogue as shown
    from provision.report import document

    if code is None:
        entries = sorted(catalogue.ENTRIES.values(), key=lambda entry: entry.code)
        if output == "json":
            listed = {"format": "provision.explanations/1", "entries": [shown.entry_json(e) for e in entries]}
            click.echo(document(listed))
        else:
            text = shown.list_text(entries)
            click.echo(f"```text\n{text}\n```" if output == "markdown" else text)
        return 0
    entry = catalogue.find(code)
    if entry is None:
        near = catalogue.near(code)
        raise ProvisionError(
            catalogue.UNKNOWN_CODE,
            f"there is no code or name '{code}'",
            fix=f"Did you mean '{near}'?" if near else None,
        )
    if output == "json":
        click.echo(document(shown.entry_json(entry)))
    else:
        click.echo(shown.entry_markdown(entry) if output == "markdown" else shown.entry_text(entry))
    return 0
