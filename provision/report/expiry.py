"""The dates of a fleet's secrets as a table, as JSON and as Markdown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from provision.outcomes.expiry import Expiry, Row, State, Unreadable, Watched
from provision.plan.model import Target
from provision.report.documents import error_json, search_json, timestamp
from provision.report.escape import code, markdown, plain
from provision.report.fold import fold, table
from provision.report.formats import PLAIN, Medium
from provision.report.pages import cut
from provision.report.pen import BOLD, DIM, GREEN, RED, YELLOW, Pen

_BAR = 10  # cells
_HEADS = ("Config", "Ends (UTC)", "Left", "Life", "Whose", "State", "Hint", "Key id", "Name")
_WORDS = {
    State.EXPIRED: "expired",
    State.EXPIRING: "expiring",
    State.RENEWAL_DUE: "renewal due",
    State.LEAKED: "leaked",
    State.REMOVED: "removed",
    State.UNPROVEN: "unproven",
    State.REPLACED: "replaced",
    State.NONE: "none delivered",
}


def expiry_text(expiry: Expiry, medium: Medium) -> str:
    """Return the table, the most urgent first, and below it what to do.

    Where the table has not so many columns, hint, key id and name stand below each row.
    """
    width = medium.width
    heads = (" ", *_HEADS)
    rows = [("!" if row.attention else " ", *_cells(row)) for row in expiry.rows]
    pen = Pen(color=medium.color)
    (first, *_), *others = table([heads, *rows], width, below=3)
    lines = [pen(first, BOLD)]
    for row, shown in zip(expiry.rows, others, strict=True):
        lines += [pen(fold(line, width), _color(row)) for line in shown]
    told = "\n".join(
        ["", _summary(expiry), *_unread(expiry), *_federated(expiry), *_used(expiry), *_advice(expiry)]
    )
    return "\n".join([*lines, fold(told, width)])


def _cells(row: Row) -> tuple[str, ...]:
    secret = row.secret
    if secret is None:
        why = "" if row.client_id else "there is no application yet"
        if row.state is State.REMOVED:
            why = "one that was delivered is not there any more"
        return (plain(row.config), "-", "-", "", "ours", _words(row), "", "", why)
    return (
        plain(row.config),
        _day(secret.end),
        _left(row),
        _bar(row),
        _whose(row),
        _words(row),
        plain(secret.hint or ""),
        plain(secret.key_id),
        plain(_name(row)),
    )


def _name(row: Row) -> str:
    """Return the secret's name, and where and what it is unless it is a secret of the application."""
    name = (row.secret.display_name if row.secret else None) or ""
    if row.kind == "secret" and row.holder == "application":
        return name
    return f"{name} ({row.kind} of the {row.holder})".strip()


def _bar(row: Row) -> str:
    """Show how much of its life is left; a living one has a cell at least."""
    cells = max(round(row.share_left * _BAR), 1 if row.share_left else 0)
    return "█" * cells + "░" * (_BAR - cells)


def _whose(row: Row) -> str:
    if row.adopted:
        return "adopted"
    return "ours" if row.ours else "other"


def _words(row: Row) -> str:
    if row.state is State.AWAITS_CONFIRMATION and row.confirm_by:
        return f"confirm by {_day(row.confirm_by)}"
    if row.state is State.FINE:
        return f"renew from {_day(row.renew)}" if row.renew else "fine"
    return _WORDS[row.state]


def _left(row: Row) -> str:
    left = row.left or timedelta(0)
    unit, length = ("day", 24) if abs(left) >= timedelta(days=1) else ("hour", 1)
    count = abs(int(left / timedelta(hours=length)))
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{words} ago" if left <= timedelta(0) else words


def _color(row: Row) -> str:
    if row.attention:
        return YELLOW if row.state is State.AWAITS_CONFIRMATION else RED
    if row.state is State.FINE:
        return GREEN
    return DIM if row.state in (State.EXPIRED, State.REPLACED) else YELLOW


