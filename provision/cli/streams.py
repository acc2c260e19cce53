r"""What is written to stdout and stderr, whatever text and whatever code page: replaced, never a crash.

Windows gives a stream that is redirected the page of the machine (cp1252, cp437, ...), a plain POSIX locale
ASCII. A sign that the page lacks is written plainly, or as ``\uXXXX``. A document that has an encoding of
its own keeps it: JSON and HTML can say everything in ASCII, calendars and metrics are UTF-8 by their norms.
Source: https://docs.python.org/3/library/sys.html#sys.stdout
"""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Callable

import click

# What stands for a sign that a page lacks; each as wide as the sign where columns matter.
_PLAINLY = {"█": "#", "░": "-", "…": "...", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"'}
_TEXT, _JSON = "provision.text", "provision.json"  # the names of our two ways to encode what a page lacks


def as_json(text: str) -> str:
    """Return a text with each character as the escapes that JSON has for it."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _plainly(sign: str) -> str:
    return _PLAINLY.get(sign) or as_json(sign)


def _with(shown: Callable[[str], str]) -> Callable[[UnicodeError], tuple[str, int]]:
    """Return what an encoder asks about signs that its page lacks."""

    def replace(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        return "".join(map(shown, error.object[error.start : error.end])), error.end

    return replace


codecs.register_error(_TEXT, _with(_plainly))
codecs.register_error(_JSON, _with(as_json))


def take_every_text() -> None:
    """Have stdout and stderr take every text from now on."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_TEXT)


def out(text: str = "", *, nl: bool = True) -> None:
    """Print a text to stdout."""
    # Named, for what click chooses by itself writes UTF-8 where the page is ASCII.
    click.echo(text, file=sys.stdout, nl=nl)


def out_json(text: str) -> None:
    """Print a JSON document to stdout: in UTF-8, or where the page is another in ASCII, which reads the same.

    Source: https://www.rfc-editor.org/rfc/rfc8259#section-8.1
    """
    out(text if _takes_all(sys.stdout) else text.encode("ascii", _JSON).decode("ascii"))


def out_html(text: str) -> None:
    """Print a page to stdout; it says of itself that it is UTF-8, and in ASCII that is true in every page."""
    out(text if _takes_all(sys.stdout) else text.encode("ascii", "xmlcharrefreplace").decode("ascii"))


def out_bytes(data: bytes) -> None:
    """Print what is UTF-8 by its norm, and has no other way to say a sign; nothing is put behind it."""
    click.echo(data, file=sys.stdout, nl=False)


def _takes_all(stream: object) -> bool:
    try:
        return codecs.lookup(getattr(stream, "encoding", None) or "utf-8").name == "utf-8"
    except LookupError:
        return False


def err(text: str, *, nl: bool = True) -> None:
    """Print a text to stderr."""
    click.echo(text, file=sys.stderr, nl=nl)
