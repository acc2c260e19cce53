"""Checks of answers that are a config's keys, and are asked for one by one."""

from __future__ import annotations

from provision.config import meant, rules
from provision.products import NAMES


def product(text: str) -> str:
    """Check the name of a product that is shipped."""
    return rules.choice(NAMES, meant.PRODUCTS)(text)
