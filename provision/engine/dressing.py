"""What is around a secret's value that is not part of it: what a copy, a page or a file added.

Microsoft makes values of ASCII letters, digits and the signs ``~``, ``.``, ``_`` and ``-``, forty characters
of them; a look at one leaves no doubt about quotes, labels and blanks.
Source: https://learn.microsoft.com/purview/sit-defn-azure-ad-client-secret
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

from provision.secret import Secret

_UNSEEN = re.compile("[\u0000-\u0008\u000e-\u001f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_LABEL = re.compile(r"^[\"'{\s]*([A-Za-z][A-Za-z0-9 _().-]{0,40}?)[\"']?\s*(?:[:=]|=>|->)\s*(?=\S)")
_WORD = re.compile(r"^((?:client |secret |app )*(?:secret|key|value|password))\s+(?=\S)", re.IGNORECASE)
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a<>()[]"
_VALUE = re.compile(r"[\w~.-]{30,64}", re.ASCII)
_PLACEHOLDER = re.compile(
    r"\$\{?\w+\}?|\$\(.+\)|\{\{.+\}\}|<[^>]*>|%\w+%|\*+|\u2022+|x+|REDACTED|changeme", re.I
)
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")
_ROUNDS = 6  # one thing around another


def undressed(secret: Secret) -> tuple[Secret, tuple[str, ...]]:
    """Return the value without what is around it, and in words what that was; no words: nothing was."""
    text, words = secret.reveal(), []
    for _ in range(_ROUNDS):
        inner, what = _once(text)
        if what is None or not inner:
            break
        text = inner
        if what not in words:
            words.append(what)
    return Secret(text), tuple(words)


def no_value(secret: Secret) -> str | None:
    """Say what the text is, if it is surely no secret of Microsoft's making; ``None`` if it may be one."""
    text = secret.reveal().strip()
    if not text:
        return "it is empty"
    if _PLACEHOLDER.fullmatch(text):
        return "it is a placeholder: what was to stand in its place was not put in"
    if _THUMBPRINT.fullmatch(text):
        return "it looks like a certificate's thumbprint"
    if text.startswith("eyJ") and text.count(".") == 2:
        return "it looks like a token"
    return None


def _once(text: str) -> tuple[str, str | None]:
    """Take one thing away; no words if there is none."""
    seen = _UNSEEN.sub("", text)
    if seen != text:
        mark = "a byte order mark" if "\ufeff" in text else "a mark that cannot be seen"
        return seen, mark
    for pattern in (_LABEL, _WORD):
        if label := pattern.match(text):
            return text[label.end() :], f"the label '{label[1]}'"
    bare = "".join(text.split())
    if bare != text and (text.strip() == bare or _VALUE.fullmatch(bare)):
        return bare, "white space" if text.strip() == bare else "a line's end or a blank inside"
    if len(text) > 2 and (text[0] in _QUOTES or text[-1] in _QUOTES):
        return text.strip(_QUOTES), "quotes"
    if text[-1:] in ",;":
        return text[:-1], "a comma"
    return _decoded(text)


def _decoded(text: str) -> tuple[str, str | None]:
    if "%" in text and _VALUE.fullmatch(unquote(text)):
        return unquote(text), "the encoding of a web address"
    try:
        plain = base64.b64decode(text, validate=True).decode("ascii").strip()
    except (binascii.Error, ValueError):
        return text, None
    return (plain, "the encoding base64") if _VALUE.fullmatch(plain) else (text, None)
