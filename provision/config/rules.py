"""What a value must be like to work in Microsoft Entra: pure checks of one text each.

A check returns the text in the form that is used from then on, or raises :class:`Fault`. Its message
never holds the value, which may come from a variable; what is built from the value goes into ``fix``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from provision import clouds, likeness
from provision.errors import Entry, catalogue
from provision.resources.client_secret import LONGEST_MONTHS, Span

NAME = r"[a-z0-9-]{3,64}"
GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = rf"(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9]"
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
ADDRESS = rf"{_LOCAL}@{DOMAIN}"
# One address and what mail programs put around it: a part of one would be somebody else's.
_WRAPPED = re.compile(
    rf"\s*(?:(?:[^<>@]*<)(?:mailto:)?(?P<in_brackets>{ADDRESS})>|(?:mailto:|smtp:)?(?P<alone>{ADDRESS})"
    r"(?:\?[^@]*)?)\s*",
    re.IGNORECASE,
)
_LOGIN_HOSTS = "|".join(re.escape(cloud.login.removeprefix("https://")) for cloud in clouds.CLOUDS.values())
SPAN = r"[1-9][0-9]{0,4}(?:d|w|mo|y)|max"

_NOT_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LONGEST_DAYS = 731  # 24 calendar months with a leap day


class Fault(ValueError):
    """A value breaks a rule: why, and how to put it right (``fix`` may hold the value)."""

    def __init__(self, why: str, fix: str | None = None, *, entry: Entry = catalogue.INVALID_VALUE) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix
        self.entry = entry


def choice(names: Sequence[str], meanings: likeness.Meanings | None = None) -> Callable[[str], str]:
    """Return the check of a text that must be one of these; ``meanings`` are other words for them."""

    def check(text: str) -> str:
        if text in names:
            return text
        near = likeness.nearest(text, names, meanings)
        raise Fault("there are: " + ", ".join(names), likeness.question(near) or "Write one of these.")

    return check


def cloud(text: str) -> str:
    """Check a cloud's name. What people call it is answered with the name, or with what only they can choose.

    Likeness does not decide between the clouds of governments: GCC High, in short GCCH, would become GCC.
    """
    names = tuple(clouds.CLOUDS)
    if text in names:
        return text
    near = likeness.nearest(text, names, clouds.CALLED) or clouds.with_host(text)
    if text.lower() in names:
        near = (text.lower(),)
    elif not near and likeness.plainly(text) not in clouds.CALLED:
        near = likeness.by_parts(text, names, clouds.CALLED, empty=clouds.SAYING_NOTHING)
        if not near and likeness.plainly(text).startswith("gcc"):
            near = ("gcc", "gcc-high")
    asked = likeness.question(near) or "Write one of these."
    told = clouds.HOW_TO_TELL.get(near)
    raise Fault("there are: " + ", ".join(names), f"{asked} {told}" if told else asked)


def line(longest: int) -> Callable[[str], str]:
    """Return the check of one line of text, of no more than so many characters."""

    def check(text: str) -> str:
        if not text.strip():
            raise Fault("it is empty", "Write a text, or leave the key out.")
        if _NOT_A_LINE.search(text):
            raise Fault("it must be one line, without control characters")
        if text != text.strip():
            raise Fault("it begins or ends with a space", f"Write '{text.strip()}'.")
        if len(text) > longest:
            raise Fault(f"it has {len(text)} characters; {longest} are allowed")
        return text

    return check


def notes(text: str) -> str:
    """Check the notes: 1,024 characters, lines allowed.

    Source: https://learn.microsoft.com/graph/api/resources/serviceprincipal (the number is stated there)
    """
    if not text.strip():
        raise Fault("it is empty", "Write a text, or leave the key out.")
    if _NOT_TEXT.search(text):
        raise Fault("it has control characters in it")
    if len(text) > 1024:
        raise Fault(f"it has {len(text)} characters; 1024 are allowed")
    return text


def name(text: str) -> str:
    """Check a config's name, which becomes ``uniqueName`` and goes into tags and file names."""
    if re.fullmatch(NAME, text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    better = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-")
    raise Fault(
        "a name has 3 to 64 characters: small letters, digits and hyphens",
        f"For example '{better}'." if re.fullmatch(NAME, better) else "For example 'collab-prod'.",
    )


def guid(text: str) -> str:
    """Check an id such as Entra shows it, and return it in lower case."""
    if re.fullmatch(GUID, text):
        if set(text) <= {"0", "-"}:
            raise Fault("it is all zeros, which is nobody's id")
        return text.lower()
    inner = text.strip().strip("{}").strip()
    if re.fullmatch(GUID, inner):
        raise Fault("there is more around the id", f"Write {inner}")
    raise Fault(
        "it is not an id such as 3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690", "Copy it from the Overview page."
    )


def owner(text: str) -> str:
    """Check an owner's id, and return it in lower case; people know each other by sign-in names."""
    if "@" in text and not re.search(r"[\s<>'\"]", text):
        raise Fault(
            "it is not an id but a sign-in name; an owner is named by the Object ID",
            f"Copy it from Entra > Users, or: az ad user show --id '{text}' --query id --output tsv",
        )
    try:
        return guid(text)
    except Fault as fault:
        if fault.fix and fault.fix.startswith("Write"):
            raise
        fix = "Copy the Object ID of the user, or of the service principal (Enterprise applications)."
        raise Fault(fault.why, fix) from None


def tenant(text: str) -> str:
    """Check a tenant's id or one of its domains, and return it in lower case."""
    if inner := re.fullmatch(rf"https://(?:{_LOGIN_HOSTS})/({GUID})(?:/.*)?", text):
        raise Fault("it is an address with the tenant's id in it", f"Write {inner[1].lower()}")
    if "." not in text or re.fullmatch(GUID, text.strip().strip("{}").strip()):
        try:
            return guid(text)
        except Fault as fault:
            if fault.fix and fault.fix.startswith("Write"):
                raise
            raise Fault(
                "a tenant is named by its id (a GUID) or by one of its domains",
                "Copy 'Tenant ID' from the Overview page of Microsoft Entra ID.",
            ) from None
    return domain(text)


def domain(text: str) -> str:
    """Check a domain name, and return it in lower case."""
    if not text.isascii():
        host = ascii_host(text)
        better = host and re.fullmatch(DOMAIN, host)
        raise Fault("it has letters that are not ASCII", f"Write {host}" if better else None)
    if len(text) > 253 or not re.fullmatch(DOMAIN, text):
        raise Fault("it is not a domain name such as agency.onmicrosoft.com")
    return text.lower()


def ascii_host(host: str) -> str | None:
    """Return a host as a browser sends it; ``None`` where that could be another host than is meant.

    By today's rules, which keep a ß; Python's own codec knows the older ones, by which it becomes ss, and the
    host somebody else's. Letters of two scripts in one word are a disguise, or a slip of the keyboard.
    Sources: https://www.unicode.org/reports/tr46/#Deviations and https://www.rfc-editor.org/rfc/rfc5891
    """
    import idna

    try:
        found = idna.encode(host, uts46=True).decode("ascii")
        same = idna.decode(found) == unicodedata.normalize("NFC", host).lower()
    except UnicodeError:  # idna's errors are some
        return None
    scripts = [
        {unicodedata.name(letter, "?").split()[0] for letter in label if letter.isalpha()}
        for label in host.split(".")
    ]
    return found if same and all(len(each) <= 1 for each in scripts) else None


def address(text: str) -> str:
    """Check a mailbox's address: the address alone, without a name or brackets."""
    if len(text) <= 254 and re.fullmatch(ADDRESS, text) and len(text.partition("@")[0]) <= 64:
        return text
    inner = _WRAPPED.fullmatch(text) if len(text) <= 1024 else None
    found = inner["in_brackets"] or inner["alone"] if inner else ""
    whole = found and len(found) <= 254 and len(found.partition("@")[0]) <= 64 and found != text
    raise Fault("it is not an address such as noreply@agency.gov", f"Write {found}" if whole else None)


def span(text: str) -> str:
    """Check a length of time."""
    try:
        Span.parse(text)
    except ValueError:
        raise Fault("a length of time is written 180d, 26w, 6mo, 1y or max") from None
    return text


def lifetime(text: str) -> str:
    """Check a secret's lifetime: 24 months at most, as in the portal.

    Source: https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials
    """
    length = Span.parse(span(text))
    if length.months > LONGEST_MONTHS or length.days > _LONGEST_DAYS:
        raise Fault(
            f"a secret lives {LONGEST_MONTHS} months at most", "Write 24mo, or 180d as is recommended."
        )
    return text


def renew_before(text: str) -> str:
    """Check how long before its end a secret is renewed."""
    if Span.parse(span(text)).longest:
        raise Fault("renew_before cannot be max", "Write 30d, for example.")
    return text


def description(text: str) -> str:
    """Check a secret's description; our mark is put behind it, so it must not hold one."""
    if "[provision:" in text:
        raise Fault("'[provision:' is the mark that this tool itself puts behind the description")
    return line(120)(text)


def finding(text: str) -> str:
    """Check the name of a finding; a refusal that drift shows, such as unscoped-grant, has one too."""
    names = [entry.name for entry in catalogue.ENTRIES.values() if entry.code.startswith(("PRV3", "PRV6"))]
    if text in names:
        return text
    near = likeness.nearest(text, names, {"undeclared": (), "secret": (), "owner": ()})
    raise Fault(
        "there is no finding of this name",
        likeness.question(near) or "Write the name that drift shows in brackets.",
    )
