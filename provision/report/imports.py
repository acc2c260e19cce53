"""What ``import`` wrote, as text, as ``provision.imports/1`` and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provision.errors import ProvisionError
from provision.outcomes.imports import Imported, Imports
from provision.quoting import quoted
from provision.report.documents import error_json
from provision.report.escape import code, markdown, plain
from provision.report.fold import fold
from provision.report.formats import PLAIN, Medium
from provision.report.pages import fleet_markdown
from provision.report.pen import BOLD, Pen
from provision.report.text import fleet_text
from provision.resources.client_secret import called

_SHOWN = 8  # of what is left alone


def imports_text(found: Imports, medium: Medium) -> str:
    """Return each with what was guessed and what is left alone, and the next command."""
    pen = Pen(color=medium.color)
    parts = [
        "\n".join(
            [
                f"{pen(plain(one.path), BOLD)}  {plain(one.display_name)} ({one.client_id})",
                *(f"  {plain(line)}" for line in _lines(one)),
            ]
        )
        for one in found.made
    ]
    return fold(
        "\n\n".join([fleet_text(found, parts), *(f"Next: {plain(one)}" for one in _next(found))]),
        medium.width,
    )


def imports_markdown(found: Imports, medium: Medium) -> str:
    """Return the same as a list."""
    return fleet_markdown(found, _markdown, medium, *(f"Next: {code(one)}" for one in _next(found)))


def _markdown(one: Imported) -> str:
    return "\n".join(
        [f"### provision import: {code(one.path)}", "", *(f"- {markdown(x)}" for x in _lines(one))]
    )


def imports_json(found: Imports, _: Medium = PLAIN) -> dict[str, Any]:
    """Return them as ``provision.imports/1``, an error in the place of what was refused."""
    return {
        "format": "provision.imports/1",
        "imports": [
            error_json(item) if isinstance(item, ProvisionError) else _imported(item) for item in found.items
        ],
    }


def _imported(one: Imported) -> dict[str, Any]:
    return {
        "path": one.path,
        "name": one.name,
        "oauth_client_id": one.client_id,
        "display_name": one.display_name,
        "adopted": one.adopted.key_id if one.adopted else None,
        "choices": [secret.key_id for secret in one.choices],
        "guesses": list(one.guesses),
        "not_managed": list(one.left_alone),
        "pending": list(one.pending),
    }


def _lines(one: Imported) -> Iterator[str]:
    if one.adopted is not None:
        yield f"adopted: the secret {called(one.adopted)}"
    for secret in one.choices:
        yield f"not decided: is {called(secret)} in use? Write it as secret.adopt"
    for text in one.left_alone[:_SHOWN]:
        yield f"stays as it is: {text}"
    if len(one.left_alone) > _SHOWN:
        yield f"stays as it is: {len(one.left_alone) - _SHOWN} more; 'provision drift' lists them"
    if one.pending:
        yield from (f"plan shows: {text}" for text in one.pending)
    else:
        yield "its plan is empty"


def _next(found: Imports) -> list[str]:
    if not found.made:
        return []
    target = found.out if len(found.made) > 1 else found.made[0].path
    return ["provision plan " + " ".join(map(quoted, [target, *found.again.options]))]
