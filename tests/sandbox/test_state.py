"""The state file under hostile use: what is acknowledged is kept, and what cannot be read is left alone."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox import Sandbox, StateError
from provision.sandbox.keeping import state as state_module
from provision.sandbox.keeping.state import StateFile
from tests import warm

TENANT = "contoso.onmicrosoft.com"
SIZES = {"snapshot": 10**9, "journal": 0}  # up to how many bytes a change rewrites all


@pytest.fixture(params=SIZES)
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Both ways in which a change is written."""
    small = SIZES[request.param]
    monkeypatch.setattr(state_module, "SMALL", small)
    return small


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.json"


def _filled(path: Path, *names: str) -> str:
    """A state with a mailbox for each name; the id of its tenant."""
    sandbox = Sandbox.open(path)
    tenant = sandbox.ensure_tenant(TENANT)
    for name in names:
        sandbox.ensure_mailbox(tenant, f"{name}@{TENANT}")
    return tenant


def _names(path: Path) -> set[str]:
    """The mailboxes that a newcomer finds."""
    return {
        mailbox["address"].partition("@")[0]
        for tenant in Sandbox.open(path).summary()["tenants"]
        for mailbox in tenant["mailboxes"]
    }


def _files(path: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in path.parent.iterdir() if p.name.startswith(("sandbox.json", "."))}


def _refused(path: Path, why: str) -> StateError:
    """Opening and writing are refused, with a way out, and nothing in the folder changes."""
    before = _files(path)
    with pytest.raises(StateError, match=why) as caught:
        Sandbox.open(path)
    assert str(caught.value)
    assert caught.value.fix
    assert _files(path) == before
    return caught.value


# -- several writers ---------------------------------------------------------------------------

_WRITER = """
import sys
from pathlib import Path
from provision.sandbox import Sandbox
from provision.sandbox.keeping import state
state.SMALL = int(sys.argv[3])
sandbox = Sandbox.open(Path(sys.argv[1]))
tenant = sandbox.ensure_tenant("contoso.onmicrosoft.com")
for number in range(25):
    sandbox.ensure_mailbox(tenant, f"{sys.argv[2]}{number}@contoso.onmicrosoft.com")
"""


def test_two_writers_at_once_lose_nothing(path: Path, kept: int) -> None:
    writers = [subprocess.Popen([warm.python(), "-c", _WRITER, path, name, str(kept)]) for name in "ab"]
    try:
        assert [writer.wait(60) for writer in writers] == [0, 0]
    finally:
        for writer in writers:
            writer.kill()
    assert _names(path) == {f"{name}{number}" for name in "ab" for number in range(25)}


def test_two_in_one_process_see_each_other(path: Path, kept: int) -> None:
    one, other = Sandbox.open(path), Sandbox.open(path)
    tenant = one.ensure_tenant(TENANT)
    other.ensure_mailbox(tenant, f"x@{TENANT}")
    one.ensure_mailbox(tenant, f"y@{TENANT}")
    assert len(other.summary()["tenants"][0]["mailboxes"]) == 2
    assert _names(path) == {"x", "y"}


def test_a_writer_that_does_not_let_go_is_told_of(path: Path) -> None:
    _filled(path, "a")
    holding, waiting = StateFile(path), StateFile(path, lock_timeout=0.05)
    with holding.exclusive(), pytest.raises(StateError, match="in use") as caught, waiting.exclusive():
        pytest.fail("two writers at once")
    assert "Wait" in caught.value.fix
    with waiting.exclusive():
        pass


def test_a_rewrite_within_one_tick_of_the_clock_is_noticed(path: Path) -> None:
    """Same inode, same time, same size: a file system may do that to whoever looks at nothing else."""
    _filled(path, "a")
    reader = StateFile(path)
    reader.load()
    about, text = path.stat(), path.read_text()
    document = json.loads(text)
    path.write_text(text.replace(document["epoch"], "f" * len(document["epoch"])))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert (path.stat().st_ino, path.stat().st_size) == (about.st_ino, about.st_size)
    assert reader.changed()


# -- killed ------------------------------------------------------------------------------------

