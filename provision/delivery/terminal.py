"""The sink that shows a secret once, to the person at the terminal."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from provision.delivery.interface import Handover, failed
from provision.delivery.ownership import SANDBOX, Owner
from provision.errors import ProvisionError, catalogue
from provision.secret import Secret

_ENTER, _LEAVE = "\x1b[?1049h\x1b[2J\x1b[H", "\x1b[2J\x1b[?1049l"


class Terminal:
    """Shows the value on a screen that is left again, so that it is in no scrollback."""

    label = "terminal"
    interactive = True

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def probe(self, known: Collection[str] = ()) -> str:
        """See that somebody is there to read it: both the question and the answer need a terminal."""
        del known
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise ProvisionError(catalogue.TERMINAL_SINK)
        return "a person can be asked at this terminal"

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Ask, show, and ask whether it was entered; anything but a yes is a failed delivery."""
        try:
            with interruptible():
                answer = _show(secret, handover, self._owner)
        except OSError as error:
            raise failed(f"the terminal could not be used: {error.strerror}") from None
        if answer.strip().lower() != "yes":
            raise failed("the secret was shown, but not taken: the answer was not yes")

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """Return nothing: a terminal keeps no record."""
        del known
        return frozenset()


def _show(secret: Secret, handover: Handover, owner: Owner) -> str:
    """Show the value once somebody is there to see it, and return the answer to what became of it."""
    whose = f"'{handover.name}' in tenant {owner.tenant_id}"
    _say(f"\nThe client secret of {whose} is shown once. Have the product's box for it open.\n")
    if owner.target == SANDBOX:
        _say("It is a rehearsal's: it works nowhere. Do not enter it in the product.\n")
    _ask("Press Enter to see it: ")
    handover.in_time()
    screen = os.environ.get("TERM", "dumb") != "dumb"
    _say(_ENTER if screen else "")
    try:
        _say(
            f"Secret Key of '{handover.name}', until {handover.expires:%Y-%m-%d} "
            f"(key id {handover.key_id}):\n\n  "
        )
        sys.stderr.write(secret.reveal())  # no local has the value, for a traceback may show locals
        _say("\n\n")
        answer = _ask("Is it entered, or kept where it is safe? Type yes (anything else revokes it): ")
        return _ask("Type yes in full: ") if answer.strip().lower() == "y" else answer
    finally:
        _say(_LEAVE if screen else "")


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C end a question at once: asyncio's own handler would wait until it is answered."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _ask(question: str) -> str:
    _say(question)
    answer = sys.stdin.readline()
    if not answer:
        raise failed("the terminal was closed before the secret was taken")
    return answer
