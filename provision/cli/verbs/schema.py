"""``provision schema``: the JSON Schema of a config."""

from __future__ import annotations

import click

from provision.cli.streams import out_json
from provision.cli.verb import Verb


@click.command(cls=Verb, examples=("provision schema > provision.schema.json",))
def schema() -> int:
    """Print the JSON Schema of a config (draft-07), for editors and other checkers."""
    import json

    from provision.config.schema import json_schema

    out_json(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0