_VICTIM = """
import os, signal, sys
from pathlib import Path
from provision.sandbox import Sandbox
from provision.sandbox.keeping import state
state.SMALL = int(sys.argv[3])
sandbox = Sandbox.open(Path(sys.argv[1]))
left = int(sys.argv[2])

def deadly(call):
    def step(*args, **options):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return call(*args, **options)
    return step

for name in ("open", "fsync", "replace", "unlink", "close"):
    setattr(os, name, deadly(getattr(os, name)))
sandbox.ensure_mailbox(next(iter(sandbox.store.tenants)), "b@contoso.onmicrosoft.com")
"""


def test_killed_at_any_step_of_a_save_it_is_before_or_after_it(path: Path, kept: int) -> None:
    """SIGKILL before each call to the file system in turn, until a save is through."""
    tenant = _filled(path, "a")
    outcomes: list[set[str]] = []
    killed = True
    while killed:
        step = len(outcomes)
        shutil.copytree(
            path.parent, copy := path.parent / f"copy{step}", ignore=shutil.ignore_patterns("copy*")
        )
        victim = subprocess.run(
            [warm.python(), "-c", _VICTIM, copy / path.name, str(step), str(kept)], check=False, timeout=60
        )
        assert victim.returncode in (0, -signal.SIGKILL)
        killed = victim.returncode != 0
        outcomes.append(_names(copy / path.name))
        Sandbox.open(copy / path.name).ensure_mailbox(tenant, f"c@{TENANT}")
        assert _names(copy / path.name) == outcomes[-1] | {"c"}
        assert not list(copy.glob(".*")), "a writer's leavings stay"
    assert outcomes[0] == {"a"}
    assert outcomes[-1] == {"a", "b"}
    after = outcomes.index({"a", "b"})
    assert outcomes == [{"a"}] * after + [{"a", "b"}] * (len(outcomes) - after)
    assert len(outcomes) > 4


# -- no space, no permission -------------------------------------------------------------------