def _summary(expiry: Expiry) -> str:
    count, total = len(expiry.counting), sum(row.secret is not None for row in expiry.rows)
    needs = f"{count} need{'s' if count == 1 else ''}" if count else "none needs"
    text = f"{total} secret{'' if total == 1 else 's'}; {needs} attention within {expiry.within}."
    failed = len(expiry.unreadable)
    if failed:
        text += f" {failed} config{'' if failed == 1 else 's'} could not be read."
    if expiry.target is Target.SANDBOX:
        text += " A rehearsal on the sandbox: no secret of these is real."
    return text


def _unread(expiry: Expiry) -> list[str]:
    """Name in one line what could not be read; why is told elsewhere."""
    names = ", ".join(plain(item.subject) for item in expiry.unreadable)
    return [f"Not read: {names}"] if names else []


def _federated(expiry: Expiry) -> list[str]:
    """Name what signs in without an end."""
    return [
        plain(
            f"Also signs in as {item.name}, and does not end: federated credential '{trust.name}' (issuer "
            f"{trust.issuer}, subject {trust.subject})"
        )
        for item in expiry.watched
        for trust in item.federated
    ]


def _used(expiry: Expiry) -> list[str]:
    """Tell when each secret signed in last, where a report tells of any; without a row nothing is told."""
    told: list[str] = []
    for item in expiry.watched:
        used = item.last_use
        if used is None or used.read is None:
            continue
        for row in item.rows:
            if row.secret is not None and row.last_used is not None:
                told.append(
                    plain(f"{item.name}: {row.kind} {row.secret.key_id} {used.words(row.secret.key_id)}")
                )
    return told


def _advice(expiry: Expiry) -> list[str]:
    """Return what to do about what is shown, each once."""
    texts = dict.fromkeys(text for row in expiry.rows if (text := _to_do(row)) is not None)
    return [plain(expiry.again.worded(text)) for text in texts]


def _to_do(row: Row) -> str | None:
    if not row.ours:
        return (
            "Whose is 'other': provision did not make it; who did must renew it." if row.attention else None
        )
    if row.state is State.LEAKED:
        return (
            "Leaked: an emergency was not finished. Run 'provision apply CONFIG', which finishes it, and "
            "enter the newest secret; 'provision plan CONFIG' says what it cannot remove."
        )
    if row.state is State.REMOVED:
        return (
            "Removed: somebody removed a secret that was delivered. Run 'provision apply CONFIG', enter the "
            "newest at once, then run 'provision rotate CONFIG --confirm'."
        )
    if row.confirm_by is not None:
        return _to_confirm(row)
    if row.state is State.EXPIRING and row.renew is not None and row.now < row.renew:
        return (
            "Expiring, renewal not yet due: 'provision apply CONFIG' renews it when it is; "
            "'provision rotate CONFIG' at once."
        )
    if row.state is State.NONE or row.state is State.RENEWAL_DUE or (row.attention and row.renew is not None):
        return "Renew: run 'provision apply CONFIG', and enter the new secret in the product."
    if row.state is State.UNPROVEN:
        return "Unproven: nothing says that anybody received it; see 'provision explain secret-unproven'."
    if row.attention:
        return "Expired: run 'provision apply CONFIG', and enter the new secret in the product."
    return None


def _to_confirm(row: Row) -> str:
    last = (
        f"by {_day(row.confirm_by)}, the first day on which one that may be in use ends"
        if row.confirm_by
        else ""
    )
    if row.renew is not None and row.now >= row.renew:
        return (
            "Renew and confirm: a rotation was never confirmed, and its secret is due for renewal. Run "
            f"'provision apply CONFIG', enter the new secret in the product {last}, then run "
            "'provision rotate CONFIG --confirm'."
        )
    return (
        f"Confirm: enter the newest secret of {plain(row.config)} in the product {last}, then run "
        "'provision rotate CONFIG --confirm'."
    )


