"""The sink that writes a file: who may read it, what it refuses to overwrite, what a failure leaves."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import warm
from tests.support import TENANT, Program, Ran, Tenant, write_config

OUT, RECORD = Path("out.secret"), Path("out.secret.provision.json")
DELIVER = ("--sandbox", "--yes", "-o", "json", "--deliver")


def apply(provision: Program, path: str | Path = OUT, config: str = "prod.yaml") -> Ran:
    """Apply the config with the secret going to that file."""
    return provision("apply", config, *DELIVER, f"file:{path}")


def secrets() -> list[Any]:
    """Return the application's secrets as Graph has them, the one that ends first first."""
    found: list[Any] = Tenant().application()["passwordCredentials"]
    return sorted(found, key=lambda item: item["endDateTime"])


def refused(provision: Program, path: str | Path = OUT, *, taken: bool = False) -> Any:
    """Apply, expect that the sink is found unusable before anything is written, and return the error."""
    ran = apply(provision, path)
    assert (ran.code, ran.json["error"]) == ((5, "place-taken") if taken else (1, "sink-unusable")), ran.out
    assert Tenant().get("/applications")["value"] == []
    return ran.json


def test_the_value_alone_for_its_owner_alone(provision: Program, config: str) -> None:
    """0600 whatever the umask, no line end, the key's id and hint beside it, nothing else left behind."""
    before = os.umask(0)
    try:
        assert apply(provision).code == 0
    finally:
        os.umask(before)
    (secret,) = secrets()
    assert OUT.read_text()[:3] == secret["hint"]
    assert OUT.read_text().strip() == OUT.read_text()
    for path in (OUT, RECORD):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    record = json.loads(RECORD.read_text())
    assert (record["format"], record["name"]) == ("provision.delivery/2", "collab-prod")
    (key,) = record["keys"]
    assert (key["key_id"], key["hint"]) == (secret["keyId"], secret["hint"])
    assert OUT.read_text() not in RECORD.read_text()
    assert sorted(path.name for path in Path().iterdir()) == [
        ".provision",
        OUT.name,
        RECORD.name,
        "prod.yaml",
    ]


def test_a_wider_mode_does_not_outlive_a_renewal(provision: Program, config: str, applied: Ran) -> None:
    """Somebody opened the file to others: the next secret does not go into that one."""
    OUT.chmod(0o644)
    inode = OUT.stat().st_ino
    Tenant().advance(days=151)
    assert apply(provision).code == 0
    assert stat.S_IMODE(OUT.stat().st_mode) == 0o600
    assert OUT.stat().st_ino != inode
    assert OUT.read_text()[:3] == secrets()[-1]["hint"]


def test_a_link_is_not_followed(provision: Program, config: str) -> None:
    """It could lead the value, or the overwriting, anywhere."""
    Path("elsewhere").write_text("precious")
    OUT.symlink_to("elsewhere")
    assert "is a link" in refused(provision)["message"]
    assert Path("elsewhere").read_text() == "precious"
    OUT.unlink()
    OUT.symlink_to("nothing-there")
    assert "is a link" in refused(provision)["message"]
    assert not Path("nothing-there").exists()


def test_a_link_in_the_records_place_is_not_followed(provision: Program, config: str) -> None:
    """The record beside the file is written too."""
    Path("elsewhere").write_text("precious")
    RECORD.symlink_to("elsewhere")
    error = refused(provision)
    assert str(RECORD) in error["message"]
    assert Path("elsewhere").read_text() == "precious"


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o702])
def test_a_folder_that_others_can_write_to(provision: Program, config: str, mode: int) -> None:
    """Whoever may write there may put another file in the place of ours; the fix is a command to run."""
    Path("open").mkdir()
    Path("open").chmod(mode)
    error = refused(provision, "open/out.secret")
    assert "others can write to the folder open" in error["message"]
    assert error["fix"] == "Run: chmod go-w open"
    subprocess.run(error["fix"].removeprefix("Run: "), shell=True, check=True)
    assert apply(provision, "open/out.secret").code == 0


