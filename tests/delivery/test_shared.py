"""Whose a folder is: sticky ones, volumes of a runtime, users without a name, another's workspace."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

import pytest

from provision.delivery import shared
from provision.errors import ProvisionError
from tests.support import Program

ME, OTHER = 1234, 4321


def stat_of(mode: int, *, uid: int = ME, gid: int = ME) -> os.stat_result:
    """What the system says of a folder."""
    return os.stat_result((stat.S_IFDIR | mode, 1, 1, 2, uid, gid, 4096, 0, 0, 0))


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with three accounts and their groups; this process is one without a name."""
    people = {0: ("root", 0), 1000: ("jane", 1000), 5: ("sync", 0)}
    groups = {0: ("root", []), 1000: ("jane", []), 50: ("staff", ["jane"]), 60: ("empty", [])}

    def person(uid: int) -> pwd.struct_passwd:
        name, gid = people[uid]
        return pwd.struct_passwd((name, "x", uid, gid, "", "/", "/bin/sh"))

    def group(gid: int) -> grp.struct_group:
        name, members = groups[gid]
        return grp.struct_group((name, "x", gid, members))

    monkeypatch.setattr(pwd, "getpwuid", person)
    monkeypatch.setattr(pwd, "getpwall", lambda: [person(uid) for uid in people])
    monkeypatch.setattr(grp, "getgrgid", group)
    acts_as(monkeypatch, ME, 0, [2000, 60, 50])


def acts_as(monkeypatch: pytest.MonkeyPatch, uid: int, gid: int, more: list[int]) -> None:
    """Have this process be another user."""
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(os, "getegid", lambda: gid)
    monkeypatch.setattr(os, "getgroups", lambda: more)


def give_away(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Have a file or folder belong to somebody else; who is not root can only make it look so."""
    if os.geteuid() == 0:
        os.chown(path, 1001, 1001)
        return
    original, about = Path.stat, path.stat()
    changed = os.stat_result([*about[:4], 1001, 1001, *about[6:10]])
    monkeypatch.setattr(Path, "stat", lambda self, **kw: changed if self == path else original(self, **kw))


@pytest.mark.parametrize(
    ("group_id", "mine"),
    [
        (2000, True),  # Kubernetes' fsGroup: handed to this process, and no account has it
        (2001, False),  # nobody has it here, and this process has not either
        (0, True),  # OpenShift: a user of any number in the group of root
        (50, False),  # has a member
        (60, False),  # a group with a name is meant for people, members or none
        (1000, False),  # another user's own
    ],
)
def test_a_group_that_is_only_mine(accounts: None, group_id: int, mine: bool) -> None:
    """By the accounts of the machine, and by what was handed to this process."""
    assert shared.only_mine(group_id) is mine


def test_the_group_of_root_with_a_person_in_it(accounts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is others."""
    monkeypatch.setattr(grp, "getgrgid", lambda _: grp.struct_group(("root", "x", 0, ["jane"])))
    assert not shared.only_mine(0)


def test_the_own_group_of_a_user(accounts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux makes one for each; another's of the same kind is not mine."""
    acts_as(monkeypatch, 1000, 1000, [1000])
    assert shared.only_mine(1000)
    assert not shared.only_mine(60)


@pytest.mark.parametrize(
    ("mode", "uid", "gid"),
    [
        (0o1777, 0, 0),  # /tmp
        (0o1777, ME, ME),
        (0o1775, ME, 50),
        (0o755, 0, 0),
        (0o700, ME, ME),
        (0o2775, 0, 2000),  # a volume with an fsGroup
        (0o2770, ME, 2000),
        (0o775, 0, 0),  # OpenShift's home of a user of any number
        (0o755, ME, 50),  # systemd's DynamicUser: StateDirectory belongs to the number of the day
    ],
)
def test_folders_that_are_taken(accounts: None, tmp_path: Path, mode: int, uid: int, gid: int) -> None:
    """Nobody else could exchange a file there."""
    shared.refuse(tmp_path, stat_of(mode, uid=uid, gid=gid), (tmp_path / "out.secret",))


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "said"),
    [
        (0o777, 0, 0, "others can write"),
        (0o2777, 0, 2000, "others can write"),
        (0o775, 0, 50, "others can write"),
        (0o755, 1000, 1000, "belongs to jane, who could exchange a file in it"),
        (0o700, OTHER, OTHER, f"belongs to the user {OTHER}"),
        (0o1777, OTHER, OTHER, f"belongs to the user {OTHER}"),  # its owner may do what he likes
    ],
)
def test_folders_that_are_refused(
    accounts: None, tmp_path: Path, mode: int, uid: int, gid: int, said: str
) -> None:
    """The way out changes nothing that is another's; where one is named, it is a folder of one's own."""
    with pytest.raises(ProvisionError) as caught:
        shared.refuse(tmp_path, stat_of(mode, uid=uid, gid=gid), (tmp_path / "out.secret",))
    assert said in caught.value.message
    fix = caught.value.fix or ""
    assert "chmod" not in fix
    assert f"mkdir -m 700 {tmp_path}/provision-secrets" in fix
    assert f"--deliver file:{tmp_path}/provision-secrets/out.secret" in fix


@pytest.mark.parametrize("mode", [0o777, 0o2777])
def test_no_right_is_taken_from_others_who_use_a_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int
) -> None:
    """A folder of ours in which somebody works, or that was given to a group, keeps its mode."""
    used = tmp_path / "used"
    used.mkdir()
    used.chmod(mode)
    if not mode & stat.S_ISGID:
        (used / "theirs").write_text("x")
        give_away(monkeypatch, used / "theirs")
    with pytest.raises(ProvisionError) as caught:
        shared.refuse(used, used.stat(), (used / "out.secret",))
    assert "chmod" not in (caught.value.fix or "")


def test_the_way_out_can_be_gone(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Root in a workspace of somebody else: the commands of the message lead to a delivery."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    give_away(monkeypatch, workspace)
    argv = ("apply", config, "--sandbox", "--yes", "-o", "json", "--deliver")
    ran = provision(*argv, f"file:{workspace}/out.secret")
    assert (ran.code, ran.json["error"]) == (1, "sink-unusable")
    own = workspace / "provision-secrets"
    assert f"mkdir -m 700 {own}" in ran.json["fix"]
    own.mkdir(mode=0o700)
    assert provision(*argv, f"file:{own}/out.secret").code == 0


def test_a_sticky_folder(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file in a folder such as /tmp is taken; one that somebody else put there before is not."""
    sticky = tmp_path / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    argv = ("apply", config, "--sandbox", "--yes", "-o", "json", "--deliver")
    (sticky / "planted.secret").write_text("x")
    give_away(monkeypatch, sticky / "planted.secret")
    ran = provision(*argv, f"file:{sticky}/planted.secret")
    assert (ran.code, ran.json["error"]) == (1, "sink-unusable")
    assert "1001" in ran.json["message"]
    assert provision(*argv, f"file:{sticky}/out.secret").code == 0
    assert stat.S_IMODE((sticky / "out.secret").stat().st_mode) == 0o600
