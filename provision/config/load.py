"""Load configs from the paths of a command line, and report every fault of every file at once."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from typing import Any

from pydantic import ValidationError

from provision import bounded, products
from provision.config import build, extend, product, rules, search
from provision.config import node as tree
from provision.config.document import MAX_FAULTS, top_keys
from provision.config.duplicates import declared_twice
from provision.config.interpolate import Interpolation
from provision.config.models import CloudHosts, Document
from provision.config.node import Map, Scalar
from provision.config.problems import broken_rule, place_of, problems, repaired
from provision.delivery import Spec
from provision.errors import Place, ProvisionError, catalogue, combined
from provision.outcomes.search import PassedOver, Search
from provision.products import Product
from provision.resources import Desired
from provision.values import dataclass


@dataclass(frozen=True)
class Config:
    """One config that is in order: what it asks for, and where in the file it says so."""

    path: str  # as the user gave it
    desired: Desired
    custom_cloud: bool  # tenant.cloud holds hosts: refused without --allow custom-cloud
    delivery: Spec
    places: Mapping[tree.Path, Place] = field(repr=False, compare=False)
    document: Document = field(repr=False, compare=False)
    profile: Product = field(repr=False, compare=False)
    files: frozenset[str] = field(default=frozenset(), repr=False, compare=False)  # real paths: it, its bases

    def place(self, *keys: str) -> Place:
        """Return where a key stands, or the nearest one above it; the config's name, if there is none."""
        return place_of(keys if keys[:1] in self.places else ("name",), self.places)

    def in_tenant(self, tenant_id: str, cloud_of: Config | None = None) -> Config:
        """Return the config as if it named its tenant by this id, in the cloud of another config if given."""
        cloud = (cloud_of or self).document.tenant.cloud
        tenant = self.document.tenant.model_copy(update={"id": tenant_id, "cloud": cloud})
        document = self.document.model_copy(update={"tenant": tenant})
        return replace(self, desired=build.desired(document, self.profile), document=document)


@dataclass(frozen=True)
class Unreadable:
    """One config that is not in order, and why; name and tenant as far as the file tells them."""

    path: str
    error: ProvisionError
    name: str | None = None
    tenant: str | None = None
    files: frozenset[str] = frozenset()  # real paths: it, and its bases as far as they are known


@dataclass(frozen=True)
class Loaded:
    """What the paths of a command line came to, in their order."""

    entries: tuple[Config | Unreadable, ...]
    search: Search

    @property
    def configs(self) -> tuple[Config, ...]:
        """Those that are in order."""
        return tuple(entry for entry in self.entries if isinstance(entry, Config))

    @property
    def unreadable(self) -> tuple[Unreadable, ...]:
        """Those that are not."""
        return tuple(entry for entry in self.entries if isinstance(entry, Unreadable))


@dataclass(frozen=True)
class Variables:
    """What ``${NAME}`` stands for: ``--var`` before the environment."""

    given: Mapping[str, str]
    environment: Mapping[str, str]
    allow_unset: bool
    withheld: Collection[str] = ()  # names that are set, and are none of a config's business


def load(
    paths: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    allow_unset: bool = False,
) -> tuple[Config, ...]:
    """Read configs that must all be in order.

    Raises ``ProvisionError``, and nothing else, with all that is wrong in all of the files.
    """
    found = survey(paths, variables=variables, environment=environment, allow_unset=allow_unset)
    if found.unreadable:
        raise combined([item.error for item in found.unreadable])
    return found.configs


def survey(
    paths: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    allow_unset: bool = False,
    withheld: Collection[str] = (),
) -> Loaded:
    """Read configs: files, folders and globs, in the order given, each file once. Nothing is raised.

    In a folder or a glob, a file without ``name`` that another one extends is passed over: it is there for
    that alone; and so is YAML that is no config, for it has no ``version`` at its top. With ``allow_unset``
    a variable without a value passes every rule. To read one that is ``withheld`` is a fault.
    """
    known = Variables(variables or {}, environment or {}, allow_unset, withheld)
    files = extend.Files()
    meant = search.candidates(paths)
    passed_over = list(meant.passed_over)
    merged: dict[str, tuple[Map, list[ProvisionError]] | Unreadable] = {}
    for path in meant.paths:
        if path in meant.faults:
            merged[path] = Unreadable(path, meant.faults[path].met_with(path))
        elif not meant.named[path] and (reason := _no_config(path, files)):
            passed_over.append(PassedOver(path, reason))
        else:
            merged[path] = _merged(path, files)
    entries: list[Config | Unreadable] = []
    for path, found in merged.items():
        if not meant.named.get(path, True) and files.only_extended(path):
            passed_over.append(PassedOver(path, _BASE))
            continue
        entries.append(found if isinstance(found, Unreadable) else _config(path, *found, known, files))
    if not entries:
        entries.append(_nothing(paths[0], len(passed_over)))
    doubles = declared_twice([entry for entry in entries if isinstance(entry, Config)])
    return Loaded(
        entries=tuple(
            _unreadable(entry.path, doubles[entry.path], files) if entry.path in doubles else entry
            for entry in entries
        ),
        search=Search(search.is_list(paths), tuple(_told_once(passed_over, files))),
    )


