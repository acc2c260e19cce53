"""The map of ``--identities``: read, and chosen from. A config can only choose one that stands there."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import field
from typing import NoReturn

from provision import bounded, likeness
from provision.clouds import CLOUDS
from provision.config import Config, rules
from provision.config.document import decode, read
from provision.config.node import Items, Kind, Map, Node, Scalar
from provision.errors import Place, ProvisionError, catalogue
from provision.graph.identities import Held, Identity
from provision.graph.ways import Auth
from provision.values import dataclass

_LARGEST = 4 * 1024 * 1024
_KEYS = (
    "tenant",
    "cloud",
    "auth",
    "client_id",
    "client_secret",
    "client_certificate",
    "token",
    "service_connection",
)
# What each way to sign in needs, and what it takes besides; of several in one item, just one.
_WAYS: dict[Auth, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Auth.ENVIRONMENT: (("client_id", "client_secret client_certificate"), ()),
    Auth.WORKLOAD: (("client_id",), ("token",)),
    Auth.GITHUB: (("client_id",), ()),
    Auth.AZURE_PIPELINES: (("client_id", "service_connection"), ()),
    Auth.MANAGED: ((), ("client_id",)),
    Auth.CLI: ((), ()),
}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Identities:
    """Those that a run was given, and the file that they stand in."""

    file: str
    items: tuple[Identity, ...]
    _chosen: dict[str, Identity] = field(default_factory=dict, compare=False)  # by the config's file

    def of(self, config: Config) -> Identity:
        """Return who signs in for a config; ``ProvisionError`` if none of them may."""
        found = self._chosen[config.path] = self._of(config)
        return found

    def once_chosen(self, config: Config) -> Identity:
        """Return the same for a config whose tenant goes by its id now, whatever it was chosen by."""
        return self._chosen.get(config.path) or self.of(config)

    def _of(self, config: Config) -> Identity:
        tenant, cloud = config.desired.tenant, config.desired.cloud.name
        wanted = config.document.tenant.auth
        fitting = [item for item in self.items if item.fits(tenant, cloud)]
        if wanted is not None:
            found = [item for item in fitting if item.name == wanted]
            if found:
                return found[0]
            known = any(item.name == wanted for item in self.items)
            why = f"is not for the tenant {tenant} in the cloud {cloud}" if known else "is none of them"
            _refuse(config, "auth", f"the identity '{wanted}' {why}", self.file)
        named = [item for item in fitting if item.tenants] or fitting
        if len(named) != 1:
            names = ", ".join(item.name for item in named)
            why = (
                f"several identities are for the tenant {tenant}: {names}"
                if named
                else (f"no identity is for the tenant {tenant} in the cloud {cloud}")
            )
            _refuse(config, "id", why, self.file)
        return named[0]


def chosen(identities: Identities | None, config: Config) -> Identity | None:
    """Return who signs in for a config; ``None``: as ``--auth`` says. ``ProvisionError`` if none may."""
    if identities is not None:
        return identities.of(config)
    if config.document.tenant.auth is not None:
        _refuse(config, "auth", f"it names the identity '{config.document.tenant.auth}'", None)
    return None


def _refuse(config: Config, key: str, why: str, file: str | None) -> NoReturn:
    given = (
        f"; {file} holds what this run was given" if file else ", and this run was given none: --identities"
    )
    raise ProvisionError(catalogue.IDENTITY, f"{why}{given}", where=config.place("tenant", key))


def load(file: str) -> Identities:
    """Read a map; ``ProvisionError`` with the first thing that is wrong, and never a line of the file."""
    try:
        raw = bounded.read(file, _LARGEST)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a path"
        raise ProvisionError(catalogue.IDENTITIES, f"{file} cannot be read: {why}") from error
    try:
        root, doubled = read(decode(raw, file), file)
    except ProvisionError as error:
        doubled = [error]
        root = None
    if doubled or root is None:  # its line is not shown: it may hold what should not be there
        _fault(file, doubled[0].where, doubled[0].message)
    if set(root.entries) != {"identities"} or not isinstance(named := root.entries["identities"].value, Map):
        _fault(file, root.place, "it holds one key, identities: a map of names to identities")
    found = tuple(_identity(file, name, entry.value, entry.key) for name, entry in named.entries.items())
    if not found:
        _fault(file, root.place, "there is no identity in it")
    return Identities(file, found)


def _identity(file: str, name: str, node: Node, at: Place) -> Identity:
    if not re.fullmatch(rules.NAME, name):
        _fault(file, at, "a name has 3 to 64 characters: small letters, digits and hyphens")
    if not isinstance(node, Map):
        _fault(file, at, f"'{name}' is no map of keys")
    for key, entry in node.entries.items():
        if key not in _KEYS:
            asked = likeness.question(likeness.nearest(key, _KEYS))
            _fault(
                file,
                entry.key,
                f"'{name}': no such key{f'. {asked}' if asked else ''}; there are: {', '.join(_KEYS)}",
            )
    auth = _auth(file, name, node, at)
    needed, more = _WAYS[auth]
    for item in needed:
        given = [key for key in item.split() if key in node.entries]
        if len(given) != 1:
            _fault(file, at, f"'{name}': auth {auth} needs {item.replace(' ', ' or ')}")
    allowed = {"tenant", "cloud", "auth", *more, *" ".join(needed).split()}
    for key, entry in node.entries.items():
        if key not in allowed:
            _fault(file, entry.key, f"'{name}': auth {auth} takes no {key}")
    cloud = _word(file, node, "cloud")
    if cloud is not None and cloud not in CLOUDS:
        _fault(file, node.entries["cloud"].key, f"'{name}': cloud is one of {', '.join(CLOUDS)}")
    client_id = _word(file, node, "client_id")
    if client_id is not None and not re.fullmatch(rules.GUID, client_id):
        _fault(file, node.entries["client_id"].key, f"'{name}': client_id is not an id")
    return Identity(
        name=name,
        auth=auth,
        tenants=frozenset(_tenants(file, name, node)),
        cloud=cloud,
        client_id=client_id,
        client_secret=_held(file, name, node, "client_secret", variable=True),
        client_certificate=_held(file, name, node, "client_certificate"),
        token=_held(file, name, node, "token"),
        service_connection=_word(file, node, "service_connection"),
    )


def _auth(file: str, name: str, node: Map, at: Place) -> Auth:
    word = _word(file, node, "auth")
    ways = [str(way) for way in _WAYS]
    if word not in ways:
        _fault(
            file,
            node.entries["auth"].key if "auth" in node.entries else at,
            f"'{name}': auth is one of {', '.join(ways)}",
        )
    return Auth(word)


def _tenants(file: str, name: str, node: Map) -> Sequence[str]:
    if "tenant" not in node.entries:
        return ()
    value = node.entries["tenant"].value
    items = value.items if isinstance(value, Items) else (value,)
    found = [item.text.lower() for item in items if isinstance(item, Scalar)]
    right = all(re.fullmatch(f"{rules.GUID}|{rules.DOMAIN}", text) for text in found)
    if not found or len(found) != len(items) or not right:
        why = f"'{name}': tenant is an id or a domain, or a list of these, as the configs name it"
        _fault(file, node.entries["tenant"].key, why)
    return found


def _held(file: str, name: str, node: Map, key: str, *, variable: bool = False) -> Held | None:
    """Read where something secret is; what stands there in its place is not repeated."""
    if key not in node.entries:
        return None
    entry = node.entries[key]
    forms = "{variable: NAME} or {file: PATH}" if variable else "{file: PATH}"
    value = entry.value
    kinds = {"variable", "file"} if variable else {"file"}
    if not isinstance(value, Map) or len(value.entries) != 1 or not set(value.entries) <= kinds:
        _fault(file, entry.key, f"'{name}': {key} says where it is, and never is the value: write {forms}")
    ((kind, inner),) = value.entries.items()
    text = inner.value.text if isinstance(inner.value, Scalar) else ""
    if kind == "variable":
        if not _VARIABLE.fullmatch(text):
            _fault(file, inner.key, f"'{name}': that is no name of a variable")
        return Held(variable=text)
    if not text:
        _fault(file, inner.key, f"'{name}': that is no path")
    return Held(file=os.path.join(os.path.dirname(file), os.path.expanduser(text)))  # noqa: PTH118, PTH120, PTH111


def _word(file: str, node: Map, key: str) -> str | None:
    if key not in node.entries:
        return None
    value = node.entries[key].value
    if not isinstance(value, Scalar) or value.kind is Kind.NULL or not value.text:
        _fault(file, node.entries[key].key, f"{key} is one word")
    return value.text


def _fault(file: str, at: Place | None, why: str) -> NoReturn:
    where = Place(file, at.line, at.column) if at else Place(file)
    raise ProvisionError(catalogue.IDENTITIES, f"{file}: {why}", where=where)
