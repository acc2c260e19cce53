"""``provision combine``: the JSON of several shards as one document."""

from __future__ import annotations

from typing import Any

import click

from provision.cli.completion import files
from provision.cli.streams import out_json
from provision.cli.verb import Verb

_LARGEST = 256 * 1024 * 1024  # bytes of one shard's document


@click.command(
    cls=Verb,
    examples=("provision combine shard-*.json > results.json",),
)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, shell_complete=files)
def combine(paths: tuple[str, ...]) -> int:
    """Merge the JSON that each shard of a fleet printed, plans or results, to one document.

    It is what one run over all the configs prints, and the exit code is the worst of the shards'. A shard
    that is missing, or there twice, is 64.
    """
    from provision.errors import ProvisionError, catalogue
    from provision.report.combined import combined
    from provision.report.escape import json_text

    twice = [path for number, path in enumerate(paths) if path in paths[:number]]
    if twice:
        raise ProvisionError(catalogue.SHARDS, f"{twice[0]} is given twice")
    found, code = combined({path: _read(path) for path in paths})
    out_json(json_text(found))
    return code


def _read(path: str) -> Any:
    import json

    from provision import bounded
    from provision.errors import ProvisionError, catalogue

    try:
        return json.loads(bounded.text(path, _LARGEST))
    except OSError as error:
        raise ProvisionError(catalogue.SHARDS, f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError):
        raise ProvisionError(catalogue.SHARDS, f"{path} is no whole JSON document") from None
