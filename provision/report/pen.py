"""Colours for a terminal: the codes, what is shown in which, and the pen that writes in them."""

from __future__ import annotations

from provision.errors import Severity

RED, GREEN, YELLOW, CYAN, BOLD, DIM = "31", "32", "33", "36", "1", "2"
OF_SIGN = {"+": GREEN, "-": RED, "~": YELLOW, ">": CYAN, " ": DIM}
OF_SEVERITY = {Severity.ERROR: RED, Severity.WARNING: YELLOW, Severity.INFO: DIM}


class Pen:
    """Writes a text in the colour of a code; without ``color``, and for no text, plainly."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, text: str, code: str) -> str:
        """Return the text in the colour."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and text else text
