"""Whether one request is emulated: the question behind ``provision sandbox coverage METHOD PATH``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from provision.sandbox.authorization.permissions import (
    OWNED_BY,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    Names,
    Right,
    right_of,
)
from provision.sandbox.coverage import borders
from provision.sandbox.entities.tenancy import ROLES
from provision.sandbox.errors import GraphError
from provision.sandbox.odata import path as odata_path
from provision.sandbox.routes import ENDPOINTS
from provision.sandbox.routes.common import TYPES
from provision.sandbox.wire.caller import GLOBAL_ADMINISTRATOR
from provision.sandbox.wire.routing import PROPERTY, Endpoint, Router

_PAGE = re.compile(r"https://learn\.microsoft\.com/[\w/.-]*\w")


@dataclass(frozen=True, slots=True)
class Covered:
    """What the sandbox has of a request; ``real`` says whether Microsoft Graph is known to have it."""

    emulated: bool
    request: str  # method and path as a pattern
    real: bool
    page: str = ""
    application: str = ""
    delegated: str = ""
    person: str = ""


def ask(method: str, path: str) -> Covered:
    """Return what there is of ``GET /applications/x``; the path may be a whole URL, version and query too."""
    verb, segments = method.upper(), _segments(path)
    try:
        endpoint, _ = Router(ENDPOINTS).find(verb, segments)
    except (GraphError, IndexError) as error:
        here = isinstance(error, GraphError) and error.status == 405
        return _missing(verb, segments, path, here=here)
    beyond = (
        borders.beyond(verb, segments) if endpoint.guesses and not _is_property(endpoint, segments) else None
    )
    if beyond is not None or (endpoint.parts[-1] == PROPERTY and not _is_property(endpoint, segments)):
        return _missing(verb, segments, path)
    right = right_of(verb, endpoint.pattern)
    application, delegated, person = words_of(right) if right is not None else ("", "", "")
    return Covered(
        emulated=True,
        request=f"{verb} /{endpoint.pattern}",
        real=True,
        page=page_of(endpoint),
        application=application.replace("`", ""),
        delegated=delegated.replace("`", ""),
        person=person,
    )


def _segments(path: str) -> list[odata_path.Segment]:
    try:
        segments = odata_path.split(urlsplit(path).path)
    except (GraphError, ValueError):
        return []
    if segments and isinstance(segments[0], str) and segments[0].lower() in ("v1.0", "beta"):
        segments.pop(0)
    return segments


def _is_property(endpoint: Endpoint, segments: list[odata_path.Segment]) -> bool:
    """Return whether the last segment of a property's path is one of the kind at its beginning."""
    if endpoint.parts[-1] != PROPERTY:
        return False
    kinds = {entity.collection.lower(): entity for entity in TYPES.values()} | {"me": TYPES["user"]}
    entity = kinds.get(endpoint.parts[0])
    last = segments[-1]
    return entity is not None and isinstance(last, str) and last.lower() in entity.by_name


def _missing(verb: str, segments: list[odata_path.Segment], path: str, *, here: bool = False) -> Covered:
    beyond = borders.beyond(verb, segments, here=here)
    shown = beyond if beyond is not None else urlsplit(path).path.strip("/")
    return Covered(emulated=False, request=f"{verb} /{shown}", real=beyond is not None)


def page_of(endpoint: Endpoint) -> str:
    """Return the page that the handler's docstring names."""
    match = _PAGE.search(endpoint.handler.__doc__ or "")
    return match[0] if match else ""


def words_of(right: Right) -> tuple[str, str, str]:
    """Return a right in words: as an application, for a person, and who the person is."""
    application = _needs(right.application)
    if right.owned:
        application += f"; or `{OWNED_BY}`, of its own objects"
    return application, _needs(right.delegated), _who(right)


def _needs(groups: tuple[Names, ...]) -> str:
    if not groups:
        return "any token"
    if not all(groups):
        return "none: not supported"
    return "; and ".join(" or ".join(f"`{name}`" for name in sorted(group)) for group in groups)


def _who(right: Right) -> str:
    if right.exchange:
        return "one who may use the mailbox"
    if right.roles is None:
        return "anybody"
    roles = sorted(ROLES.get(role, role) for role in {GLOBAL_ADMINISTRATOR, *right.roles})
    names = ", ".join(roles) + (", or an owner" if right.owned else "")
    if right.grants:
        names += (
            f" (of Microsoft Graph's roles only {ROLES[PRIVILEGED_ROLE_ADMINISTRATOR]} and the Global one)"
        )
    return names
