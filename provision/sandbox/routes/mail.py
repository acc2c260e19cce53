"""``/users/{id}`` and ``/me``, Exchange's part: folders, settings, messages, ``sendMail``."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from provision.sandbox.errors import GraphError
from provision.sandbox.exchange import mailboxes, sending
from provision.sandbox.exchange.types import FOLDER, MESSAGE
from provision.sandbox.keeping.store import Record
from provision.sandbox.odata import shape as shapes
from provision.sandbox.odata.collection import Listing
from provision.sandbox.wire.call import Answer, Call, Json
from provision.sandbox.wire.routing import Endpoint, Handler


def _mailbox(call: Call) -> Record:
    """Return the user whose open mailbox the path names."""
    if "id" not in call.keys and not call.caller.is_user:
        raise GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    return mailboxes.opened(mailboxes.owner(call))


def _base(call: Call, user: Record) -> str:
    """Return how contexts name the mailbox: as the path did, percent-encoded."""
    name = call.keys["id"].value if "id" in call.keys else user.id
    return f"users('{quote(name, safe='')}')"


def _message(record: Record, shape: shapes.Shape) -> Json:
    """A message tells its version, whatever of it is asked for.

    https://learn.microsoft.com/graph/api/user-post-messages: the example
    """
    etag = f'W/"{record.props["changeKey"]}"'
    return {"@odata.etag": etag, **shapes.show(MESSAGE, record.props, shape)}


def _messages(call: Call, user: Record, folder: str | None) -> list[Record]:
    found = call.tenant.find("message", "parentId", user.id)
    if folder is not None:
        wanted = mailboxes.folder_id(user, folder)
        found = [m for m in found if m.props["parentFolderId"] == wanted]
    return sorted(found, key=lambda m: (m.props["receivedDateTime"], m.seq), reverse=True)


def _folder_record(call: Call, user: Record, well_known: str) -> Record:
    inside = _messages(call, user, well_known)
    props: Json = {
        "id": mailboxes.folder_id(user, well_known),
        "displayName": mailboxes.FOLDERS[well_known],
        "parentFolderId": mailboxes.folder_id(user, "msgfolderroot"),
        "childFolderCount": 0,
        "unreadItemCount": sum(not m.props["isRead"] for m in inside),
        "totalItemCount": len(inside),
        "sizeInBytes": sum(len(str(m.props["body"]["content"])) for m in inside),
        "isHidden": False,
    }
    return Record("mailFolder", props["id"], props)


def folders(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-list-mailfolders."""
    user = _mailbox(call)
    records = [_folder_record(call, user, name) for name in mailboxes.FOLDERS]
    return Listing(call, FOLDER, f"{_base(call, user)}/mailFolders", page=10).answer(records)


def folder(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/mailfolder-get."""
    user = _mailbox(call)
    well_known = mailboxes.folder(user, call.keys["folder"].value)
    shape = shapes.of(FOLDER, call.query)
    record = _folder_record(call, user, well_known)
    context = f"{call.service}/$metadata#{_base(call, user)}/mailFolders{shape.context()}/$entity"
    return Answer(200, {"@odata.context": context, **shapes.show(FOLDER, record.props, shape)})


def folder_messages(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/mailfolder-list-messages."""
    user = _mailbox(call)
    name = call.keys["folder"].value
    found = _messages(call, user, mailboxes.folder(user, name))
    context = f"{_base(call, user)}/mailFolders('{name}')/messages"
    return Listing(call, MESSAGE, context, page=10, show=_message).answer(found)


def messages(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-list-messages."""
    user = _mailbox(call)
    found = _messages(call, user, None)
    return Listing(call, MESSAGE, f"{_base(call, user)}/messages", page=10, show=_message).answer(found)


def message(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/message-get."""
    user = _mailbox(call)
    wanted = call.keys["message"].value
    found = next((m for m in _messages(call, user, None) if m.props["id"] == wanted), None)
    if found is None:
        raise mailboxes.not_in_store(wanted)
    shape = shapes.of(MESSAGE, call.query)
    context = f"{call.service}/$metadata#{_base(call, user)}/messages{shape.context()}/$entity"
    return Answer(200, {"@odata.context": context, **_message(found, shape)})


def settings(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-get-mailboxsettings."""
    user = _mailbox(call)
    values: dict[str, Any] = {
        "archiveFolder": mailboxes.folder_id(user, "archive"),
        "timeZone": "UTC",
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "dateFormat": "yyyy-MM-dd",
        "timeFormat": "HH:mm",
        "userPurpose": mailboxes.PURPOSE[str(user.private["mailbox"])],
        "automaticRepliesSetting": {
            "status": "disabled",
            "externalAudience": "all",
            "internalReplyMessage": "",
            "externalReplyMessage": "",
            "scheduledStartDateTime": {"dateTime": "2024-01-01T00:00:00.0000000", "timeZone": "UTC"},
            "scheduledEndDateTime": {"dateTime": "2024-01-02T00:00:00.0000000", "timeZone": "UTC"},
        },
        "language": {"locale": "en-US", "displayName": "English (United States)"},
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": "UTC"},
        },
    }
    select = call.query.get("select")
    if select:
        wanted = {name.strip().lower() for name in select.split(",")}
        values = {name: value for name, value in values.items() if name.lower() in wanted}
    context = f"{call.service}/$metadata#{_base(call, user)}/mailboxSettings"
    return Answer(200, {"@odata.context": context, **values})


def send_mail(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-sendmail."""
    sending.send(call, _mailbox(call))
    return Answer(202)


_PATHS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "mailFolders", folders),
    ("GET", "mailFolders/{folder}", folder),
    ("GET", "mailFolders/{folder}/messages", folder_messages),
    ("GET", "messages", messages),
    ("GET", "messages/{message}", message),
    ("GET", "mailboxSettings", settings),
    ("POST", "sendMail", send_mail),
)
ENDPOINTS = [
    Endpoint(method, f"{base}/{path}", handler)
    for base in ("users/{id}", "me")
    for method, path, handler in _PATHS
]
