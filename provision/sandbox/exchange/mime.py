"""A message that was sent whole, in MIME: ``sendMail`` with ``Content-Type: text/plain``.

https://learn.microsoft.com/graph/api/user-sendmail, example 4, and
https://learn.microsoft.com/graph/outlook-send-mime-message
"""

from __future__ import annotations

import base64
import binascii
import email
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from typing import Any

from provision.sandbox.errors import GraphError

Json = dict[str, Any]
_LISTS = {"toRecipients": "to", "ccRecipients": "cc", "bccRecipients": "bcc", "replyTo": "reply-to"}


def read(body: bytes) -> Json:
    """Return the message as JSON would have said it; 400 unless the body is base64."""
    try:
        raw = base64.b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise GraphError(
            400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content."
        ) from None
    message = email.message_from_bytes(raw, policy=default)
    sender = _addresses(message, "from")
    return {
        **{name: _addresses(message, header) for name, header in _LISTS.items()},
        **({"from": sender[0]} if sender else {}),
        "subject": str(message.get("subject") or ""),
        "body": _body(message),
        "attachments": [part.get_filename() for part in message.iter_attachments()],
    }


def _addresses(message: EmailMessage, header: str) -> list[Json]:
    found = getaddresses([str(value) for value in message.get_all(header, [])])
    return [{"emailAddress": {"name": name or address, "address": address}} for name, address in found]


def _body(message: EmailMessage) -> Json:
    part = message.get_body(("html", "plain"))
    if part is None:
        return {"contentType": "text", "content": ""}
    kind = "html" if part.get_content_subtype() == "html" else "text"
    try:
        content = part.get_content()
    except (LookupError, ValueError):  # a character set that nobody knows
        content = ""
    return {"contentType": kind, "content": content}
