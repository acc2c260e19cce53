"""A verification as text, JSON and Markdown: a line a rung, and what to do where one failed."""

from __future__ import annotations

from typing import Any

from provision.errors import catalogue
from provision.outcomes.verify import Rung, Verdict, Verified
from provision.report.escape import code, markdown, plain
from provision.report.fold import fold
from provision.report.formats import PLAIN, Medium
from provision.report.pen import DIM, GREEN, RED, Pen

_SIGNS = {Verdict.PASS: "pass", Verdict.FAIL: "FAIL", Verdict.SKIPPED: "skip"}
_COLORS = {Verdict.PASS: GREEN, Verdict.FAIL: RED, Verdict.SKIPPED: DIM}


def verification_json(verified: Verified, _: Medium = PLAIN) -> dict[str, Any]:
    """Return a verification as ``provision.verification/1``; never the secret."""
    found = verified.verification
    return {
        "format": "provision.verification/1",
        "target": verified.target.value,
        "name": verified.name,
        "oauth_client_id": verified.client_id,
        "tenant_id": verified.tenant_id,
        "email_address": verified.address,
        "proven": found.proven,
        "passed": found.failed is None,
        "not_looked": verified.not_looked,
        "rungs": [_rung(rung) for rung in found.rungs],
    }


def _rung(rung: Rung) -> dict[str, Any]:
    return {
        "rung": rung.name,
        "verdict": rung.verdict.value,
        "message": rung.message,
        "code": rung.entry.code if rung.entry else None,
        "name": rung.entry.name if rung.entry else None,
        "cause": rung.entry.cause if rung.entry else None,
        "fix": rung.fix,
        "service_code": rung.service_code,
        "request_id": rung.request_id,
    }


def verification_text(verified: Verified, medium: Medium = PLAIN) -> str:
    """Return a line a rung, what to do where one failed, and what is proven by it."""
    pen = Pen(color=medium.color)
    found = verified.verification
    out = [f"{verified.name}: {plain(verified.address)}, client {verified.client_id}", ""]
    for rung in found.rungs:
        sign = pen(_SIGNS[rung.verdict], _COLORS[rung.verdict])
        out.append(f"  {sign}  {rung.name:<7}  {plain(rung.message)}")
        if rung.entry is not None:
            ids = f" (request or trace id {plain(rung.request_id)})" if rung.request_id else ""
            out.append(f"        {rung.entry.title} [{rung.entry.code} {rung.entry.name}]{ids}")
            out.append(f"        Why: {rung.entry.cause}")
            out.append(f"        What to do: {rung.fix}")
    out += ["", conclusion(verified)]
    if verified.not_looked:
        out.append(f"Not looked into the tenant: {plain(verified.not_looked)}")
    return fold("\n".join(out), medium.width)


def verification_markdown(verified: Verified, _: Medium = PLAIN) -> str:
    """Return a list item a rung."""
    out = [f"### provision verify: {code(verified.name)}", ""]
    for rung in verified.verification.rungs:
        out.append(f"- **{_SIGNS[rung.verdict]}** {rung.name}: {markdown(rung.message)}")
        if rung.entry is not None:
            out.append(f"  - {code(rung.entry.name)}: {markdown(rung.fix or rung.entry.fix)}")
    return "\n".join([*out, "", markdown(conclusion(verified))])


def conclusion(verified: Verified) -> str:
    """Return in a sentence what the rungs come to."""
    found = verified.verification
    if found.failed is not None:
        return "Mail does not flow yet."
    if found.proven:
        read = any(rung.name == "read" for rung in found.rungs)
        what = "let the application read its mailbox" if read else "took a message from the application"
        return f"Proven: Exchange {what}."
    return f"Nothing failed. {verified.again.worded(catalogue.NOT_PROVEN_YET.fix)}"
