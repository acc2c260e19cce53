"""The pages a person sees: where a device code is approved, and where an administrator consents."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - sandbox</title>
<style>body{{font:16px system-ui;max-width:26rem;margin:4rem auto;padding:0 1rem}}
label{{display:block;margin:1rem 0}}input{{width:100%;font:inherit}}</style></head>
<body><h1>{title}</h1><p role="status">{message}</p>{body}</body></html>
"""
_SIGN_IN = """<label>User name <input name="username" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>{yes}</button> <button name="decline" value="1" formnovalidate>{no}</button></form>"""


def device_login(message: str, code: str = "") -> str:
    """Return the form for a device code, with what there is to say."""
    field = f'<label>Code <input name="user_code" value="{escape(code)}" autocomplete="off" required></label>'
    form = f'<form method="post">{field}{_SIGN_IN.format(yes="Approve", no="Decline")}'
    return _PAGE.format(title="Sign in", message=escape(message), body=form)


def consent(application: str, permissions: Sequence[str], message: str) -> str:
    """Return the form for an administrator's consent."""
    items = "".join(f"<li>{escape(p)}</li>" for p in permissions) or "<li>none</li>"
    who = f"<p><strong>{escape(application)}</strong> would like to, for your whole organization:</p>"
    asked = f"{who}<ul>{items}</ul>"
    form = f'{asked}<form method="post">{_SIGN_IN.format(yes="Accept", no="Cancel")}'
    return _PAGE.format(title="Permissions requested", message=escape(message), body=form)


def notice(message: str) -> str:
    """Return a page that only says something."""
    return _PAGE.format(title="Sandbox", message=escape(message), body="")
