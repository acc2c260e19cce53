"""What other programs said is told without what signs in: a canary in every dress that it comes in."""

from __future__ import annotations

import base64
import json
import textwrap
from urllib.parse import quote

import pytest

from provision.redaction import HIDDEN, redacted


def _part(document: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


TOKEN = f"{_part({'alg': 'none'})}.{_part({'tid': 'a' * 36, 'canary': 'CANARY-TOKEN'})}.sigSIG0123sigSIG"
SECRET = "abc8Q~0123456789abcdefghijABCDEFGHIJ_.xz"
OPAQUE = "1.AXkAbCdEfGhIjKlMnOpQrStUvWxYz0123456789-AbCdEf"  # a refresh token is of no known form

DRESSES = {
    "as JSON, spaced": f'{{"accessToken": "{TOKEN}"}}',
    "as JSON, compact, behind a warning": f'WARNING: update. {{"accessToken":"{TOKEN}","expires_on":1}}',
    "coloured": f'\033[94m"accessToken"\033[39m: \033[33m"{TOKEN}"\033[39m',
    "coloured within": f"\033[1m{TOKEN[:30]}\033[0m{TOKEN[30:]}",
    "wrapped": '"accessToken": "\n' + textwrap.fill(TOKEN, 40) + '"\n',
    "escaped in JSON": json.dumps({"x": json.dumps({"accessToken": TOKEN})}),
    "escaped in unicode": "".join(f"\\u{ord(char):04x}" for char in f'{{"accessToken":"{TOKEN}"}}'),
    "of a web address": quote(f'{{"access_token":"{TOKEN}"}}'),
    "of a web address, twice": quote(quote(f"access_token={TOKEN}")),
    "in UTF-16": "\0".join(f"accessToken: {TOKEN}"),
    "in UTF-16, blanks for NULs": " ".join(TOKEN),
    "in base64": base64.b64encode(TOKEN.encode()).decode(),
    "in base64 of UTF-16": base64.b64encode(TOKEN.encode("utf-16-le")).decode(),
    "in hexadecimal": TOKEN.encode().hex(),
    "as a header": f"Authorization: Bearer {TOKEN}",
    "as a table": f"Token     : {TOKEN}\nExpiresOn : 2026",
    "zero width": "\u200b".join((TOKEN[:20], TOKEN[20:])),
}
VALUES = {
    "client_secret=": f"client_secret={SECRET}&grant_type=x",
    "clientSecret in YAML": f"clientSecret: '{SECRET}'",
    "a bare secret": f"the value is {SECRET} there",
    "a refresh token": f'"refreshToken": "{OPAQUE}"',
    "a password": "password: hunter2-CANARY",
    "an environment": f"AZURE_CLIENT_SECRET={SECRET}",
    "PowerShell": f"-ClientSecret = {SECRET}",
    "basic": f"Authorization: Basic {base64.b64encode(b'user:CANARY-password').decode()}",
    "a cookie": "Set-Cookie: ESTSAUTH=CANARY-cookie; path=/; secure",
    "cookies": "cookie: a=CANARY-one; b=CANARY-two",
    "an assertion": f"client_assertion={OPAQUE}",
    "a signature": f"SharedAccessSignature sr=https%3A%2F%2Fx&sig={OPAQUE}",
}
STAY = (
    "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or "
    "'client_secret'.",
    "AADSTS7000215: Invalid client secret provided. Trace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333333 "
    "Correlation ID: aaaa0000-bb11-2222-33cc-444444dddddd Timestamp: 2026-01-09 02:02:12Z",
    "HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded with url: "
    "/11111111-2222-4333-8444-555555555555/v2.0/.well-known/openid-configuration",
    "ERROR: Please run 'az login' to setup account.",
    "/home/somebody/.azure/msal_token_cache.json: No such file or directory",
    "See https://aka.ms/azsdk/python/identity/defaultazurecredential/troubleshoot for help.",
    "The refresh token has expired due to inactivity. It was issued on 2026-01-01T00:00:00.0000000Z.",
    "az login --scope https://graph.microsoft.com/.default --tenant 11111111-2222-4333-8444-555555555555",
    "No module named 'azure.cli.command_modules.some_long_module_name_here'",
)


@pytest.mark.parametrize("dress", DRESSES)
def test_no_dress_hides_a_token_from_it(dress: str) -> None:
    """Neither the token is left, nor a piece of it that is worth anything."""
    shown = redacted(DRESSES[dress])
    assert HIDDEN in shown
    for piece in (TOKEN, TOKEN[:40], TOKEN[-40:], base64.b64encode(TOKEN.encode()).decode()[:60]):
        assert piece not in shown, shown
        assert " ".join(piece) not in shown


@pytest.mark.parametrize("value", VALUES)
def test_nothing_that_signs_in_is_left(value: str) -> None:
    """Secrets, passwords, cookies, assertions, whatever stands before them."""
    shown = redacted(VALUES[value])
    assert HIDDEN in shown
    assert not [word for word in (SECRET, OPAQUE, "CANARY", "hunter2") if word in shown], shown


@pytest.mark.parametrize("text", STAY)
def test_what_helps_stays(text: str) -> None:
    """Ids, times, paths, addresses and sentences: a person, and support, need them."""
    assert redacted(text) == text


def test_a_long_answer_takes_no_time() -> None:
    """What is longer than any message is cut; nothing in it makes a pattern try for ever."""
    for char in "a", "A1", "eyJ", "%41", "= ", '"', "token:":
        assert len(redacted(char * 200_000)) <= 200_000