def expiry_markdown(expiry: Expiry, medium: Medium) -> str:
    """Return the same as a Markdown table, for a job's summary."""
    out = [f"### provision expiry: {_summary(expiry)}", ""]
    out += ["| |" + "|".join(f" {head} " for head in _HEADS) + "|", "|---" * (len(_HEADS) + 1) + "|"]
    for row in expiry.rows:
        secret = row.secret
        cells = [
            "**!**" if row.attention else "",
            code(row.config),
            _day(secret.end) if secret else "",
            _left(row) if secret else "",
            _bar(row) if secret else "",
            _whose(row),
            _words(row),
            code(secret.hint) if secret and secret.hint else "",
            code(secret.key_id) if secret else "",
            markdown(_name(row)) if secret else "",
        ]
        out.append("| " + " | ".join(cells) + " |")
    out += ["", *(f"- {text}" for text in _advice(expiry))]
    out += [f"- {markdown(text)}" for text in _federated(expiry)]
    out += [
        f"- {code(item.subject)} could not be read: {markdown(item.error.message)}"
        for item in expiry.unreadable
    ]
    whole = "\n".join(out).rstrip()
    return whole if medium.limit is None else cut(whole, medium.limit)


def expiry_json(expiry: Expiry, _: Medium = PLAIN) -> dict[str, Any]:
    """Return the fleet as ``provision.expiry/1``; ``docs/formats.md`` says what each field is.

    One CONFIG that is a file and cannot be read is the error.
    """
    if expiry.unreadable and not expiry.search.listed:
        return error_json(expiry.unreadable[0].error)
    return {
        "format": "provision.expiry/1",
        "target": expiry.target.value,
        "within": str(expiry.within),
        "summary": {
            "secrets": len(expiry.secrets),
            "attention": len(expiry.counting),
            "unreadable": len(expiry.unreadable),
        },
        "secrets": [_row(row) for row in expiry.rows],
        "configs": [_config(item) for item in expiry.configs],
        **search_json(expiry.search),
    }


def _row(row: Row) -> dict[str, Any]:
    secret = row.secret
    return {
        "config": row.config,
        "tenant_id": row.tenant_id,
        "oauth_client_id": row.client_id,
        "managed": row.ours,
        "adopted": row.adopted,
        "kind": row.kind,
        "holder": row.holder,
        "key_id": secret.key_id if secret else None,
        "display_name": secret.display_name if secret else None,
        "hint": secret.hint if secret else None,
        "start": timestamp(secret.start) if secret else None,
        "expires": timestamp(secret.end) if secret else None,
        "days_left": row.days_left,
        "renew": timestamp(row.renew) if row.renew else None,
        "confirm_by": timestamp(row.confirm_by) if row.confirm_by else None,
        "last_used": timestamp(row.last_used) if row.last_used else None,
        "state": row.state.value,
        "attention": row.attention,
    }


def _last_use(item: Watched | None) -> dict[str, Any]:
    """Return when the report of sign-ins was read, or why it was not."""
    used = item.last_use if item else None
    read = timestamp(used.read) if used and used.read else None
    return {"read": read, "not_read": used.unread or None if used else None}


def _config(item: Watched | Unreadable) -> dict[str, Any]:
    known = item if isinstance(item, Watched) else None
    return {
        "name": item.name,
        "tenant": item.tenant,
        "tenant_id": known.tenant_id if known else None,
        "oauth_client_id": known.client_id if known else None,
        "application": known.application if known else None,
        "time": timestamp(known.now) if known else None,
        "readable": known is not None,
        "last_use": _last_use(known),
        "federated_credentials": [
            {"name": item.name, "issuer": item.issuer, "subject": item.subject}
            for item in (known.federated if known else ())
        ],
        "error": error_json(item.error) if isinstance(item, Unreadable) else None,
    }


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")
