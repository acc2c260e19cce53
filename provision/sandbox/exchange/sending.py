"""``sendMail``: what is refused, and what a sent message leaves behind.

https://learn.microsoft.com/graph/api/user-sendmail. 202 says accepted, not delivered; here a recipient
with a mailbox in the tenant does find it in the Inbox.
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from provision.sandbox.clock import instant
from provision.sandbox.entities.schema import Complex, wrong_node_text
from provision.sandbox.errors import GraphError, unreadable
from provision.sandbox.exchange import attachments, mailboxes, mime
from provision.sandbox.exchange.types import MESSAGE, SENT_ONLY
from provision.sandbox.keeping.store import Record

if TYPE_CHECKING:
    from provision.sandbox.wire.call import Call

Json = dict[str, Any]
_ADDRESS = re.compile(r"[^@\s<>\",;:]+@[^@\s<>\",;:]+\.[^@\s<>\",;:.]+|[^@\s<>\",;:]+@localhost")
_LISTS = ("toRecipients", "ccRecipients", "bccRecipients")
_PREVIEW = 255
_LONGEST_SUBJECT = 255
_MOST_HEADERS = 5
_IMPORTANCE = ("low", "normal", "high")
_JSON_TYPES: dict[str, type] = {"String": str, "Boolean": bool}


def send(call: Call, sender: Record) -> None:
    """Accept the message of the body, or refuse it."""
    if isinstance(call.body, bytes):
        message, save = mime.read(call.body), True
    else:
        message, save = _read(call.body)
        attachments.check(message.get("attachments"))
    recipients = {name: _recipients(message, name) for name in (*_LISTS, "replyTo")}
    to_everyone = [r for name in _LISTS for r in recipients[name]]
    if not to_everyone:
        raise _invalid_recipient("A message can't be sent because it contains no recipients.")
    for recipient in to_everyone:
        address = str(recipient["emailAddress"]["address"])
        if not _ADDRESS.fullmatch(address):
            raise _unresolved(address)
    _check_headers(message)
    _check_from(message, sender)
    props = _props(call, sender, message, recipients)
    if save:
        _keep(call, sender, "sentitems", {**props, "isRead": True})
    for recipient in to_everyone:
        user = mailboxes.by_name(call.tenant, str(recipient["emailAddress"]["address"]))
        if user is not None and user.private.get("mailbox") in mailboxes.PURPOSE:
            _keep(call, user, "inbox", {**props, "bccRecipients": []})


def _read(body: Any) -> tuple[Json, bool]:
    """``message`` and ``saveToSentItems``; parameters of an action compare without case."""
    members = {str(k).lower(): v for k, v in body.items()} if isinstance(body, dict) else {}
    message = members.get("message")
    if not isinstance(message, dict):
        raise GraphError(400, "ErrorInvalidParameter", "The value of the parameter 'Message' is empty.")
    for name in message:
        plain = str(name).lower()
        if plain not in MESSAGE.by_name and plain not in SENT_ONLY and "@" not in plain:
            raise unreadable(
                f"The property '{name}' does not exist on type 'microsoft.graph.message'. Make sure to only"
                " use property names that are defined by the type or mark the type as open type."
            )
    _check_members(message)
    save = members.get("savetosentitems", True)
    if not isinstance(save, bool) and str(save).lower() not in ("true", "false"):
        raise unreadable(f"Cannot convert the literal '{save}' to the expected type 'Edm.Boolean'.")
    return {_name(k): v for k, v in message.items()}, save is True or str(save).lower() == "true"


def _check_members(message: Json) -> None:
    """Refuse values of the wrong form, in the words of the OData reader that Exchange has."""
    for name, value in message.items():
        prop = MESSAGE.by_name.get(str(name).lower())
        if prop is None or prop.many or value is None:
            continue
        if isinstance(prop.type, Complex):
            if not isinstance(value, dict):
                raise unreadable(wrong_node_text(prop.name, value, "StartObject"))
        elif not isinstance(value, _JSON_TYPES.get(prop.type, object)):
            raise unreadable(f"Cannot convert the literal '{value}' to the expected type 'Edm.{prop.type}'.")
        if prop.name == "importance" and str(value).lower() not in _IMPORTANCE:
            raise unreadable(f"Requested value '{value}' was not found.")


def _name(name: str) -> str:
    known = MESSAGE.by_name.get(name.lower())
    return known.name if known else name.lower()


def _recipients(message: Json, name: str) -> list[Json]:
    given = message.get(name) or []
    if not isinstance(given, list):
        raise unreadable(wrong_node_text(name, given, "StartArray"))
    return [_recipient(r) for r in given]


def _recipient(given: Any) -> Json:
    inner = {str(k).lower(): v for k, v in given.items()} if isinstance(given, dict) else {}
    address = inner.get("emailaddress")
    members = {str(k).lower(): v for k, v in address.items()} if isinstance(address, dict) else {}
    text = members.get("address")
    if not isinstance(text, str) or not text.strip():
        raise _unresolved("")
    name = members.get("name")
    text = text.strip()
    return {"emailAddress": {"name": name if isinstance(name, str) else text, "address": text}}


def _check_headers(message: Json) -> None:
    """Only headers of the client's own may be set; quoted by many who tried ``In-Reply-To``.

    At most five: https://learn.microsoft.com/graph/api/resources/internetmessageheader
    """
    given = message.get("internetmessageheaders") or []
    if not isinstance(given, list):
        raise unreadable(wrong_node_text("internetMessageHeaders", given, "StartArray"))
    if len(given) > _MOST_HEADERS:  # quoted in GNOME/evolution-ews, camel-m365-folder.c
        raise GraphError(
            400,
            "InvalidInternetMessageHeaderCollection",
            f"Maximum number of headers in one message should be less than or equal to {_MOST_HEADERS}.",
        )
    for header in given:
        members = {str(k).lower(): v for k, v in header.items()} if isinstance(header, dict) else {}
        name = str(members.get("name") or "")
        if not name.lower().startswith("x-"):
            raise GraphError(
                400,
                "InvalidInternetMessageHeader",
                f"The internet message header name '{name}' should start with 'x-' or 'X-'.",
            )


def _check_from(message: Json, sender: Record) -> None:
    """Sending as somebody else needs a right in Exchange that nobody has here."""
    for name in ("from", "sender"):
        if message.get(name) is None:
            continue
        address = str(_recipient(message[name])["emailAddress"]["address"])
        if address.lower() not in mailboxes.addresses(sender):
            raise GraphError(
                403,
                "ErrorSendAsDenied",
                "The user account which was used to submit this request does not have the right to send mail"
                " on behalf of the specified sending account., Cannot submit message.",
            )


def _props(call: Call, sender: Record, message: Json, recipients: dict[str, list[Json]]) -> Json:
    now = instant(call.clock.now())
    kind, content = _body(message.get("body"))
    preview = re.sub(r"<[^>]*>", " ", content) if kind == "html" else content
    address = str(sender.props.get("mail") or sender.props["userPrincipalName"])
    me = {"emailAddress": {"name": sender.props.get("displayName"), "address": address}}
    subject = message.get("subject")
    return (
        MESSAGE.blank()
        | recipients
        | {
            "createdDateTime": now,
            "lastModifiedDateTime": now,
            "receivedDateTime": now,
            "sentDateTime": now,
            "hasAttachments": bool(message.get("attachments")),
            "internetMessageId": f"<{secrets.token_hex(16).upper()}@{address.rpartition('@')[2]}>",
            "subject": subject[:_LONGEST_SUBJECT] if isinstance(subject, str) else None,
            "bodyPreview": " ".join(preview.split())[:_PREVIEW],
            "importance": str(message.get("importance") or "normal").lower(),
            "isRead": False,
            "isDraft": False,
            "isDeliveryReceiptRequested": False,
            "isReadReceiptRequested": False,
            "conversationId": _opaque(),
            "inferenceClassification": "focused",
            "body": {"contentType": kind, "content": content},
            "sender": me,
            "from": me,
            "flag": {"flagStatus": "notFlagged"},
        }
    )


def _body(given: Any) -> tuple[str, str]:
    members = {str(k).lower(): v for k, v in given.items()} if isinstance(given, dict) else {}
    kind = str(members.get("contenttype") or "text").lower()
    if kind not in ("text", "html"):
        raise unreadable(f"Requested value '{members['contenttype']}' was not found.")
    return kind, str(members.get("content") or "")


def _keep(call: Call, user: Record, folder: str, props: Json) -> None:
    record_id = _opaque()
    link = f"https://outlook.office365.com/owa/?ItemID={quote(record_id)}&exvsurl=1&viewmodel=ReadMessageItem"
    own = {
        "id": record_id,
        "changeKey": secrets.token_urlsafe(12),
        "parentId": user.id,
        "webLink": link,
        "conversationIndex": base64.b64encode(secrets.token_bytes(22)).decode(),
        "parentFolderId": mailboxes.folder_id(user, folder),
    }
    call.tenant.put(Record("message", record_id, props | own))


def _opaque() -> str:
    return "AAMk" + base64.urlsafe_b64encode(secrets.token_bytes(90)).decode()


def _invalid_recipient(why: str) -> GraphError:
    return GraphError(400, "ErrorInvalidRecipients", f"At least one recipient is not valid., {why}")


def _unresolved(address: str) -> GraphError:
    return _invalid_recipient(
        f"Recipient '{address}' is not resolved. All recipients must be resolved before a message can be"
        " submitted."
    )
