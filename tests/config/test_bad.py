"""The drawer of bad configs: each fault alone in an otherwise good file, with its place and what is said."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from provision.config import load
from provision.errors import ProvisionError

GOOD = """\
version: 1
name: collab-prod
product: collaboration
tenant:
  id: 3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690
  cloud: global
application:
  display_name: Mail
  admin_url: https://collab.agency.example
  redirect_uris: []
  sign_in_audience: AzureADMyOrg
  client_id: null
  owners: null
  notes: null
mail:
  address: noreply@agency.example
  scope: organization
consent: grant
secret:
  description: SMTP
  lifetime: 180d
  renew_before: 30d
  delivery: terminal
"""
OWNER = "9b2e4d70-1c5f-4a86-b3d9-7e60f2a8c154"


def faults(raw: str | bytes) -> list[ProvisionError]:
    """Return what is wrong with a file of this content."""
    Path("bad.yaml").write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    with pytest.raises(ProvisionError) as caught:
        load(["bad.yaml"])
    return list(caught.value.all)


def replaced(key: str, value: str) -> str:
    """Return the good config with another value for a key."""
    lines = GOOD.splitlines()
    (at,) = (index for index, line in enumerate(lines) if line.strip().startswith(key + ":"))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    lines[at] = f"{indent}{key}:{' ' if value else ''}{value}"
    return "\n".join(lines) + "\n"


URI = "redirect-uri"
VALUE = "invalid-value"
TYPE = "wrong-type"
VALUES = [
    # key, value, place, name, a part of the message, a part of the fix
    ("version", "2", "1:10", VALUE, "version 1 alone", "version: 1"),
    ("version", "'1'", "1:10", TYPE, "a whole number is meant", "quotes"),
    ("version", "1.0", "1:10", TYPE, "a whole number is meant", ""),
    ("version", "true", "1:10", TYPE, "a whole number is meant", ""),
    ("version", "0x1", "1:10", TYPE, "a whole number is meant", ""),
    ("version", "9" * 5000, "1:10", TYPE, "a whole number is meant", ""),
    ("version", "", "1:1", TYPE, "version has no value", ""),
    ("name", "no", "2:7", TYPE, "YAML reads no as false", '"no"'),
    ("name", "On", "2:7", TYPE, "YAML reads On as true", '"On"'),
    ("name", "123", "2:7", TYPE, "YAML reads 123 as a number", '"123"'),
    ("name", "2026-01-01", "2:7", TYPE, "a date", '"2026-01-01"'),
    ("name", "12:30:45", "2:7", TYPE, "a number", ""),
    ("name", "null", "2:7", TYPE, "name has no value", ""),
    ("name", "''", "2:7", VALUE, "3 to 64", ""),
    ("name", "Collab Prod", "2:7", VALUE, "3 to 64", "'collab-prod'"),
    ("name", "collab_prod", "2:7", VALUE, "3 to 64", "'collab-prod'"),
    ("name", "ab", "2:7", VALUE, "3 to 64", ""),
    ("name", "a" * 65, "2:7", VALUE, "3 to 64", ""),
    ("name", "größe", "2:7", VALUE, "3 to 64", "'groe'"),
    ("name", "[a, b]", "2:1", TYPE, "text is meant, not a list", ""),
    ("name", "{a: b}", "2:1", TYPE, "text is meant, not a map", ""),
    ("product", "colaboration", "3:10", VALUE, "", "'collaboration'"),
    ("product", "eCase", "3:10", VALUE, "", "'ecase'"),
    ("tenant", "3f0c8a52", "5:5", "yaml-syntax", "indentation", ""),
    ("id", "common", "5:7", VALUE, "by its id", "Overview"),
    ("id", "'{3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690}'", "5:7", VALUE, "more around", "Write 3f0c8a52"),
    ("id", "00000000-0000-0000-0000-000000000000", "5:7", VALUE, "", ""),
    ("id", "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b69", "5:7", VALUE, "by its id", ""),
    ("id", "agency", "5:7", VALUE, "by its id", ""),
    ("id", "agency..gov", "5:7", VALUE, "domain name", ""),
    ("id", "bücher.example", "5:7", VALUE, "ASCII", "xn--bcher-kva.example"),
    ("id", "https://agency.gov", "5:7", VALUE, "domain name", ""),
    ("cloud", "gcchigh", "6:10", VALUE, "", "'gcc-high'"),
    ("cloud", "GCC", "6:10", VALUE, "", "'gcc'"),
    ("cloud", "{graph: https://g.example}", "6:3", "missing-key", "tenant.cloud.login is missing", ""),
    (
        "cloud",
        "{graph: http://g.example, login: https://l.example, portal: https://p.example}",
        "6:18",
        VALUE,
        "https",
        "",
    ),
    (
        "cloud",
        "{graph: https://g.example/v1.0, login: https://l.example, portal: https://p.example}",
        "6:18",
        VALUE,
        "nothing more",
        "",
    ),
    ("display_name", "''", "8:17", VALUE, "empty", ""),
    ("display_name", "x" * 121, "8:17", VALUE, "121 characters; 120", ""),
    ("display_name", '" Mail"', "8:17", VALUE, "space", "'Mail'"),
    ("display_name", '"Mail\\x1b[31m"', "8:17", VALUE, "control", ""),
    ("display_name", '"Mail\\nbox"', "8:17", VALUE, "one line", ""),
    ("admin_url", "collab.agency.example", "9:14", URI, "https://", "Write https://collab.agency.example"),
    ("admin_url", "http://collab.agency.example", "9:14", URI, "http is for localhost", "https://collab"),
    ("admin_url", "ftp://collab.agency.example", "9:14", URI, "must be https", ""),
    (
        "admin_url",
        "https://collab.agency.example?x=1",
        "9:14",
        URI,
        "'?'",
        "Write https://collab.agency.example",
    ),
    (
        "admin_url",
        "https://collab.agency.example/Login.aspx",
        "9:14",
        URI,
        "one page of the product, 'L",
        "Write https://collab.agency.example",
    ),
    ("admin_url", "https://collab.agency.example/Admin/Index.HTML", "9:14", URI, "one page", ""),
    ("admin_url", "https://collab.agency.example/#top", "9:14", URI, "fragment", "example/"),
    ("admin_url", "https://me:pass@collab.agency.example", "9:14", URI, "password", ""),
    ("admin_url", "https://collab.agency.example/a b", "9:14", URI, "space", ""),
    ("admin_url", "https://*.agency.example", "9:14", URI, "wildcard", ""),
    ("admin_url", "https://", "9:14", URI, "host", ""),
    ("admin_url", "https:///path", "9:14", URI, "host", ""),
    ("admin_url", "https://[::1]/x", "9:14", URI, "host", ""),
    ("admin_url", "https://[::1/x", "9:14", URI, "", ""),
    ("admin_url", "https://a_b.example", "9:14", URI, "host", ""),
    ("admin_url", "https://collab.agency.example:99999", "9:14", URI, "web address", ""),
    ("admin_url", "https://bücher.example/x", "9:14", URI, "ASCII", "https://xn--bcher-kva.example/x"),
    ("admin_url", "https://collab.agency.example/é", "9:14", URI, "ASCII", ""),
    ("admin_url", "https://collab.agency.example\\x", "9:14", URI, "no web address", ""),
    ("admin_url", "https://collab.agency.example/" + "x" * 210, "9:14", URI, "Entra takes 256", ""),
    ("admin_url", "https://collab.agency.example/" + "x" * 250, "9:14", URI, "Entra takes 256", ""),
    *(("admin_url", f"https://collab.agency.example/a{c}b", "9:14", URI, f"'{c}'", "") for c in "!$'(),;"),
    ("redirect_uris", "https://a.example", "10:18", TYPE, "a list is meant", ""),
    ("redirect_uris", "null", "10:18", TYPE, "no value", ""),
    ("redirect_uris", "[http://a.example]", "10:19", URI, "https", ""),
    ("redirect_uris", "[https://a.example/x, https://A.example/x]", "10:40", URI, "already", ""),
    ("redirect_uris", "[https://collab.agency.example/connectors/SMTP.aspx]", "10:19", URI, "already", ""),
    ("redirect_uris", "['https://a.example/${', 1]", "10:19", VALUE, "not closed", ""),
    (
        "redirect_uris",
        "[" + ", ".join(f"https://a.example/{n}" for n in range(256)) + "]",
        "10:3",
        VALUE,
        "256 redirect URIs",
        "",
    ),
    ("sign_in_audience", "AzureADMyorg", "11:21", VALUE, "", "'AzureADMyOrg'"),
    ("client_id", "abc", "12:14", VALUE, "not an id", ""),
    ("client_id", "12345678", "12:14", TYPE, "a number", ""),
    ("owners", "[me@agency.example]", "13:12", VALUE, "not an id", ""),
    ("owners", f"[{OWNER}, {OWNER.upper()}]", "13:50", VALUE, "already", ""),
    ("notes", "''", "14:10", VALUE, "empty", ""),
    ("notes", "x" * 1025, "14:10", VALUE, "1024", ""),
    ("address", "Mail <noreply@agency.example>", "16:12", VALUE, "", "Write noreply@agency.example"),
    ("address", "mailto:noreply@agency.example", "16:12", VALUE, "", "Write noreply@agency.example"),
    ("address", "noreply@agency", "16:12", VALUE, "", ""),
    ("address", "a@b@agency.example", "16:12", VALUE, "", ""),
    ("address", "noreply", "16:12", VALUE, "", ""),
    ("address", "a..b@agency.example", "16:12", VALUE, "", ""),
    ("address", "x" * 65 + "@agency.example", "16:12", VALUE, "", ""),
    ("scope", "tenant", "17:10", VALUE, "organization, mailbox", ""),
    ("consent", "yes", "18:10", TYPE, "YAML reads yes as true", '"yes"'),
    ("consent", "handof", "18:10", VALUE, "", "'handoff'"),
    ("description", "x" * 121, "20:16", VALUE, "120", ""),
    ("description", "SMTP [provision:other]", "20:16", VALUE, "mark", ""),
    ("lifetime", "180", "21:13", TYPE, "unit", "180d"),
    ("lifetime", "180 days", "21:13", VALUE, "180d", ""),
    ("lifetime", "0d", "21:13", VALUE, "180d", ""),
    ("lifetime", "3y", "21:13", VALUE, "24 months", ""),
    ("lifetime", "25mo", "21:13", VALUE, "24 months", ""),
    ("lifetime", "732d", "21:13", VALUE, "24 months", ""),
    ("lifetime", "20d", "22:17", VALUE, "no shorter than the lifetime", "third"),
    ("renew_before", "180d", "22:17", VALUE, "no shorter than the lifetime", "third"),
    ("renew_before", "6mo", "22:17", VALUE, "no shorter than the lifetime", "third"),
    ("renew_before", "max", "22:17", VALUE, "", "30d"),
    ("delivery", "termnal", "23:13", VALUE, "", "'terminal'"),
    ("delivery", "null", "23:13", TYPE, "no value", ""),
    ("delivery", "[terminal]", "23:3", TYPE, "not a list", ""),
    ("delivery", "{}", "23:3", VALUE, "one sink", ""),
    ("delivery", "{file: {path: a}, command: {argv: [b]}}", "23:3", VALUE, "one sink", ""),
    ("delivery", "{file: {path: a, mode: 777}}", "23:30", "unknown-key", "'mode' in", "path"),
    ("delivery", "{file: {}}", "23:14", "missing-key", "secret.delivery.file.path", ""),
    ("delivery", "{file: null}", "23:20", TYPE, "no value", "secret.delivery.file.path"),
    ("delivery", "{fil: {path: a}}", "23:14", "unknown-key", "did you mean 'file'", ""),
    ("delivery", "{command: {argv: tee}}", "23:30", TYPE, "a list is meant", ""),
    ("delivery", "{vault: {}}", "23:14", "unknown-key", "'vault'", ""),
]


@pytest.mark.parametrize(
    ("key", "value", "place", "name", "message", "fix"),
    VALUES,
    ids=[f"{key}={value[:40]}" for key, value, *_ in VALUES],
)
def test_a_value(key: str, value: str, place: str, name: str, message: str, fix: str) -> None:
    """One fault is said at its place, with what to do; nothing of pydantic's words."""
    said = faults(replaced(key, value))
    first = said[0]
    assert (str(first.where), first.entry.name) == (f"bad.yaml:{place}", name)
    assert message in first.message
    assert fix in first.fix
    lacking = name == "missing-key" or "redirect_uris" in key
    assert len(said) == 1 or lacking, [error.message for error in said]
    for error in said:
        assert "Input should" not in error.message
        assert "pydantic" not in error.message + error.fix


