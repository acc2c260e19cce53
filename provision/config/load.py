"""Load configs from the paths of a command line, and report every fault of every file at once."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from provision.config import build, extend
from provision.config import node as tree
from provision.config.document import MAX_FAULTS
from provision.config.duplicates import declared_twice
from provision.config.interpolate import Interpolation
from provision.config.models import CloudHosts, Document
from provision.config.node import Map
from provision.config.problems import broken_rule, place_of, problems, repaired
from provision.delivery import Spec
from provision.errors import Place, ProvisionError, catalogue, combined
from provision.resources import Desired

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Config:
    """One config that is in order: what it asks for, and where in the file it says so."""

    path: str  # as the user gave it
    desired: Desired
    custom_cloud: bool  # tenant.cloud holds hosts: refused without --allow custom-cloud
    delivery: Spec
    places: Mapping[tree.Path, Place] = field(repr=False, compare=False)
    document: Document = field(repr=False, compare=False)

    def place(self, *keys: str) -> Place:
        """Return where a key stands, or the nearest one above it."""
        return place_of(keys, self.places)

    def in_tenant(self, tenant_id: str) -> Config:
        """Return the config as if it had named its tenant by this id."""
        tenant = self.document.tenant.model_copy(update={"id": tenant_id})
        document = self.document.model_copy(update={"tenant": tenant})
        return replace(self, desired=build.desired(document), document=document)


@dataclass(frozen=True)
class Variables:
    """What ``${NAME}`` stands for: ``--var`` before the environment."""

    given: Mapping[str, str]
    environment: Mapping[str, str]
    allow_unset: bool


def load(
    paths: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    allow_unset: bool = False,
) -> tuple[Config, ...]:
    """Read configs: files, folders and globs, in the order given, each file once.

    In a folder or a glob, a file without ``name`` that another one of them extends is left out: it is
    there for that alone. With ``allow_unset`` a variable without a value passes every rule.
    Raises ``ProvisionError``, and nothing else, with all that is wrong in all of the files.
    """
    known = Variables(variables or {}, environment or {}, allow_unset)
    files = extend.Files()
    faults: list[ProvisionError] = []
    candidates = _expand(paths, faults)
    trees: dict[str, Map] = {}
    for path in candidates:
        try:
            merged, own = files.merged(path)
        except ProvisionError as error:
            faults += _singles(error)
            continue
        faults += own
        trees[path] = merged
    configs: list[Config] = []
    for path, merged in trees.items():
        if not candidates[path] and files.only_extended(path):
            continue
        config = _config(path, merged, known)
        if isinstance(config, Config):
            configs.append(config)
        else:
            faults += config
    faults += declared_twice(configs)
    if faults:
        raise combined(_once(faults))
    return tuple(configs)


def _config(path: str, merged: Map, known: Variables) -> Config | list[ProvisionError]:
    """Check one config. Faults come in the order of the lines."""
    interpolation = Interpolation(known.given, known.environment, allow_unset=known.allow_unset)
    root = interpolation.resolve(merged)
    places = tree.places(root)
    faults = list(interpolation.faults)
    data = tree.data(root)
    document: Document | None = None
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        faults += problems(error, root, places)
        document = repaired(data, error)
    if document is not None:
        broken = islice(build.across(document), MAX_FAULTS)
        faults += [broken_rule(rule.path, rule.fault, root, places) for rule in broken]
    if document is None or faults:
        return sorted(faults, key=lambda fault: _order(fault, path))[:MAX_FAULTS]
    return Config(
        path=path,
        desired=build.desired(document),
        custom_cloud=isinstance(document.tenant.cloud, CloudHosts),
        delivery=build.delivery(document),
        places=places,
        document=document,
    )


def _order(fault: ProvisionError, path: str) -> tuple[bool, str, int, int]:
    where = fault.where or Place(path)
    return where.file != path, where.file, where.line or 0, where.column or 0


def _expand(paths: Sequence[str], faults: list[ProvisionError]) -> dict[str, bool]:
    """Return the files that are meant, and for each whether it was named itself."""
    found: dict[str, bool] = {}
    real: dict[str, str] = {}
    for path in paths:
        try:
            files = _files(path)
        except (OSError, ValueError) as error:  # a null byte, a path too long, a folder that may not be read
            reason = error.strerror if isinstance(error, OSError) else "not a path"
            faults.append(_not_found(f"{path!r} cannot be looked into: {reason}"))
            continue
        if not files:
            what = (
                "the folder holds no *.yaml or *.yml file" if Path(path).is_dir() else "there is no such file"
            )
            faults.append(_not_found(f"{path}: {what}", path))
        for file, named in files.items():
            first = real.setdefault(os.path.realpath(file), file)
            found[first] = found.get(first, False) or named
    return found


def _files(path: str) -> dict[str, bool]:
    if Path(path).is_dir():
        folder = Path(path)
        meant = (item for item in folder.iterdir() if not item.is_fifo())  # a pipe would be waited for
        names = sorted(item.name for item in meant if item.suffix in _SUFFIXES)
        return {str(folder / name): False for name in names if not name.startswith(".")}
    if os.path.lexists(path):
        return {path: True}
    if glob.has_magic(path):
        return {file: False for file in _glob(path) if Path(file).is_file()}
    return {}


def _glob(pattern: str) -> list[str]:
    return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - pathlib takes no absolute pattern


def _not_found(message: str, path: str | None = None) -> ProvisionError:
    return ProvisionError(catalogue.CONFIG_NOT_FOUND, message, where=Place(path) if path else None)


def _once(faults: Sequence[ProvisionError]) -> list[ProvisionError]:
    """Return each fault once: a file that ten others extend is wrong once."""
    return list({(str(fault.where), fault.entry.code, fault.message): fault for fault in faults}.values())


def _singles(error: ProvisionError) -> list[ProvisionError]:
    """Return the errors that one carries, each without the others."""
    alone = ProvisionError(error.entry, error.message, fix=error.fix, where=error.where)
    return [alone, *error.others]
