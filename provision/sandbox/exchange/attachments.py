"""The attachments of a message in JSON: what Exchange refuses of them.

https://learn.microsoft.com/graph/api/resources/fileattachment
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from provision.sandbox.entities.schema import wrong_node_text
from provision.sandbox.errors import GraphError, unreadable

Json = dict[str, Any]
_COMMON = frozenset({"id", "name", "contenttype", "size", "isinline", "lastmodifieddatetime"})
_TYPES = {
    "attachment": _COMMON,
    "fileattachment": _COMMON | {"contentbytes", "contentid", "contentlocation"},
    "itemattachment": _COMMON | {"item"},
    "referenceattachment": _COMMON
    | {"sourceurl", "providertype", "thumbnailurl", "previewurl", "permission", "isfolder"},
}


def check(given: Any) -> None:
    """Refuse what is no list of attachments with a type, a name and, of a file, its bytes."""
    if given is None:
        return
    if not isinstance(given, list):
        raise unreadable(wrong_node_text("attachments", given, "StartArray"))
    for attachment in given:
        if not isinstance(attachment, dict):
            raise unreadable(wrong_node_text("attachments", attachment, "StartObject"))
        _check_one(attachment)


def _check_one(attachment: Json) -> None:
    members = {str(name).lower(): value for name, value in attachment.items()}
    kind = str(members.get("@odata.type") or "attachment").rpartition(".")[2].lower()
    known = _TYPES.get(kind, frozenset())
    for name in attachment:
        plain = str(name).lower()
        if "@" not in plain and plain not in known and kind in _TYPES:
            # Quoted for a file without "@odata.type" in microsoft-graph-docs-contrib issue 310.
            shown = kind.replace("attachment", "Attachment") if kind != "attachment" else kind
            raise unreadable(
                f"The property '{name}' does not exist on type 'microsoft.graph.{shown}'. Make sure to only"
                " use property names that are defined by the type or mark the type as open type."
            )
    content = members.get("contentbytes")
    if kind == "fileattachment" and (content is None or not members.get("name")):
        # Quoted in msgraph-sdk-python issue 667, of a file without its bytes.
        raise GraphError(400, "ErrorRequiredPropertyMissing", "Required property is missing.")
    if content is not None and not _is_base64(content):
        # Quoted in msgraph-sdk-powershell issue 3159.
        raise unreadable(f"Cannot convert the literal '{content}' to the expected type 'Edm.Binary'.")


def _is_base64(text: Any) -> bool:
    if not isinstance(text, str):
        return False
    try:
        base64.b64decode(
            "".join(text.split()).encode("ascii"),
            altchars=b"-_" if "-" in text or "_" in text else None,
            validate=True,
        )
    except (binascii.Error, ValueError):
        return False
    return True
