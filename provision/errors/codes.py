"""What other services call a failure: AADSTS numbers, and the codes of Microsoft Graph and Exchange.

The rows are data, in ``service_codes.yaml`` beside this module; each stands for an entry of the catalogue.
They help a person who pastes what was said, and tell the sorts of failure apart; nothing is done for a
number's sake, for Microsoft says that numbers and texts may change.
Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from importlib.resources import files

from provision.values import dataclass


class Kind(StrEnum):
    """The sorts of failure of a sign-in, whoever tried it."""

    UNREACHABLE = "unreachable"
    BUSY = "busy"
    NOBODY = "nobody"  # no credential was found
    EXPIRED = "expired"
    OTHER_TENANT = "other-tenant"
    OTHER_CLOUD = "other-cloud"
    POLICY = "policy"
    NOT_ALLOWED = "not-allowed"
    CREDENTIAL = "credential"  # what proves it is wrong
    FEDERATION = "federation"
    SLOW = "slow"  # a program did not answer
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ServiceCode:
    """One code: the catalogue's entry that it stands for, why it comes, and what to do about it."""

    code: str
    means: str  # the name of an entry
    kind: Kind
    cause: str
    check: str
    fix: str
    source: str
    says: tuple[str, ...] = ()  # sentences in small letters that the service uses without the code
    instead_of: str = ""  # a code that says less where both stand
    general: bool = False  # says less than any other that stands beside it


@functools.cache
def table() -> Mapping[str, ServiceCode]:
    """Return all rows by their codes, in small letters."""
    import yaml

    data = yaml.safe_load(files(__package__).joinpath("service_codes.yaml").read_text(encoding="utf-8"))
    rows = {}
    for code, given in data["codes"].items():
        told = {"source": data["reference"], "kind": "other", **data["advice"][given["advice"]], **given}
        del told["advice"]
        kind, says = Kind(told.pop("kind")), tuple(told.pop("says", ()))
        rows[code.lower()] = ServiceCode(code=code, kind=kind, says=says, **told)
    return rows


def of_code(code: str) -> ServiceCode | None:
    """Return the row of a code, whatever its case; ``None`` if it is not known."""
    return table().get(code.lower())


def of_number(number: int) -> ServiceCode | None:
    """Return the row of an AADSTS number."""
    return of_code(f"aadsts{number}")


def of_numbers(numbers: Iterable[int]) -> ServiceCode | None:
    """Return the row of the first of these numbers that is known."""
    return next((row for number in numbers if (row := of_number(number)) is not None), None)


def standing_for(name: str) -> tuple[str, ...]:
    """Return the codes that stand for an entry of the catalogue, in the table's order."""
    return tuple(row.code for row in table().values() if row.means == name)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a pasted text holds: known codes, AADSTS numbers that are not known, and whom to ask about
    what.
    """

    known: tuple[ServiceCode, ...]
    unknown: tuple[str, ...]
    ids: Mapping[str, str]  # "request id", "trace id", "correlation id", "time", as far as they are told


_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,80}")
_AADSTS = re.compile(r"(?<![A-Za-z0-9])AADSTS[\s:#-]*(\d{4,9})(?!\d)", re.IGNORECASE)
# As JSON, an address or a person says a number: "error_codes":[700016], error?code=700016, "error code
# 50076".
_BARE = re.compile(
    r"error_codes\W{0,5}(?P<list>\d{4,9}(?:\s*,\s*\d{4,9})*)|(?:[?&]code=|\b(?:sts"
    r"|sign-in )?error(?: code)?\W{1,4})"
    r"(?P<one>\d{5,9})\b|^\W*(?P<alone>\d{5,9})\W*$",
    re.IGNORECASE,
)
# Graph's own number for a token it cannot read ("CompactToken parsing failed with error code: 80049217"):
# https://github.com/microsoftgraph/msgraph-training-dotnet/issues/31
_TOKEN = re.compile(r"800492\d\d")
_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_IDS = {
    "request id": re.compile(rf"(?<!client-)request[-_ ]?id\W{{1,6}}({_GUID})", re.IGNORECASE),
    "trace id": re.compile(rf"trace[-_ ]?id\W{{1,6}}({_GUID})", re.IGNORECASE),
    "correlation id": re.compile(rf"correlation[-_ ]?id\W{{1,6}}({_GUID})", re.IGNORECASE),
    "time": re.compile(
        r"(?:timestamp|date|time)\W{1,6}(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)", re.IGNORECASE
    ),
}
_GRAPH = re.compile(r"""["']?code["']?\s*[:=]\s*["']?([A-Za-z][A-Za-z0-9_.]{3,80})\b""", re.IGNORECASE)
_LONGEST = 100_000


def read(text: str) -> Reading:
    """Find the codes in a text that somebody pasted: by code, by number, or by a sentence in English."""
    text = text[:_LONGEST]
    numbers = [(found.start(), found[1]) for found in _AADSTS.finditer(text)]
    for found in _BARE.finditer(text):
        listed = found["list"] or found["one"] or found["alone"]
        numbers += [(found.start(), n) for n in re.findall(r"\d+", listed) if not _TOKEN.fullmatch(n)]
    at: dict[str, int] = {}
    unknown: dict[str, int] = {}
    for position, number in numbers:
        row = of_number(int(number))
        where, name = (at, row.code) if row else (unknown, f"AADSTS{int(number)}")
        where.setdefault(name, position)
    for found in _WORD.finditer(text):
        row = of_code(found[0])
        if row is not None and _is_code(found[0], row):
            at.setdefault(row.code, found.start())
    for found in _GRAPH.finditer(text):
        if of_code(found[1]) is None and not found[1].upper().startswith(("AADSTS", "PRV")):
            unknown.setdefault(found[1], found.start())
    if (sentence := _sentence(text)) is not None and not numbers:
        at.setdefault(sentence.code, len(text))
    rows = sorted((table()[code.lower()] for code in at), key=lambda row: at[row.code])
    told_better = {row.instead_of for row in rows}
    rows = [row for row in rows if row.code not in told_better]
    specific = [row for row in rows if not row.general]
    return Reading(
        tuple(specific or rows),
        tuple(unknown),
        {name: said[1] for name, pattern in _IDS.items() if (said := pattern.search(text))},
    )


def _is_code(word: str, row: ServiceCode) -> bool:
    """A word of prose such as "forbidden" is a code only as the service writes it."""
    return word == row.code or "_" in word or not row.code.isalpha() or row.code[1:] != row.code[1:].lower()


def _sentence(text: str) -> ServiceCode | None:
    """Return the code that the text's longest known sentence stands for."""
    said = " ".join(re.sub(r"[\u2018\u2019`]", "'", text.replace("\u00a0", " ").lower()).split())
    found = [(len(words), row) for row in table().values() for words in row.says if words in said]
    return max(found, key=lambda item: item[0])[1] if found else None
