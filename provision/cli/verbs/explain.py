"""``provision explain``: an error code in full, or every code in a text that was pasted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.completion import codes as complete_codes
from provision.cli.options import output
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.errors import ProvisionError
    from provision.errors.codes import Reading
    from provision.report.formats import Format

_LARGEST = 1024 * 1024  # bytes of standard input


@click.command(
    cls=Verb,
    examples=(
        "provision explain PRV305",
        "provision explain 'AADSTS7000215: Invalid client secret provided.'",
    ),
)
@click.argument("code", required=False, metavar="[CODE|TEXT]", shell_complete=complete_codes)
@partial(output, outcome="explanation")
def explain(code: str | None, output: Format) -> int:
    """Explain an error or finding by its CODE (PRV305) or name; without one, list them all.

    An error of the login service, of Graph or of Exchange may be pasted whole: its codes are looked for.
    '-' reads the text from standard input.
    """
    from provision.cli import emit
    from provision.errors import catalogue, codes
    from provision.outcomes.explanation import Explanation

    if code is None:
        entries = sorted(catalogue.ENTRIES.values(), key=lambda entry: entry.code)
        return emit.finish(Explanation(tuple(entries), whole=True), emit.Plainly(output))
    text = _pasted() if code == "-" else code
    one, reading = catalogue.find(text), codes.read(text)
    found = [one] if one else catalogue.in_text(text)
    if not found:
        raise _unknown(text, reading)
    done = emit.finish(Explanation(tuple(found), () if one else reading.known), emit.Plainly(output))
    if reading.unknown and not one:
        click.echo(f"not known here: {', '.join(reading.unknown)}. {_whom_to_ask(reading)}", err=True)
    return done


def _pasted() -> str:
    """Return what comes on standard input; ``ProvisionError`` if it cannot be read."""
    from provision import bounded
    from provision.errors import ProvisionError, catalogue

    try:
        return bounded.decoded(bounded.all_of_stdin(_LARGEST), "replace").strip()
    except OSError as error:
        message = f"the text cannot be read from standard input: {error.strerror}"
        raise ProvisionError(catalogue.USAGE, message, fix="Paste what stands around the code.") from None


def _unknown(text: str, reading: Reading) -> ProvisionError:
    from provision import likeness
    from provision.errors import ProvisionError, catalogue
    from provision.redaction import redacted

    if reading.unknown or reading.ids:
        named = f"{', '.join(reading.unknown)} is" if reading.unknown else "what was pasted is"
        return ProvisionError(catalogue.UNKNOWN_CODE, f"{named} not known here", fix=_whom_to_ask(reading))
    return ProvisionError(
        catalogue.UNKNOWN_CODE,
        f"no code of this program, of the login service or of Graph stands in '{redacted(text)[:200]}'",
        fix=likeness.question(catalogue.near(text)),
    )


def _whom_to_ask(reading: Reading) -> str:
    """Say what is still of use of a text whose code is not known: where to look, and what support asks
    for.
    """
    told = ", ".join(f"{name} {value}" for name, value in reading.ids.items())
    told = told or "the request or trace id and the time, which stand beside the code"
    number = next((code for code in reading.unknown if code.startswith("AADSTS")), None)
    page = "https://learn.microsoft.com/graph/errors"
    if number:
        page = f"https://login.microsoftonline.com/error?code={number.removeprefix('AADSTS')}"
    return (
        f"See {page}; who runs the tenant finds the request in Entra > Monitoring > Sign-in logs. "
        f"Microsoft's support asks for {told}."
    )
