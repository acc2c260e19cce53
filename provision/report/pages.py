"""Markdown that fits where it goes: a comment on a pull request, a job's summary. Several plans in one.

Each part begins with a marker that a reader does not see and a program can look for. What is too long
is cut at the end of a line, inside no code block, with a note; a digest is never cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from provision.errors import ProvisionError
from provision.outcomes.result import Result
from provision.plan import guards
from provision.plan.model import Plan
from provision.plan.saved import overall
from provision.report.escape import code, markdown
from provision.report.markdown import findings_markdown, plan_markdown, result_markdown

# GitHub takes 65,536 characters for a comment; a character of UTF-8 is at most as long as its bytes, so
# bytes are counted. What is left is for whoever posts it.
# Source: https://docs.github.com/rest/issues/comments (the limit itself: its error message)
LIMIT = 65_000
_SMALLEST = 600  # bytes for one part: its heading, a note and its digest
_FENCE = re.compile(r"^(`{3,})")


def plans_markdown(items: Sequence[Plan | ProvisionError]) -> str:
    """Return plans, and the errors of those that could not be made, as one page."""
    made = [item for item in items if isinstance(item, Plan)]
    tail = ""
    if len(made) == len(items) > 1:
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
    return _joined(parts, tail)


def results_markdown(items: Sequence[Result | ProvisionError]) -> str:
    """Return hand-off sheets, and the errors of those that there are none of, as one page."""
    parts = [(result_markdown(i) if isinstance(i, Result) else error_markdown(i), "") for i in items]
    return _joined(parts, "")


def error_markdown(error: ProvisionError) -> str:
    """Return an error, with the others found with it."""
    out = [f"### provision: failed, {markdown(error.entry.title)}", ""]
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


def _joined(parts: Sequence[tuple[str, str]], tail: str) -> str:
    """Join parts, each with the line that must not be cut; short ones leave their room to the long."""
    room = LIMIT - _size(tail) - 200
    most = max(1, room // _SMALLEST)
    shown = parts[:most]
    if len(shown) < len(parts):
        more = f"Cut here: {len(parts) - most} more configs are in the job's log."
        tail = f"{more}\n\n{tail}" if tail else more
    budgets = _shares([_size(body) + _size(last) + 4 for body, last in shown], room)
    pages = [
        "\n".join([cut(body, budget - _size(last) - 4), *([last] if last else [])])
        for (body, last), budget in zip(shown, budgets, strict=True)
    ]
    return "\n\n".join([*pages, *([tail] if tail else [])])


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