KEYS = [
    ("tennant: {}\n", "24:1 unknown-key", "did you mean 'tenant'?"),
    ("Consent: grant\n", "24:1 unknown-key", "did you mean 'consent'?"),
    ("scope: mailbox\n", "24:1 unknown-key", "did you mean 'mail.scope'?"),
    ("no: x\n", "24:1 unknown-key", "no key 'no'"),
    ("1: x\n", "24:1 unknown-key", "no key '1'"),
    ("x" * 300 + ": x\n", "24:1 unknown-key", "..."),
    ("name: other\n", "24:1 duplicate-key", "'name' stands already in line 2"),
    ("'name': other\n", "24:1 duplicate-key", "'name' stands already in line 2"),
    ("? [a]\n: b\n", "24:3 yaml-feature", "one word"),
    ("a: &x b\nc: *x\n", "24:4 yaml-feature", "anchor &x"),
    ("<<: {a: b}\n", "24:1 yaml-feature", "<<"),
    ("a: !!python/object/apply:os.system [id]\n", "24:4 yaml-feature", "tag"),
    ("a: !secret b\n", "24:4 yaml-feature", "tag"),
    ("---\nname: two\n", "24:1 yaml-feature", "second document"),
    ("a:\n\tb: c\n", "25:1 yaml-syntax", "a tab is used"),
    ("a: b: c\n", "24:5 yaml-syntax", "quotes"),
    ("a: 'b\n", "24:4 yaml-syntax", "quote"),
    ("a: @b\n", "24:4 yaml-syntax", "'@'; put it in quotes"),
    ("a: [b\n", "24:4 yaml-syntax", "'['"),
    ("a: {graph: ${X}}\n", "24:4 yaml-syntax", "${...} in quotes"),
    ("justaword\n", "24:1 yaml-syntax", "colon"),
    ("a: b\x00c\n", "24:5 config-unreadable", "U+0000"),
    ("a: b\x1b[31m\n", "24:5 config-unreadable", "U+001B"),
    ("a: b \u202e # c\n", "24:6 config-unreadable", "U+202E"),
    ("a: " + "[" * 500 + "]" * 500 + "\n", "24:24 yaml-feature", "nested"),
    ("a: " + "{b: " * 500 + "}" * 500 + "\n", "24:81 yaml-feature", "nested"),
]


