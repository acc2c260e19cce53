"""Who else could put a file in the place of ours, by the folder that it lies in; POSIX alone.

Whoever may write to a folder may rename what is in it, unless the folder is sticky, as /tmp is: then each
file is its owner's alone. Source: https://man7.org/linux/man-pages/man1/chmod.1.html ("restricted deletion
flag")
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Collection
from pathlib import Path

from provision.delivery.interface import unusable

assert sys.platform != "win32"  # what follows has no names there; its own way is in windows.py

_SYSTEM = 1000  # below are the accounts of programs, on Linux; https://man7.org/linux/man-pages/man5/login.defs.5.html


def refuse(folder: Path, about: os.stat_result, files: Collection[Path]) -> None:
    """Raise ``ProvisionError`` if somebody else could exchange these files; ``about`` is the folder's stat.

    Root is trusted, and so is a group that nobody else has. The way out that is named never changes a folder
    that others use.
    """
    mine = about.st_uid in (0, os.geteuid())
    others = _writers(about)
    if mine and others and about.st_mode & stat.S_ISVTX:
        _refuse_planted(files)
        return
    if not mine:
        whose = f"belongs to {_name(about.st_uid)}, who could exchange a file in it"
        who = f", and this program runs as {_name(os.geteuid())}"
        raise unusable(f"the folder {folder} {whose}{who}", _own_folder(folder, files))
    if others:
        own = about.st_uid == os.geteuid() and not _others_need(folder, about)
        fix = f"Run: chmod go-w {shlex.quote(str(folder))}" if own else _own_folder(folder, files)
        raise unusable(f"others can write to the folder {folder}", fix)


def _writers(about: os.stat_result) -> bool:
    """Say whether anybody but the owner and root may write to a folder."""
    by_group = about.st_mode & stat.S_IWGRP and not only_mine(about.st_gid)
    return bool(about.st_mode & stat.S_IWOTH or by_group)


def _refuse_planted(files: Collection[Path]) -> None:
    """In a sticky folder the files that are there must be ours: their owner could read what is written."""
    for path in files:
        try:
            owner = path.lstat().st_uid
        except OSError:
            continue
        if owner not in (0, os.geteuid()):
            raise unusable(
                f"{path} belongs to {_name(owner)}, and others can write to its folder",
                "Choose another file with --deliver file:PATH, in a folder of your own.",
            )


def _others_need(folder: Path, about: os.stat_result) -> bool:
    """Say whether a folder serves others, so that to take their right away would break something.

    A set-group-id folder was given to a group on purpose, the top of a file system is a volume that a runtime
    mounted, and where somebody else has a file they work.
    """
    if about.st_mode & stat.S_ISGID or os.path.ismount(folder):
        return True
    try:
        return any(each.lstat().st_uid != os.geteuid() for each in folder.iterdir())
    except OSError:
        return True


def _own_folder(folder: Path, files: Collection[Path]) -> str:
    """Say how to make a folder of one's own there, or where there is none to be made, anywhere."""
    name = next(iter(files)).name
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"Choose a folder of your own: --deliver file:FOLDER/{shlex.quote(name)}."
    own = folder / "provision-secrets"
    return (
        f"Make a folder of your own there: mkdir -m 700 {shlex.quote(str(own))}, and deliver to it: "
        f"--deliver {shlex.quote(f'file:{own / name}')}."
    )


def only_mine(group_id: int) -> bool:
    """Say whether a group has no member but this user and root.

    Linux makes a group for each user. A container's runtime hands out groups that no account has (Kubernetes'
    fsGroup), and runs a user of any number in the group of root (OpenShift); a name is not needed for either.
    Sources: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ and
    https://docs.openshift.com/container-platform/latest/openshift_images/create-images.html
    """
    import grp
    import pwd

    own = {os.getegid(), *os.getgroups()}
    try:
        name, members = grp.getgrgid(group_id).gr_name, set(grp.getgrgid(group_id).gr_mem)
    except KeyError:
        name, members = None, set()
    try:
        me = pwd.getpwuid(os.geteuid())
    except KeyError:
        me = None
    if me is not None and name == me.pw_name and me.pw_gid == group_id:
        return members <= {me.pw_name}
    if group_id not in own or (name is not None and group_id != 0):
        return False
    accounts = [each for each in pwd.getpwall() if each.pw_gid == group_id and each.pw_uid != os.geteuid()]
    return members <= {"root"} and all(each.pw_uid < _SYSTEM for each in accounts)


def _name(user_id: int) -> str:
    """Return what a user is called; the user of a container may have a number alone."""
    import pwd

    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"the user {user_id}"
