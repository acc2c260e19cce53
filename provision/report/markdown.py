"""Plans and results as Markdown, for a comment on a pull request or a job's summary."""

from __future__ import annotations

import re
from itertools import groupby

from provision.errors import Finding, Severity
from provision.outcomes.result import ConsentState, Result
from provision.plan.model import Plan
from provision.report import lines
from provision.report.escape import code, fenced, markdown
from provision.report.letter import letter_markdown
from provision.report.verify import verification_markdown


def marker(kind: str, tenant: str, name: str) -> str:
    """Return a comment that no reader sees, to find a part of a page by: ``provision:plan:TENANT:NAME``.

    Only what cannot end it is let in; tenant ids and names hold nothing else anyway.
    """
    said = ":".join(re.sub(r"[^A-Za-z0-9._-]|-(?=-)", "_", word) for word in (kind, tenant, name))
    return f"<!-- provision:{said} -->"


def plan_markdown(plan: Plan) -> str:
    """Return a plan: heading, summary, the diff, findings, digest."""
    where = lines.where(plan.target, plan.desired.cloud.name)
    out = [
        marker("plan", plan.observed.tenant_id, plan.name),
        f"### provision plan: {code(plan.name)}",
        "",
        f"{lines.summary(plan)}; for {code(plan.desired.mailbox.address)}, "
        f"tenant {code(plan.observed.tenant_id)}, {where}.",
        "",
        *_made_up(plan),
        fenced(lines.as_diff(plan), "diff"),
        "",
        *findings_markdown(plan.findings),
        *(
            [f"**{refused[0].upper()}{refused[1:]}.**", ""]
            if (refused := lines.refusal(plan) or lines.waiting(plan))
            else []
        ),
        f"Digest: {code(plan.digest)}",
    ]
    return "\n".join(out)


def _made_up(plan: Plan) -> list[str]:
    return [said, ""] if (said := lines.made_up(plan)) else []


def findings_markdown(findings: tuple[Finding, ...]) -> list[str]:
    """Return findings as the lines of a list, and an empty one behind it."""
    if not findings:
        return []
    return [*map(_finding, findings), ""]


def _finding(finding: Finding) -> str:
    line = f"- **{finding.severity.value}** {code(finding.entry.name)}: {markdown(finding.message)}"
    if finding.severity is Severity.INFO:
        return line
    return f"{line}\n  {markdown(finding.fix or finding.entry.fix)}"


def result_markdown(result: Result) -> str:
    """Return the hand-off sheet: a table a screen, dates, consent."""
    plan = result.plan
    out = [
        marker("result", plan.observed.tenant_id, plan.name),
        f"### provision: {code(plan.name)}",
        "",
        f"{lines.outcome(result)}; tenant {code(plan.observed.tenant_id)}.",
        "",
        *_made_up(plan),
    ]
    for screen, boxes in groupby(result.settings, key=lambda setting: setting.screen):
        out += [f"**{markdown(result.title)}, {markdown(screen)}**", "", "| Box | Value |", "|---|---|"]
        out += [f"| {markdown(box.label)} | {code(box.value)} |" for box in boxes]
        out.append("")
    out += [f"- {markdown(note)}" for note in result.notes]
    secret = result.outputs.secret_key
    whole = plan.again.worded
    if secret is not None:
        out.append(
            f"- The secret {code(secret.key_id)} ends {secret.expires:%Y-%m-%d}; "
            f"{markdown(whole(lines.renewal(secret)))}."
        )
        out += [f"- Confirm: {markdown(whole(text))}." for text in lines.confirmation(secret)]
        out += [f"- Lost: {markdown(whole(text))}." for text in lines.lost(secret)]
        out += [f"- {markdown(result.of_the_place)}"] if result.of_the_place else []
    elif result.plan.standing is not None:
        out.append(f"- {markdown(whole(lines.none_to_enter(result)))}")
    consent = result.consent
    if consent.state is ConsentState.REQUIRED:
        link = f": {code(consent.url)}" if consent.url else "."
        out.append(f"- **Consent is still to be given** by a {consent.role_needed}{link}")
        out += letter_markdown(consent.letter)
    out += [f"- {label}: {markdown(text)}" for label, text in lines.grants(result)]
    if result.proof:
        out.append(f"- Proof that the new secret works: {code(result.proof)}")
    for outcome in result.outcomes:
        if outcome.error is not None:
            what = f"{code(outcome.change.address)} {outcome.status.value}"
            out.append(f"- {what}: {markdown(outcome.error.message)} ({code(outcome.error.entry.code)})")
    if result.unverified:
        out.append(f"- Verified nothing: {markdown(result.unverified)}")
    if result.verified is not None:
        out += ["", verification_markdown(result.verified)]
    out += ["", *findings_markdown(result.plan.findings)]
    return "\n".join(out).rstrip()