@pytest.mark.parametrize(("more", "place", "message"), KEYS, ids=[more[:30] for more, *_ in KEYS])
def test_a_line_more(more: str, place: str, message: str) -> None:
    """A wrong key, or one of YAML's traps, below a good config."""
    first = faults(GOOD + more)[0]
    assert f"{first.where} {first.entry.name}" == f"bad.yaml:{place}"
    assert message in first.message


FILES: list[tuple[str, str | bytes, str, str]] = [
    ("empty", "", "bad.yaml config-unreadable", "is empty"),
    ("comments", "# nothing\n\n# here\n", "bad.yaml config-unreadable", "is empty"),
    ("byte order mark alone", b"\xef\xbb\xbf", "bad.yaml config-unreadable", "is empty"),
    ("document marks alone", "---\n...\n", "bad.yaml config-unreadable", "is empty"),
    ("a list", "- a\n", "bad.yaml:1:1 wrong-type", "not a list"),
    ("a word", "hello\n", "bad.yaml:1:1 wrong-type", "not a text"),
    ("UTF-16", GOOD.encode("utf-16"), "bad.yaml config-unreadable", "UTF-16"),
    ("Latin-1", b"version: 1\nname: gr\xfcn\n", "bad.yaml:2:9 config-unreadable", "not UTF-8"),
    ("binary", bytes(range(256)), "bad.yaml:2:118 config-unreadable", "not UTF-8"),
    ("10 MB", b"a: b\n" * 2_000_000, "bad.yaml config-unreadable", "larger than 256 KiB"),
    (
        "billion laughs",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
        "bad.yaml:1:4 yaml-feature",
        "anchor",
    ),
    (
        "sections of nothing",
        "version: 1\nname: abc\ntenant:\napplication: []\nmail: x\n",
        "bad.yaml:3:1 wrong-type",
        "tenant has no value",
    ),
]


