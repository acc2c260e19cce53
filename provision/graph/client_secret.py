"""Observe the application's secrets, mint one, remove one.

Sources: https://learn.microsoft.com/graph/api/application-addpassword and
https://learn.microsoft.com/graph/api/application-removepassword
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from kiota_abstractions.request_information import RequestInformation

from provision.errors import ProvisionError
from provision.graph.answers import Answer, Failure, Lost, Refusal
from provision.graph.application import READ, WRITE
from provision.graph.client import Graph, Query, Send, body, configuration
from provision.graph.identity import refuse_other
from provision.graph.records import maybe, records, text, texts, time
from provision.graph.refusals import translated
from provision.graph.retry import Repeat
from provision.resources.client_secret import Observed
from provision.secret import Secret
from provision.values import dataclass


class ReplyLost(Exception):
    """The answer to ``addPassword`` did not arrive: whether a secret was made is not known."""


def observed(record: Mapping[str, Any]) -> tuple[Observed, ...]:
    """Return the secrets in an application's record, in one order."""
    found = [
        Observed(
            key_id=text(item, "keyId").lower(),
            display_name=maybe(item, "displayName"),
            start=time(item, "startDateTime") or datetime.min.replace(tzinfo=UTC),
            end=time(item, "endDateTime") or datetime.max.replace(tzinfo=UTC),
            hint=maybe(item, "hint"),
        )
        for item in records(record, "passwordCredentials")
    ]
    return tuple(sorted(found, key=lambda item: item.key_id))


@dataclass(frozen=True, slots=True)
class Seen:
    """An application's secrets, and its tags, which record their deliveries."""

    secrets: tuple[Observed, ...]
    tags: tuple[str, ...]


async def read_secrets(graph: Graph, object_id: str, *, fresh: bool) -> Seen:
    """Return the application's secrets and tags.

    Raises ``ProvisionError`` if they cannot be read, or if the answer is about another application.

    ``fresh``: the application is new, so a replica that does not know it yet is waited for.
    """
    try:
        answer = await graph.send(_look(graph, object_id), fresh=fresh)
    except Failure as failure:
        raise translated(failure, "reading the application's secrets", needs=READ) from failure
    return _seen(answer, object_id)


async def write_tags(
    graph: Graph,
    object_id: str,
    merge: Callable[[Seen], tuple[str, ...]],
    *,
    fresh: bool,
    seen: Seen | None = None,
) -> tuple[str, ...]:
    """Read the application's secrets and tags, write the tags that ``merge`` makes of them, and return those.

    Graph has no condition to put on a PATCH of an application, so between the two another run may write.
    Where the write has to be tried again, it is read anew. Nothing is sent where nothing differs. ``seen`` is
    a look that the first try may rest on.
    """
    looks = [seen] if seen else []
    item = graph.sdk.applications.by_application_id(object_id)

    async def read_and_write(send: Send) -> tuple[str, ...]:
        there = looks.pop() if looks else _seen(await send(_look(graph, object_id)), object_id)
        tags = merge(there)
        if set(tags) != set(there.tags):
            answer = await send(item.to_patch_request_information(body({"tags": list(tags)})))
            if answer.body:  # 204 as a rule
                refuse_other(answer.body, "recording the delivery on the application", id=object_id)
        return tags

    try:
        return await graph.in_one_go("PATCH applications", read_and_write, fresh=fresh)
    except Failure as failure:
        raise translated(failure, "recording the delivery on the application", needs=WRITE) from failure


def _look(graph: Graph, object_id: str) -> RequestInformation:
    query = configuration(Query(select=("id", "passwordCredentials", "tags")))
    builder = graph.sdk.applications.by_application_id(object_id)
    info: RequestInformation = builder.to_get_request_information(query)
    return info


def _seen(answer: Answer, object_id: str) -> Seen:
    refuse_other(answer.body, "reading the application's secrets", id=object_id)
    return Seen(observed(answer.body), texts(answer.body, "tags"))


async def mint(
    graph: Graph,
    object_id: str,
    *,
    key_id: str,
    display_name: str,
    start: datetime,
    end: datetime,
    fresh: bool,
) -> tuple[Observed, Secret]:
    """Make a secret and return what Graph keeps of it, and its value, which Graph will not tell again.

    It is sent once: ``ReplyLost`` where it may have taken effect unseen. ``key_id`` is our own
    choice; Graph keeps it (one recording says so), but the answer's is what counts. Raises
    ``ProvisionError`` (``OTHER_OBJECT``) if the answer is about a secret of another name: its value must
    not be handed over, and one that nobody knows may have been made.
    """
    credential = {
        "displayName": display_name,
        "startDateTime": _utc(start),
        "endDateTime": _utc(end),
        "keyId": key_id,
    }
    info = graph.sdk.applications.by_application_id(object_id).add_password.to_post_request_information(
        body({"passwordCredential": credential})
    )
    try:
        answer = await graph.send(info, repeat=Repeat.HARMFUL, fresh=fresh)
    except Failure as failure:
        if (isinstance(failure, Lost) and failure.sent) or (
            isinstance(failure, Refusal) and failure.status >= 500
        ):
            raise ReplyLost from failure
        raise translated(failure, "making the client secret", needs=WRITE) from failure
    if not isinstance(answer.body.get("secretText"), str):
        raise ReplyLost
    secret = Secret(answer.body.pop("secretText"))
    try:
        (kept,) = observed({"passwordCredentials": [answer.body]})
    except (ProvisionError, ValueError) as error:  # a secret was made, and which is not known
        raise ReplyLost from error
    refuse_other(answer.body, "making the client secret", displayName=display_name)
    return kept, secret


async def remove(
    graph: Graph, object_id: str, key_id: str, *, fresh: bool, gone: Callable[[Seen], bool] | None = None
) -> bool:
    """Remove a secret; return False if Graph knows none of that id, which is no error.

    ``fresh``: it may be so new that a replica has not heard of it, so it is asked again for a while.
    ``gone`` says of a look that the secret was removed by somebody; then nobody waits, and it is True.
    """

    async def ask(send: Send) -> bool:
        builder = graph.sdk.applications.by_application_id(object_id).remove_password
        try:
            await send(builder.to_post_request_information(body({"keyId": key_id})))
        except Refusal as refusal:
            if gone is None or not _knows_none(refusal):
                raise
            if not gone(_seen(await send(_look(graph, object_id)), object_id)):
                raise
        return True

    try:
        return await graph.in_one_go("POST applications/removePassword", ask, fresh=fresh)
    except Failure as failure:
        if _knows_none(failure):
            return False
        raise translated(failure, f"removing the client secret {key_id}", needs=WRITE) from failure


def _knows_none(failure: Failure) -> bool:
    return isinstance(failure, Refusal) and failure.message.startswith("No password credential found")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
