"""``provision example``: the configs that come with the program, to begin from."""

from __future__ import annotations

import click

from provision.cli.completion import example_names
from provision.cli.streams import out
from provision.cli.verb import Verb


@click.command(cls=Verb, examples=("provision example", "provision example prod --out prod.yaml"))
@click.argument("name", required=False, metavar="[NAME]", shell_complete=example_names)
@click.option("--out", "path", metavar="FILE", help="Write it into a new file, in UTF-8.")
def example(name: str | None, path: str | None) -> int:
    """Print the example config called NAME; without one, list them all."""
    from provision import shipped
    from provision.cli import out_file
    from provision.cli.console import talk

    there = {key: file.read_text(encoding="utf-8") for key, file in shipped.examples().items()}
    if name is None:
        if path is not None:
            raise click.UsageError("--out needs the NAME of an example")
        width = max(map(len, there))
        out("\n".join(f"{key:{width}}  {shipped.said_of_example(text)}" for key, text in there.items()))
        return 0
    text = there[chosen(name, there, "example")]
    if path is None:
        out(text, nl=False)
    else:
        out_file.write_new(path, text)
    if "\nextends: base.yaml" in text:
        talk("it extends base.yaml, which must lie beside it: provision example base --out base.yaml")
    return 0


def chosen(name: str, there: dict[str, str], kind: str) -> str:
    """Return a name that is there; a usage error names what was probably meant."""
    from provision import likeness

    plain = name.removesuffix(".yaml").removesuffix(".md").lower()
    if plain in there:
        return plain
    asked = likeness.question(likeness.nearest(plain, there.keys()))
    hint = asked or f"There are: {', '.join(there)}"
    raise click.UsageError(f"there is no {kind} '{name[:80]}'. {hint}")