@pytest.mark.parametrize(
    ("raw", "place", "message"), [row[1:] for row in FILES], ids=[row[0] for row in FILES]
)
def test_a_file(raw: str | bytes, place: str, message: str) -> None:
    """What is no config at all."""
    first = faults(raw)[0]
    assert f"{first.where} {first.entry.name}" == place
    assert message in first.message


def test_required_keys_are_named_in_full() -> None:
    """A missing section is said by the keys that it must hold."""
    said = [f"{error.where} {error.message}" for error in faults("version: 1\nmail: {}\n")]
    assert said == [
        "bad.yaml:1:1 name is missing",
        "bad.yaml:1:1 tenant.id is missing",
        "bad.yaml:1:1 application.admin_url is missing",
        "bad.yaml:2:1 mail.address is missing",
    ]


def test_a_misspelt_section_is_said_once() -> None:
    """Not a second time as missing."""
    (said,) = faults(GOOD.replace("tenant:", "tennant:"))
    assert (str(said.where), said.entry.name) == ("bad.yaml:4:1", "unknown-key")
    assert said.where is not None
    assert said.where.text == "tennant:"


def test_rules_between_keys_are_said_with_the_rest() -> None:
    """A doubled URI is found although the tenant's id is wrong, too."""
    text = replaced("redirect_uris", "[https://a.example/x, https://a.example/x]").replace(
        "id: 3f0c", "id: x"
    )
    assert [str(error.where) for error in faults(text)] == ["bad.yaml:5:7", "bad.yaml:10:40"]


