"""A plan's changes as lines of a diff: each with its sign, its text, and nothing of how it is shown.

Terminal, Markdown and HTML show the same lines, so that a reviewer reads the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provision.change import Action, Change
from provision.errors import catalogue
from provision.outcomes.result import ConsentState, Result, SecretKey, Status
from provision.plan import scoping
from provision.plan.model import Plan, Target
from provision.report.escape import plain
from provision.resources import application, client_secret, consent, mailbox_scope, service_principal
from provision.resources.client_secret import Mint
from provision.values import dataclass

_SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.DELETE: "-",
    Action.NO_OP: " ",
    Action.HANDOFF: ">",
}
# What GitHub's highlighting of a diff colours; ours for an update and a hand-over it would not.
_OF_DIFF = {"+": "+", "-": "-", "~": "!", ">": "!", " ": " "}
_WORDS = {
    "create": "to create",
    "update": "to update",
    "delete": "to delete",
    "no-op": "unchanged",
    "handoff": "to hand over",
}

_TIME = "its time has not come, as is said above"
_ALLOWED = "it is not allowed, as is said above"
_INVENTED = {"tenant": "the tenant", "mailbox": "the mailbox", "rights": "the rights of whoever runs it"}

# What came of a change, in words.
DONE = {
    Status.DONE: "done",
    Status.BY_ANOTHER: "done by another run",
    Status.UNCHANGED: "unchanged",
    Status.HANDOFF: "to hand over",
    Status.FAILED: "failed",
    Status.NOT_TRIED: "not tried",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``sign`` is one of ``+ ~ - >`` or a space; ``text`` is safe to print."""

    sign: str
    text: str


def of_plan(plan: Plan) -> list[Line]:
    """Return the lines of every change, in the plan's order, and where a new secret would go."""
    lines = []
    for change in plan.changes:
        lines += _of_change(change)
        if isinstance(change.step, Mint) and plan.delivery:
            lines.append(Line("+", f"    value goes to {plain(plan.delivery)}"))
    return lines


def as_diff(plan: Plan) -> str:
    """Return the lines of every change with the signs of a diff, for a block of Markdown."""
    return "\n".join(f"{_OF_DIFF[line.sign]} {line.text}".rstrip() for line in of_plan(plan))


def where(target: Target, cloud: str) -> str:
    """Return which Microsoft Graph is meant, in words; not escaped."""
    return "the sandbox" if target is Target.SANDBOX else f"cloud {cloud}"


def made_up(plan: Plan) -> str:
    """Return what a rehearsal invented, in words, for nothing vouches for it; empty if it is nothing."""
    things = [words for thing, words in _INVENTED.items() if thing in plan.made_up]
    if not things:
        return ""
    return (
        f"Made up for this rehearsal, so nothing says that the real ones are like them: {', '.join(things)}."
    )


def refusal(plan: Plan) -> str | None:
    """Return what the plan would be refused for, with the options of this run; ``None``: nothing."""
    allowed = frozenset(plan.again.options)
    stops = [f.entry for f in plan.blockers if not (f.entry.allowable and f.entry.name in allowed)]
    codes = dict.fromkeys(f"{entry.code} {entry.name}" for entry in stops)
    return f"{_verb(plan)} would refuse this: {', '.join(codes)}" if codes else None


def _verb(plan: Plan) -> str:
    """Return the verb that carries a plan out."""
    steps = [change.step for change in plan.changes]
    if any(isinstance(step, (application.Delete, application.Purge)) for step in steps):
        return "destroy"
    returns = (application.Restore, service_principal.Restore)
    return "restore" if any(isinstance(step, returns) for step in steps) else "apply"


def waiting(plan: Plan) -> str | None:
    """Say that all is done but what a person does, or what its time has not come; else ``None``."""
    waits = waits_for(plan)
    yet = " yet" if waits in {_TIME, _ALLOWED} else ""
    return f"apply would change nothing{yet}: {waits}" if waits else None


def waits_for(plan: Plan) -> str | None:
    """Say what is waited for, where nothing else is due; ``None`` where that is not so."""
    if plan.pending or not plan.handed_off:
        return None
    if plan.desired.consent.mode is not consent.Mode.NONE and any(
        change.address == consent.ADDRESS for change in plan.handed_off
    ):
        return "an administrator's consent is waited for"
    if not plan.later:
        return "an Exchange administrator is waited for"
    return _ALLOWED if any(map(scoping.not_allowed, plan.later)) else _TIME


