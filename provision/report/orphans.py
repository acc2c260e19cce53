"""Registrations that none of the given configs names, as text, as ``provision.orphans/1`` and as Markdown.

They are never called unused: who uses one cannot be seen here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from provision.errors import ProvisionError
from provision.outcomes.orphans import Orphan, Orphans, Searched, Unsearched
from provision.products.permissions import SEND
from provision.report import lines
from provision.report.documents import error_json, search_json, secret_json, timestamp
from provision.report.escape import code, markdown, plain
from provision.report.formats import PLAIN, Medium
from provision.report.pen import BOLD, RED, YELLOW, Pen

_UNREADABLE = "No tenant was judged: a config that cannot be read may name what would be found."


def orphans_json(found: Orphans, _: Medium = PLAIN) -> dict[str, Any]:
    """Return all tenants as ``provision.orphans/1``."""
    return {
        "format": "provision.orphans/1",
        "target": found.target.value,
        "summary": {
            "orphans": sum(1 for _ in found.found),
            "tenants": len(found.tenants),
            "unreadable": len(found.errors),
        },
        "tenants": [_tenant(item) for item in found.tenants],
        "errors": [error_json(error) for error in found.unreadable],
        **(search_json(found.search) if found.search is not None else {}),
    }


def _tenant(item: Searched | Unsearched) -> dict[str, Any]:
    known = item if isinstance(item, Searched) else None
    return {
        "tenant": item.tenant,
        "tenant_id": known.tenant_id if known else None,
        "cloud": known.cloud if known else None,
        "time": timestamp(known.now) if known else None,
        "readable": known is not None,
        "tagged": known.tagged if known else None,
        "orphans": [_orphan(one, known.now) for one in known.orphans] if known else [],
        "notes": list(known.notes) if known else [],
        "error": error_json(item.error) if isinstance(item, Unsearched) else None,
    }


def _orphan(one: Orphan, now: datetime) -> dict[str, Any]:
    return {
        "unique_name": one.unique_name,
        "display_name": one.display_name,
        "oauth_client_id": one.client_id,
        "object_id": one.object_id,
        "created": timestamp(one.created) if one.created else None,
        "secrets": [secret_json(secret, now) for secret in one.secrets],
        "consent": "granted" if one.granted else "none",
        "other_grants": one.other_grants,
        "next": _next(one),
    }


def _next(one: Orphan) -> str:
    """Say what to do, in words: whether it is still wanted somebody must know."""
    names = f"name: {one.unique_name}" if one.unique_name else f"application.client_id: {one.client_id}"
    return (
        f"if it is still wanted, import it: 'provision import {one.client_id}' writes its config, or one "
        f"with '{names}' in this tenant takes it over"
    )


def orphans_text(found: Orphans, medium: Medium) -> str:
    """Return each tenant with what was found in it, and below all how many there are."""
    pen = Pen(color=medium.color)
    out: list[str] = []
    for item in found.tenants:
        if isinstance(item, Unsearched):
            out += [f"{pen(plain(item.tenant), BOLD)}  {pen('could not be read', RED)}", ""]
            continue
        where = lines.where(found.target, item.cloud)
        out.append(f"{pen(item.tenant_id, BOLD)}  {where}: {_summary(item)}")
        out += [f"  note: {plain(note)}" for note in item.notes]
        for one in item.orphans:
            out += ["", pen(f"  {plain(one.display_name) or one.client_id}", YELLOW)]
            out += [f"    {plain(line)}" for line in _lines(one, item.now)]
        out.append("")
    return "\n".join([*out, _total(found)])


def orphans_markdown(found: Orphans, _: Medium = PLAIN) -> str:
    """Return the same for a job's summary or an issue."""
    out = [f"### provision orphans: {markdown(_total(found))}", ""]
    for item in found.tenants:
        if isinstance(item, Unsearched):
            out += [f"- tenant {code(item.tenant)} could not be read: {markdown(item.error.message)}"]
            continue
        out.append(
            f"- tenant {code(item.tenant_id)}, {lines.where(found.target, item.cloud)}: {_summary(item)}"
        )
        out += [f"  - note: {markdown(note)}" for note in item.notes]
        for one in item.orphans:
            name = one.display_name or one.client_id
            out.append(f"  - **{markdown(name)}**: " + "; ".join(map(markdown, _lines(one, item.now))))
    out += [f"- {_error(error)}" for error in found.unreadable]
    return "\n".join(out).rstrip()


def _error(error: ProvisionError) -> str:
    return f"{code(error.subject or '?')} could not be read: {markdown(error.message)}"


def _lines(one: Orphan, now: datetime) -> Iterator[str]:
    yield f"client id {one.client_id}" + (f", uniqueName {one.unique_name}" if one.unique_name else "")
    if one.created:
        yield f"made {one.created:%Y-%m-%d}"
    for secret in one.secrets:
        begins = f", begins with {secret.hint}" if secret.hint else ""
        verb = "ended" if secret.end <= now else "works until"
        yield f"secret {secret.key_id}{begins}, {verb} {secret.end:%Y-%m-%d}"
    if not one.secrets:
        yield "no secret"
    verb = "is" if len(one.granted) == 1 else "are"
    yield f"{', '.join(one.granted)} {verb} granted" if one.granted else f"{SEND.name} is not granted"
    if one.other_grants:
        yield f"other permissions that are granted: {one.other_grants}"
    yield f"next: {_next(one)}"


def _summary(item: Searched) -> str:
    count = len(item.orphans)
    some = f"{count} named by none of these configs" if count else "each is named by one of these configs"
    if not item.tagged:
        return "no registration carries the tag of provision"
    return f"{item.tagged} registration{'' if item.tagged == 1 else 's'} with the tag of provision, {some}"


def _total(found: Orphans) -> str:
    if found.unreadable:
        return _UNREADABLE
    count = sum(1 for _ in found.found)
    failed = len(found.errors)
    said = (
        f"{count} registration{' is' if count == 1 else 's are'} named by none of these configs."
        if count
        else "Nothing was found that is named by none of these configs."
    )
    return said + (f" {failed} tenant{'' if failed == 1 else 's'} could not be read." if failed else "")
