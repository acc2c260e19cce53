"""HTML that is escaped by its type: what is a ``str`` is text, and only what is made here is markup.

So no text reaches a page as it is, whoever wrote it; a function that hands out markup says so in its type.
"""

from __future__ import annotations

from collections.abc import Iterable

from provision.report.escape import markup
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Html:
    """Markup. It has no ``str``: put into a text it would be shown, not obeyed."""

    source: str


Part = Html | str  # a str is escaped wherever it stands


def tag(name: str, *parts: Part, **attributes: str) -> Html:
    """Return an element on one line; ``class_`` is its attribute ``class``, ``aria_label`` ``aria-label``."""
    return Html(f"{_opening(name, attributes)}{together(*parts).source}</{name}>")


def block(name: str, parts: Iterable[Part], **attributes: str) -> Html:
    """Return the same with each part on a line of its own."""
    lines = [_opening(name, attributes), *map(_source, parts), f"</{name}>"]
    return Html("\n".join(lines))


def together(*parts: Part) -> Html:
    """Return the parts, one behind the other."""
    return Html("".join(map(_source, parts)))


def joined(between: str, parts: Iterable[Part]) -> Html:
    """Return the parts with a text between each two."""
    between = between if between == "\n" else markup(between)
    return Html(between.join(map(_source, parts)))


def page(title: str, style: str, policy: str, body: Iterable[Html]) -> str:
    """Return a whole page. ``style`` and ``policy`` are the program's own, and stand in it as they are."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="referrer" content="no-referrer">',
            tag("title", title).source,
            f"<style>{style}</style>",
            "</head>",
            block("body", body).source,
            "</html>",
        ]
    )


def _opening(name: str, attributes: dict[str, str]) -> str:
    given = (f' {key.rstrip("_").replace("_", "-")}="{markup(value)}"' for key, value in attributes.items())
    return f"<{name}{''.join(given)}>"


def _source(part: Part) -> str:
    return part.source if isinstance(part, Html) else markup(part)
