"""What the products' screens are called and which permission they need: one YAML file a product, as data.

The labels are those of the vendor's public guides, as far as these could be read; each file names its page.
A product that needs a box to be filled which we know no value for says so in its notes. A user's own file
has the same keys; ``config/product.py`` reads and checks it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from provision.products.permissions import PERMISSIONS, SEND, Permission
from provision.values import dataclass

_SUFFIX = ".yaml"
NAMES = tuple(
    sorted(
        item.name.removesuffix(_SUFFIX) for item in files(__name__).iterdir() if item.name.endswith(_SUFFIX)
    )
)
DEFAULT = "collaboration"
# What a box may hold beside a fixed text: what a run hands over.
VALUES = ("{oauth_client_id}", "{tenant_id}", "{email_address}", "{secret_key}", "{secret_expiry}")


@dataclass(frozen=True, slots=True)
class Box:
    """One box on a screen of the product; ``value`` is a fixed text, or one of :data:`VALUES`."""

    screen: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product's name, its boxes in the order in which a person meets them, and what it needs in Entra."""

    title: str
    guide: str | None  # the vendor's page that the labels are from
    boxes: tuple[Box, ...]
    notes: tuple[str, ...] = ()
    redirect_path: str | None = None  # behind application.admin_url; None: it has no redirect URI
    permission: Permission = SEND


@functools.cache
def load(name: str) -> Product:
    """Return the product of that name, one of :data:`NAMES`; ``KeyError`` for any other."""
    if name not in NAMES:
        raise KeyError(name)
    import yaml

    return made_of(yaml.safe_load(files(__name__).joinpath(name + _SUFFIX).read_text(encoding="utf-8")))


def made_of(data: Mapping[str, Any]) -> Product:
    """Return the product that a file's keys describe, which are in order."""
    boxes = tuple(
        Box(screen["screen"], label, value)
        for screen in data["screens"]
        for label, value in screen["boxes"].items()
    )
    return Product(
        title=data["title"],
        guide=data.get("guide"),
        boxes=boxes,
        notes=tuple(data.get("notes", ())),
        redirect_path=data.get("redirect_path"),
        permission=PERMISSIONS[data["permission"]],
    )