def _nothing(path: str, count: int) -> Unreadable:
    what = f"{path}: no config is there, but {count} other YAML file{'' if count == 1 else 's'}"
    error = ProvisionError(catalogue.CONFIG_NOT_FOUND, what, where=Place(path))
    return Unreadable(path, error.met_with(path))


_BASE = "others extend it, and it has no name of its own"
_SURE = frozenset({"version", "extends"})
_LOOKS = frozenset({"tenant", "application", "mail"})


def _no_config(path: str, files: extend.Files) -> str | None:
    """Say why a file that was found in a search is no config; ``None`` if it is one, or cannot be read."""
    try:
        keys = top_keys(files.text(path), _SURE)
    except ProvisionError:
        return None
    if keys is None or keys & _SURE:
        return None
    # One that lost its version must not be lost itself.
    if not files.text(path).strip() or ("name" in keys and len(keys & _LOOKS) > 1):
        return None
    return "no 'version' at its top, so it is no config"


def _told_once(passed_over: Sequence[PassedOver], files: extend.Files) -> Iterator[PassedOver]:
    """Name a base a base, though it has no ``version`` either."""
    for item in passed_over:
        base = os.path.realpath(item.path) in files.extended
        yield PassedOver(item.path, _BASE) if base else item


def _merged(path: str, files: extend.Files) -> tuple[Map, list[ProvisionError]] | Unreadable:
    try:
        return files.merged(path)
    except ProvisionError as error:
        return _unreadable(path, _singles(error), files)


def _unreadable(
    path: str, faults: Sequence[ProvisionError], files: extend.Files, merged: Map | None = None
) -> Unreadable:
    """Return what is known of a config that is wrong: a name only where the file says it plainly."""
    told = merged or files.told(path)
    name = _plain(told, ("name",), rules.NAME)
    tenant = _plain(told, ("tenant", "id"), f"{rules.GUID}|{rules.DOMAIN}")
    error = combined([fault.met_with(path, name) for fault in faults])
    return Unreadable(path, error, name, tenant, frozenset(files.chains.get(path, ())))


def _plain(told: Map | None, path: tree.Path, pattern: str) -> str | None:
    node = tree.find(told, path) if told else None
    text = node.text if isinstance(node, Scalar) else ""
    return text if re.fullmatch(pattern, text) else None


def _config(
    path: str, merged: Map, doubled: Sequence[ProvisionError], known: Variables, files: extend.Files
) -> Config | Unreadable:
    """Check one config. Faults come in the order of the lines, behind the keys that stand twice."""
    interpolation = Interpolation(
        known.given, known.environment, allow_unset=known.allow_unset, withheld=known.withheld
    )
    root = interpolation.resolve(merged)
    places = tree.places(root)
    faults = list(interpolation.faults)
    data = tree.data(root)
    profile = None
    try:
        profile = _profile(root, path, files)
    except ProvisionError as error:
        faults += _singles(error)
    if profile is None or profile.redirect_path is None:  # of a product that is not known, nothing is missing
        _without_address(data)
    document: Document | None = None
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        faults += problems(error, root, places)
        document = repaired(data, error)
    if document is not None:
        broken = islice(build.across(document, profile), MAX_FAULTS)
        faults += [broken_rule(rule.path, rule.fault, root, places) for rule in broken]
    if document is None or profile is None or faults or doubled:
        ordered = sorted(faults, key=lambda fault: _order(fault, path))[:MAX_FAULTS]
        return _unreadable(path, [*doubled, *ordered], files, merged)
    return Config(
        path=path,
        desired=build.desired(document, profile),
        custom_cloud=isinstance(document.tenant.cloud, CloudHosts),
        delivery=build.delivery(document).within(_folder(places)),
        places=places,
        document=document,
        profile=profile,
        files=frozenset(files.chains.get(path, ())),
    )


def _profile(root: Map, path: str, files: extend.Files) -> Product:
    """Return the product; ``ProvisionError`` if its file cannot be used. A wrong name is told elsewhere."""
    named = tree.find(root, ("product",))
    text = named.text if isinstance(named, Scalar) else products.DEFAULT
    if isinstance(named, Scalar) and product.is_file(text):
        return product.read(named, files, path)
    return products.load(text if text in products.NAMES else products.DEFAULT)


def _without_address(data: Any) -> None:
    """Let a config whose product has no redirect URI leave out what that is made of."""
    app = data.setdefault("application", {})
    if isinstance(app, dict):
        app.setdefault("admin_url", tree.Unset())


def _folder(places: Mapping[tree.Path, Place]) -> str:
    """Return the folder that paths of ``secret.delivery`` are meant from: that of the file which names it."""
    file = place_of(("secret", "delivery"), places).file
    return "" if file == "-" or file.startswith(bounded.STREAMS) else os.path.dirname(file)  # noqa: PTH120


def _order(fault: ProvisionError, path: str) -> tuple[bool, str, int, int]:
    where = fault.where or Place(path)
    return where.file != path, where.file, where.line or 0, where.column or 0


def _singles(error: ProvisionError) -> list[ProvisionError]:
    """Return the errors that one carries, each without the others."""
    alone = ProvisionError(
        error.entry, error.message, fix=error.fix, where=error.where, config=error.config, name=error.name
    )
    return [alone, *error.others]
