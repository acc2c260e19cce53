"""Markdown that fits where it goes: a comment on a pull request, a job's summary. Several plans in one.

Each part begins with a marker that a reader does not see and a program can look for. What is too long
is cut at the end of a line, inside no code block, with a note. A page that was cut shows no digest: whoever
approved it would approve what nobody saw.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from provision.errors import ProvisionError
from provision.outcomes.outcome import Fleet
from provision.outcomes.plans import Plans
from provision.outcomes.result import Result
from provision.outcomes.results import Results
from provision.outcomes.search import Search
from provision.plan import guards
from provision.plan.model import Plan
from provision.plan.saved import overall
from provision.report.escape import code, markdown
from provision.report.formats import Medium
from provision.report.markdown import findings_markdown, plan_markdown, result_markdown

# GitHub takes 65,536 characters for a comment; a character of UTF-8 is at most as long as its bytes, so
# bytes are counted. What is left is for whoever posts it.
# Source: https://docs.github.com/rest/issues/comments (the limit itself: its error message)
LIMIT = 65_000
# What the runner of GitHub Actions takes as the summary of one step is 1 MiB; more is dropped as a whole.
# https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs (AttachmentSizeLimit)
SUMMARY_LIMIT = 1_000_000
_NAMED = 100  # configs in one line
_SMALLEST = 600  # bytes for one part: its heading, a note and its digest
_NO_DIGEST = (
    "**This page was cut, so it has no digest.** The plan as text or JSON (`-o text`, `-o json`) is whole, "
    "and has it."
)
T = TypeVar("T")
_FENCE = re.compile(r"^(`{3,})")


def plans_markdown(plans: Plans, medium: Medium) -> str:
    """Return plans, and the errors of those that could not be made, as one page."""
    items, made, limit = plans.items, plans.made, medium.limit
    found: list[str] = []
    tail = ""
    if len(made) == len(items) != 1:
        many = guards.fleet(made)
        found = findings_markdown((many,) if many else ())
        tail = "\n".join([*found, f"Digest of these {len(made)} plans: {code(overall(made))}"])
    parts: list[tuple[str, str]] = []
    for item in items:
        if isinstance(item, Plan):
            body, _, digest = plan_markdown(item).rpartition("\n")
            parts.append((body, digest))
        else:
            parts.append((error_markdown(item), ""))
    said = summary_markdown(items, plans.search)
    whole = _whole(parts, "\n\n".join(filter(None, [*said, tail])))
    if limit is None or _size(whole) <= limit:
        return whole
    foot = "\n\n".join([*said, "\n".join([*found, _NO_DIGEST])])
    return f"{_cut([body for body, _ in parts], limit - _size(foot) - 2)}\n\n{foot}"


def fleet_markdown(fleet: Fleet[T], one: Callable[[T], str], medium: Medium, *after: str) -> str:
    """Return the pages of several configs, an error in the place of what could not be made; then the rest."""
    parts = [error_markdown(item) if isinstance(item, ProvisionError) else one(item) for item in fleet.items]
    whole = "\n\n".join([*parts, *after, *summary_markdown(fleet.items, fleet.search)])
    return whole if medium.limit is None else cut(whole, medium.limit)


def results_markdown(results: Results, medium: Medium) -> str:
    """Return hand-off sheets, and the errors of those that there are none of, as one page."""
    parts = [result_markdown(i) if isinstance(i, Result) else error_markdown(i) for i in results.items]
    foot = "\n\n".join(summary_markdown(results.items, results.search))
    limit = medium.limit
    if limit is None:
        return "\n\n".join(filter(None, [*parts, foot]))
    if not foot:
        return _cut(parts, limit)
    return f"{_cut(parts, limit - _size(foot) - 2)}\n\n{foot}".lstrip()


def summary_markdown(items: Sequence[object], search: Search) -> list[str]:
    """Return which of several configs failed, and which were left out of the question."""
    out = []
    failed = [item.subject or "?" for item in items if isinstance(item, ProvisionError)]
    if failed and len(items) > 1:
        out.append(f"{len(failed)} of {len(items)} configs failed: {_names(failed)}")
    if search.left_out:
        out.append(f"Left out, for they were not asked for: {_names(search.left_out)}")
    if search.removed:
        out.append(
            f"Removed: {_names(search.removed)}. What they declared stays; `provision orphans` finds it"
        )
    if search.no_more:
        out.append(
            f"Changed, and no config (any more): {_names(search.no_more)}. What it may have declared stays; "
            "`provision orphans` finds it"
        )
    if not items:
        out.insert(0, "No config is asked for.")
    return out


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(code(name) for name in names[:_NAMED]) + more


def error_markdown(error: ProvisionError) -> str:
    """Return an error, with the others found with it."""
    whose = f"{code(error.subject)} " if error.subject else ""
    out = [f"### provision: {whose}failed, {markdown(error.entry.title)}", ""]
    for single in error.all:
        place = f"{code(str(single.where))}: " if single.where else ""
        name = f"{single.entry.code} {single.entry.name}"
        out.append(f"- **error** {place}{markdown(single.message)} ({code(name)})")
        out.append(f"  {markdown(single.fix)}")
        if single.request_id:
            out.append(f"  Request id: {code(single.request_id)}")
    return "\n".join(out)


def cut(text: str, limit: int) -> str:
    """Return as many whole lines as fit into so many bytes, and a note of how many more there are.

    A code block that is cut is closed. No line is cut in itself, so no character reference is either.
    """
    if _size(text) <= limit:
        return text
    lines = text.split("\n")
    kept: list[str] = []
    size, fence = 0, ""
    for line in lines:
        closing = _size(fence) + 1 if fence else 0
        if size + _size(line) + 1 + closing + _size(_note(len(lines))) > limit:
            break
        kept.append(line)
        size += _size(line) + 1
        if found := _FENCE.match(line):
            fence = "" if fence == line else fence or found[1]
    if fence:
        kept.append(fence)
    return "\n".join([*kept, _note(len(lines) - len(kept) + bool(fence))])


def _note(count: int) -> str:
    return f"\nCut here: {count} more lines are in the job's log.\n"


def _whole(parts: Sequence[tuple[str, str]], tail: str) -> str:
    """Join parts, each with the line that ends it."""
    pages = ["\n".join([body, *([last] if last else [])]) for body, last in parts]
    return "\n\n".join([*pages, *([tail] if tail else [])])


def _cut(parts: Sequence[str], limit: int) -> str:
    """Join what fits of each part; short ones leave their room to the long."""
    room = limit - 200
    most = max(1, room // _SMALLEST)
    shown = parts[:most]
    budgets = _shares([_size(part) + 4 for part in shown], room)
    pages = [cut(part, budget - 4) for part, budget in zip(shown, budgets, strict=True)]
    if len(shown) < len(parts):
        pages.append(f"Cut here: {len(parts) - most} more configs are in the job's log.")
    return "\n\n".join(pages)


def _shares(sizes: Sequence[int], room: int) -> list[int]:
    """Divide room so that each gets what it needs or an equal share of what the smaller ones leave."""
    shares = [0] * len(sizes)
    by_size: Callable[[int], int] = sizes.__getitem__
    for place, index in enumerate(sorted(range(len(sizes)), key=by_size)):
        shares[index] = min(sizes[index], room // (len(sizes) - place))
        room -= shares[index]
    return shares


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
