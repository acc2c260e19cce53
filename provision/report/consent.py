"""The state of a consent in words, and the message to whoever gives it."""

from __future__ import annotations

from provision.outcomes.result import ConsentState, Result, Status
from provision.outcomes.results import Consents
from provision.report.escape import code, markdown, plain
from provision.report.fold import fold
from provision.report.formats import Medium
from provision.report.letter import letter_lines, letter_markdown
from provision.report.pages import fleet_markdown
from provision.report.pen import GREEN, YELLOW, Pen
from provision.resources import consent as consents
from provision.resources import service_principal

_STATES = {
    consents.Detail.GRANTED: "granted",
    consents.Detail.REQUIRED: "not granted yet",
    consents.Detail.REVOKED: "granted once, and not any more",
    consents.Detail.PARTIAL: "not granted, though other permissions are",
    consents.Detail.DELEGATED_ONLY: "granted as a delegated permission alone, which the product cannot use",
    consents.Detail.NOT_NEEDED: "none needed in Entra: mail.scope is mailbox",
}
_INSTEAD = "an Exchange administrator limits it to its mailbox instead, with what 'provision exchange' prints"


def _instead(result: Result) -> str:
    return result.plan.again.worded(_INSTEAD)


def consents_text(found: Consents, medium: Medium) -> str:
    """Return how each consent stands."""
    return "\n\n".join(
        consent_text(one, color=medium.color, width=medium.width, told=found.told) for one in found.made
    )


def consents_markdown(found: Consents, medium: Medium) -> str:
    """Return how each consent stands, with the errors of those that could not be looked at."""
    return fleet_markdown(found, consent_markdown, medium)


def consent_text(result: Result, *, color: bool = False, width: int | None = None, told: bool = False) -> str:
    """Return how the consent stands, what was done for it, and what is left to somebody else.

    ``width``: lines are broken to fit into so many columns, but for the message, which is to be copied.
    ``told``: link and message were printed before; they are not printed twice.
    """
    found = result.consent
    shade = YELLOW if found.state is ConsentState.REQUIRED else GREEN
    state = Pen(color=color)(_STATES[found.detail], shade)
    out = [f"{result.plan.name}: {result.plan.desired.consent.permission.name}: {state}"]
    if told and found.state is ConsentState.REQUIRED:
        return out[0]
    out += [f"  {plain(line)}" for line in _steps(result)]
    if found.state is ConsentState.NOT_NEEDED:
        out.append(f"  {plain(_instead(result))}.")
    if found.state is ConsentState.REQUIRED:
        out.append(f"  A {found.role_needed} gives it" + (" by this link:" if found.url else "."))
        out += [plain(found.url)] if found.url else []
    return "\n".join([fold("\n".join(out), width), *letter_lines(found.letter)])


def consent_markdown(result: Result) -> str:
    """Return the same for a page."""
    found = result.consent
    permission = result.plan.desired.consent.permission.name
    out = [
        f"### provision consent: {code(result.plan.name)}",
        "",
        f"{permission}: **{_STATES[found.detail]}**",
    ]
    out += [f"- {markdown(line)}" for line in _steps(result)]
    if found.state is ConsentState.NOT_NEEDED:
        out.append(f"- {markdown(_instead(result))}")
    if found.state is ConsentState.REQUIRED:
        out.append(f"- A {found.role_needed} gives it" + (f": {code(found.url)}" if found.url else ""))
    return "\n".join([*out, *letter_markdown(found.letter)])


def _steps(result: Result) -> list[str]:
    """Return what this run did, or left to others and why."""
    names = {service_principal.ADDRESS: "service principal", consents.ADDRESS: "grant"}
    told = []
    for outcome in result.outcomes:
        name = names.get(outcome.change.address, outcome.change.address)
        if outcome.status is Status.DONE:
            told.append(f"{name}: made by this run")
        elif outcome.status is Status.HANDOFF:
            told.append(f"{name}: {outcome.error.message if outcome.error else outcome.change.reason}")
    return told
