"""Text that somebody else wrote cannot steer a terminal, a log, a Markdown page or a JSON reader."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from provision.report import escape
from provision.report.escape import json_text
from tests.report.hostile import NAMES
from tests.support import TENANT, Program, Ran, Tenant, write_config
from tests.test_drift import GRAPH, MAIL_READ, Hand, certificate

# What Markdown may become on our pages; anything else was made by somebody's text.
OURS = {
    "inline",
    "text",
    "code_inline",
    "fence",
    "softbreak",
    "heading_open",
    "heading_close",
    "paragraph_open",
    "paragraph_close",
    "bullet_list_open",
    "bullet_list_close",
    "list_item_open",
    "list_item_close",
    "strong_open",
    "strong_close",
    *(f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")),
}
# What GitHub and GitLab look for in a page's text once Markdown is done with: people, issues, links.
LOOKED_FOR = re.compile(
    r"(?<![\w`])[@#!~%$&^]\w|:\w+:|\w@\w|https?://\S|www\.\w|ftp://\S|mailto:\w", re.IGNORECASE | re.ASCII
)
MARKER = re.compile(r"<!-- provision:(?:plan|result)(?::[A-Za-z0-9._-]+){2} -->")
PARSER = MarkdownIt("gfm-like", {"linkify": False})


def tokens(page: str) -> Iterator[Token]:
    """Yield what a Markdown page is made of."""
    for token in PARSER.parse(page):
        yield token
        yield from token.children or ()


def harmless_text(text: str) -> None:
    """Fail if a terminal or a log would do anything but show it."""
    for line in text.split("\n"):
        assert not line.lstrip().startswith("::"), line
        assert not re.search(r"##(\[|vso\[)", line, re.IGNORECASE), line
        for char in line:
            assert char == " " or unicodedata.category(char)[0] not in "CZ", (hex(ord(char)), line)


def harmless_markdown(page: str) -> None:
    """Fail if a page holds any markup but ours, or what a host would make a link or a mention of."""
    harmless_text(page)
    for token in tokens(page):
        if token.type == "html_block":
            assert MARKER.fullmatch(token.content.strip()), token.content
            continue
        assert token.type in OURS, (token.type, page)
        if token.type == "text":
            assert not LOOKED_FOR.search(token.content), token.content
    assert "<" not in re.sub(r"`+[^`].*?`+", "", MARKER.sub("", page).replace(fences(page), ""))


def fences(page: str) -> str:
    """Return the code blocks of a page."""
    return "\n".join(token.content for token in tokens(page) if token.type == "fence")


def harmless_json(text: str) -> Any:
    """Fail if a line of it is anything but JSON in ASCII; returns the document."""
    harmless_text(text)
    assert text.isascii()
    assert "##" not in text
    assert "::" not in text
    return json.loads(text)


OF_GRAPH = {kind: name for kind, name in NAMES.items() if kind != "surrogate"}  # no client can send one
CHECKS = {"text": harmless_text, "markdown": harmless_markdown, "json": harmless_json}


def adopting(name: str) -> str:
    """Put an application with that display name into the tenant; returns a config that adopts it."""
    tenant = Tenant()
    made = tenant.do("POST", "/applications", {"displayName": name, "notes": name})
    config = write_config()
    adopt = f"application:\n  client_id: {made['appId']}\n"
    Path(config).write_text(Path(config).read_text().replace("application:\n", adopt))
    return config


@pytest.mark.parametrize("name", OF_GRAPH.values(), ids=OF_GRAPH)
def test_a_plan_and_a_result_of_an_application_with_such_a_name(provision: Program, name: str) -> None:
    """An adopted registration's name stands in the plan's diff; in JSON it is what Graph said."""
    config = adopting(name)
    for output, check in CHECKS.items():
        ran = provision("plan", config, "--sandbox", "-o", output)
        assert ran.code == 0, ran.err
        check(ran.out)
        harmless_text(ran.err)
        if output == "json":
            changes = ran.json["resource_changes"]
            before = [c["change"]["before"] for c in changes if c["address"] == "application"]
            assert [properties["displayName"] for properties in before] == [name]
    for output, check in CHECKS.items():  # the first of them does it
        ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", output)
        assert ran.code == 0, ran.err
        check(ran.out)
        harmless_text(ran.err)


@pytest.mark.parametrize("name", OF_GRAPH.values(), ids=OF_GRAPH)
def test_an_error_that_names_such_an_application(provision: Program, config: str, name: str) -> None:
    """A refusal says whose the name is; so does the sandbox's own summary."""
    tenant = Tenant()
    tenant.do(
        "PATCH",
        "/applications(uniqueName='collab-prod')",
        {"displayName": name},
        {"Prefer": "create-if-missing"},
    )
    for output, check in CHECKS.items():
        ran = provision("plan", config, "--sandbox", "-o", output)
        assert ran.code == 5
        harmless_text(ran.err)
        if output == "json":
            error = harmless_json(ran.out)
            assert (error["error"], name in error["message"]) == ("foreign-unique-name", True)
        else:
            check(ran.out)
            assert ("PRV301" in ran.out) == (output == "markdown")
            assert "PRV301" in ran.err
        shown = provision("sandbox", "show", "-o", output)
        check(shown.out)


