"""What was probably meant by a word that is not known: one rule for every "Did you mean".

Likeness misleads: the worst hint is a word that is spelt alike and means something else. So a word that has
a meaning of its own is looked up first, in a table that its room keeps; what is left must be a slip of the
fingers, and where two names are as near, both are named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

LONGEST = 64  # letters of a word that is compared; a longer one is no slip of the fingers

Meanings = Mapping[str, tuple[str, ...]]


def plainly(word: str) -> str:
    """Return a word without what people write in different ways: case, blanks, hyphens, underscores, dots."""
    return re.sub(r"[^a-z0-9]+", "", word.lower())


def nearest(word: str, names: Collection[str], meanings: Meanings | None = None) -> tuple[str, ...]:
    """Return the names that were probably meant: one, several that are as likely, or none.

    ``meanings`` holds words by :func:`plainly` and the names that people mean by them; an empty tuple says
    that nothing here is meant, however alike it looks. A meaning that is not among ``names`` is passed over.
    """
    said = plainly(word[:LONGEST])
    if not said or len(word) > LONGEST:
        return ()
    alike = tuple(name for name in names if plainly(name) == said)
    if alike:
        return alike
    known = (meanings or {}).get(said)
    if known is not None:
        return tuple(name for name in known if name in names)
    slips = {name: _slips(said, plainly(name)) for name in names}
    likely = {name: count for name, count in slips.items() if count <= _bearable(said, plainly(name))}
    if likely:
        least = min(likely.values())
        return tuple(name for name, count in likely.items() if count == least)
    # Cut short: at least half of one name, and of no other.
    return tuple(name for name in names if _begins(plainly(name), said))


def by_parts(
    word: str, names: Collection[str], meanings: Meanings, *, empty: Collection[str]
) -> tuple[str, ...]:
    """Return what a name of several words may mean, or a long one with a slip: none where a part is unknown.

    It is what all its parts may mean, such as ``US Government L5 (DOD)``; where they contradict each other,
    each of them, for only a person can choose. Words in ``empty`` say nothing beside others.
    """
    if len(word) > LONGEST:
        return ()
    known = {**meanings, **{plainly(name): (name,) for name in names}}
    parts = [part for part in re.findall(r"[a-z0-9]+", word.lower()) if part not in empty]
    found: list[tuple[str, ...]] = []
    while parts:
        count = next((n for n in range(len(parts), 0, -1) if "".join(parts[:n]) in known), 0)
        meant = known["".join(parts[:count])] if count else _misspelt(parts[0], known)
        if not meant:
            return ()
        found.append(meant)
        parts = parts[count or 1 :]
    common = [name for name in names if found and all(name in meant for meant in found)]
    return tuple(common or (name for name in names if any(name in meant for meant in found)))


def _misspelt(word: str, known: Meanings) -> tuple[str, ...]:
    """Return what the long words mean that are one slip away; a digit is never a slip, and none wins."""
    near = [
        meant
        for other, meant in known.items()
        if len(other) >= 8
        and abs(len(other) - len(word)) <= 1
        and re.sub(r"\D", "", other) == re.sub(r"\D", "", word)
        and _slips(word, other) <= 1
    ]
    return tuple(dict.fromkeys(name for meant in near for name in meant)) if all(near) else ()


def question(names: Collection[str]) -> str | None:
    """Return ``Did you mean 'a' or 'b'?``, or ``None`` where there is nothing to suggest, or too much."""
    if not 0 < len(names) <= 4:
        return None
    *most, last = [f"'{name}'" for name in names]
    return f"Did you mean {', '.join(most)} or {last}?" if most else f"Did you mean {last}?"


def _bearable(said: str, name: str) -> int:
    """Say how many slips may lie between two words: none in a short one, for there every letter counts."""
    shorter = min(len(said), len(name))
    return 0 if shorter < 4 else 1 if shorter < 8 else 2


def _begins(name: str, said: str) -> bool:
    return len(said) >= 3 and len(said) * 2 >= len(name) and name.startswith(said)


def _slips(one: str, other: str) -> int:
    """Return how many letters were left out, added, mistaken or swapped with the next one.

    The optimal string alignment distance: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance
    """
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        here = [row]
        for column, its in enumerate(other, 1):
            least = min(above[column] + 1, here[-1] + 1, above[column - 1] + (letter != its))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == its:
                least = min(least, before[column - 2] + 1)
            here.append(least)
        before, above = above, here
    return above[-1]
