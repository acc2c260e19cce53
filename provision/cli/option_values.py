"""What the values of options come to: each read here, so that what is wrong is told before anything else.

What reads configs is imported when there is something to read, and not while a shell completes a word.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from provision.cli.identities import Identities
    from provision.config.select import Selector
    from provision.errors import Severity
    from provision.outcomes.search import Shard

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Read a length of waiting: ``90``, ``90s``, ``5m``, ``1h`` or ``3d``."""
    if value is None:
        return None
    number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
    if not number.isascii() or not number.isdecimal() or len(number) > 6:
        raise click.BadParameter(f"'{value}' is no length of time: write 90, 90s, 5m, 1h or 3d")
    return float(number) * _UNITS[unit]


def selectors(ctx: click.Context, _: click.Parameter, values: tuple[str, ...]) -> tuple[Selector, ...]:
    """Read what ``--select`` takes."""
    if not values or ctx.resilient_parsing:
        return ()
    from provision.config.select import parse

    try:
        return tuple(parse(value) for value in values)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def identities(ctx: click.Context, _: click.Parameter, value: str | None) -> Identities | None:
    """Read the map of ``--identities``."""
    if value is None or ctx.resilient_parsing:
        return None
    from provision.cli.identities import load

    return load(value)


def shard(ctx: click.Context, _: click.Parameter, value: str | None) -> Shard | None:
    """Read which part ``--shard`` means."""
    if value is None or ctx.resilient_parsing:
        return None
    from provision.config.shard import parse

    try:
        return parse(value, os.environ)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def digests(_: click.Context, __: click.Parameter, value: Any) -> Any:
    """Read one digest, or several: what is none would only be found out after all the work."""
    for text in (value,) if isinstance(value, str) else value or ():
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", text.strip().lower()):
            raise click.BadParameter(
                f"'{text[:80]}' is no digest: write sha256: and its 64 digits, as 'plan' prints them"
            )
    return value


def pairs(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read ``NAME=VALUE``, each."""
    pairs: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter("write NAME=VALUE")
        pairs[name] = text
    return pairs


def severity(_: click.Context, __: click.Parameter, value: str | None) -> Severity | None:
    """Read a severity."""
    from provision.errors import Severity

    return None if value is None else Severity(value)


def allowed(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    """Read the names that ``--allow`` takes."""
    if not values:
        return frozenset()
    from provision import likeness
    from provision.cli.usage import ALLOWED
    from provision.cli.verb import allowable

    names = [name for name, _ in allowable()]
    for value in values:
        if value not in names:
            asked = likeness.question(likeness.nearest(value, names, ALLOWED))
            hint = f"{asked[0].lower()}{asked[1:]}" if asked else f"there are: {', '.join(names)}"
            raise click.BadParameter(f"'{value}' cannot be allowed; {hint}")
    return frozenset(values)
