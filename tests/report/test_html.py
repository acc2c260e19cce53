"""The HTML page: whole by itself, readable for everybody, and nothing in it is of somebody else's making."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from tests.report.hostile import NAMES
from tests.report.test_hostile import OF_GRAPH, adopting, harmless_text
from tests.support import Program, Tenant, write_config

ROOT = Path(__file__).parents[2]
CSS = (ROOT / "provision" / "report" / "html.css").read_text()
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VOID = {"meta", "br", "img", "link", "input"}
# Element -> attributes that our own template writes.
OURS = {
    "html": {"lang"},
    "head": set(),
    "meta": {"charset", "name", "content", "http-equiv"},
    "title": set(),
    "style": set(),
    "body": set(),
    "a": {"href", "class", "rel"},
    "header": set(),
    "p": {"class"},
    "h1": set(),
    "h2": {"id"},
    "h3": set(),
    "nav": {"aria-label"},
    "ul": {"class", "aria-label"},
    "li": {"class"},
    "main": {"id", "tabindex"},
    "article": {"aria-labelledby"},
    "dl": set(),
    "dt": set(),
    "dd": set(),
    "code": set(),
    "pre": set(),
    "strong": set(),
    "table": set(),
    "caption": set(),
    "thead": set(),
    "tbody": set(),
    "tr": set(),
    "th": {"scope"},
    "td": set(),
    "footer": set(),
}
VALUES = re.compile(
    r"en|utf-8|viewport|color-scheme|referrer|Content-Security-Policy|width=device-width, initial-scale=1"
    r"|light dark|no-referrer|default-src 'none'; style-src 'sha256-[\w+/=]{44}'; base-uri 'none'; "
    r"form-action 'none'|#content|content|#?c\d+|#?all|-1|skip|rehearsal|counts|findings|fix|diff"
    r"|(?:add|del|mod|hand|same)(?: head)?|error|warning|info|Configs|Summary|Outcome|row|col"
    r"|noopener noreferrer|https://[\w.-]+/[\w./?=&#~%:-]*"
)


class Page(HTMLParser):
    """A page taken apart by a parser that is not ours: elements, attributes, text; it must be well formed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: dict[str, list[str]] = {}
        self.comments: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        assert len({name for name, _ in attrs}) == len(attrs)
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """See that it ends what was begun last."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text by the element that it is in."""
        self.text.setdefault(self._open[-1] if self._open else "", []).append(data)

    def handle_comment(self, data: str) -> None:
        """Note a comment: there is none of ours."""
        self.comments.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of each element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def harmless_html(text: str) -> Page:
    """Fail if a page has an element, an attribute or a value of one that our template does not write."""
    page = Page(text)
    assert page.comments == []
    for tag, attributes in page.elements:
        assert tag in OURS, tag
        assert set(attributes) <= OURS[tag], (tag, attributes)
        for value in attributes.values():
            assert VALUES.fullmatch(value), (tag, value)
    harmless_text(re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL))
    return page


@pytest.mark.parametrize("name", OF_GRAPH.values(), ids=OF_GRAPH)
def test_plan_result_and_refusal_with_such_a_name(provision: Program, name: str) -> None:
    """It stands on the page as text, once it is readable; nothing else comes of it."""
    config = adopting(name)
    plan = provision("plan", config, "--sandbox", "-o", "html")
    assert plan.code == 0, plan.err
    shown = "".join(harmless_html(plan.out).text["li"])
    if name.isascii() and name.isprintable() and "::" not in name and "##" not in name:
        assert f'"{name}"' in shown
    deliver = ("--yes", "--deliver", "file:out.secret")
    result = provision("apply", config, "--sandbox", *deliver, "-o", "html")
    assert result.code == 0, result.err
    harmless_html(result.out)
    assert Path("out.secret").read_text() not in result.out
    Tenant().do(
        "PATCH",
        "/applications(uniqueName='collab-two')",
        {"displayName": name},
        {"Prefer": "create-if-missing"},
    )
    refused = provision("plan", write_config(name="collab-two"), "--sandbox", "-o", "html")
    assert refused.code == 5
    assert "PRV301" in "".join(harmless_html(refused.out).text["code"])


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_finding_or_an_error_with_such_a_text(name: str) -> None:
    """Whatever is in a message, a fix, a place or a request id."""
    from provision.errors import Place, ProvisionError, catalogue
    from provision.outcomes.plans import Plans
    from provision.outcomes.search import Search
    from provision.report.html import plans_html

    error = ProvisionError(
        catalogue.USAGE,
        name,
        fix=name,
        where=Place(name, 1, 2),
        request_id=name,
        others=(ProvisionError(catalogue.DISK, name),),
    )
    harmless_html(plans_html(Plans((error,))))
    harmless_html(plans_html(Plans((error, error), Search(listed=True))))


def pages(provision: Program) -> Iterator[tuple[str, str]]:
    """Yield pages of every kind: one plan, several with a failure, a result, a hand-over, an update."""
    shutil.copytree(ROOT / "configs", "configs", dirs_exist_ok=True)
    yield "plan", provision("plan", "configs/prod.yaml", "--sandbox", "-o", "html").out
    yield "plans", provision("plan", "configs", "--sandbox", "-o", "html").out
    common = ("--sandbox", "--yes", "--deliver", "file:{name}.secret", "-o", "html")
    yield "result", provision("apply", "configs/prod.yaml", *common).out
    handed = write_config(name="collab-two", more="consent: handoff\nsecret:\n  lifetime: 1y\n")
    yield "handed over", provision("apply", handed, *common).out
    yield "results", provision("apply", "configs", *common).out
    changed = write_config(name="collab-two", display_name="Another", more="consent: handoff\n")
    yield "update", provision("plan", changed, "--sandbox", "-o", "html").out
    Tenant().do(
        "PATCH",
        "/applications(uniqueName='collab-odd')",
        {"displayName": "x"},
        {"Prefer": "create-if-missing"},
    )
    odd = write_config("odd.yaml", name="collab-odd")
    yield "with a failure", provision("plan", "configs", odd, "--sandbox", "-o", "html").out


