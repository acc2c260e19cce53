"""The dates of our secrets as an iCalendar file, to be imported or subscribed to.

Two events a secret: from when on it is to be renewed, and its end. Their UIDs come from tenant and key
id, so that importing anew updates them. Source: https://www.rfc-editor.org/rfc/rfc5545
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from provision.outcomes.expiry import Expiry, Row, State, Unreadable
from provision.plan.model import Target
from provision.report.escape import plain
from provision.report.formats import PLAIN, Medium
from provision.values import dataclass

if TYPE_CHECKING:
    from icalendar import Event

_HOUR = timedelta(hours=1)
_DATED = (State.EXPIRING, State.AWAITS_CONFIRMATION, State.RENEWAL_DUE, State.REPLACED, State.FINE)


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str  # part of the UID: one of a kind for a secret
    start: datetime
    end: datetime
    summary: str
    alarms: tuple[timedelta, ...]  # from the start


def expiry_calendar(expiry: Expiry, _: Medium = PLAIN) -> bytes:
    """Return the calendar: nothing of others' secrets, nor of what nobody received.

    A config that could not be read has an event of the day on which that was so.
    """
    from icalendar import Alarm, Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//provision//expiry//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    rehearsal = "[rehearsal] " if expiry.target is Target.SANDBOX else ""
    last_days = _last_days(expiry.rows)
    for row in _dated(expiry.rows):
        last_day = last_days.get((row.config, row.tenant_id))
        for entry in _entries(row, last_day):
            event = Event()
            event.add("uid", _text(_uid(row, entry.kind)))
            event.add("dtstamp", _utc(row.now))
            event.add("dtstart", _utc(entry.start))
            event.add("dtend", _utc(entry.end))
            event.add("summary", _text(rehearsal + entry.summary))
            event.add("description", _text(expiry.again.worded(_description(row, last_day))))
            event.add("transp", "TRANSPARENT")  # it takes nobody's time
            for before in entry.alarms:
                alarm = Alarm()
                alarm.add("action", "DISPLAY")
                alarm.add("trigger", before)
                alarm.add("description", _text(rehearsal + entry.summary))
                event.add_component(alarm)
            calendar.add_component(event)
    for item in expiry.unreadable:
        calendar.add_component(_unreadable(item, expiry.now, rehearsal))
    text: bytes = calendar.to_ical()
    return text


def _unreadable(item: Unreadable, now: datetime, rehearsal: str) -> Event:
    """Return an event of this day for a config that could not be read: silence would pass for good news."""
    from icalendar import Event

    event = Event()
    digest = hashlib.sha256(f"{item.tenant}\n{item.subject}".encode()).hexdigest()[:32]
    event.add("uid", f"{digest}.unreadable@provision")
    event.add("dtstamp", _utc(now))
    event.add("dtstart", _utc(now).date())
    event.add("summary", _text(f"{rehearsal}The secrets of {item.subject} could not be read"))
    event.add("description", _text(f"{item.error.message} ({item.error.entry.code}). {item.error.fix}"))
    event.add("transp", "TRANSPARENT")
    return event


def _dated(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.ours and row.secret and row.state in _DATED]


def _last_days(rows: Sequence[Row]) -> dict[tuple[str, str], datetime]:
    """Return by when the newest secret of each config must be entered, where one waits for that."""
    return {(row.config, row.tenant_id): row.confirm_by for row in rows if row.confirm_by is not None}


def _entries(row: Row, last_day: datetime | None) -> Iterator[_Entry]:
    assert row.secret is not None
    name, end = row.config, row.secret.end
    if row.renew is not None:  # an older one that waits to be retired does not hold it up
        yield _Entry(
            "renew", row.renew, row.renew + _HOUR, f"Renew the client secret of {name}", (timedelta(0),)
        )
    what = f"The client secret of {name} ends"
    if row.renew is None:
        what = (
            f"Enter the new client secret of {name}: the old one ends"
            if end == last_day
            else f"An older client secret of {name} ends"
        )
    # The event's last moment is the secret's.
    yield _Entry("end", end - _HOUR, end, what, (timedelta(days=-7), timedelta(days=-1)))


def _uid(row: Row, kind: str) -> str:
    assert row.secret is not None
    return f"{row.secret.key_id}.{row.tenant_id}.{kind}@provision"


def _description(row: Row, last_day: datetime | None) -> str:
    assert row.secret is not None
    secret = row.secret
    what = (
        f"Enter the newest secret in the product by {_utc(last_day):%Y-%m-%d}, then run "
        "'provision rotate CONFIG --confirm'."
        if last_day is not None
        else "Run 'provision apply CONFIG', and enter the new secret in the product."
    )
    return (
        f"{secret.display_name or 'The secret'} (begins {secret.hint or '?'}, key id {secret.key_id}) of "
        f"application {row.client_id} in tenant {row.tenant_id} ends {_utc(secret.end):%Y-%m-%d %H:%M} UTC. "
        f"{what} If it was renewed since, 'provision expiry' tells the new dates."
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _text(text: str) -> str:
    """Return text without what a pipeline would obey, wherever a long line may be folded."""
    return plain(text).replace("::", ":\\x3a")
