"""``mailFolder`` and ``message``, as far as a proof of sending reads them.

https://learn.microsoft.com/graph/api/resources/mailfolder and .../message
"""

from __future__ import annotations

from provision.sandbox.entities.schema import Complex, EntityType, Prop

_ADDRESS = Complex("EmailAddress", (Prop("name"), Prop("address")))
RECIPIENT = Complex("Recipient", (Prop("emailAddress", _ADDRESS),))
_BODY = Complex("ItemBody", (Prop("contentType"), Prop("content")))
_FLAG = Complex("FollowupFlag", (Prop("flagStatus"),))

FOLDER = EntityType(
    kind="mailFolder",
    name="mailFolder",
    resource="MailFolder",
    collection="mailFolders",
    directory_object=False,
    navigation=("messages", "childFolders"),
    props=(
        Prop("id"),
        Prop("displayName"),
        Prop("parentFolderId"),
        Prop("childFolderCount", "Int32"),
        Prop("unreadItemCount", "Int32"),
        Prop("totalItemCount", "Int32"),
        Prop("sizeInBytes", "Int32"),
        Prop("isHidden", "Boolean"),
    ),
)

MESSAGE = EntityType(
    kind="message",
    name="message",
    resource="Message",
    collection="messages",
    directory_object=False,
    props=(
        Prop("id"),
        Prop("createdDateTime", "DateTimeOffset"),
        Prop("lastModifiedDateTime", "DateTimeOffset"),
        Prop("changeKey"),
        Prop("categories", many=True),
        Prop("receivedDateTime", "DateTimeOffset"),
        Prop("sentDateTime", "DateTimeOffset"),
        Prop("hasAttachments", "Boolean"),
        Prop("internetMessageId"),
        Prop("subject"),
        Prop("bodyPreview"),
        Prop("importance"),
        Prop("parentFolderId"),
        Prop("conversationId"),
        Prop("conversationIndex"),
        Prop("isDeliveryReceiptRequested", "Boolean"),
        Prop("isReadReceiptRequested", "Boolean"),
        Prop("isRead", "Boolean"),
        Prop("isDraft", "Boolean"),
        Prop("webLink"),
        Prop("inferenceClassification"),
        Prop("body", _BODY),
        Prop("sender", RECIPIENT),
        Prop("from", RECIPIENT),
        Prop("toRecipients", RECIPIENT, many=True),
        Prop("ccRecipients", RECIPIENT, many=True),
        Prop("bccRecipients", RECIPIENT, many=True),
        Prop("replyTo", RECIPIENT, many=True),
        Prop("flag", _FLAG),
    ),
)
# What a sender may say of a message besides (https://learn.microsoft.com/graph/api/user-sendmail).
SENT_ONLY = frozenset(
    {
        "attachments",
        "internetmessageheaders",
        "singlevalueextendedproperties",
        "multivalueextendedproperties",
        "uniquebody",
    }
)
