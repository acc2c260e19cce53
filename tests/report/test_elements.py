"""Markup by its type: a text is escaped wherever it stands, and nothing else makes markup."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from provision.report.elements import Html, block, joined, page, tag, together

EVIL = '<b title="x">\'&\u202e</b>'
INERT = "&lt;b title=&quot;x&quot;&gt;&#x27;&amp;\\u202e&lt;/b&gt;"
REPORT = Path(__file__).parents[2] / "provision" / "report"


@pytest.mark.parametrize(
    ("made", "source"),
    [
        (tag("p", EVIL), f"<p>{INERT}</p>"),
        (
            tag("a", "x", href=EVIL, class_="c", aria_label="l"),
            f'<a href="{INERT}" class="c" aria-label="l">x</a>',
        ),
        (tag("p", tag("b", EVIL), EVIL), f"<p><b>{INERT}</b>{INERT}</p>"),
        (block("ul", [tag("li", "x"), EVIL], class_="c"), f'<ul class="c">\n<li>x</li>\n{INERT}\n</ul>'),
        (block("ul", []), "<ul>\n</ul>"),
        (together("a", tag("b", "c"), EVIL), f"a<b>c</b>{INERT}"),
        (joined(EVIL, ["a", tag("b", "c")]), f"a{INERT}<b>c</b>"),
        (joined("\n", [EVIL, "b"]), f"{INERT}\nb"),
        (tag("p", f"{tag('b', 'x')}"), "<p>Html(source=&#x27;&lt;b&gt;x&lt;/b&gt;&#x27;)</p>"),
    ],
)
def test_a_text_is_escaped_wherever_it_stands(made: Html, source: str) -> None:
    """In an element, in an attribute, between two; and markup that was put into a text is a text."""
    assert made.source == source


def test_a_page_has_nothing_else() -> None:
    """Its title is a text, too; style and policy are the program's own."""
    text = page(EVIL, "p {}", "default-src 'none'", [tag("p", EVIL)])
    assert f"<title>{INERT}</title>" in text
    assert f"<body>\n<p>{INERT}</p>\n</body>" in text
    assert EVIL not in text


def test_markup_is_made_in_one_module() -> None:
    """Nobody else calls the type, so nobody else can say of a text that it is markup."""
    callers = {
        path.name
        for path in REPORT.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Html"
    }
    assert callers == {"elements.py"}
    assert not re.search(r"<[a-z/!]", (REPORT / "html.py").read_text())
