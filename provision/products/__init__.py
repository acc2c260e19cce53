"""What the products' screens are called: one YAML file a product, read as data.

The labels are those of the vendor's public guides, as far as these could be read; each file names its page.
A product that needs a box to be filled which we know no value for says so in its notes.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.resources import files

_SUFFIX = ".yaml"
NAMES = tuple(
    sorted(
        item.name.removesuffix(_SUFFIX) for item in files(__name__).iterdir() if item.name.endswith(_SUFFIX)
    )
)


@dataclass(frozen=True, slots=True)
class Box:
    """One box on a screen of the product.

    ``value`` is a fixed text, or names what a run hands over: ``{oauth_client_id}``, ``{tenant_id}``,
    ``{email_address}``, ``{secret_key}`` or ``{secret_expiry}``.
    """

    screen: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product's name, its boxes in the order in which a person meets them, and what else to know."""

    title: str
    guide: str  # the vendor's page that the labels are from
    boxes: tuple[Box, ...]
    notes: tuple[str, ...] = ()


@functools.cache
def load(name: str) -> Product:
    """Return the product of that name, one of :data:`NAMES`; ``KeyError`` for any other."""
    if name not in NAMES:
        raise KeyError(name)
    import yaml

    data = yaml.safe_load(files(__name__).joinpath(name + _SUFFIX).read_text(encoding="utf-8"))
    boxes = tuple(
        Box(screen["screen"], label, value)
        for screen in data["screens"]
        for label, value in screen["boxes"].items()
    )
    return Product(data["title"], data["guide"], boxes, tuple(data.get("notes", ())))
