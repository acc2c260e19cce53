"""The one page a person sees: where a device code is approved."""

from __future__ import annotations

from html import escape

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in to the sandbox</title>
<style>body{{font:16px system-ui;max-width:24rem;margin:4rem auto}}label{{display:block;margin:1rem 0}}
input{{width:100%;font:inherit}}</style></head>
<body><h1>Sign in</h1><p role="status">{message}</p>
<form method="post"><label>Code <input name="user_code" value="{code}" autocomplete="off" required></label>
<label>User name <input name="username" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Approve</button> <button name="decline" value="1" formnovalidate>Decline</button></form></body></html>
"""


def device_login(message: str, code: str = "") -> str:
    """The form, with what there is to say."""
    return _PAGE.format(message=escape(message), code=escape(code, quote=True))
