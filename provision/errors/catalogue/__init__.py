"""Every code the program can say: what it means, why it comes, what to do.

An entry stands in the module of its code's first digit, and is used as ``catalogue.NAME``. Codes are
stable and never reused. ``docs/errors.md`` is written from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from provision import likeness
from provision.errors import Entry
from provision.errors.catalogue.prv1_command_line import *
from provision.errors.catalogue.prv2_config import *
from provision.errors.catalogue.prv3_refusals import *
from provision.errors.catalogue.prv3_registration import *
from provision.errors.catalogue.prv4_graph import *
from provision.errors.catalogue.prv5_delivery import *
from provision.errors.catalogue.prv6_drift import *
from provision.errors.catalogue.prv6_findings import *
from provision.errors.catalogue.prv6_scope import *
from provision.errors.catalogue.prv7_sandbox import *
from provision.errors.catalogue.prv8_mail import *
from provision.errors.catalogue.prv9_other import *
from provision.errors.catalogue.table import ENTRIES as ENTRIES


def find(text: str) -> Entry | None:
    """Return the entry of that code or name, whatever its case; ``None`` if there is none."""
    wanted = text.strip().lower()
    return next((e for e in ENTRIES.values() if wanted in (e.code.lower(), e.name)), None)


def of_aadsts(numbers: Iterable[int]) -> Entry | None:
    """Return the entry of the first of these AADSTS numbers that one is known for."""
    from provision.errors import codes

    row = codes.of_numbers(numbers)
    return ENTRIES[row.means] if row else None


def of_graph(code: str | None) -> Entry | None:
    """Return the entry that Graph's or Exchange's error code stands for."""
    from provision.errors import codes

    row = codes.of_code(code) if code else None
    return ENTRIES[row.means] if row else None


def in_text(text: str) -> list[Entry]:
    """Return the entries that a text tells of which somebody pasted, in its order.

    Codes of other services are looked for, and sentences that these are known for; beside one of those a word
    that is a name of ours says nothing.
    """
    from provision.errors import codes

    found = [ENTRIES[row.means] for row in codes.read(text).known]
    if not found:
        said = " ".join(text[:100_000].lower().replace("\u2019", "'").split())
        found = [ENTRIES[name] for words, name in WORDED.items() if words in said][:1]
    if not found:
        found = [entry for word in _NAME.findall(text[:100_000]) if (entry := find(word))]
    return list(dict.fromkeys(found))


# What people meet in words alone, of Exchange, Graph, the portal and the libraries that sign in.
# https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission
# https://github.com/Azure/azure-cli/issues/11924 (owners)
# https://github.com/nodemailer/nodemailer/issues/1714 (passwords at the SMTP server)
# https://github.com/Azure/azure-cli/issues/31648 (signing in)
# https://github.com/Azure/azure-sdk-for-python/issues/37167 (signing in)
# https://github.com/MicrosoftDocs/office-docs-powershell/issues/8854 (a role that is not there)
WORDED = {
    "smtpclientauthentication is disabled": "smtp-auth",
    "authentication unsuccessful, basic authentication is disabled": "smtp-auth",
    "is invalid for the 'owners' reference": "owner-not-found",
    "does not exist on resource application": "role-not-found",
    "failed to retrieve a token from the included credentials": "sign-in",
    "failed to invoke the azure cli": "sign-in",
    "please run 'az login'": "sign-in",
    "azure cli not found on path": "sign-in",
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{3,80}")


def near(text: str) -> tuple[str, ...]:
    """Return the codes or names that were probably meant.

    A code is a number: one that is not there is like no other one. What is mended is its letters, and a
    letter where a digit looks like it.
    """
    wanted = text.strip().lower()[: likeness.LONGEST]
    letters, rest = wanted[:3], wanted[3:].lstrip(" -_").translate(str.maketrans("oil", "011"))
    if sorted(letters) == sorted("prv") and re.fullmatch(r"\d*", rest):
        begun = tuple(entry.code for entry in ENTRIES.values() if entry.code[3:].startswith(rest))
        exact = tuple(code for code in begun if code[3:] == rest)
        return exact or (begun if 0 < len(begun) <= 4 else ())
    if re.fullmatch(r"\d{3}", wanted):
        return tuple(entry.code for entry in ENTRIES.values() if entry.code[3:] == wanted)
    return likeness.nearest(wanted, tuple(ENTRIES), _CALLED)


# Words that look like one entry and mean another thing, or several.
_CALLED: likeness.Meanings = {
    "mailbox": ("mailbox-missing", "no-mailbox"),
    "consent": ("consent-missing", "consent-pending"),
    "secret": (),
    "policy": (),
    "expired": ("secret-expired",),
    "throttle": ("throttled",),
}