def test_a_folder_that_a_group_can_write_to(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group with other members is others; the group that Linux makes for each user is not."""
    import grp

    Path("team").mkdir()
    Path("team").chmod(0o770)
    entry = grp.getgrgid(Path("team").stat().st_gid)
    shared = grp.struct_group((entry.gr_name, "x", entry.gr_gid, ["somebody", "else"]))
    monkeypatch.setattr(grp, "getgrgid", lambda _: shared)
    assert "others can write" in refused(provision, "team/out.secret")["message"]
    mine = grp.struct_group((entry.gr_name, "x", entry.gr_gid, []))
    monkeypatch.setattr(grp, "getgrgid", lambda _: mine)
    assert apply(provision, "team/out.secret").code == 0


def test_a_folder_of_somebody_else(provision: Program, config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner may do with it what he likes; the system's own folders are trusted."""
    Path("theirs").mkdir(mode=0o755)
    nobody = 65534
    monkeypatch.setattr(os, "geteuid", lambda: nobody)
    if Path("theirs").stat().st_uid == 0:
        original = Path.stat
        stats = Path("theirs").stat()
        changed = os.stat_result([*stats[:4], nobody - 1, *stats[5:10]])
        monkeypatch.setattr(
            Path, "stat", lambda self, **kw: changed if self.name == "theirs" else original(self, **kw)
        )
    assert "belongs to the user 65533, who could" in refused(provision, "theirs/out.secret")["message"]


def test_a_file_that_it_did_not_write(provision: Program, config: str) -> None:
    """A file without our record is somebody's; it is not read into a message either."""
    OUT.write_text("somebody's notes")
    error = refused(provision)
    assert "provision did not write it" in error["message"]
    assert "notes" not in json.dumps(error)
    assert OUT.read_text() == "somebody's notes"


def test_a_file_whose_content_is_not_the_recorded_one(provision: Program, config: str, applied: Ran) -> None:
    """Ours once, but somebody put something else into it since."""
    OUT.write_text("somebody's notes")
    Tenant().advance(days=151)
    ran = apply(provision)
    assert (ran.code, ran.json["error"]) == (1, "sink-unusable")
    assert OUT.read_text() == "somebody's notes"
    assert len(secrets()) == 1


def test_the_file_of_another_config(provision: Program, config: str, applied: Ran) -> None:
    """Two configs on one path: the second is refused, and the first's value stays."""
    value = OUT.read_text()
    write_config("other.yaml", name="collab-two")
    ran = apply(provision, config="other.yaml")
    assert (ran.code, ran.json["error"]) == (5, "place-taken")
    owners = [f"'{name}' of tenant {TENANT} in a rehearsal" for name in ("collab-prod", "collab-two")]
    assert all(owner in ran.json["message"] for owner in owners)
    assert OUT.read_text() == value


@pytest.mark.parametrize(
    "content",
    [
        '{"format": "provision.delivery/1", "name": "collab-two", "keys": []}',
        '{"format": "another/1", "name": "collab-prod", "keys": []}',
        '{"half":',
        "[]",
        "",
    ],
)
def test_a_record_that_is_not_this_configs(provision: Program, config: str, content: str) -> None:
    """What stands in the record's place is not overwritten unless it is this config's record."""
    RECORD.write_text(content)
    assert str(RECORD) in refused(provision, taken="collab-two" in content)["message"]
    assert RECORD.read_text() == content


@pytest.mark.parametrize(
    "keys", ['[1, null, {"hint": 3}, {"hint": "abc", "key_id": 7}]', '"x"', "null", "{}"]
)
def test_a_record_with_nonsense_in_it(provision: Program, config: str, keys: str) -> None:
    """It is this config's, but what is in it is not: read for nothing, and replaced."""
    RECORD.write_text(f'{{"format": "provision.delivery/1", "name": "collab-prod", "keys": {keys}}}')
    assert provision("plan", config, "--sandbox", "--deliver", f"file:{OUT}").code == 0
    assert apply(provision).code == 0
    assert len(json.loads(RECORD.read_text())["keys"]) == 1


def test_a_value_that_was_entered_and_removed(provision: Program, config: str, applied: Ran) -> None:
    """Removing the file is what the docs ask for: nothing is due, and a renewal writes it anew."""
    OUT.unlink()
    assert apply(provision).code == 0
    assert not OUT.exists()
    Tenant().advance(days=151)
    assert apply(provision).code == 0
    assert OUT.read_text()[:3] == secrets()[-1]["hint"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nowhere/out.secret", "No such file or directory"),
        ("prod.yaml/out.secret", "Not a directory"),
        ("folder", "is there and is no file"),
        ("x" * 300, "File name too long"),
        ("y" * 250, "File name too long"),
    ],
)
def test_a_place_where_no_file_can_be(provision: Program, config: str, path: str, words: str) -> None:
    """Found out before a secret is made, in the system's words."""
    Path("folder").mkdir()
    assert words in refused(provision, path)["message"]


