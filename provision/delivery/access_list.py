"""Who a Windows file or folder lets in, by its access list in the text form that Windows gives it (SDDL).

Sources: https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format,
https://learn.microsoft.com/windows/win32/secauthz/ace-strings,
https://learn.microsoft.com/windows/win32/secauthz/sid-strings and
https://learn.microsoft.com/windows/win32/fileio/file-access-rights-constants
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from provision.values import dataclass

# What a folder's entries must not let others do: add a file, delete one, change the list or take the folder.
_CHANGES = 0x2 | 0x40 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000
_RIGHTS = {
    "CC": 0x1,
    "DC": 0x2,
    "LC": 0x4,
    "SW": 0x8,
    "RP": 0x10,
    "WP": 0x20,
    "DT": 0x40,
    "LO": 0x80,
    "CR": 0x100,
    "SD": 0x10000,
    "RC": 0x20000,
    "WD": 0x40000,
    "WO": 0x80000,
    "GA": 0x10000000,
    "GX": 0x20000000,
    "GW": 0x40000000,
    "GR": 0x80000000,
    "FA": 0x1F01FF,
    "FR": 0x120089,
    "FW": 0x120116,
    "FX": 0x1200A0,
}
_SYSTEM = ("SY", "S-1-5-18")
_ADMINISTRATORS = ("BA", "S-1-5-32-544")
_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"  # TrustedInstaller
_NAMES = {
    "WD": "Everyone",
    "AU": "Authenticated Users",
    "BU": "Users",
    "IU": "Interactive",
    "BG": "Guests",
    "AN": "Anonymous",
    "DU": "Domain Users",
    "PU": "Power Users",
    "NU": "Network",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that allows something: who, what, and whether it is only for what is made in the folder."""

    trustee: str
    rights: int
    inherit_only: bool


@dataclass(frozen=True, slots=True)
class AccessList:
    """A discretionary access list; ``entries`` is ``None`` where there is none, which lets everybody in."""

    protected: bool  # nothing of the folder's comes in
    entries: tuple[Entry, ...] | None


def alone(user: str) -> str:
    """Return the list that lets in this user and nobody else, and takes nothing of the folder's."""
    return f"D:P(A;;FA;;;{user})"


def read(text: str) -> AccessList:
    """Read the list in a security descriptor; what is not understood counts as allowing everything."""
    found = re.search(r"D:([A-Z_]*)((?:\(.*?\))*)(?:S:|$)", text)
    if found is None or "NO_ACCESS_CONTROL" in found[1]:
        return AccessList(protected=False, entries=None)
    flags = re.findall(r"AR|AI|P", found[1])
    return AccessList(protected="P" in flags, entries=tuple(_entries(found[2])))


def _entries(text: str) -> Iterator[Entry]:
    for inner in re.findall(r"\(([^;]*;.*?)\)(?=\(|$)", text):
        kind, flags, rights, _, _, trustee = (f"{inner};;;;;".split(";"))[:6]
        if kind not in ("D", "OD", "XD"):  # a refusal lets nobody in
            yield Entry(trustee, _number(rights), "IO" in re.findall("..", flags))


def _number(rights: str) -> int:
    if rights.lower().startswith("0x"):
        return int(rights, 16)
    words = re.findall("..", rights)
    if not words or "".join(words) != rights or any(word not in _RIGHTS for word in words):
        return 0xFFFFFFFF
    total = 0
    for word in words:
        total |= _RIGHTS[word]
    return total


def is_alone(found: AccessList, user: str) -> bool:
    """Say whether a file's list lets in this user alone."""
    entries = found.entries
    return found.protected and bool(entries) and all(_is(entry.trustee, user) for entry in entries or ())


def strangers(found: AccessList, user: str) -> tuple[str, ...]:
    """Return who may exchange a folder's files beside the user, the system and its administrators."""
    if found.entries is None:
        return ("Everyone",)
    trusted = (*_SYSTEM, *_ADMINISTRATORS, _INSTALLER)
    return tuple(
        dict.fromkeys(
            _NAMES.get(entry.trustee, entry.trustee)
            for entry in found.entries
            if entry.rights & _CHANGES and not entry.inherit_only
            if entry.trustee not in trusted and not _is(entry.trustee, user)
        )
    )


def _is(trustee: str, user: str) -> bool:
    """The built-in administrator and guest are written by two letters."""
    ends = {"LA": "-500", "LG": "-501"}.get(trustee)
    return trustee == user or (ends is not None and user.startswith("S-1-5-21-") and user.endswith(ends))
