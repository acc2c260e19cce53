"""Plans and results as one HTML file: no network, no script; for a screen, a phone and paper.

It is made of the same lines as text and Markdown. A page's policy lets in its own style sheet and nothing
else, so that even a text that slipped through could load and run nothing.
Source: https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC
from importlib.resources import files
from itertools import groupby

from provision import __version__
from provision.errors import Finding, ProvisionError, Severity
from provision.outcomes.plans import Plans
from provision.outcomes.result import ConsentState, Result, Status
from provision.outcomes.results import Results
from provision.outcomes.search import Search
from provision.plan import guards
from provision.plan.model import Plan, Target
from provision.plan.saved import overall
from provision.report import lines
from provision.report.escape import markup
from provision.report.formats import PLAIN, Medium
from provision.report.verify import conclusion

_CLASSES = {"+": "add", "-": "del", "~": "mod", ">": "hand", " ": "same"}
_REHEARSAL = '<p class="rehearsal"><strong>A rehearsal</strong> on the sandbox: nothing real was touched.</p>'


def plans_html(plans: Plans, _: Medium = PLAIN) -> str:
    """Return plans, and the errors of those that could not be made, as one page."""
    items, made = plans.items, plans.made
    articles = [
        _plan(item, number, alone=len(items) == 1) if isinstance(item, Plan) else _failed(item, number)
        for number, item in enumerate(items, 1)
    ]
    after = []
    if len(made) == len(items) != 1:
        many = guards.fleet(made)
        after = [
            '<article aria-labelledby="all">',
            f'<h2 id="all">All {len(made)} plans together</h2>',
            *_findings((many,) if many else ()),
            _facts([("Digest", _code(overall(made)))]),
            "</article>",
        ]
    return _page("provision: plan", _title(items), items, [*_left_out(plans.search), *articles, *after])


def results_html(results: Results, _: Medium = PLAIN) -> str:
    """Return hand-off sheets, and the errors of those that there are none of, as one page."""
    items = results.items
    articles = [
        _result(item, number) if isinstance(item, Result) else _failed(item, number)
        for number, item in enumerate(items, 1)
    ]
    return _page("provision: result", _title(items), items, [*_left_out(results.search), *articles])


def _title(items: Sequence[Plan | Result | ProvisionError]) -> str:
    if len(items) != 1:
        failed = sum(isinstance(item, ProvisionError) for item in items)
        return f"{len(items)} configs" + (f", {failed} failed" if failed else "")
    (item,) = items
    match item:
        case Plan():
            return lines.summary(item).capitalize()
        case Result():  # a sheet to hand over: what it is, not what this run came to
            return f"{item.title}: values to enter ({item.plan.name})"
        case _:
            return "Failed"


def _page(
    kind: str, title: str, items: Sequence[Plan | Result | ProvisionError], articles: Sequence[str]
) -> str:
    style = files("provision.report").joinpath("html.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    plans = [_plan_of(item) for item in items if not isinstance(item, ProvisionError)]
    out = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{markup(kind)}, {markup(title)}</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        '<a class="skip" href="#content">Skip to the content</a>',
        "<header>",
        f"<p>{markup(kind)}</p>",
        f"<h1>{markup(title)}</h1>",
        "</header>",
        *_contents(items),
        '<main id="content" tabindex="-1">',
        *([_REHEARSAL] if Target.SANDBOX in {plan.target for plan in plans} else []),
        *articles,
        "</main>",
        f"<footer><p>{markup(_made(items))} No secret is in this page.</p></footer>",
        "</body>",
        "</html>",
    ]
    return "\n".join(out)


def _made(items: Sequence[Plan | Result | ProvisionError]) -> str:
    """Say when, as far as that is known, and by which version a page was made."""
    times = [item.at for item in items if isinstance(item, Result) and item.at is not None]
    on = f" on {max(times).astimezone(UTC):%Y-%m-%d} (UTC)" if times else ""
    names = dict.fromkeys(item.by for item in items if isinstance(item, Result) and item.by)
    by = f", run by {', '.join(names)}" if names else ""
    return f"Made{on} by provision {__version__}{by}."


def _plan_of(item: Plan | Result) -> Plan:
    return item.plan if isinstance(item, Result) else item


def _contents(items: Sequence[Plan | Result | ProvisionError]) -> list[str]:
    """Return links to the parts of a page that has several."""
    if len(items) <= 1:
        return []
    links = []
    for number, item in enumerate(items, 1):
        name = (item.subject or "?") if isinstance(item, ProvisionError) else _plan_of(item).name
        match item:
            case Plan():
                what = lines.summary(item)
            case Result():
                what = lines.outcome(item)
            case _:
                what = f"failed, {item.entry.title}"
        links.append(f'<li><a href="#c{number}">{markup(name)}</a>: {markup(what)}</li>')
    return ['<nav aria-label="Configs"><ul>', *links, "</ul></nav>"]


def _plan(plan: Plan, number: int, *, alone: bool) -> str:
    return "\n".join(
        [
            f'<article aria-labelledby="c{number}">',
            f'<h2 id="c{number}">{markup(plan.name)}</h2>',
            *([] if alone else [_counts("Summary", lines.summary(plan))]),
            _facts(
                [
                    *_where(plan),
                    ("Secret goes to", _code(plan.delivery)),
                    ("Digest", _code(plan.digest)),
                ]
            ),
            "<h3>Changes</h3>",
            *_diff(plan),
            *_findings(plan.findings),
            "</article>",
        ]
    )


def _counts(label: str, text: str) -> str:
    """Return what the page's own heading says where there is one config alone."""
    parts = "".join(f"<li>{markup(part)}</li>" for part in text.split(", "))
    return f'<ul class="counts" aria-label="{label}">{parts}</ul>'


