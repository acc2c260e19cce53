"""Registrations that may be the product's, as text, as ``provision.candidates/1`` and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from provision.outcomes.candidates import Candidate, Candidates, Reason
from provision.quoting import quoted
from provision.report import lines
from provision.report.documents import secret_json, timestamp
from provision.report.escape import code, markdown, plain
from provision.report.fold import fold
from provision.report.formats import PLAIN, Medium
from provision.report.pen import BOLD, YELLOW, Pen
from provision.resources.client_secret import called


def _why(found: Candidates, reason: Reason) -> str:
    return {
        Reason.REDIRECT_URI: f"a redirect URI ends in {found.redirect_path}",
        Reason.GRANT: f"{found.permission} on Microsoft Graph is granted to it",
        Reason.READS: f"{found.permission} on Microsoft Graph is granted to it",
        Reason.TAG: "it carries the tag of provision",
        Reason.NAME: "it is called like the product",
    }[reason]


def candidates_text(found: Candidates, medium: Medium) -> str:
    """Return each with the reasons, and the command that imports the likeliest."""
    pen = Pen(color=medium.color)
    out = [f"{pen(found.tenant_id, BOLD)}  {lines.where(found.target, found.cloud)}: {_count(found)}"]
    for one in found.found:
        out += ["", pen(f"  {plain(one.display_name) or one.client_id}", YELLOW)]
        out += [f"    {plain(line)}" for line in _lines(one, found)]
    out += [
        "",
        *(f"not checked: {plain(what)}" for what in found.not_checked),
        f"Next: {plain(_next(found))}",
    ]
    return fold("\n".join(out), medium.width)


def candidates_markdown(found: Candidates, _: Medium) -> str:
    """Return the same as a list."""
    out = [f"### provision import: tenant {code(found.tenant_id)}, {markdown(_count(found))}", ""]
    for one in found.found:
        name = markdown(one.display_name or one.client_id)
        out.append(f"- **{name}**: " + "; ".join(map(markdown, _lines(one, found))))
    out += [f"- not checked: {markdown(what)}" for what in found.not_checked]
    return "\n".join([*out, "", f"Next: {code(_next(found))}"])


def candidates_json(found: Candidates, _: Medium = PLAIN) -> dict[str, Any]:
    """Return them as ``provision.candidates/1``."""
    return {
        "format": "provision.candidates/1",
        "target": found.target.value,
        "tenant_id": found.tenant_id,
        "cloud": found.cloud,
        "time": timestamp(found.now),
        "registrations": found.registrations,
        "candidates": [_candidate(one, found.now) for one in found.found],
        "not_checked": list(found.not_checked),
    }


def _candidate(one: Candidate, now: datetime) -> dict[str, Any]:
    return {
        "oauth_client_id": one.client_id,
        "object_id": one.object_id,
        "display_name": one.display_name,
        "unique_name": one.unique_name,
        "created": timestamp(one.created) if one.created else None,
        "redirect_uris": list(one.redirect_uris),
        "reasons": [reason.value for reason in one.reasons],
        "consent": "granted" if one.granted else "none",
        "secrets": [secret_json(secret, now) for secret in one.secrets],
        "owners": None
        if one.owners is None
        else [{"id": o.id, "kind": o.kind, "name": o.name, "address": o.address} for o in one.owners],
    }


def _lines(one: Candidate, found: Candidates) -> Iterator[str]:
    unique = f", uniqueName {one.unique_name}" if one.unique_name else ""
    made = f", made {one.created:%Y-%m-%d}" if one.created else ""
    yield f"client id {one.client_id}{unique}{made}"
    yield "because " + "; ".join(_why(found, reason) for reason in one.reasons)
    for secret in one.secrets:
        yield f"secret {called(secret)}{': ended' if secret.end <= found.now else ''}"
    if not one.secrets:
        yield "no secret"
    if not one.granted:
        yield f"{found.permission} is not granted"
    if one.owners is None:
        yield "owners: they may not be read"
    elif one.owners:
        yield "owners: " + ", ".join(item.address or item.name or item.id for item in one.owners)


def _count(found: Candidates) -> str:
    count = len(found.found)
    some = f"{count} may be the product's" if count else "none looks like the product's"
    return f"{found.registrations} registration{'' if found.registrations == 1 else 's'}, {some}"


def _next(found: Candidates) -> str:
    product = ["--product", found.product] if found.product else []
    where = " ".join(map(quoted, ["--tenant", found.tenant_id, *product, *found.again.options]))
    if not found.found:
        return f"provision init {where}"
    ids = found.found[0].client_id
    return f"provision import {ids} {where} --out configs/"
