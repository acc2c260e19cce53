"""Send one test mail as the application, look for it in Sent Items, or look into an inbox.

Sources: https://learn.microsoft.com/graph/api/user-sendmail and
https://learn.microsoft.com/graph/api/user-list-messages
"""

from __future__ import annotations

from provision.graph.client import Graph, Query, body, configuration
from provision.graph.retry import Repeat


async def send(graph: Graph, sender: str, recipient: str, subject: str, text: str) -> None:
    """Hand a message to Exchange; return if it accepts it (202), raise ``Failure`` if it refuses it.

    Accepted is not delivered: Graph tells no message id, and nothing of what becomes of it.
    """
    message = {
        "subject": subject,
        "body": {"contentType": "Text", "content": text},
        "toRecipients": [{"emailAddress": {"address": recipient}}],
    }
    builder = graph.sdk.users.by_user_id(sender).send_mail
    info = builder.to_post_request_information(body({"message": message, "saveToSentItems": True}))
    await graph.send(info, repeat=Repeat.HARMFUL)  # a second copy would be a false proof


async def look(graph: Graph, address: str) -> None:
    """List one message of an inbox by its id; ``Failure`` if it may not be read. An empty inbox is read, too.

    Source: https://learn.microsoft.com/graph/api/mailfolder-list-messages
    """
    folder = graph.sdk.users.by_user_id(address).mail_folders.by_mail_folder_id("inbox")
    query = configuration(Query(select=("id",), top=1))
    await graph.send(folder.messages.to_get_request_information(query))


async def sent(graph: Graph, sender: str, subject: str) -> bool:
    """Say whether a message of that subject is in Sent Items; ``Failure`` if they may not be read."""
    folder = graph.sdk.users.by_user_id(sender).mail_folders.by_mail_folder_id("sentitems")
    quoted = subject.replace("'", "''")
    query = configuration(Query(select=("id", "subject"), filter=f"subject eq '{quoted}'", top=1))
    return any(item.get("subject") == subject for item in await graph.collect(folder.messages, query))
