"""The journal: one file a config, what earlier versions left, and what is left out of a long one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from provision import bounded
from provision.engine import journal_files
from provision.engine.journal import (
    CONSENTED,
    DELIVERED,
    INTENDED,
    LEAKED,
    REMOVED,
    UNDELIVERED,
    Journal,
    shortened,
)
from provision.errors import ProvisionError

NOW = datetime(2026, 11, 25, tzinfo=UTC)
EVENTS = (INTENDED, DELIVERED, REMOVED, LEAKED, UNDELIVERED, CONSENTED, "of a later version")
KEYS, PLACES = ("k1", "k2", "k3"), ("file:a", "file:b")


def of(name: str, home: Path, sandbox: str | None = None) -> Journal:
    return Journal(home, "graph", "t", name, sandbox)


def answers(journal: Journal) -> list[object]:
    """Everything that a journal is asked."""
    return [
        journal.keys(),
        journal.leaked(),
        [journal.consented(key) for key in KEYS],
        [journal.undelivered(place) for place in PLACES],
        journal.lately_delivered(NOW),
    ]


def test_a_config_costs_nothing_for_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read for one is its own lines, however many others there are."""
    read: list[int] = []
    original = bounded.read

    def counted(path: bounded.Named, largest: int) -> bytes:
        found = original(path, largest)
        read.append(len(found))
        return found

    monkeypatch.setattr(bounded, "read", counted)
    of("one", tmp_path).write(INTENDED, "k1", NOW)
    assert of("one", tmp_path).keys() == (frozenset({"k1"}), frozenset())
    alone = sum(read)
    for number in range(50):
        of(f"other-{number}", tmp_path).write(INTENDED, "k1", NOW)
    read.clear()
    assert of("one", tmp_path).keys() == (frozenset({"k1"}), frozenset())
    assert sum(read) <= alone


def old_line(name: str, event: str, key: str, **more: str) -> str:
    return json.dumps(
        {
            "event": event,
            "key_id": key,
            "target": "graph",
            "tenant_id": "t",
            "name": name,
            "time": NOW.isoformat(),
            **more,
        }
    )


def test_what_an_earlier_version_wrote(tmp_path: Path) -> None:
    """A look reads it and leaves it as it is; the first event of a config takes its lines into a file."""
    old = tmp_path / "journal"
    old.write_text(
        "\n".join([old_line("one", INTENDED, "k1"), "torn {", old_line("two", INTENDED, "k2"), ""])
    )
    before = old.read_bytes()
    assert of("one", tmp_path).keys() == (frozenset({"k1"}), frozenset())
    assert not (tmp_path / "journals").exists()
    of("one", tmp_path).write(DELIVERED, "k1", NOW, place="file:a")
    assert of("one", tmp_path).keys() == (frozenset(), frozenset({"k1"}))
    assert of("two", tmp_path).keys() == (frozenset({"k2"}), frozenset())
    assert old.read_bytes() == before
    old.unlink()
    assert of("one", tmp_path).keys() == (frozenset(), frozenset({"k1"}))
    assert of("one", tmp_path).place_of("k1") == "file:a"


def test_an_old_journal_that_grows_is_read_anew(tmp_path: Path) -> None:
    """An earlier version beside this one may still write to it."""
    old = tmp_path / "journal"
    old.write_text(old_line("one", INTENDED, "k1") + "\n")
    assert of("one", tmp_path).keys()[0] == {"k1"}
    with old.open("a") as file:
        file.write(old_line("one", INTENDED, "k2") + "\n")
    assert of("one", tmp_path).keys()[0] == {"k1", "k2"}


def test_a_long_one_is_shortened(tmp_path: Path) -> None:
    """Years of renewals: what is gone is left out, and what counts is as before."""
    journal = of("one", tmp_path)
    journal.write(CONSENTED, "client", NOW)
    sizes = []
    for number in range(300):
        journal.write(INTENDED, f"k{number}", NOW)
        journal.write(DELIVERED, f"k{number}", NOW + timedelta(days=number), place="file:a")
        if number > 1:
            journal.write(REMOVED, f"k{number - 2}", NOW)
        sizes.append(journal.file.stat().st_size)
    assert max(sizes) < 2 * journal_files.LONG * 250
    assert journal.keys() == (frozenset(), frozenset({"k298", "k299"}))
    assert journal.consented("client")
    assert journal.place_of("k299") == "file:a"
    assert [path.name for path in journal.file.parent.iterdir()] == [journal.file.name]


def test_a_full_disk_leaves_it_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the shorter one cannot be written, the long one is still there."""
    journal = of("one", tmp_path)
    for _ in range(journal_files.LONG * 2):
        journal.write(INTENDED, "k1", NOW)
        journal.write(REMOVED, "k1", NOW)
        if journal.file.stat().st_size > (journal_files.LONG - 2) * 250:
            break
    journal.write(INTENDED, "k2", NOW)
    before = journal.file.read_bytes()
    monkeypatch.setattr(journal_files, "LONG", 10)

    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        with pytest.raises(ProvisionError, match="No space left"):
            journal.write(DELIVERED, "k2", NOW)
    assert journal.file.read_bytes() == before
    assert [path.name for path in journal.file.parent.iterdir()] == [journal.file.name]
    journal.write(DELIVERED, "k2", NOW)
    assert (journal.keys()[1], journal.file.stat().st_size < len(before)) == (frozenset({"k2"}), True)


@given(
    st.lists(
        st.tuples(st.sampled_from(EVENTS), st.sampled_from(KEYS), st.sampled_from(PLACES), st.booleans()),
        max_size=14,
    )
)
@example([(event, "k1", "file:a", False) for event in (CONSENTED, REMOVED, INTENDED)])
def test_nothing_that_counts_is_left_out(events: list[tuple[str, str, str, bool]]) -> None:
    """Every question has the same answer before and after, and after what may follow."""
    entries: list[journal_files.Entry] = [
        {
            "event": event,
            "key_id": key,
            "time": (NOW + timedelta(hours=n)).isoformat(),
            **({"place": place, "lasting": lasting} if event in (DELIVERED, UNDELIVERED) else {}),
        }
        for n, (event, key, place, lasting) in enumerate(events)
    ]
    told = {"target": "graph", "tenant_id": "t", "name": "one"}
    after: list[list[journal_files.Entry]] = [
        [],
        [{"event": REMOVED, "key_id": "k1"}],
        [{"event": UNDELIVERED, "place": "file:a"}],
    ]
    for follows in after:
        assert _of([{**told, **entry} for entry in (*entries, *follows)]) == _of(
            [{**told, **entry} for entry in (*shortened(entries), *follows)]
        )


class _Given(Journal):
    """A journal of these entries."""

    def _entries(self) -> list[journal_files.Entry]:
        return GIVEN


GIVEN: list[journal_files.Entry] = []


def _of(entries: list[journal_files.Entry]) -> list[object]:
    GIVEN[:] = entries
    return answers(_Given(Path(), "graph", "t", "one"))