def _diff(plan: Plan) -> list[str]:
    out = ['<ul class="diff">']
    for line in lines.of_plan(plan):
        kind = _CLASSES[line.sign] + ("" if line.text.startswith(" ") else " head")
        out.append(f'<li class="{kind}">{markup(f"{line.sign} {line.text}".rstrip())}</li>')
    return [*out, "</ul>"]


def _result(result: Result, number: int) -> str:
    out = [
        f'<article aria-labelledby="c{number}">',
        f'<h2 id="c{number}">{markup(result.plan.name)}</h2>',
        _counts("Outcome", lines.outcome(result)),
    ]
    for screen, boxes in groupby(result.settings, key=lambda setting: setting.screen):
        out += [
            f"<table><caption>Enter in {markup(result.title)}, {markup(screen)}</caption>",
            '<thead><tr><th scope="col">Box</th><th scope="col">Value</th></tr></thead><tbody>',
            *(
                f'<tr><th scope="row">{markup(box.label)}</th>'
                f"<td>{_code(box.value) if box.typed else markup(box.value)}</td></tr>"
                for box in boxes
            ),
            "</tbody></table>",
            "<p>Then save the screen.</p>",
        ]
    facts = [(label, markup(text)) for label, text in lines.secret(result)]
    if result.verified is not None:
        facts.append(("Verified", markup(conclusion(result.verified))))
    facts.append(("Consent", _consent(result)))
    if result.portal_url:
        facts.append(("Portal", _link(result.portal_url)))
    facts += [("Note", markup(note)) for note in result.notes]
    out += ["<h3>To know</h3>", _facts([*facts, *_where(result.plan)])]
    letter = result.consent.letter
    if letter is not None:
        said = "\n".join(map(markup, [f"Subject: {letter.subject}", "", *letter.lines]))
        out += ["<h3>Message to send to the administrator</h3>", f"<pre>{said}</pre>"]
    failed = [outcome for outcome in result.outcomes if outcome.error is not None]
    if failed:
        out += ["<h3>Not done</h3>", '<ul class="findings">']
        for outcome in failed:
            assert outcome.error is not None
            kind = "error" if outcome.status is Status.FAILED else "warning"
            out.append(_item(kind, f"{outcome.change.address} {lines.DONE[outcome.status]}", outcome.error))
        out.append("</ul>")
    return "\n".join([*out, *_findings(result.plan.findings), "</article>"])


def _consent(result: Result) -> str:
    consent = result.consent
    match consent.state:
        case ConsentState.GRANTED:
            return "granted"
        case ConsentState.NOT_NEEDED:
            return "none in Entra; Exchange limits the application to its mailbox"
        case ConsentState.REQUIRED:
            where = f": {_link(consent.url)}" if consent.url else "."
            return f"<strong>still to be given</strong> by a {markup(consent.role_needed)}{where}"


def _failed(error: ProvisionError, number: int) -> str:
    return "\n".join(
        [
            f'<article aria-labelledby="c{number}">',
            f'<h2 id="c{number}">{_whose(error)}: {markup(error.entry.title)}</h2>',
            '<ul class="findings">',
            *(_item("error", str(single.where or ""), single) for single in error.all),
            "</ul>",
            "</article>",
        ]
    )


def _whose(error: ProvisionError) -> str:
    return f"{markup(error.subject)} failed" if error.subject else "Failed"


def _left_out(search: Search) -> list[str]:
    out = []
    if names := ", ".join(map(_code, search.left_out)):
        out.append(f"<p>Left out, for they were not asked for: {names}</p>")
    if names := ", ".join(map(_code, search.removed)):
        out.append(
            f"<p>Removed: {names}. What they declared stays; {_code('provision orphans')} finds it</p>"
        )
    return out


def _item(kind: str, where: str, error: ProvisionError) -> str:
    place = f"{_code(where)}: " if where else ""
    asked = f" Request id: {_code(error.request_id)}." if error.request_id else ""
    return (
        f'<li class="{kind}"><p><strong>error</strong> {place}{markup(error.message)} '
        f"{_code(error.entry.code)}{asked}</p>"
        f'<p class="fix">{markup(error.fix)}</p></li>'
    )


def _findings(findings: Iterable[Finding]) -> list[str]:
    found = list(findings)
    if not found:
        return []
    out = ["<h3>Findings</h3>", '<ul class="findings">']
    for finding in found:
        fix, severity = finding.fix or finding.entry.fix, finding.severity.value
        advice = f'<p class="fix">{markup(fix)}</p>' if finding.severity is not Severity.INFO else ""
        out.append(
            f'<li class="{severity}"><p><strong>{severity}</strong> '
            f"{markup(finding.message)} {_code(f'{finding.entry.code} {finding.entry.name}')}</p>"
            f"{advice}</li>"
        )
    return [*out, "</ul>"]


def _where(plan: Plan) -> list[tuple[str, str]]:
    return [
        ("Mailbox", _code(plan.desired.mailbox.address)),
        ("Tenant", _code(plan.observed.tenant_id)),
        ("Target", markup(lines.where(plan.target, plan.desired.cloud.name))),
        *([("Rehearsal", markup(said))] if (said := lines.made_up(plan)) else []),
    ]


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    """Return terms and what they are; the latter is markup already."""
    rows = "".join(f"<dt>{markup(term)}</dt><dd>{what}</dd>" for term, what in facts)
    return f"<dl>{rows}</dl>"


def _code(text: str) -> str:
    return f"<code>{markup(text)}</code>"


def _link(url: str) -> str:
    """Return a link; anything but https stays text, for the hosts may be a config's own."""
    if not url.startswith("https://"):
        return _code(url)
    return f'<a href="{markup(url)}" rel="noopener noreferrer">{markup(url)}</a>'