# Most of what NAMES has, in few enough letters for the name of a secret.
MIXED = {
    "marks": "a\x1b[31m\u202e|`<b>*@team #1 [x](https://evil.example) ##vso[task.x]b",
    "lines": "::add-mask::x\n::error::y\r\n##[group]z\n# owned\u2028- [x] owned",
}


@pytest.mark.parametrize("name", MIXED.values(), ids=MIXED)
def test_every_look_at_a_tenant_full_of_such_names(
    provision: Program, config: str, applied: Ran, name: str
) -> None:
    """Of the application, its secrets, certificate, owner, trust and grant, and of one that nobody names."""
    hand = Hand()
    for at in (hand.at, hand.principal_at):
        hand.add_secret(at, name)
        url = f"https://graph.microsoft.com/v1.0/directoryObjects/{somebody(hand.tenant, name)}"
        hand.tenant.do("POST", f"{at}/owners/$ref", {"@odata.id": url})
    trust = {"name": "x", "issuer": "https://i.example", "subject": name, "audiences": [name]}
    hand.tenant.do("POST", f"{hand.at}/federatedIdentityCredentials", trust)
    hand.grant(GRAPH, MAIL_READ)
    hand.patch(displayName=name, notes=name, keyCredentials=[{**certificate(), "displayName": name}])
    left = hand.tenant.do("POST", "/applications", {"displayName": name, "tags": ["provision"]})
    hand.add_secret(f"/applications/{left['id']}", name)
    hand.tenant.do("POST", "/servicePrincipals", {"appId": left["appId"]})
    shown = 0
    for verb, *more in (
        ("plan", config),
        ("show", config),
        ("drift", config),
        ("expiry", config),
        ("orphans", config),
        ("doctor", config),
        ("consent", config, "--look-only"),
        ("destroy", config, "--dry-run"),
        ("import", "--search", "--tenant", TENANT),
    ):
        for output, check in CHECKS.items():
            ran = provision(verb, *more, "--sandbox", "-o", output)
            assert ran.code in (0, 4, 5), (verb, ran.err)
            check(ran.out)
            harmless_text(ran.err)
            shown += output == "json" and json.dumps(name)[1:-1] in json.dumps(ran.json)
    assert shown >= 5  # most of them tell it


@pytest.mark.parametrize("name", MIXED.values(), ids=MIXED)
def test_a_place_of_delivery_with_such_a_name(provision: Program, name: str) -> None:
    """A config names its sink, and the plan says where the value goes."""
    sink = f"secret:\n  delivery:\n    file:\n      path: {json.dumps(name.replace('/', ''))}\n"
    for output, check in CHECKS.items():
        ran = provision("plan", write_config(more=sink), "--sandbox", "-o", output)
        assert ran.code == 0, ran.err
        check(ran.out)
        harmless_text(ran.err)
        assert "file:" in ran.out.replace("&#58;", ":"), ran.out


def somebody(tenant: Tenant, name: str) -> str:
    """A new user of that name; returns the object id."""
    nick = f"u{len(tenant.get('/users')['value'])}"
    user = {
        "accountEnabled": True,
        "displayName": name,
        "mailNickname": nick,
        "userPrincipalName": f"{nick}@agency.example",
        "passwordProfile": {"password": "Xy7-rehearsal-only"},
    }
    return str(tenant.do("POST", "/users", user)["id"])


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_config_with_such_values(provision: Program, name: str) -> None:
    """Taken or refused: in every output harmless, in the error's excerpt of the line too."""
    quoted = json.dumps(name)
    config = write_config(
        display_name=quoted, more=f"secret:\n  description: {quoted}\nconsent: {quoted}\n{quoted}: 1\n"
    )
    for output in CHECKS:
        ran = provision("validate", config, "-o", output)
        assert ran.code == 65
        harmless_text(ran.err)
        if output == "json":
            harmless_json(ran.out)
    config = write_config(display_name=quoted)
    for output, check in CHECKS.items():
        ran = provision("plan", config, "--sandbox", "-o", output)
        assert ran.code in (0, 65)
        harmless_text(ran.err)
        if ran.code == 0 or output == "json":
            check(ran.out)


