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
from provision.outcomes.result import ConsentState, Result, Setting, Status
from provision.outcomes.results import Results
from provision.outcomes.search import Search
from provision.plan import guards
from provision.plan.model import Plan, Target
from provision.plan.saved import overall
from provision.report import lines
from provision.report.elements import Html, Part, block, joined, page, tag, together
from provision.report.formats import PLAIN, Medium
from provision.report.verify import conclusion

_CLASSES = {"+": "add", "-": "del", "~": "mod", ">": "hand", " ": "same"}
_REHEARSAL = tag(
    "p", tag("strong", "A rehearsal"), " on the sandbox: nothing real was touched.", class_="rehearsal"
)


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
        parts = [
            tag("h2", f"All {len(made)} plans together", id="all"),
            *_findings((many,) if many else ()),
            _facts([("Digest", _code(overall(made)))]),
        ]
        after = [block("article", parts, aria_labelledby="all")]
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
    kind: str, title: str, items: Sequence[Plan | Result | ProvisionError], articles: Sequence[Html]
) -> str:
    style = files("provision.report").joinpath("html.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    plans = [_plan_of(item) for item in items if not isinstance(item, ProvisionError)]
    rehearsal = [_REHEARSAL] if Target.SANDBOX in {plan.target for plan in plans} else []
    body = [
        tag("a", "Skip to the content", class_="skip", href="#content"),
        block("header", [tag("p", kind), tag("h1", title)]),
        *_contents(items),
        block("main", [*rehearsal, *articles], id="content", tabindex="-1"),
        tag("footer", tag("p", f"{_made(items)} No secret is in this page.")),
    ]
    return page(f"{kind}, {title}", style, policy, body)


def _made(items: Sequence[Plan | Result | ProvisionError]) -> str:
    """Say when, as far as that is known, and by which version a page was made."""
    times = [item.at for item in items if isinstance(item, Result) and item.at is not None]
    on = f" on {max(times).astimezone(UTC):%Y-%m-%d} (UTC)" if times else ""
    names = dict.fromkeys(item.by for item in items if isinstance(item, Result) and item.by)
    by = f", run by {', '.join(names)}" if names else ""
    return f"Made{on} by provision {__version__}{by}."


def _plan_of(item: Plan | Result) -> Plan:
    return item.plan if isinstance(item, Result) else item


def _contents(items: Sequence[Plan | Result | ProvisionError]) -> list[Html]:
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
        links.append(tag("li", tag("a", name, href=f"#c{number}"), ": ", what))
    return [tag("nav", block("ul", links), aria_label="Configs")]


def _article(number: int, heading: Part, parts: Iterable[Html]) -> Html:
    return block("article", [tag("h2", heading, id=f"c{number}"), *parts], aria_labelledby=f"c{number}")


def _plan(plan: Plan, number: int, *, alone: bool) -> Html:
    facts = [*_where(plan), ("Secret goes to", _code(plan.delivery)), ("Digest", _code(plan.digest))]
    return _article(
        number,
        plan.name,
        [
            *([] if alone else [_counts("Summary", lines.summary(plan))]),
            _facts(facts),
            tag("h3", "Changes"),
            _diff(plan),
            *_findings(plan.findings),
        ],
    )


def _counts(label: str, text: str) -> Html:
    """Return what the page's own heading says where there is one config alone."""
    return tag("ul", *(tag("li", part) for part in text.split(", ")), class_="counts", aria_label=label)


def _diff(plan: Plan) -> Html:
    shown = []
    for line in lines.of_plan(plan):
        kind = _CLASSES[line.sign] + ("" if line.text.startswith(" ") else " head")
        shown.append(tag("li", f"{line.sign} {line.text}".rstrip(), class_=kind))
    return block("ul", shown, class_="diff")


def _result(result: Result, number: int) -> Html:
    out = [_counts("Outcome", lines.outcome(result))]
    for screen, boxes in groupby(result.settings, key=lambda setting: setting.screen):
        out += [_screen(f"Enter in {result.title}, {screen}", boxes), tag("p", "Then save the screen.")]
    facts: list[tuple[str, Part]] = [*lines.secret(result)]
    if result.verified is not None:
        facts.append(("Verified", conclusion(result.verified)))
    facts += _consent(result)
    if result.portal_url:
        facts.append(("Portal", _link(result.portal_url)))
    facts += [("Note", note) for note in result.notes]
    out += [tag("h3", "To know"), _facts([*facts, *_where(result.plan)])]
    letter = result.consent.letter
    if letter is not None:
        said = joined("\n", [f"Subject: {letter.subject}", "", *letter.lines])
        out += [tag("h3", "Message to send to the administrator"), tag("pre", said)]
    failed = []
    for outcome in result.outcomes:
        if outcome.error is not None:
            kind = "error" if outcome.status is Status.FAILED else "warning"
            failed.append(
                _item(kind, f"{outcome.change.address} {lines.DONE[outcome.status]}", outcome.error)
            )
    if failed:
        out += [tag("h3", "Not done"), block("ul", failed, class_="findings")]
    return _article(number, result.plan.name, [*out, *_findings(result.plan.findings)])


def _screen(caption: str, boxes: Iterable[Setting]) -> Html:
    """Return a table of what is entered in one screen of the product."""
    head = tag("tr", tag("th", "Box", scope="col"), tag("th", "Value", scope="col"))
    rows = [
        tag(
            "tr",
            tag("th", box.label, scope="row"),
            tag("td", _code(box.value) if box.typed else box.value),
        )
        for box in boxes
    ]
    body = together(tag("thead", head), block("tbody", rows))
    return tag("table", joined("\n", [tag("caption", caption), body]))


def _consent(result: Result) -> list[tuple[str, Part]]:
    consent = result.consent
    if consent.state is not ConsentState.REQUIRED:
        return [*lines.grants(result)]
    where = together(": ", _link(consent.url)) if consent.url else "."
    still = together(tag("strong", "still to be given"), " by a ", consent.role_needed, where)
    return [("Consent", still)]


def _failed(error: ProvisionError, number: int) -> Html:
    whose = f"{error.subject} failed" if error.subject else "Failed"
    items = [_item("error", str(single.where or ""), single) for single in error.all]
    return _article(number, f"{whose}: {error.entry.title}", [block("ul", items, class_="findings")])


def _left_out(search: Search) -> list[Html]:
    out = []
    if search.left_out:
        names = joined(", ", map(_code, search.left_out))
        out.append(tag("p", "Left out, for they were not asked for: ", names))
    if search.removed:
        names = joined(", ", map(_code, search.removed))
        stays = ". What they declared stays; "
        out.append(tag("p", "Removed: ", names, stays, _code("provision orphans"), " finds it"))
    return out


def _item(kind: str, where: str, error: ProvisionError) -> Html:
    place: list[Part] = [_code(where), ": "] if where else []
    asked: list[Part] = [" Request id: ", _code(error.request_id), "."] if error.request_id else []
    said = tag("p", tag("strong", "error"), " ", *place, error.message, " ", _code(error.entry.code), *asked)
    return tag("li", said, tag("p", error.fix, class_="fix"), class_=kind)


def _findings(findings: Iterable[Finding]) -> list[Html]:
    shown = []
    for finding in findings:
        entry, severity = finding.entry, finding.severity.value
        said = tag(
            "p", tag("strong", severity), " ", finding.message, " ", _code(f"{entry.code} {entry.name}")
        )
        fix = [tag("p", finding.fix or entry.fix, class_="fix")]
        shown.append(
            tag("li", said, *(fix if finding.severity is not Severity.INFO else ()), class_=severity)
        )
    return [tag("h3", "Findings"), block("ul", shown, class_="findings")] if shown else []


def _where(plan: Plan) -> list[tuple[str, Part]]:
    return [
        ("Mailbox", _code(plan.desired.mailbox.address)),
        ("Tenant", _code(plan.observed.tenant_id)),
        ("Target", lines.where(plan.target, plan.desired.cloud.name)),
        *([("Rehearsal", said)] if (said := lines.made_up(plan)) else []),
    ]


def _facts(facts: Iterable[tuple[str, Part]]) -> Html:
    """Return terms and what they are."""
    return tag("dl", *(part for term, what in facts for part in (tag("dt", term), tag("dd", what))))


def _code(text: str) -> Html:
    return tag("code", text)


def _link(url: str) -> Html:
    """Return a link; anything but https stays text, for the hosts may be a config's own."""
    if not url.startswith("https://"):
        return _code(url)
    return tag("a", url, href=url, rel="noopener noreferrer")
