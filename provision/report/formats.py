"""The formats of stdout, and what a renderer is told of the place where its text goes."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from provision.values import dataclass


class Format(StrEnum):
    """What ``--output`` takes; which of them a verb has follows from ``report/table.py``."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    ICAL = "ical"
    PROMETHEUS = "prometheus"


def _open(title: str, text: str) -> str:  # noqa: ARG001 - the title is the fold's
    return text


@dataclass(frozen=True, slots=True)
class Medium:
    """Where a text goes: a terminal with its colours and width, a comment with its limit, or anywhere."""

    color: bool = False
    width: int | None = None  # columns into which lines are broken; None: none is, for a program reads them
    limit: int | None = None  # bytes of a page; None: nothing is cut
    full: bool = True  # False: of many configs, only what they come to
    fold: Callable[[str, str], str] = _open  # (title, text): the text as a part that a log can close


PLAIN = Medium()