@pytest.mark.parametrize("audience", ["AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"])
def test_personal_accounts(audience: str) -> None:
    """They have tighter limits, and do not exist in national clouds."""
    text = replaced("sign_in_audience", audience)
    Path("good.yaml").write_text(text)
    assert load(["good.yaml"])[0].desired.application.sign_in_audience == audience
    for cloud in ("gcc-high", "dod", "china"):
        assert "no personal accounts" in faults(text.replace("cloud: global", f"cloud: {cloud}"))[0].message
    assert (
        "90 characters" in faults(text.replace("display_name: Mail", "display_name: " + "x" * 91))[0].message
    )
    many = ", ".join(f"https://a.example/{n}" for n in range(100))
    assert "100 redirect URIs" in faults(text.replace("uris: []", f"uris: [{many}]"))[0].message
    assert "'?'" in faults(text.replace("uris: []", "uris: ['https://a.example/?a=b']"))[0].message


def test_a_short_lifetime_does_not_fall_out_with_the_default() -> None:
    """renew_before was not written, so it gives way; the plan says so."""
    Path("good.yaml").write_text(replaced("lifetime", "7d").replace("  renew_before: 30d\n", ""))
    assert load(["good.yaml"])[0].desired.client_secret.lifetime.days == 7


@pytest.mark.parametrize(
    "raw",
    [
        "".join(f"key{n}: x\n" for n in range(20_000)),
        "a: x\n" * 50_000,
        "a: " + "[" * 120_000,
        "a: &a x\n" * 30_000,
        "name: " + "x" * 200_000 + "\n",
        GOOD + "x: '" + "${A}" * 60_000 + "'\n",
        replaced("address", "a." * 100_000 + "@"),
        replaced("admin_url", "https://" + "a." * 100_000),
        replaced("id", "a-" * 100_000 + "."),
        replaced("redirect_uris", "[" + "https://a.example/x, " * 10_000 + "]"),
        replaced("owners", "[" + f"{OWNER}, " * 6_000 + "]"),
    ],
    ids=[
        "keys",
        "doubles",
        "brackets",
        "anchors",
        "name",
        "variables",
        "address",
        "url",
        "domain",
        "uris",
        "owners",
    ],
)
def test_hostile_files_are_refused_in_little_time(raw: str) -> None:
    """A pull request must not be able to keep a machine busy, nor fill its log."""
    began = time.process_time()  # a busy machine is none of the file's doing
    said = faults(raw)
    assert time.process_time() - began < 5
    assert len(said) <= 120
    assert all(len(error.message) < 400 for error in said)
