"""The type of a secret's value: whatever is done to it by accident, the value does not come out."""

from __future__ import annotations

import base64
import collections
import copy
import dataclasses
import decimal
import gc
import inspect
import io
import json
import logging
import pickle
import pprint
import string
import traceback
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import quote

import pytest

from provision.secret import Secret, redact

VALUE = 'ab8Q~c4n4ry"\\-%7E.value/+5f'
REST = VALUE[3:]


@dataclasses.dataclass
class Holder:
    """Something that has a secret among what it holds."""

    name: str
    secret: Secret


def attempts(secret: Any) -> dict[str, Callable[[], object]]:
    """Every way in which a value gets out of a variable without anybody meaning it."""
    return {
        "str": lambda: str(secret),
        "f-string": lambda: f"{secret}",
        "f-string, wide": lambda: f"{secret:>40}",
        "f-string, !s": lambda: f"{secret!s}",
        "%s": lambda: "value: %s" % secret,  # noqa: UP031 - one of the ways
        "%-40s": lambda: "%-40s" % secret,  # noqa: UP031 - one of the ways
        "format": lambda: "{}".format(secret),  # noqa: UP032 - one of the ways
        "format, by attribute": lambda: "{.secret}".format(Holder("a", secret)),
        "template": lambda: string.Template("$x").substitute(x=secret),
        "print": lambda: print(secret, file=io.StringIO()),
        "join": lambda: "".join([secret]),
        "concatenated": lambda: "value: " + secret,
        "concatenated, from the left": lambda: secret + "",
        "repeated": lambda: secret * 2,
        "bytes": lambda: bytes(secret),
        "iterated": lambda: list(secret),
        "sliced": lambda: secret[3:],
        "length": lambda: len(secret),
        "sought in": lambda: "c4n4ry" in secret,
        "written": lambda: io.StringIO().write(secret),
        "number": lambda: decimal.Decimal(secret),
        "equal to its value": lambda: secret == VALUE,
        "equal to another": lambda: secret == Secret(VALUE),
        "unequal": lambda: secret != VALUE,
        "less": lambda: secret < Secret("zzz"),
        "sorted": lambda: sorted([secret, Secret("b")]),
        "among others": lambda: Secret(VALUE) in [secret],
        "counted": lambda: [secret].count(VALUE),
        "in a data class, equal": lambda: Holder("a", secret) == Holder("a", Secret(VALUE)),
        "copied": lambda: copy.copy(secret),
        "copied deeply": lambda: copy.deepcopy(secret),
        "copied in a dictionary": lambda: copy.deepcopy({"a": [secret]}),
        "as a dictionary": lambda: dataclasses.asdict(Holder("a", secret)),
        "as a tuple": lambda: dataclasses.astuple(Holder("a", secret)),
        **{f"pickled, protocol {n}": lambda n=n: pickle.dumps(secret, n) for n in range(6)},
        "pickled in a list": lambda: pickle.dumps([secret]),
        "reduced": secret.__reduce__,
        "state": secret.__getstate__,
        "json": lambda: json.dumps(secret),
        "json in a dictionary": lambda: json.dumps({"a": secret}),
        "json as a key": lambda: json.dumps({secret: 1}),
        "json, default=str": lambda: json.dumps({"a": secret}, default=str),
        "json, default=vars": lambda: json.dumps({"a": secret}, default=vars),
        "json, default=dict": lambda: json.dumps({"a": secret}, default=dict),
        "vars": lambda: vars(secret),
        "its dictionary": lambda: secret.__dict__,
        "an attribute set on it": lambda: setattr(secret, "value", 1),
    }


@pytest.mark.parametrize("way", attempts(None))
def test_what_would_give_the_value_is_refused(way: str) -> None:
    """Each raises TypeError (or says that there is no such attribute), and does not quote the value."""
    secret = Secret(VALUE)
    with pytest.raises((TypeError, AttributeError)) as caught:
        attempts(secret)[way]()
    said = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert VALUE not in said.replace(f"VALUE = {VALUE!r}", "")
    assert REST not in str(caught.value)


