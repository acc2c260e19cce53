"""The sink that shows a secret once, to the person at the terminal."""

from __future__ import annotations

import os
import sys

from provision.delivery.interface import Handover, failed
from provision.errors import ProvisionError, catalogue
from provision.secret import Secret

_ENTER, _LEAVE = "\x1b[?1049h\x1b[2J\x1b[H", "\x1b[2J\x1b[?1049l"


class Terminal:
    """Shows the value on a screen that is left again, so that it is in no scrollback."""

    label = "terminal"
    interactive = True

    def probe(self) -> str:
        """See that somebody is there to read it: both the question and the answer need a terminal."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise ProvisionError(catalogue.TERMINAL_SINK)
        return "a person can be asked at this terminal"

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Ask, show, and ask whether it was entered; anything but a yes is a failed delivery."""
        _say(f"\nThe client secret of '{handover.name}' is shown once. Have the product's box for it open.\n")
        _ask("Press Enter to see it: ")
        screen = os.environ.get("TERM", "dumb") != "dumb"
        _say(_ENTER if screen else "")
        try:
            _say(
                f"Secret Key of '{handover.name}', until {handover.expires:%Y-%m-%d} "
                f"(key id {handover.key_id}):\n\n  {secret.reveal()}\n\n"
            )
            answer = _ask("Is it entered, or kept where it is safe? Type yes (anything else revokes it): ")
        finally:
            _say(_LEAVE if screen else "")
        if answer.strip().lower() not in ("yes", "y"):
            raise failed("the secret was shown, but not taken: the answer was not yes")

    def recall(self) -> frozenset[str]:
        """A terminal keeps no record."""
        return frozenset()


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _ask(question: str) -> str:
    _say(question)
    answer = sys.stdin.readline()
    if not answer:
        raise failed("the terminal was closed before the secret was taken")
    return answer
