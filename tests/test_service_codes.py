"""The codes of other services: every row whole, and each found in what a person may paste."""

from __future__ import annotations

import io
import re

import pytest

from provision.errors import catalogue, codes
from provision.errors.codes import Kind, of_numbers, read, table
from tests.support import Program

ROWS = tuple(table().values())


def test_there_are_enough_and_each_is_whole() -> None:
    """A cause, a first check, a fix, a page that says so, and an entry of ours."""
    assert sum(row.code.startswith("AADSTS") for row in ROWS) >= 60
    for row in ROWS:
        assert re.fullmatch(r"AADSTS\d{5,9}|[A-Za-z][A-Za-z0-9_]+", row.code), row.code
        assert row.means in catalogue.ENTRIES, row.code
        assert isinstance(row.kind, Kind)
        assert re.fullmatch(r"https://\S+", row.source), row.code
        for text in (row.cause, row.check, row.fix):
            assert text == text.strip(), row.code
            assert len(text) > 10, row.code
            assert text.endswith((".", "'")), (row.code, text)
        for words in row.says:
            assert words == " ".join(words.lower().split()), row.code


def test_a_sentence_belongs_to_one_code() -> None:
    """Two rows of one sentence would make the answer a matter of their order."""
    every = [words for row in ROWS for words in row.says]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_code_is_found_however_it_is_pasted(row: codes.ServiceCode) -> None:
    """Alone, in a sentence, in JSON, and in other letters' case."""
    pasted = [row.code, f"Error: {row.code}: something went wrong.", f'{{"error":{{"code":"{row.code}"}}}}']
    if row.code.startswith("AADSTS"):
        number = row.code.removeprefix("AADSTS")
        pasted += [
            row.code.lower(),
            f"AADSTS {number}",
            f'{{"error_codes":[{number}]}}',
            number,
            f"https://login.microsoftonline.com/error?code={number}",
            f"Error Code: {number}",
            f"(\u201c{row.code}\u201d)",
        ]
    for text in pasted:
        assert [found.code for found in read(text).known] == [row.code], text


@pytest.mark.parametrize("row", [row for row in ROWS if row.says], ids=lambda row: row.code)
def test_a_sentence_is_found_without_its_code(row: codes.ServiceCode) -> None:
    """In capitals, broken into lines, with a typographic apostrophe."""
    for words in row.says:
        for text in (words, words.upper(), words.replace(" ", "\n  ", 1), words.replace("'", "\u2019")):
            assert row.code in [found.code for found in read(f"Sorry: {text}.").known], text


PASTED = {
    # What a product's log, a browser or a colleague's mail shows.
    '{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys for app '
    "'x' are expired.\\r\\nTrace ID: 0000aaaa-11bb-cccc-dd33-eeeeee333333\","
    '"error_codes":[7000222]}': ["AADSTS7000222"],
    "AADSTS70002: Error validating credentials. AADSTS50012: Invalid client secret is provided.": [
        "AADSTS70002",
        "AADSTS50012",
    ],
    "Code: ErrorAccessDenied\nMessage: Access to OData is disabled: [RAOP] : Blocked by tenant configured "
    "AppOnly AccessPolicy settings.": ["RAOP"],
    "403 Forbidden: Insufficient privileges to complete the operation.": ["Authorization_RequestDenied"],
    "CompactToken parsing failed with error code: 80049217": ["InvalidAuthenticationToken"],
    "ODataError: Lifetime validation failed, the token is expired.": ["InvalidAuthenticationToken"],
    "the request was forbidden by our firewall": [],
    "order 700016 of the shop": [],
    "AADSTS700016123456": [],
    "": [],
}


@pytest.mark.parametrize("text", PASTED)
def test_what_people_paste(text: str) -> None:
    """The codes in their order; of OAuth's words and a code the code; prose is no code."""
    assert [row.code for row in read(text).known] == PASTED[text]


@pytest.mark.parametrize("words", catalogue.WORDED)
def test_what_people_meet_in_words_alone(words: str) -> None:
    """A sentence that has no code anywhere leads to the entry that tells what to do."""
    (entry,) = catalogue.in_text(f"Error: {words.upper()}!")
    assert entry.name == catalogue.WORDED[words]


def test_numbers_are_looked_for_in_their_order() -> None:
    """The first that is known counts."""
    assert of_numbers([1, 700016, 7000215]) == table()["aadsts700016"]
    assert of_numbers([1, 2]) is None


UNKNOWN = (
    "AADSTS123456789: Something new. Trace ID: 0000aaaa-11bb-cccc-dd33-eeeeee333333 Correlation ID: "
    "aaaa0000-bb11-2222-33cc-444444dddddd Timestamp: 2026-01-09 02:02:12Z"
)


def test_an_unknown_one_says_so_and_what_is_still_of_use(provision: Program) -> None:
    """Its page, the ids and the time that support asks for; 64, as for any other that is not known."""
    ran = provision("explain", UNKNOWN)
    assert ran.code == 64
    said = " ".join(ran.err.split())
    for part in (
        "AADSTS123456789 is not known here",
        "error?code=123456789",
        "0000aaaa-11bb-cccc-dd33-eeeeee333333",
        "aaaa0000-bb11-2222-33cc-444444dddddd",
        "2026-01-09 02:02:12Z",
        "Sign-in logs",
        "support",
    ):
        assert part in said, part
    graph = provision(
        "explain", '{"error":{"code":"Brand_NewCode","innerError":{"date":"2026-01-09T02:02:12"}}}'
    )
    assert graph.code == 64
    assert "Brand_NewCode is not known here" in graph.err


def test_a_text_is_taken_from_standard_input(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log, whole, with the mark that Windows puts before it."""
    for pasted in ("a line\nerror: AADSTS7000215: x", "\ufeffAADSTS7000215\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(pasted))
        ran = provision("explain", "-")
        assert ran.code == 0, ran.err
        assert "AADSTS7000215" in ran.out
    monkeypatch.setattr("sys.stdin", io.StringIO("all is well\n"))
    nothing = provision("explain", "-")
    assert (nothing.code, "all is well" in nothing.err) == (64, True)


def test_an_unknown_one_beside_a_known_one(provision: Program) -> None:
    """What is known is explained, and the other is named."""
    ran = provision("explain", f"AADSTS50076: second factor. {UNKNOWN}")
    assert ran.code == 0
    assert "AADSTS50076" in ran.out
    assert "AADSTS123456789" in ran.err


def test_explain_shows_cause_check_fix_and_source(provision: Program) -> None:
    """In text, in Markdown, and in JSON beside the entry of ours."""
    row = table()["aadsts7000229"]
    for output in ("text", "markdown"):
        shown = provision("explain", row.code, "-o", output).out
        for part in (row.code, row.cause, row.check, row.fix, row.source, "PRV820"):
            assert part in shown, (output, part)
    document = provision("explain", row.code, "-o", "json").json
    assert document["name"] == "no-principal"
    assert document["found"] == [
        {
            "code": row.code,
            "entry": row.means,
            "cause": row.cause,
            "check": row.check,
            "fix": row.fix,
            "source": row.source,
        }
    ]


def test_what_was_pasted_is_not_repeated_with_its_secret(provision: Program) -> None:
    """A text without a code is quoted, but for what signs in."""
    secret = "abc8Q~0123456789abcdefghijABCDEFGHIJ_.xz"
    ran = provision("explain", f"it fails with client_secret={secret}")
    assert ran.code == 64
    assert secret not in ran.out + ran.err