def summary(plan: Plan) -> str:
    """Return the count of changes in words."""
    counts = plan.summary()
    parts = [f"{count} {_WORDS[action]}" for action, count in counts.items() if count]
    return ", ".join(parts) or "nothing to do"


def outcome(result: Result) -> str:
    """Return what came of a plan, in words; of a rehearsal they say so."""
    words = came(result)
    return f"{words} (a rehearsal on the sandbox)" if result.plan.target is Target.SANDBOX else words


def came(result: Result) -> str:
    """Return what came of a plan, in words."""
    counts = {status: sum(o.status is status for o in result.outcomes) for status in Status}
    carried = any(counts[status] for status in (Status.DONE, Status.BY_ANOTHER, Status.FAILED))
    said = DONE if carried else {**DONE, Status.NOT_TRIED: "due"}  # a look tries nothing
    words = ", ".join(f"{count} {said[status]}" for status, count in counts.items() if count)
    return "nothing to do" if counts[Status.UNCHANGED] == len(result.outcomes) else words


def secret(result: Result) -> list[tuple[str, str]]:
    """Return what may be said of the secret, and of the proof that it works: what each is, and its text."""
    key, whole, facts = result.outputs.secret_key, result.plan.again.worded, []
    if key is not None:
        adopted = ", adopted" if key.adopted else ""
        facts.append(("Secret", f"ends {key.expires:%Y-%m-%d}, key id {plain(key.key_id)}{adopted}"))
    elif result.plan.standing is not None:
        facts.append(("Secret", plain(whole(none_to_enter(result)))))
    if result.of_the_place is not None:
        facts.append(("Place", plain(result.of_the_place)))
    if any(outcome.status is Status.BY_ANOTHER for outcome in result.outcomes):
        facts.append(
            ("Delivered", "by another run at the same time, where that one was told; this one made none")
        )
    if result.proof is not None:
        seen = {"token": "it signed in", "report": "the report of sign-ins shows it"}.get(
            result.proof, "none, for the value was not seen"
        )
        facts.append(("Proof", f"that the new secret works: {seen}"))
    facts += used(result)
    if result.unverified is not None:
        facts.append(("Verified", f"nothing: {result.unverified}"))
    if key is not None:
        facts += [("Confirm", plain(whole(text))) for text in confirmation(key)]
        facts += [("Lost", plain(whole(text))) for text in lost(key)]
        facts.append(("Calendar", plain(whole(renewal(key)))))
    return facts


def none_to_enter(result: Result) -> str:
    """Say that there is no secret to enter, and why; not escaped, for nothing in it is remote text."""
    standing = result.plan.standing
    why = client_secret.none_to_enter(standing) if standing else "none delivered"
    alive = standing is not None and standing.delivered
    none = "There is no secret to enter" if alive else "No delivered secret is alive"
    return f"{none}: {why}. 'provision apply' makes and delivers one."


def confirmation(key: SecretKey) -> list[str]:
    """Say by when the secret must be entered, if it stands beside one that may be in use."""
    if key.confirm_by is None:
        return []
    if key.confirm_by == key.expires:
        ends = "it ends itself then"
    else:
        ends = "the first of those before it ends then"
    return [
        f"enter it by {key.confirm_by:%Y-%m-%d}, the last day ({ends}); "
        "then run 'provision rotate CONFIG --confirm'"
    ]


def lost(key: SecretKey) -> list[str]:
    """Say what helps if nobody has the value any more, where it is not known to be at hand."""
    if key.fresh or (key.held and key.confirm_by is None):
        return []
    if key.confirm_by is not None:
        return ["if nobody has its value: 'provision rotate CONFIG --again' makes another in its place"]
    return ["if nobody has its value: 'provision rotate CONFIG' makes another"]


def renewal(key: SecretKey) -> str:
    """Say from when on the secret is to be renewed."""
    what = "run 'provision apply' again and enter the new Secret Key"
    if key.renew_due:
        return (
            f"renewal is due since {key.renew:%Y-%m-%d}: {what} by {key.confirm_by or key.expires:%Y-%m-%d}"
        )
    return f"from {key.renew:%Y-%m-%d} on, {what}"


