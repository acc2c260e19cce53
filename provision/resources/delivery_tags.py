"""What the application's tags say of its secrets: the record of deliveries that every machine sees.

Tags are one list of texts, written as a whole, and others keep theirs in it.
Source: https://learn.microsoft.com/graph/api/resources/application
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

DELIVERED_TAG = "provision:delivered:"  # followed by the keyId of a secret that a sink took
NEWEST_TAG = "provision:newest:"  # by a config's name, a colon and the keyId of what was delivered last
RETIRED_TAG = "provision:retired:"  # by the keyId of a secret that is to go: another was delivered for it
LEAKED_TAG = "provision:leaked:"  # by the keyId of a secret that is to go: an emergency was declared
SUCCEEDS_TAG = "provision:succeeds:"  # by what a secret was to replace (or "none"), a colon and its keyId
REPLACES_TAG = "provision:replaces:"  # by what goes once a secret is delivered, a colon and its keyId
ADOPTED_TAG = "provision:adopted:"  # by the keyId of an adopted secret that one of ours was made beside
_NOTHING = "none"


def delivered(tags: Iterable[str]) -> frozenset[str]:
    """Return the key ids whose delivery these tags record."""
    return frozenset(key for tag in tags if (key := delivered_key(tag)) is not None)


def delivered_key(tag: str) -> str | None:
    """Return the key id whose delivery a tag records; ``None`` for a tag that means something else."""
    return tag.removeprefix(DELIVERED_TAG).lower() if tag.startswith(DELIVERED_TAG) else None


def newest_tag(name: str, key_id: str) -> str:
    """Return the tag that says which secret of the config was delivered last."""
    return f"{NEWEST_TAG}{name}:{key_id}"


def newest(tags: Iterable[str], name: str) -> frozenset[str]:
    """Return the key id of the config's secret that was delivered last, as these tags tell it.

    More than one where machines wrote at once.
    """
    return _named(tags, f"{NEWEST_TAG}{name}:")


def retired(tags: Iterable[str]) -> frozenset[str]:
    """Return the key ids that these tags say are to be removed, for another was delivered instead."""
    return _named(tags, RETIRED_TAG)


def leaked(tags: Iterable[str]) -> frozenset[str]:
    """Return the key ids that these tags say are to be removed, for an emergency was declared."""
    return _named(tags, LEAKED_TAG)


def adopted(tags: Iterable[str]) -> frozenset[str]:
    """Return the key ids of the adopted secrets that one of ours was made beside."""
    return _named(tags, ADOPTED_TAG)


def made_beside(key_id: str | None, there: Collection[str], tags: Iterable[str]) -> set[str]:
    """Return the tag to write before a delivery beside an adopted secret that is there, unless it is told."""
    return {f"{ADOPTED_TAG}{key_id}"} if key_id in there and key_id not in adopted(tags) else set()


def noted_key(tag: str) -> str | None:
    """Return the key id that a tag of ours says something of; ``None`` for any other tag."""
    kinds = (DELIVERED_TAG, NEWEST_TAG, RETIRED_TAG, LEAKED_TAG, SUCCEEDS_TAG, REPLACES_TAG, ADOPTED_TAG)
    return tag.rpartition(":")[2].lower() if tag.startswith(kinds) else None


def _named(tags: Iterable[str], prefix: str) -> frozenset[str]:
    return frozenset(tag.removeprefix(prefix).lower() for tag in tags if tag.startswith(prefix))


def succeeds_tag(key_id: str, before: str | None) -> str:
    """Return the tag that says which secret (``None``: none) a delivered one was made to replace."""
    return f"{SUCCEEDS_TAG}{before or _NOTHING}:{key_id}"


def successions(tags: Iterable[str]) -> dict[str, str | None]:
    """Return, by key id, which secret each was made to replace (``None``: none), as far as tags say."""
    found: dict[str, str | None] = {}
    for tag in tags:
        before, colon, key_id = tag.removeprefix(SUCCEEDS_TAG).lower().partition(":")
        if tag.startswith(SUCCEEDS_TAG) and colon:
            found[key_id] = None if before == _NOTHING else before
    return found


def replaces_tag(key_id: str, old: str) -> str:
    """Return the tag that says that ``old`` is to be removed once ``key_id`` is delivered."""
    return f"{REPLACES_TAG}{old}:{key_id}"


def replacements(tags: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Return which secret is to be removed once which other one is delivered, in pairs, that one first."""
    found = (told.partition(":") for told in _named(tags, REPLACES_TAG))
    return frozenset((key_id, old) for old, _, key_id in found if key_id)


def merged_tags(
    seen: Collection[str],
    known: Iterable[str],
    add: Collection[str],
    there: Collection[str],
    gone: Collection[str],
) -> tuple[str, ...]:
    """Return the tags to write: all that were just read, what this run knows of its secrets, and ``add``.

    ``known`` are tags that it saw or wrote earlier: what was read may be older. Of both, what tells of
    secrets that are not ``there`` is dropped, but for a removal by somebody else; ``gone``: by this run.
    """
    tags = {*seen, *(tag for tag in known if noted_key(tag) is not None)}
    replaced = {tag.rpartition(":")[0] for tag in add if tag.startswith(NEWEST_TAG)}
    kept = {
        tag
        for tag in tags
        if noted_key(tag) is None or noted_key(tag) in there or _tells_of_a_removal(tag, tags, seen, gone)
    }
    kept = {tag for tag in kept if tag.rpartition(":")[0] not in replaced}
    return tuple(sorted(kept | set(add)))


def _tells_of_a_removal(
    tag: str, tags: Collection[str], seen: Collection[str], gone: Collection[str]
) -> bool:
    """Say whether a tag of a secret that is not there tells that somebody else removed it.

    That stays on record until ``rotate --confirm``, for it may be the one that is entered. What this run
    removed, or an earlier one was to remove, is no such thing.
    """
    key_id = noted_key(tag)
    ours = {LEAKED_TAG + str(key_id), RETIRED_TAG + str(key_id)} & set(tags)
    return tag.startswith((DELIVERED_TAG, NEWEST_TAG)) and tag in seen and key_id not in gone and not ours