@pytest.mark.parametrize(
    "show",
    [
        repr,
        ascii,
        "{!r}".format,
        pprint.pformat,
        lambda secret: repr([secret, {"a": secret}, {secret}]),
        lambda secret: repr(Holder("a", secret)),
        lambda secret: repr(collections.deque([secret])),
        lambda secret: pprint.pformat(Holder("a", secret)),
        lambda secret: json.dumps({"a": secret}, default=repr),
        lambda secret: repr(dir(secret)),
        lambda secret: repr(inspect.getmembers(secret)),  # what debuggers and reporters print
        lambda secret: repr({name: getattr(secret, name) for name in dir(secret)}),
        lambda secret: repr(secret.reveal),
    ],
)
def test_what_may_be_shown_shows_none_of_it(show: Callable[[Secret], str]) -> None:
    """A repr is what tracebacks, debuggers and logs take: it stands for the secret, and holds no part."""
    shown = show(Secret(VALUE))
    assert "<secret>" in shown or "reveal" in shown
    assert REST not in shown
    assert REST[:5] not in shown


def test_equal_values_cannot_be_found_out_by_their_hash() -> None:
    """Two secrets of one value are two keys; one and the same is itself."""
    first, second = Secret(VALUE), Secret(VALUE)
    assert hash(first) != hash(second)
    assert hash(first) != hash(VALUE)
    assert {first: 1}[first] == 1
    assert len({first, second}) == 2


def test_logging_does_not_tell_it(capsys: pytest.CaptureFixture[str]) -> None:
    """%s in a log is refused by logging itself, which then prints the arguments' repr; %r is fine."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s %(args)s"))
    log = logging.getLogger("tests.secret")
    log.addHandler(handler)
    log.propagate = False
    try:
        log.error("made %s", Secret(VALUE))
        log.error("made %r", Secret(VALUE))
        log.error("made", extra={"secret": Secret(VALUE)})
        log.error("failed", exc_info=ValueError(Secret(VALUE)))
    finally:
        log.removeHandler(handler)
    said = stream.getvalue() + capsys.readouterr().err
    assert "<secret>" in said
    assert REST not in said


def fail(secret: Secret, holder: Holder, among: list[object]) -> NoReturn:
    """Fail where the secret is a local in several ways."""
    here = {"secret": secret, "holder": holder, "among": among}
    raise RuntimeError(f"with {len(here)} locals")


def test_a_traceback_with_locals_shows_none_of_it() -> None:
    """capture_locals, and a reporter that prints the repr of every local of every frame."""
    secret = Secret(VALUE)
    try:
        fail(secret, Holder("a", secret), [secret])
    except RuntimeError as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        said = "".join(told.format())
        frame = error.__traceback__
        while frame is not None:
            said += repr({name: value for name, value in frame.tb_frame.f_locals.items() if name != "said"})
            frame = frame.tb_next
    assert "<secret>" in said
    assert REST not in said


def test_only_reveal_gives_it() -> None:
    """Who asks by name gets the value; the hint is what Graph itself shows."""
    secret = Secret(VALUE)
    assert secret.reveal() == VALUE
    assert secret.hint == VALUE[:3]


@pytest.mark.parametrize(
    "shape",
    [
        VALUE,
        json.dumps({"secretText": VALUE}),
        repr({"secretText": VALUE}),
        f"https://vault.example/?value={quote(VALUE, safe='')}",
        f"Authorization: Basic {base64.b64encode(VALUE.encode()).decode()}",
        f"{VALUE}{VALUE} {VALUE}",
    ],
)
def test_redact_is_the_last_net(shape: str) -> None:
    """A living secret's value is taken out of a text, however it was written into it; the rest stays."""
    kept = [Secret("another-secret"), Secret(VALUE), Secret("")]
    text = redact(f"before {shape} another-secret after")
    assert text.startswith("before ")
    assert text.endswith(" <secret> after")
    assert "c4n4ry" not in text
    assert base64.b64encode(VALUE.encode()).decode() not in text
    del kept


def test_redact_leaves_other_text_alone() -> None:
    """Nothing is taken out when no secret is alive, nor is what merely looks like one."""
    gc.collect()
    text = "nothing to hide: ab8, <secret>, ~"
    assert redact(text) == text
    kept = Secret(VALUE)
    assert redact(text) == text
    del kept