def _of_change(change: Change) -> list[Line]:
    sign = _SIGNS[change.action]
    word = "hand over" if change.action is Action.HANDOFF else change.action.value
    kept = change.action is Action.NO_OP
    what = plain(change.address) if kept else f"{word} {plain(change.address)}"
    lines = [Line(sign, f"{what}: {plain(change.reason)}")]
    names = [
        *(change.before or {}),
        *(name for name in change.after or {} if name not in (change.before or {})),
    ]
    width = max(map(len, names), default=0)
    for name in names:
        lines += _of_property(change, name, width)
    return lines


def _of_property(change: Change, name: str, width: int) -> list[Line]:
    before, after = _get(change.before, name), _get(change.after, name)
    label = f"    {name:<{width}}  "
    if isinstance(before, (list, tuple)) or isinstance(after, (list, tuple)):
        return _of_list(label, before or (), after or ())
    if change.action is Action.UPDATE:
        return [Line("-", label + _shown(before)), Line("+", label + _shown(after))]
    if change.action is Action.DELETE:
        return [Line("-", label + _shown(before))]
    if change.action is Action.HANDOFF and change.after is None:  # what is there, and is to go
        return [Line(_SIGNS[change.action], label + _shown(before))]
    return [Line(_SIGNS[change.action], label + _shown(after))]


def _of_list(label: str, before: Sequence[Any], after: Sequence[Any]) -> list[Line]:
    """Return one line an item: only what comes or goes has a sign, whatever the order."""
    old, new = sorted(map(_shown, before)), sorted(map(_shown, after))
    lines = [Line(" ", label + item) for item in old if item in new]
    lines += [Line("-", label + item) for item in old if item not in new]
    lines += [Line("+", label + item) for item in new if item not in old]
    return lines or [Line(" ", label + "none")]


def _get(values: Mapping[str, Any] | None, name: str) -> Any:
    return (values or {}).get(name)


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{plain(value)}"' if isinstance(value, str) else plain(str(value))


def used(result: Result) -> list[tuple[str, str]]:
    """Return which secret signed in when, as far as the report of sign-ins tells of any."""
    found = result.last_use
    if found is None:
        return []
    return [
        ("Last use", plain(f"{item.hint or '?'}..., key id {item.key_id}, {found.words(item.key_id)}"))
        for item in result.plan.observed.secrets
        if found.of(item.key_id) is not None
    ]


def grants(result: Result) -> list[tuple[str, str]]:
    """Return what lets the application act, Entra or Exchange, as far as no consent is still to be given.

    Each is a label and a text, not escaped.
    """
    if result.consent.state is ConsentState.REQUIRED:
        return []
    later = {o.change.address: o.change.reason for o in result.outcomes if o.change in result.plan.later}
    if result.consent.state is ConsentState.GRANTED:
        return [("Consent", "granted"), *(("Exchange", f"its limit: {why}") for why in later.values())]
    script = f"an administrator runs what '{result.plan.again.command('exchange')}' prints"
    return [("Consent", _unwanted(result, later.get(consent.ADDRESS))), ("Exchange", limit(result) or script)]


def _unwanted(result: Result, why: str | None) -> str:
    """Say whether Entra grants what the config leaves to Exchange; ``why``: what the grant waits for."""
    seen = result.plan.observed
    gone = any(isinstance(o.change.step, consent.Revoke) and _did(o.status) for o in result.outcomes)
    if gone or not consent.granted(seen.role, seen.assignments):
        return "none in Entra; Exchange limits the application to its mailbox"
    return "still granted in Entra, for every mailbox" + (f"; {why}" if why else "")


def _did(status: Status) -> bool:
    return status in {Status.DONE, Status.BY_ANOTHER}


def limit(result: Result) -> str | None:
    """Say how Exchange's limit stands, as this run set or read it; ``None``: that is a person's part."""
    for outcome in result.outcomes:
        if outcome.change.address == mailbox_scope.ADDRESS and outcome.status is not Status.HANDOFF:
            if _did(outcome.status):
                return "the limit was set; it takes up to two hours until all of Exchange goes by it"
            if outcome.status is Status.UNCHANGED:
                return f"the limit: {outcome.change.reason}"
    read = (f.message for f in result.plan.findings if f.entry is catalogue.SCOPE_LIMITED)
    return next(read, None)
