"""What ``init`` wrote, and the next command, as text, as ``provision.init/1`` and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provision.outcomes.begun import Begun
from provision.quoting import quoted
from provision.report.escape import code, markdown, plain
from provision.report.fold import fold
from provision.report.formats import PLAIN, Medium


def begun_text(begun: Begun, medium: Medium) -> str:
    """Return what was noticed, and the next command."""
    return fold("\n".join([*map(plain, _lines(begun)), f"Next: {plain(_next(begun))}"]), medium.width)


def begun_markdown(begun: Begun, _: Medium) -> str:
    """Return the same as a list."""
    return "\n".join([*(f"- {markdown(line)}" for line in _lines(begun)), "", f"Next: {code(_next(begun))}"])


def begun_json(begun: Begun, _: Medium = PLAIN) -> dict[str, Any]:
    """Return the same as ``provision.init/1``."""
    return {
        "format": "provision.init/1",
        "path": begun.path,
        "name": begun.name,
        "tenant": begun.tenant,
        "cloud": begun.cloud,
        "ignored": list(begun.ignored),
        "candidates": list(begun.found),
        "notes": list(begun.notes),
        "next": _next(begun),
    }


def _lines(begun: Begun) -> Iterator[str]:
    yield from begun.notes
    for client_id in begun.found:
        yield f"may be the product's already: {client_id}; 'provision import' would leave it as it is"
    if begun.ignored:
        yield f"git ignores from now on: {', '.join(begun.ignored)}"
    if begun.path is not None:
        yield f"the config is {begun.path}, for the tenant {begun.tenant} in the cloud {begun.cloud}"


def _next(begun: Begun) -> str:
    options = list(begun.again.options)
    if begun.path is not None:
        return "provision doctor " + " ".join(map(quoted, [begun.path, *options]))
    cloud = [] if begun.cloud == "global" else ["--cloud", begun.cloud]
    words = [begun.found[0], "--tenant", begun.tenant, *cloud, *options, "--out", f"{begun.name}.yaml"]
    return "provision import " + " ".join(map(quoted, words))
