"""One request as a value: fixed before anything is awaited, and the same at each of its tries.

The SDK's ``RequestInformation`` is no such value. It expands its address from a template whenever it is
asked for it, and the builders of alternate keys (``applications_with_unique_name``, ``…_with_app_id``) write
the key into a dictionary that all builders of one client share: expanded a moment later, the address may be
that of another request's object. Sending adds to it, too: a token, a base address.
Source: ``kiota_abstractions/request_information.py`` and ``msgraph/generated/base_graph_service_client.py``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from provision.errors import ProvisionError, catalogue
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, but for the token: nothing in it can change, and nothing of it is another request's."""

    method: Method
    url: str
    headers: tuple[tuple[str, str], ...]
    content: bytes | None

    @property
    def reads(self) -> bool:
        """Whether it changes nothing: a GET, or the question whose many ids go in a body.

        Source: https://learn.microsoft.com/graph/api/directoryobject-getbyids
        """
        return self.method is Method.GET or self.url.endswith("/directoryObjects/getByIds")

    def information(self) -> RequestInformation:
        """Return it as the SDK sends it: a new one for each try, which the SDK may write to."""
        from kiota_abstractions.native_response_handler import NativeResponseHandler
        from kiota_http.middleware.options import ResponseHandlerOption

        info = RequestInformation(self.method)
        info.url = self.url
        for name, value in self.headers:
            info.headers.add(name, value)
        info.content = self.content
        info.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        return info

    def page(self, link: str, root: str) -> Request:
        """Return the request for a further page, with the same headers; ``ProvisionError`` if it leads away.

        A link is opaque, and what the first page was asked for with must be said again.
        Source: https://learn.microsoft.com/graph/paging
        """
        refuse_elsewhere(link, root)
        return replace(self, url=link)


def fixed(info: RequestInformation, root: str) -> Request:
    """Return what a builder made as a value; ``root`` is where Graph is.

    Raises ``ProvisionError`` for an address that is not Graph's: our token must not go there.
    """
    info.path_parameters = {**info.path_parameters, "baseurl": root}
    url = _expanded(info, root) or info.url
    refuse_elsewhere(url, root)
    assert info.http_method is not None
    headers = tuple(sorted((name, value) for name, value in (info.request_headers or {}).items()))
    return Request(info.http_method, url, headers, info.content)


_PLAIN_ROOT = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/v1\.0")
_VARIABLE = re.compile(r"\{([+?]?)([A-Za-z0-9_%,]+)\}")


def _expanded(info: RequestInformation, root: str) -> str | None:
    """Return the address that ``info.url`` would, in a tenth of its time; ``None``: let it do so.

    Of RFC 6570 what the builders' templates are made of: the base, values in a path, one list of parameters.
    """
    template, values = info.url_template, {**info.query_parameters, **info.path_parameters}
    if not template or RequestInformation.RAW_URL_KEY in values or not _PLAIN_ROOT.fullmatch(root):
        return None
    found: list[str] = []
    for text, operator, names in _parsed(template):
        found.append(text)
        if operator == "?":
            pairs = [(name, _value(values[name])) for name in names if values.get(name) is not None]
            if any(value is None for _, value in pairs):
                return None
            found.append("?" if pairs else "")
            found.append("&".join(f"{name}={value}" for name, value in pairs))
        elif operator == "+":
            if names != ("baseurl",):
                return None
            found.append(root)
        else:
            value = _value(values.get(names[0])) if len(names) == 1 else None
            if names and value is None:
                return None
            found.append(value or "")
    return None if "{" in (url := "".join(found)) else url


@lru_cache(maxsize=256)
def _parsed(template: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Take a template apart: a text, and the operator and the names of the variables behind it."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    at = 0
    for match in _VARIABLE.finditer(template):
        found.append((template[at : match.start()], match[1], tuple(match[2].split(","))))
        at = match.end()
    return (*found, (template[at:], "", ()))


def _value(value: Any) -> str | None:
    if isinstance(value, str) or type(value) is int:
        return quote(str(value), safe="")
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return ",".join(quote(item, safe="") for item in value)
    return None


def refuse_elsewhere(url: str, root: str) -> None:
    """Raise ``ProvisionError`` unless an address has the scheme, host and port of ``root``."""
    if url.startswith(f"{root}/"):
        return
    try:
        asked, own = httpx.URL(url), httpx.URL(root)
        same = _origin(asked) == _origin(own) and not asked.userinfo
    except httpx.InvalidURL:
        same, own = False, httpx.URL(root)
    if not same:
        raise ProvisionError(
            catalogue.GRAPH_ANSWER,
            f"Graph's answer leads to '{url[:80]}', which is not at {own.host}: nothing is sent there",
        )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)