def test_a_page_is_whole_and_can_be_read_without_a_mouse(provision: Program) -> None:
    """One file, its policy fits its style sheet, landmarks, headings in order, targets that exist."""
    for kind, text in pages(provision):
        page = harmless_html(text)
        (policy,) = [m["content"] for m in page.all("meta") if m.get("http-equiv")]
        (style,) = page.text["style"]
        assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy, kind
        assert "url(" not in style
        assert "@import" not in style
        for landmark in ("header", "main", "footer", "h1", "title"):
            assert len(page.all(landmark)) == 1, (kind, landmark)
        assert page.all("html") == [{"lang": "en"}]
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), kind
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(set(ids)) == len(ids)
        links = [a["href"].removeprefix("#") for a in page.all("a") if a["href"].startswith("#")]
        assert links[0] == "content"
        assert set(links) <= set(ids)
        assert {article["aria-labelledby"] for article in page.all("article")} <= set(ids)
        assert page.text["p"]
        several = len(page.all("article")) > 1
        assert len(page.all("nav")) == several, kind
        for table in page.all("table"):
            assert table == {}
        assert len(page.all("caption")) == len(page.all("table"))


def test_the_page_shows_the_lines_of_the_terminal(provision: Program) -> None:
    """What a reviewer reads is the same everywhere: line by line, and the digest."""
    shutil.copytree(ROOT / "configs", "configs")
    text = provision("plan", "configs/prod.yaml", "--sandbox").out
    page = Page(provision("plan", "configs/prod.yaml", "--sandbox", "-o", "html").out)
    said = [line[2:] for line in text.splitlines() if re.match(r"  [-+~> ] ", line)]
    assert said
    assert [line for line in page.text["li"] if line.startswith(("+", "-", "~", ">"))] == said
    assert re.findall(r"sha256:[0-9a-f]{64}", text) == [
        code for code in page.text["code"] if code.startswith("sha256:")
    ]


def luminance(color: str) -> float:
    """Return the relative luminance, as https://www.w3.org/TR/WCAG22/#dfn-relative-luminance has it."""
    full = "".join(char * 2 for char in color[1:]) if len(color) == 4 else color[1:]
    parts = [int(full[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_enough_in_light_dark_and_print() -> None:
    """4.5 to 1 for text on its ground, WCAG 2.2 level AA."""
    themes = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    assert len(themes) == 3
    for theme in themes:
        colors = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", theme))
        pairs = [(ink, ground) for ink in ("ink", "soft", "link") for ground in ("page", "sheet")]
        pairs += [(kind, f"{kind}-bg") for kind in ("add", "del", "mod", "hand")]
        pairs += [(kind, "sheet") for kind in ("add", "del", "mod", "hand")]
        for ink, ground in pairs:
            bright, dim = sorted((luminance(colors[ink]), luminance(colors[ground])), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (ink, ground)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here; make screenshot needs one, too")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 390])
def test_a_browser_shows_it(provision: Program, tmp_path: Path, scheme: str, width: int) -> None:
    """No error on its console, no request, nothing wider than a phone; and something to be seen."""
    from tests.report.browser import look

    for number, (kind, text) in enumerate(pages(provision)):
        if kind not in ("plans", "handed over", "with a failure"):
            continue
        path = tmp_path / f"{number}.html"
        path.write_text(text)
        seen = look(path, tmp_path / f"{number}.png", width=width, dark=scheme == "dark")
        assert seen.errors == [], kind
        assert seen.requests == [], kind
        assert seen.width <= width, kind
        assert seen.focus[0] == "#content", kind  # then the links, in order
        assert seen.picture.stat().st_size > 10_000
        assert (seen.brightness < 0.3) == (scheme == "dark"), kind


def test_the_sheet_says_what_it_is(provision: Program) -> None:
    """Whoever gets it did not see the run: product, config, date, version, what to do, and the message."""
    from datetime import UTC, datetime

    from provision import __version__

    config = write_config(more="consent: handoff\n")
    assert provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret").code == 3
    page = harmless_html(provision("show", config, "--sandbox", "-o", "html").out)
    title = "FOIAXpress Collaboration: values to enter (collab-prod)"
    assert page.text["h1"] == [title]
    assert page.text["title"][0].endswith(title)
    (foot,) = [line for line in page.text["p"] if line.startswith("Made on")]
    assert f"Made on {datetime.now(UTC):%Y-%m-%d}" in foot
    assert f"by provision {__version__}, run by admin@" in foot
    assert page.text["p"].count("Then save the screen.") == 2
    (message,) = page.text["pre"]
    assert message.startswith("Subject: [rehearsal] Admin consent for")
    assert "\nOpen this link, sign in with that role, and accept:\nhttps://" in message
    # What is to be copied is set apart from words about where the secret is.
    assert not [text for text in page.text["code"] if "begins with" in text]
    assert [text for text in page.text["td"] if "file:out.secret (begins with" in text]
