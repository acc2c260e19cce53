"""``provision explain``: an error code in full, or every code in a text that was pasted."""

from __future__ import annotations

import click

from provision.cli.completion import codes
from provision.cli.options import output
from provision.cli.streams import out, out_json
from provision.cli.verb import Verb


@click.command(
    cls=Verb,
    examples=(
        "provision explain PRV305",
        "provision explain 'AADSTS7000215: Invalid client secret provided.'",
    ),
)
@click.argument("code", required=False, metavar="[CODE|TEXT]", shell_complete=codes)
@output
def explain(code: str | None, output: str) -> int:
    """Explain an error or finding by its CODE (PRV305) or name; without one, list them all.

    An error of the login service, of Graph or of Exchange may be pasted whole: its codes are looked for.
    """
    from provision import likeness
    from provision.errors import ProvisionError, catalogue
    from provision.report import catalogue as shown
    from provision.report import document

    if code is None:
        entries = sorted(catalogue.ENTRIES.values(), key=lambda entry: entry.code)
        if output == "json":
            listed = {"format": "provision.explanations/1", "entries": [shown.entry_json(e) for e in entries]}
            out_json(document(listed))
        else:
            text = shown.list_text(entries)
            out(f"```text\n{text}\n```" if output == "markdown" else text)
        return 0
    one = catalogue.find(code)
    found = [one] if one else catalogue.in_text(code)
    if not found:
        raise ProvisionError(
            catalogue.UNKNOWN_CODE,
            f"no code of this program, of the login service or of Graph stands in '{code[:200]}'",
            fix=likeness.question(catalogue.near(code)),
        )
    if output == "json":
        documents = [shown.entry_json(entry) for entry in found]
        several = {"format": "provision.explanations/1", "entries": documents}
        out_json(document(documents[0] if len(documents) == 1 else several))
    else:
        as_text = shown.entry_markdown if output == "markdown" else shown.entry_text
        out("\n\n".join(as_text(entry) for entry in found))
    return 0