@pytest.mark.parametrize("path", ["", ".", "..", "/", "folder/", "folder/..", "./"])
def test_a_path_that_names_no_file(provision: Program, config: str, path: str) -> None:
    """On the command line 64, in a config 65; no report of a crash."""
    ran = apply(provision, path=path)
    assert (ran.code, ran.json["error"]) == (64, "usage"), ran.out
    config = write_config(more=f"secret:\n  delivery:\n    file:\n      path: {path!r}\n")
    ran = provision("validate", config, "-o", "json")
    assert (ran.code, ran.json["error"]) == (65, "invalid-value"), ran.out
    assert ran.json["where"].startswith("prod.yaml:14:")


def test_a_zero_byte_in_a_path(provision: Program) -> None:
    """YAML can write one, a file system cannot."""
    config = write_config(more='secret:\n  delivery:\n    file:\n      path: "a\\0b"\n')
    ran = provision("validate", config, "-o", "json")
    assert ran.code == 65
    assert ran.json["code"].startswith("PRV2")


def only(times: int, error: Callable[[], BaseException], original: Any) -> Any:
    """Let a call go wrong at that time, and be itself at all others."""
    seen = 0

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal seen
        mine = any(OUT.name in str(arg) for arg in args)
        seen += mine
        if mine and seen == times:
            raise error()
        return original(*args, **kwargs)

    return call


def full() -> OSError:
    """The error of a full disk."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES])
def test_what_keeps_a_file_from_being_written_is_found_by_writing(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A full disk, a read-only one, a quota, a right: said before a secret is made, and nothing is left."""
    error = OSError(number, os.strerror(number))
    monkeypatch.setattr(os, "open", only(1, lambda: error, os.open))
    assert os.strerror(number) in refused(provision)["message"]
    assert [path.name for path in Path().iterdir() if "out" in path.name] == []


@pytest.mark.parametrize("renewal", [False, True])
@pytest.mark.parametrize("step", [1, 2])
def test_a_disk_that_fills_up_meanwhile(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch, step: int, renewal: bool
) -> None:
    """Record or value cannot be written: the secret is revoked, what was there stays, the next run works."""
    if renewal:
        assert apply(provision).code == 0
        Tenant().advance(days=151)
    before = OUT.read_text() if renewal else None
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", only(step, full, os.replace))
        ran = apply(provision)
    assert ran.code == 1
    (failed,) = [change for change in ran.json["changes"] if change["status"] == "failed"]
    assert failed["error"]["error"] == "delivery-failed"
    assert "No space left on device" in failed["error"]["message"]
    assert len(secrets()) == renewal
    assert (OUT.read_text() if OUT.exists() else None) == before
    assert list(Path().glob(".out*")) == []
    again = apply(provision)
    assert again.code == 0, again.out
    assert OUT.read_text()[:3] == secrets()[-1]["hint"]
    assert len(secrets()) == 1 + renewal


