"""Web addresses: what Entra takes as a redirect URI, and what a cloud's hosts look like.

Source: https://learn.microsoft.com/entra/identity-platform/reply-url
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from provision.config.rules import DOMAIN, Fault, ascii_host
from provision.errors import catalogue

SMTP_PAGE = "/connectors/SMTP.aspx"  # the product's page; Entra compares the path with its case
LONGEST = 256
# The last part of a path that is a page, as copied from a browser; a folder such as v2.1 is none.
_PAGE = re.compile(
    r"/[^/]*\.(?:as[pchm]x?|cshtml|[jx]?html?|jspx?|jsf|do|action|php[345]?|cgi|pl|cfm|svc|dll)\Z",
    re.IGNORECASE,
)
_LOCAL = ("localhost", "127.0.0.1")
_HOST = re.compile(rf"{DOMAIN}|[A-Za-z0-9-]{{1,63}}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}")


def redirect_uri(text: str) -> str:
    """Check a redirect URI; scheme and host come back in lower case."""
    try:
        parts = _split(text)
    except Fault as fault:
        raise _whole(fault, redirect_uri) from None
    if len(text) > LONGEST:
        raise _fault(f"it has {len(text)} characters; Entra takes {LONGEST}")
    return parts.geturl()


def admin_url(text: str) -> str:
    """Check the product's admin address. A trailing slash, or its SMTP page pasted with it, is taken off."""
    try:
        parts = _split(text)
    except Fault as fault:
        raise _whole(fault, admin_url) from None
    if parts.query or "?" in text:
        before = text.partition("?")[0]
        raise _whole(_fault("the admin address ends before the '?'", f"Write {before}"), admin_url)
    path = parts.path.rstrip("/")
    if path.lower().endswith(SMTP_PAGE.lower()):
        path = path[: -len(SMTP_PAGE)].rstrip("/")
    if page := _PAGE.search(path):
        raise _fault(
            f"it names one page of the product, '{page[0][1:]}'; what all of its pages begin with is meant",
            f"Write {parts._replace(path='').geturl()}" if page.start() == 0 else None,
        )
    base = parts._replace(path=path).geturl()
    length = len(base + SMTP_PAGE)
    if length > LONGEST:
        raise _fault(f"the redirect URI made from it has {length} characters; Entra takes {LONGEST}")
    return base


def origin(text: str) -> str:
    """Check the address of a cloud's host: https, no path."""
    try:
        parts = _split(text)
    except Fault as fault:
        whole = _whole(fault, origin)
        raise Fault(whole.why, whole.fix) from None
    if parts.scheme != "https" or parts.path.strip("/") or parts.query:
        raise Fault("it must be https:// and a host, nothing more")
    return f"https://{parts.netloc}"


def has_query(uri: str) -> bool:
    """Say whether there is a query string, which Entra takes for work audiences only."""
    return "?" in uri


def _split(text: str) -> SplitResult:
    """Take an address apart once it has passed the rules that hold for all of it."""
    _refuse_characters(text)
    if text.startswith("//") or "://" not in text:
        raise _fault("it does not begin with https://", _https(text))
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _fault("it is not a web address") from None
    if "@" in parts.netloc:
        raise _fault("it has a user name or password in it", "Remove all before the '@', and the '@'.")
    if not host or not _HOST.fullmatch(host) or (parts.netloc.endswith(":") and port is None):
        raise _fault("its host is not a host name (Entra takes no IPv6 address)")
    _refuse_scheme(parts, host, text)
    netloc = host if port is None else f"{host}:{port}"
    return parts._replace(scheme=parts.scheme.lower(), netloc=netloc)


def _refuse_characters(text: str) -> None:
    if len(text) > 4 * LONGEST:  # not worth a closer look
        raise _fault(f"it has {len(text)} characters; Entra takes {LONGEST}")
    if text != text.strip():
        raise _fault("it begins or ends with a space", f"Write {text.strip()}")
    if any(c.isspace() or not c.isprintable() for c in text):
        raise _fault("it has a space or a control character in it")
    for character in "!$'(),;":
        if character in text:
            raise _fault(f"Entra takes no '{character}' in it (none of ! $ ' ( ) , ;)")
    if "#" in text:
        raise _fault("it has a fragment ('#' and what follows)", f"Write {text.partition('#')[0]}")
    if "*" in text:
        raise _fault("it has a wildcard: whoever gets one of those hosts gets the sign-ins")
    if any(c in text for c in '\\<>"{}|^`'):
        raise _fault("it has a character that no web address has")
    if not text.isascii():
        raise _fault("it has letters that are not ASCII", _ascii(text))


def _refuse_scheme(parts: SplitResult, host: str, text: str) -> None:
    scheme = parts.scheme.lower()
    if scheme == "https" or (scheme == "http" and host in _LOCAL):
        return
    if scheme == "http":
        raise _fault("it must be https; http is for localhost only", "Write https" + text[4:])
    raise _fault("it must be https")


def _https(text: str) -> str | None:
    return f"Write https://{text}" if re.fullmatch(rf"{DOMAIN}(?:[:/].*)?", text) else None


def _ascii(text: str) -> str | None:
    """Return the address with its host as a browser sends it."""
    found = re.fullmatch(r"(https?://)([^/:?#@]+)((?:[:/?].*)?)", text, re.IGNORECASE)
    host = ascii_host(found[2]) if found else None
    return f"Write {found[1]}{host}{found[3]}" if found and host and found[3].isascii() else None


def _whole(fault: Fault, check: Callable[[str], str]) -> Fault:
    """Return a fault whose suggestion, if it has one, is in order itself: whoever follows it is done."""
    said, written, rest = (fault.fix or "").partition("Write ")
    if written and not said:
        try:
            check(rest)
        except Fault:
            return Fault(fault.why, entry=fault.entry)
    return fault


def _fault(why: str, fix: str | None = None) -> Fault:
    return Fault(why, fix, entry=catalogue.REDIRECT_URI)
