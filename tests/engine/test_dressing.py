"""What is around a secret's value: each thing is named, and the value comes out of it."""

from __future__ import annotations

import base64

import pytest

from provision.engine.dressing import no_value, undressed
from provision.secret import Secret

VALUE = "abc8Q~0123456789abcdefghijABCDEFGHIJ_.xz"
DRESSED = {
    f'"{VALUE}"': ("quotes",),
    f"'{VALUE}'": ("quotes",),
    f"\u201c{VALUE}\u201d": ("quotes",),
    f"`{VALUE}`": ("quotes",),
    f"<{VALUE}>": ("quotes",),
    f"\ufeff{VALUE}": ("a byte order mark",),
    f"\u200b{VALUE}": ("a mark that cannot be seen",),
    f"{VALUE}\u200e": ("a mark that cannot be seen",),
    f"Secret Key: {VALUE}": ("the label 'Secret Key'",),
    f"Value={VALUE}": ("the label 'Value'",),
    f"AZURE_CLIENT_SECRET={VALUE}": ("the label 'AZURE_CLIENT_SECRET'",),
    f"client_secret = '{VALUE}'": ("the label 'client_secret'", "quotes"),
    f"Value\t{VALUE}": ("the label 'Value'",),
    f"{VALUE},": ("a comma",),
    f'"secret": "{VALUE}",': ("quotes",),
    f" {VALUE}\n": ("white space",),
    f"\u00a0{VALUE}": ("white space",),
    f"{VALUE[:20]}\n{VALUE[20:]}": ("a line's end or a blank inside",),
    f"{VALUE[:20]} {VALUE[20:]}": ("a line's end or a blank inside",),
    VALUE.replace("~", "%7E"): ("the encoding of a web address",),
    base64.b64encode(VALUE.encode()).decode(): ("the encoding base64",),
    base64.b64encode(f"{VALUE}\n".encode()).decode(): ("the encoding base64",),
}


@pytest.mark.parametrize("text", DRESSED)
def test_what_is_around_a_value_is_named_and_taken_away(text: str) -> None:
    """One thing around another too; what is named first stands outermost."""
    inner, words = undressed(Secret(text))
    assert set(DRESSED[text]) <= set(words)
    assert inner.reveal() == VALUE


@pytest.mark.parametrize("text", [VALUE, "x" * 40, "", "a", "~._-" * 10, VALUE[:39]])
def test_a_bare_value_is_left_alone(text: str) -> None:
    """No words, and the same text."""
    inner, words = undressed(Secret(text))
    assert (inner.reveal(), words) == (text, ())


NO_VALUES = {
    "": "empty",
    "  ": "empty",
    "${SECRET}": "placeholder",
    "$(secret)": "placeholder",
    "<your secret>": "placeholder",
    "{{ secret }}": "placeholder",
    "********": "placeholder",
    "%SECRET%": "placeholder",
    "changeme": "placeholder",
    "A1" * 20: "thumbprint",
    "eyJhbGciOiJub25lIn0.eyJ0aWQiOiJ4In0.c2ln": "token",
}


@pytest.mark.parametrize("text", NO_VALUES)
def test_what_is_no_value_at_all_is_said_to_be_what_it_is(text: str) -> None:
    """A placeholder that was not filled in, a thumbprint, a token."""
    assert NO_VALUES[text] in (no_value(Secret(text)) or "")


def test_what_may_be_a_value_is_not_judged() -> None:
    """A value of any other form is asked about."""
    for text in (VALUE, "abc~def", "x~" * 20):
        assert no_value(Secret(text)) is None
