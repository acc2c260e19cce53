"""The message to whoever gives a consent, as lines to copy."""

from __future__ import annotations

from provision.outcomes.result import Letter
from provision.report.escape import fenced, plain


def letter_lines(letter: Letter | None) -> list[str]:
    """Return the message as plain lines, to be copied into a mail; nothing without one."""
    if letter is None:
        return []
    body = [plain(line) for line in letter.lines]
    return ["", "Message to send to the administrator:", "", f"Subject: {plain(letter.subject)}", "", *body]


def letter_markdown(letter: Letter | None) -> list[str]:
    """Return the message as a block that can be copied."""
    if letter is None:
        return []
    lines = [f"Subject: {plain(letter.subject)}", "", *map(plain, letter.lines)]
    return ["", "Message to send to the administrator:", "", fenced("\n".join(lines)), ""]