def test_what_remains_of_the_record_may_fail(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the value is in its place it is delivered: the record knows enough, nothing is revoked."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", only(3, full, os.replace))
        assert apply(provision).code == 0
    (secret,) = secrets()
    assert OUT.read_text()[:3] == secret["hint"]
    again = apply(provision)
    assert {change["status"] for change in again.json["changes"]} == {"unchanged"}


# A program that is killed, as by a power cut, just before or after it puts a file of the sink in its place.
KILLED = """
import os, signal, sys
step, after, seen, original = int(sys.argv[1]), sys.argv[2] == "after", 0, os.replace
def replace(source, target, **more):
    global seen
    mine = "out.secret" in str(target)
    seen += mine
    if mine and seen == step:
        if after:
            original(source, target, **more)
        os.kill(os.getpid(), signal.SIGKILL)
    return original(source, target, **more)
os.replace = replace
from provision.cli.main import run
run(["apply", "prod.yaml", "--sandbox", "--yes", "-o", "json", "--deliver", "file:out.secret"])
"""


@pytest.mark.parametrize("renewal", [False, True])
@pytest.mark.parametrize(("step", "moment"), [(1, "before"), (1, "after"), (2, "before"), (2, "after")])
def test_killed_anywhere_the_next_run_converges(
    provision: Program, config: str, step: int, moment: str, renewal: bool
) -> None:
    """Between intent, record and value: one trusted secret more than before, its value in the file."""
    if renewal:
        assert apply(provision).code == 0
        Tenant().advance(days=151)
    killed = subprocess.run([warm.python(), "-c", KILLED, str(step), moment], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert len(secrets()) == 1 + renewal  # made, whatever became of its value
    ran = apply(provision)
    assert ran.code == 0, ran.out
    found = secrets()
    assert len(found) == 1 + renewal
    assert OUT.read_text()[:3] == found[-1]["hint"]
    assert ran.json["outputs"]["secret_key"]["key_id"] == found[-1]["keyId"]
    tags = Tenant().application()["tags"]
    assert {f"provision:delivered:{secret['keyId']}" for secret in found} <= set(tags)
    again = apply(provision)
    assert {change["status"] for change in again.json["changes"]} == {"unchanged"}
    if (step, moment) != (2, "after"):  # then nothing more was to be written, and so nothing tidied
        assert list(Path().glob(".out*")) == []


@pytest.mark.parametrize("step", [1, 2])
def test_git_takes_nothing_of_what_a_kill_leaves(provision: Program, config: str, step: int) -> None:
    """The file itself is ignored; what it was written as stands beside it, and is no more taken."""
    subprocess.run(["git", "init", "-q"], check=True)
    Path(".gitignore").write_text("/out.secret\n/out.secret.provision.json\n")
    killed = subprocess.run([warm.python(), "-c", KILLED, str(step), "before"], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert list(Path().glob(".out.secret*/*"))
    subprocess.run(["git", "add", "-A"], check=True)
    added = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout
    assert added.split() == [".gitignore", "prod.yaml"]


def test_an_interrupted_write_shows_no_value_in_a_tracebacks_locals(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends a write: no frame on the way has the value in a local."""
    from provision.delivery import Handover, Owner
    from provision.delivery.file import File, Options
    from provision.secret import Secret

    value = "abc~canary-5e1f0c"
    handover = Handover("collab-prod", "id", datetime.now(UTC))
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt) as caught:
        File(Options(path="out.secret"), Owner("collab-prod", TENANT)).deliver(Secret(value), handover)
    said = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "deliver" in said
    assert value not in said.replace(f"value = {value!r}", "")