@pytest.mark.parametrize(
    "name", ["a\x1b[31mb", "::error::a", "##vso[task.x]a", "a\u202eb", "a`b|c", "<b>", "@team"]
)
def test_a_file_with_such_a_name(provision: Program, name: str) -> None:
    """A pull request names its files too."""
    for text, code in ((Path(write_config("x.yaml")).read_text(), 0), ("version: [\n", 65)):
        path = Path(f"{name}.yaml")
        path.write_text(text)
        for output, check in CHECKS.items():
            ran = provision("validate", str(path), "-o", output)
            assert ran.code == code
            harmless_text(ran.err)
            if code == 0 or output == "json":
                check(ran.out)


@pytest.mark.parametrize("word", ["a\x1b[31mb", "::error::a", "##[error]a", "a\u202eb"])
def test_an_argument_that_is_such_a_text(provision: Program, config: str, word: str) -> None:
    """What is repeated of a wrong command line."""
    for argv in (
        [word],
        ["plan", word],
        ["plan", config, f"--{word}"],
        ["explain", word],
        ["plan", config, "--allow", word],
        ["plan", config, "--sandbox", "--deliver", word],
    ):
        ran = provision(*argv)
        assert ran.code in (64, 65)
        harmless_text(ran.err)
        harmless_json(provision(*argv, "-o", "json").out)


TEXTS = st.text(max_size=60) | st.lists(
    st.sampled_from([*NAMES.values(), *" \n[`|@a1.)<&\\", "::", "##"]), max_size=5
).map("".join)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(TEXTS)
def test_any_text_is_inert(text: str) -> None:
    """Line, Markdown, inline code in a table, code block and JSON, for any text at all."""
    harmless_text(escape.plain(text))
    harmless_text(escape.markdown(text))
    page = "\n".join(
        [
            f"### {escape.code(text)}",
            "",
            f"**of {escape.markdown(text)}:**",
            "",
            "| a | b |",
            "|---|---|",
            f"| {escape.markdown(text)} | {escape.code(text)} |",
            "",
            f"- {escape.markdown(text)} ({escape.code(text)})",
            "",
            escape.fenced(escape.plain(text), "diff"),
        ]
    )
    kinds = [token.type for token in tokens(page)]
    assert set(kinds) <= OURS
    # Heading, cell and list item: nothing broke out of its place.
    assert (kinds.count("code_inline"), kinds.count("td_open"), kinds.count("fence")) == (3, 2, 1)
    shown = escape.plain(text)
    assert escape.plain(shown) == shown
    codes = [token.content for token in tokens(page) if token.type == "code_inline"]
    assert set(codes) == {shown.replace("|", "\\x7c") or " "} or not shown.strip()
    assert [token.content for token in tokens(page) if token.type == "fence"] == [f"{shown}\n"]
    said = "".join(t.content for t in PARSER.parseInline(escape.markdown(text))[0].children or ())
    assert said.replace("\u200b", "").strip() == shown.strip()
    for token in tokens(f"- {escape.markdown(text)}"):
        if token.type == "text":
            assert not LOOKED_FOR.search(token.content)
    assert harmless_json(json_text({text: [text]})) == {text: [text]}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS)
def test_any_text_is_inert_in_html(text: str) -> None:
    """In an element and in a quoted attribute."""
    shown = escape.markup(text)
    assert not set(shown) & set("<>\"'")
    assert re.sub(r"&(?:lt|gt|amp|quot|#x27);", "", shown).count("&") == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("FOIAXpress Collaboration Mail", "FOIAXpress Collaboration Mail"),
        ("Büro für Anträge – 採用 😀", "Büro für Anträge – 採用 😀"),
        ("שלום", "שלום"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\U000e0041b", "a\\U000e0041b"),
        ("a\ud800b", "a\\ud800b"),
        ("  ::add-mask::x", "  :\\x3aadd-mask::x"),
        ("x ::add-mask::x", "x ::add-mask::x"),
        ("##vso[x]", "#\\x23vso[x]"),
        ("C# and C++: 50% off!", "C# and C++: 50% off!"),
    ],
)
def test_what_is_escaped_stays_readable(text: str, shown: str) -> None:
    """What can be seen is left as it is; what cannot is written out."""
    assert escape.plain(text) == shown


def test_prose_stays_readable_in_the_source_of_a_page() -> None:
    """Our own sentences are not littered with references, for they are read in logs too."""
    text = "mailbox of 'collab-prod': not checked, needs a right (see the docs). CISA recommends 180 days"
    assert escape.markdown(text) == text
