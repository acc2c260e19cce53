"""A saved plan: what may be approved, and whether what would be done now is still just that.

The file is what ``plan`` reports, for readers, and beside it what binds: tool version, times, ``bound`` with
one entry a plan, and a digest over every other byte of the file. Of the report only the format's name is
looked at here, and that it is the one which was saved. It holds no secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from provision.errors import ProvisionError, catalogue
from provision.plan.digest import sha256, to_json
from provision.plan.model import Plan
from provision.values import dataclass

LIFETIME = timedelta(days=7)  # time for a review, and no longer
_FORMATS = ("provision.plan/1", "provision.plans/1")
_SEAL = re.compile(r'"file_digest": "sha256:([0-9a-f]{64})"')
_BLANK = "0" * 64
_OWN = ("digest", "tool_version", "created", "expires", "bound", "report_digest", "file_digest")
_WORDS = ("name", "tenant_id", "target", "digest", "delivery", "config_digest")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Approved:
    """One plan of a file, reduced to what it binds."""

    name: str
    tenant_id: str
    target: str
    digest: str
    delivery: str
    config_digest: str
    objects: Mapping[str, str]  # what was read, by kind: its digest
    steps: Mapping[str, str]  # by address: the action


@dataclass(frozen=True, slots=True)
class Saved:
    """A plan file that is whole, of a version that this program knows."""

    plans: tuple[Approved, ...]
    expires: datetime


def file_text(shown: Json, plans: Sequence[Plan], *, version: str, now: datetime) -> str:
    """Return the text of a plan file. ``shown`` is what the plans are reported as, kept for readers."""
    bound = {
        **shown,
        "digest": overall(plans),
        "tool_version": version,
        "created": _time(now),
        "expires": _time(now + LIFETIME),
        "bound": [asdict(_bound(plan)) for plan in plans],
    }
    bound |= {"report_digest": _of_report(bound), "file_digest": f"sha256:{_BLANK}"}
    text = json.dumps(bound, indent=2, ensure_ascii=True) + "\n"
    return text.replace(f'"file_digest": "sha256:{_BLANK}"', f'"file_digest": "{sha256(text)}"')


def overall(plans: Sequence[Plan]) -> str:
    """Return the digest to approve: a plan's own, or one over those of several, or of none."""
    return together(plan.digest for plan in plans)


def together(digests: Iterable[str]) -> str:
    """Return the digest to approve of plans with these digests."""
    found = sorted(digests)
    return found[0] if len(found) == 1 else sha256("\n".join(found))


def _of_report(data: Json) -> str:
    """Return the digest of what readers see: all but what the file itself adds."""
    shown = {key: value for key, value in data.items() if key not in _OWN}
    return sha256(json.dumps(shown, sort_keys=True))


def read(text: str, *, version: str) -> Saved:
    """Return what a plan file holds; ``ProvisionError`` for one that is not whole or not known here."""
    seals = _SEAL.findall(text)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise _unusable("it is no JSON: cut off, or not a plan") from None
    if not isinstance(data, dict) or not str(data.get("format", "")).startswith("provision.plan"):
        raise _unusable("it is not a plan of this program")
    made = str(data.get("tool_version"))[:40]
    if data["format"] not in _FORMATS:
        kind = str(data["format"])[:40]
        raise _unusable(f"its format is {kind}, of version {made} of this program; this is {version}")
    if _newer(made, version):
        raise _unusable(f"it was made by a newer version of this program ({made}; this is {version})")
    blank = _SEAL.sub(f'"file_digest": "sha256:{_BLANK}"', text)
    if len(seals) != 1 or sha256(blank) != f"sha256:{seals[0]}":
        raise _unusable("it was changed after it was made: its digest does not fit")
    try:
        plans = tuple(_approved(bound) for bound in data["bound"])
        found = Saved(plans, datetime.fromisoformat(data["expires"]))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise _unusable("it lacks what a plan has") from None
    if not plans:
        raise _unusable("it lacks what a plan has")
    shows = (data.get("digest"), data.get("report_digest"))
    if shows != (together(plan.digest for plan in plans), _of_report(data)):
        raise _unusable("what it shows is not what it binds")
    return found


def refuse_expired(saved: Saved, *, now: datetime) -> None:
    """Raise ``ProvisionError`` if the file's time is over."""
    if now >= saved.expires:
        raise _unusable(f"it expired {_time(saved.expires)}")


def _approved(bound: Json) -> Approved:
    return Approved(
        **{field: str(bound[field]) for field in _WORDS},
        objects={str(name): str(digest) for name, digest in bound["objects"].items()},
        steps={str(address): str(action) for address, action in bound["steps"].items()},
    )


def differences(before: Approved, plan: Plan) -> list[str]:
    """Say what changed since the approval, in words; nothing if the digest is the same."""
    if before.digest == plan.digest:
        return []
    now = _bound(plan)
    lines = []
    if before.target != now.target:
        lines.append(f"{plan.name}: it was planned for the target '{before.target}'")
    if now.config_digest != before.config_digest:
        lines.append(f"{plan.name}: the config was changed")
    lines += [
        f"{plan.name}: {name.replace('_', ' ')} changed in the tenant"
        for name, digest in now.objects.items()
        if digest != before.objects.get(name)
    ]
    lines += [
        f"{plan.name}: {address} was {before.steps.get(address, 'not in it')}, "
        f"is {now.steps.get(address, 'not in it')}"
        for address in sorted(now.steps.keys() | before.steps.keys())
        if now.steps.get(address) != before.steps.get(address)
    ]
    return lines or [f"{plan.name}: the steps differ"]


def _bound(plan: Plan) -> Approved:
    observed = plan.observed
    return Approved(
        name=plan.name,
        tenant_id=observed.tenant_id,
        target=plan.target.value,
        digest=plan.digest,
        delivery=plan.delivery,
        config_digest=plan.desired.config_digest,
        objects={
            field.name: sha256(json.dumps(to_json(getattr(observed, field.name)), sort_keys=True))
            for field in fields(observed)
        },
        steps={change.address: change.action.value for change in plan.changes},
    )


def _newer(made: str, here: str) -> bool:
    def parts(text: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", text)[:3]]

    return parts(made) > parts(here)


def _time(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _unusable(why: str) -> ProvisionError:
    return ProvisionError(catalogue.PLAN_FILE, f"the plan file cannot be used: {why}")
