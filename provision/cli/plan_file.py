"""Plan files on the disk."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from provision import __version__, report
from provision.cli.console import talk
from provision.errors import ProvisionError, catalogue
from provision.plan import saved
from provision.plan.model import Plan

_LARGEST = 16 * 1024 * 1024  # bytes; the plans of a fleet of hundreds are far below


def write(path: str, items: Sequence[Plan | ProvisionError], *, now: datetime) -> None:
    """Save plans as one file, whole or not at all; none if one of them could not be made."""
    plans = [item for item in items if isinstance(item, Plan)]
    if len(plans) < len(items):
        talk(f"{path} was not written: not every config could be planned")
        return
    shown = report.plan_json(plans[0]) if len(plans) == 1 else report.plans_json(plans)
    text = saved.document(shown, plans, version=__version__, now=now)
    if Path(path).exists() and not _is_plan(Path(path)):
        raise ProvisionError(
            catalogue.USAGE, f"{path} is there, and is no plan file", fix="Choose another name for --out."
        )
    temporary = Path(path).with_name(f".{Path(path).name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise ProvisionError(
            catalogue.DISK, f"the plan file {path} cannot be written: {error.strerror}"
        ) from error


def _is_plan(path: Path) -> bool:
    """Say whether a file may be written over: what it holds was made here, or is nothing."""
    try:
        with path.open("rb") as file:
            begins = file.read(200)
    except OSError:
        return False
    return not begins or b'"format": "provision.plan' in begins


def read(path: str) -> saved.Saved:
    """Read a plan file; ``ProvisionError`` before anything else happens if it cannot be used."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        raise ProvisionError(
            catalogue.PLAN_FILE, f"the plan file {path} cannot be read: {error.strerror}"
        ) from error
    if len(raw) > _LARGEST:
        raise ProvisionError(catalogue.PLAN_FILE, f"the plan file {path} is larger than any plan")
    return saved.read(raw.decode("utf-8", "replace"), version=__version__)
