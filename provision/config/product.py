"""A product that users describe: ``product: ./our-product.yaml``, read and checked like a config.

The permissions that it may ask for are a closed list, :data:`provision.products.permissions.PERMISSIONS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, ValidationError

from provision import likeness, products
from provision.config import extend, rules
from provision.config import node as tree
from provision.config.document import MAX_FAULTS
from provision.config.node import Map, Scalar
from provision.config.problems import broken_rule, dotted, place_of
from provision.errors import Place, ProvisionError, catalogue, combined
from provision.products import Product
from provision.products.permissions import PERMISSIONS

SUFFIXES = (".yaml", ".yml")
_PATH = re.compile(r"/(?:[A-Za-z0-9._~-]+/?)+")
_MOST = 50  # screens, boxes of one, notes: no sheet has more
_NEEDED = ("{oauth_client_id}", "{secret_key}")  # without a box for these nobody can enter what was made


def is_file(text: str) -> bool:
    """Say whether the value of ``product`` names a file, and not one of the products that are known."""
    return text.endswith(SUFFIXES)


def _redirect_path(text: str) -> str:
    if not _PATH.fullmatch(text) or ".." in text or len(text) > 128:
        raise rules.Fault(
            "it is no path such as /connectors/SMTP.aspx",
            "Begin with '/', and leave out what is in application.admin_url.",
        )
    return text


def _permission(text: str) -> str:
    if text in PERMISSIONS:
        return text
    near = likeness.nearest(text, tuple(PERMISSIONS), {})
    raise rules.Fault(
        "a product may ask for one of these, and for nothing else: " + ", ".join(PERMISSIONS),
        likeness.question(near) or "Write one of these.",
        entry=catalogue.PRODUCT_PERMISSION,
    )


def _guide(text: str) -> str:
    if not re.fullmatch(r"https://[!-~]{1,500}", text):
        raise rules.Fault(
            "it is no address of a page", "Write one that begins with https://, or leave it out."
        )
    return text


def _value(text: str) -> str:
    if "{" in text and text not in products.VALUES:
        raise rules.Fault("what a run fills in is one of " + ", ".join(products.VALUES))
    return rules.line(256)(text)


def _boxes(boxes: dict[str, str]) -> dict[str, str]:
    if not 0 < len(boxes) <= _MOST:
        raise rules.Fault(f"a screen has between 1 and {_MOST} boxes")
    for label in boxes:
        try:
            rules.line(120)(label)
        except rules.Fault as fault:
            raise rules.Fault(f"the label '{label[:40]}': {fault.why}", fault.fix) from None
    return boxes


_Line = Annotated[str, Strict(), AfterValidator(rules.line(120))]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Screen(_Model):
    """One screen of the product, and what is entered there."""

    screen: _Line = Field(description="What the screen is called, with the way to it.")
    boxes: Annotated[dict[str, Annotated[str, Strict(), AfterValidator(_value)]], AfterValidator(_boxes)] = (
        Field(description="Each box's label and what is entered there, in order.")
    )


class Profile(_Model):
    """A product: what its screens are called, and which permission it needs."""

    title: Annotated[str, Strict(), AfterValidator(rules.line(80))] = Field(
        description="What people call the product."
    )
    guide: Annotated[str, Strict(), AfterValidator(_guide)] | None = Field(
        default=None, description="The page that says how it is set up."
    )
    redirect_path: Annotated[str, Strict(), AfterValidator(_redirect_path)] | None = Field(
        default=None,
        description="What follows application.admin_url in its redirect URI; left out: it has none.",
    )
    permission: Annotated[str, Strict(), AfterValidator(_permission)] = Field(
        description="The one application permission that it needs."
    )
    screens: Annotated[tuple[Screen, ...], Field(min_length=1, max_length=_MOST)] = Field(
        description="Its screens, in the order in which a person meets them."
    )
    notes: Annotated[
        tuple[Annotated[str, Strict(), AfterValidator(rules.line(256))], ...], Field(max_length=_MOST)
    ] = Field(default=(), description="What else whoever enters the values should know.")


def read(named: Scalar, files: extend.Files, config: str) -> Product:
    """Return the product that a config names by its file. ``named`` is the value of ``product``.

    Raises ``ProvisionError`` with all that is wrong, each fault at its own file and line. A file outside the
    folder tree of ``config`` is not read, for an error shows lines of what it is about.
    """
    target = _target(named, config)
    try:
        root, faults = files.own(target, extend.root_of(config))
    except ProvisionError as error:
        missing = error.entry in (catalogue.CONFIG_NOT_FOUND, catalogue.CONFIG_UNREADABLE)
        if missing and (error.where is None or error.where.line is None):
            raise _unusable(named, error.message) from None
        raise
    files.holds(config, target)
    return _checked(root, faults)


def of_file(path: str) -> Product:
    """Return the product that a file describes; ``ProvisionError`` with all that is wrong with it."""
    return _checked(*extend.Files().own(path))


def _checked(root: Map, faults: list[ProvisionError]) -> Product:
    places = tree.places(root)
    profile: Profile | None = None
    try:
        profile = Profile.model_validate(tree.data(root))
    except ValidationError as error:
        faults = [*faults, *_problems(error, root, places)]
    if profile is not None:
        faults = [*faults, *_across(profile, root, places)]
    if profile is None or faults:
        raise combined(sorted(faults, key=_line_of)[:MAX_FAULTS])
    return products.made_of(profile.model_dump())


def _line_of(fault: ProvisionError) -> int:
    return (fault.where.line or 0) if fault.where else 0


def _target(named: Scalar, config: str) -> str:
    if named.interpolated:
        raise _unusable(
            named, "'product' takes no variable in a path: a reviewer must see which file is meant"
        )
    if not extend.relative(named.text):
        raise _unusable(
            named, "'product' takes a path relative to the file that names it: no absolute one, no address"
        )
    target = extend.beside(named.text, named.place.file)
    if not extend.inside(target, extend.root_of(config)):
        raise _unusable(
            named,
            f"'{named.shown}' is outside the folder tree of this config, so it is not read",
            "Keep the file in the same repository or folder as the configs.",
        )
    return target


def _unusable(named: Scalar, message: str, fix: str | None = None) -> ProvisionError:
    return ProvisionError(catalogue.PRODUCT_FILE, message, fix=fix, where=named.place)


def _problems(
    error: ValidationError, root: Map, places: Mapping[tree.Path, Place]
) -> Iterator[ProvisionError]:
    for item in error.errors(include_url=False, include_input=False)[:MAX_FAULTS]:
        path = tuple(item["loc"])
        fault = item.get("ctx", {}).get("error")
        if item["type"] == "extra_forbidden":
            yield _unknown(path, root, places)
        elif item["type"] == "missing":
            yield ProvisionError(
                catalogue.MISSING_KEY,
                f"{dotted(path)} is missing",
                fix=f"Add {dotted(path)}.",
                where=place_of(path[:-1], places),
            )
        elif isinstance(fault, rules.Fault):
            yield broken_rule(path, fault, root, places)
        elif item["type"] in ("too_short", "too_long"):
            yield broken_rule(path, rules.Fault(f"between 1 and {_MOST} are allowed"), root, places)
        else:
            yield ProvisionError(
                catalogue.WRONG_TYPE, f"{dotted(path)}: {_kind(path)} is meant", where=place_of(path, places)
            )


def _kind(path: tree.Path) -> str:
    if path[-1] in ("screens", "notes"):
        return "a list"
    if path[-1] == "boxes" or (len(path) == 2 and path[0] == "screens"):
        return "a map of keys"
    return "text (in quotes, if YAML reads it as something else)"


def _unknown(path: tree.Path, root: Map, places: Mapping[tree.Path, Place]) -> ProvisionError:
    model: type[BaseModel] = Screen if path[0] == "screens" else Profile
    keys = tuple(model.model_fields)
    near = likeness.nearest(str(path[-1]), keys, {})
    holder = tree.find(root, path[:-1])
    where = holder.entries[str(path[-1])].key if isinstance(holder, Map) else place_of(path, places)
    return ProvisionError(
        catalogue.UNKNOWN_KEY,
        f"a product has no key '{dotted(path)}'",
        fix=likeness.question(near) or f"The keys are: {', '.join(keys)}.",
        where=where,
    )


def _across(profile: Profile, root: Map, places: Mapping[tree.Path, Place]) -> Iterator[ProvisionError]:
    values = {value for screen in profile.screens for value in screen.boxes.values()}
    for needed in _NEEDED:
        if needed not in values:
            yield broken_rule(("screens",), rules.Fault(f"no box takes {needed}"), root, places)
