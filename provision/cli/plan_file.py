"""Plan files on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from provision import __version__, bounded
from provision.cli import out_file
from provision.cli.console import talk
from provision.errors import ProvisionError, catalogue
from provision.outcomes.plans import Plans
from provision.outcomes.search import Search
from provision.plan import saved
from provision.plan.model import Plan
from provision.report.documents import plans_json

_LARGEST = 16 * 1024 * 1024  # bytes; the plans of a fleet of hundreds are far below


def write(path: str, items: Sequence[Plan | ProvisionError], search: Search, *, now: datetime) -> None:
    """Save plans as one file, whole or not at all: none if one of them could not be made."""
    plans = [item for item in items if isinstance(item, Plan)]
    if len(plans) < len(items) or not plans:
        why = "not every config could be planned" if items else "there is no config to plan"
        talk(f"{path} was not written: {why}")
        return
    shown = plans_json(Plans(tuple(plans), search))
    text = saved.file_text(shown, plans, version=__version__, now=now)
    out_file.write(path, text, sign='"format": "provision.plan', kind="plan file")


def read(path: str) -> saved.Saved:
    """Read a plan file; ``ProvisionError`` before anything else happens if it cannot be used."""
    try:
        raw = bounded.read(path, _LARGEST)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise ProvisionError(catalogue.PLAN_FILE, f"the plan file {path} cannot be read: {reason}") from error
    return saved.read(bounded.decoded(raw, "replace"), version=__version__)
