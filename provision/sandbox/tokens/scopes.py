"""Reading ``scope`` (v2.0) and ``resource`` (v1.0): one resource, and what of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provision.sandbox.entities.schema import is_guid
from provision.sandbox.tokens import refusals

OIDC = frozenset({"openid", "profile", "email", "offline_access"})
_GRAPH = "https://graph.microsoft.com"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: names None means everything granted (``.default``)."""

    resource: str
    names: frozenset[str] | None
    oidc: frozenset[str]


def for_application(form: Mapping[str, str], *, v1: bool) -> str:
    """Return the resource of a client credentials request: exactly one ``{resource}/.default``."""
    if v1:
        if not form.get("resource"):
            raise refusals.missing("resource")
        return form["resource"]
    scope = form.get("scope", "").strip()
    if not scope:
        raise refusals.missing("scope")
    parts = scope.split()
    if not any(part.endswith("/.default") for part in parts):
        raise refusals.not_default(scope)
    if len(parts) > 1:
        raise refusals.several_resources(scope)
    resource = scope.removesuffix("/.default")
    if ":" not in resource and not is_guid(resource):
        raise refusals.bad_scope(scope)
    return resource


def for_user(form: Mapping[str, str], *, v1: bool) -> Asked:
    """Return what a request for a person asks for; scopes without a resource are Graph's."""
    if v1:
        return Asked(form.get("resource") or _GRAPH, None, OIDC)
    parts = form.get("scope", "").split()
    if not parts:
        raise refusals.missing("scope")
    oidc = frozenset(p.lower() for p in parts) & OIDC
    resources: set[str] = set()
    names: set[str] = set()
    for part in parts:
        if part.lower() in OIDC:
            continue
        resource, slash, name = part.rpartition("/")
        resources.add((resource if slash else _GRAPH).rstrip("/"))
        names.add(name)
    if len(resources) > 1:
        raise refusals.several_resources(" ".join(parts))
    everything = not names or ".default" in names
    return Asked(next(iter(resources), _GRAPH), None if everything else frozenset(names), oidc)