@contextlib.contextmanager
def _files_limited_to(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_without_space_a_write_is_refused_and_undone(path: Path, kept: int) -> None:
    """The change is neither in the file nor in memory, and the next one is kept."""
    tenant = _filled(path, "a")
    sandbox = Sandbox.open(path)
    sandbox.ensure_mailbox(tenant, f"b@{TENANT}")
    before = _files(path)
    size = max(len(content) for name, content in before.items() if kept or name.endswith("journal"))
    with _files_limited_to(size + 10), pytest.raises(StateError, match="cannot be written") as caught:
        sandbox.ensure_mailbox(tenant, f"c@{TENANT}")
    assert "space" in caught.value.fix
    assert _files(path) == before
    assert sandbox.summary() == {**Sandbox.open(path).summary(), "now": sandbox.summary()["now"]}
    sandbox.ensure_mailbox(tenant, f"d@{TENANT}")
    assert _names(path) == {"a", "b", "d"}


def test_a_reset_that_fails_does_not_orphan_what_is_written_after_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal continues the snapshot that is there, not the one that could not be written."""
    tenant = _filled(path, "a")
    sandbox = Sandbox.open(path)
    monkeypatch.setattr(state_module, "SMALL", 0)
    with _files_limited_to(10), pytest.raises(StateError):
        sandbox.reset()
    sandbox.ensure_mailbox(tenant, f"b@{TENANT}")
    assert _names(path) == {"a", "b"}


def test_a_clock_that_could_not_be_kept_can_be_read_again(path: Path) -> None:
    tenant = _filled(path, "a")
    sandbox = Sandbox.open(path)
    with _files_limited_to(10), pytest.raises(StateError):
        sandbox.set_clock(advance=timedelta(days=1))
    sandbox.ensure_mailbox(tenant, f"b@{TENANT}")
    assert abs(Sandbox.open(path).clock.now() - sandbox.clock.real()) < timedelta(minutes=1)


def test_the_clock_stays_within_the_calendar(path: Path) -> None:
    sandbox = Sandbox.open(path)
    sandbox.ensure_tenant(TENANT)
    with pytest.raises(OverflowError):
        sandbox.set_clock(advance=timedelta(days=365 * 9000))
    assert Sandbox.open(path).summary()["now"][:3] == sandbox.summary()["now"][:3] == "202"


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder, for somebody whom permissions bind; root gives them up meanwhile."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "sandbox.json"
    _filled(path, "a")
    folder.chmod(0o755)
    if root := os.geteuid() == 0:
        os.seteuid(65534)
    try:
        yield path
    finally:
        if root:
            os.seteuid(0)
        shutil.rmtree(folder)


def test_somebody_elses_file_is_not_readable(nobody: Path) -> None:
    if os.getuid() != 0:
        nobody.chmod(0)
    with pytest.raises(StateError, match="cannot be read") as caught:
        Sandbox.open(nobody)
    assert "permissions" in caught.value.fix


def test_a_folder_without_permission_is_not_written(nobody: Path) -> None:
    if os.getuid() != 0:
        nobody.parent.chmod(0o555)
    with pytest.raises(StateError, match="cannot be written") as caught:
        Sandbox.open(nobody.parent / "deeper" / "other.json").ensure_tenant(TENANT)
    assert "permissions" in caught.value.fix
    nobody.parent.chmod(0o755) if os.getuid() != 0 else None


def test_only_its_owner_reads_it(path: Path, kept: int) -> None:
    before = os.umask(0)
    try:
        _filled(path, "a", "b")
    finally:
        os.umask(before)
    assert {p.name: p.stat().st_mode & 0o777 for p in path.parent.glob("sandbox.json*")} == dict.fromkeys(
        _files(path), 0o600
    )


# -- not a state -------------------------------------------------------------------------------


def test_what_is_no_state_is_refused_and_left(path: Path) -> None:
    for text, why in (
        (b"", "is damaged: it is empty"),
        (b"\0" * 4096, "is damaged: it is not JSON"),
        (b"\xff\xfe{}", "is damaged: it is not JSON"),
        (b"[" * 100_000, "is damaged: it is not JSON"),
        (b'{"name": "package"}', "is not a sandbox state"),
        (b"[1, 2]", "is not a sandbox state"),
        (b'{"format": "provision.sandbox", "version": 2}', "newer version"),
        (b'{"format": "provision.sandbox", "version": "1"}', "is damaged: its version"),
        (b'{"format": "provision.sandbox", "version": 1}', "is damaged: it lacks"),
    ):
        path.write_bytes(text)
        _refused(path, why)


def test_cut_anywhere_it_is_refused(path: Path) -> None:
    _filled(path, "a")
    text = path.read_bytes()
    for end in range(0, len(text) - 1, max(1, len(text) // 40)):
        path.write_bytes(text[:end])
        error = _refused(path, "is damaged")
        assert f"mv {path} {path}.damaged" in error.fix


def test_damaged_anywhere_it_opens_or_is_refused_but_never_breaks(path: Path) -> None:
    """Any value of it replaced by another: no error of Python's comes through, and no repair is written."""
    _filled(path, "a")
    text = path.read_text()
    chance = random.Random(4)
    junk: list[Any] = [None, True, -1, 1e400, "x", [], {}, [[1]], {"a": None}, "9" * 5000]
    for _ in range(300):
        document = json.loads(text)
        node: Any = document
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = chance.choice(keys)
            if isinstance(node[key], dict | list) and node[key] and chance.random() < 0.8:
                node = node[key]
                continue
            node[key] = chance.choice(junk)
            break
        path.write_text(json.dumps(document))
        before = path.read_bytes()
        with contextlib.suppress(StateError):
            Sandbox.open(path).summary()
        assert path.read_bytes() == before


@pytest.mark.parametrize("line", [b"{}\n", b"no\n", b"[1]\n", b'{"epoch": 1e999}\n', b"[" * 9999 + b"\n"])
def test_a_damaged_journal_is_refused_whole(line: bytes, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both files are named: the one without the other is not the state."""
    monkeypatch.setattr(state_module, "SMALL", 0)
    tenant = _filled(path, "a")
    journal = path.with_name("sandbox.json.journal")
    whole = journal.read_bytes()
    epoch = json.loads(path.read_text())["epoch"]
    journal.write_bytes(line.replace(b"1e999", json.dumps(epoch).encode()) + whole)
    error = _refused(path, "is damaged")
    assert f"mv {path} " in error.fix
    assert f"mv {journal} " in error.fix
    journal.write_bytes(whole)
    Sandbox.open(path).ensure_mailbox(tenant, f"b@{TENANT}")
    assert _names(path) == {"a", "b"}


def test_a_torn_end_of_the_journal_did_not_happen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "SMALL", 0)
    tenant = _filled(path, "a", "b")
    journal = path.with_name("sandbox.json.journal")
    whole = journal.read_bytes()
    last = whole[:-1].rindex(b"\n") + 1
    for end in (last + 1, last + 100, len(whole) - 1):
        journal.write_bytes(whole[:end])
        assert _names(path) == {"a"}
    Sandbox.open(path).ensure_mailbox(tenant, f"c@{TENANT}")
    assert _names(path) == {"a", "c"}


def test_a_journal_of_another_snapshot_is_no_part_of_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "SMALL", 0)
    tenant = _filled(path, "a", "b")
    journal = path.with_name("sandbox.json.journal")
    old = journal.read_bytes()
    sandbox = Sandbox.open(path)
    sandbox.reset()
    journal.write_bytes(old)  # killed between the snapshot and the removal of the journal
    assert _names(path) == set()
    sandbox.ensure_tenant(TENANT)
    sandbox.ensure_mailbox(tenant, f"c@{TENANT}")
    assert _names(path) == {"c"}


def test_a_file_too_large_to_be_one_is_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(state_module.LARGEST + 1)  # sparse: it takes no room
    with pytest.raises(StateError, match="larger than 512 MiB"):
        Sandbox.open(path)
    assert path.stat().st_size == state_module.LARGEST + 1


def test_what_is_not_a_file_is_refused_at_once(path: Path) -> None:
    """A pipe would be waited for, a device read without end."""
    began = time.monotonic()
    with pytest.raises(StateError, match="is a folder"):
        Sandbox.open(path.parent)
    os.mkfifo(path)
    with pytest.raises(StateError, match="is not a file"):
        Sandbox.open(path)
    with pytest.raises(StateError, match="is not a file"):
        Sandbox.open(Path("/dev/zero"))
    with pytest.raises(StateError, match="is not a folder"):
        Sandbox.open(Path("/dev/null/sandbox.json"))
    path.unlink()
    path.with_name("sandbox.json.lock").mkdir()
    with pytest.raises(StateError, match="cannot be written"):
        Sandbox.open(path).ensure_tenant(TENANT)
    assert time.monotonic() - began < 10


# -- links -------------------------------------------------------------------------------------


def test_a_link_stays_a_link_and_its_target_has_one_lock(path: Path) -> None:
    target = path.parent / "elsewhere" / "real.json"
    path.symlink_to(target)
    tenant = _filled(path, "a")  # the link dangles at first
    assert path.is_symlink()
    Sandbox.open(target).ensure_mailbox(tenant, f"b@{TENANT}")
    assert _names(path) == _names(target) == {"a", "b"}
    with (
        StateFile(path).exclusive(),
        pytest.raises(StateError, match="in use"),
        StateFile(target, lock_timeout=0.05).exclusive(),
    ):
        pytest.fail("two writers at once")


def test_a_link_to_itself_is_refused(path: Path) -> None:
    path.symlink_to(path)
    with pytest.raises(StateError, match="cannot be read"):
        Sandbox.open(path)


# -- while it is open --------------------------------------------------------------------------


def test_damage_while_it_is_open_is_told_and_heals(path: Path) -> None:
    tenant = _filled(path, "a")
    sandbox = Sandbox.open(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(StateError, match="is damaged"):
        sandbox.ensure_mailbox(tenant, f"b@{TENANT}")
    with pytest.raises(StateError, match="is damaged"):
        sandbox.reset()
    assert path.read_bytes() == whole[:-20]
    path.write_bytes(whole)
    sandbox.ensure_mailbox(tenant, f"b@{TENANT}")
    assert _names(path) == {"a", "b"}


def test_reading_creates_nothing(path: Path) -> None:
    assert Sandbox.open(path).summary()["tenants"] == []
    assert _files(path) == {}


def test_the_journal_is_folded_into_the_snapshot_in_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a store that is often changed would grow without end."""
    monkeypatch.setattr(state_module, "SMALL", 0)
    tenant = _filled(path, "a")
    sandbox = Sandbox.open(path)
    sizes = []
    for number in range(400):
        sandbox.set_clock(advance=timedelta(seconds=number))
        sandbox.ensure_mailbox(tenant, f"m{number}@{TENANT}")
        sizes.append(sum(len(content) for content in _files(path).values()))
    assert max(sizes) < 3 * len(path.read_bytes())
    assert any(later < earlier for earlier, later in itertools.pairwise(sizes))
    assert len(_names(path)) == 401
