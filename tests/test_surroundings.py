"""From ``validate`` to ``show`` where nobody is at home: containers, units of systemd, read-only disks.

Where this is run by root the program becomes another user, and gets mounts of its own where the system lets
it have them; elsewhere it is told by the environment, and by a lookup of users that finds nobody.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from provision import cache
from provision.sandbox.serving import announcement
from tests.support import CONFIG, TENANT, Program, write_config

ROOT = Path(__file__).parents[1]
REAL = os.geteuid() == 0 and all(
    each.stat().st_mode & 0o001 for place in (ROOT, Path(sys.prefix)) for each in (place, *place.parents)
)
NOBODY = "" if REAL else "import pwd\ndef nobody(_): raise KeyError\npwd.getpwuid = nobody\n"
PROGRAM = (
    NOBODY
    + """
import sys, warnings
warnings.simplefilter("ignore")
from provision.cli.main import run
for argv in sys.argv[1:]:
    code = run(argv.split())
    print(f"{argv.split()[0]}={code}", flush=True)
"""
)
STEPS = (
    "validate prod.yaml",
    "doctor prod.yaml --sandbox",
    "plan prod.yaml --sandbox",
    "apply prod.yaml --sandbox --yes --deliver {deliver}",
    "show prod.yaml --sandbox --deliver {deliver}",
    "expiry prod.yaml --sandbox",
)


@dataclass(frozen=True)
class Surroundings:
    """Who runs the program where: user and groups, whose the folder is, and what the environment says."""

    uid: int = 12345
    gid: int = 12345
    groups: tuple[int, ...] = ()
    owner: tuple[int, int] = (12345, 12345)
    mode: int = 0o755
    environment: dict[str, str] = field(default_factory=dict)
    before: str = ""  # what is mounted, by a shell
    deliver: str = "file:out.secret"


PLACES = {
    "a user of any number in the group of root (OpenShift)": Surroundings(
        gid=0, owner=(0, 0), mode=0o775, environment={"HOME": "/"}
    ),
    "a volume with an fsGroup (Kubernetes)": Surroundings(
        uid=1654, gid=1654, groups=(2000,), owner=(0, 2000), mode=0o2775
    ),
    "a user without a name, a HOME or a folder for temporary files": Surroundings(
        environment={"TMPDIR": "/no/such/folder"}
    ),
    "a unit of systemd with DynamicUser": Surroundings(
        uid=61184,
        gid=61184,
        owner=(61184, 61184),
        environment={"HOME": "/", "CACHE_DIRECTORY": "{work}/cache"},
    ),
    "root in the workspace of somebody else (a container's job)": Surroundings(
        uid=0,
        gid=0,
        owner=(1001, 1001),
        environment={"HOME": "/github/home", "CI": "true"},
        deliver="file:own/out.secret",
    ),
    "a read-only disk but for the work folder": Surroundings(
        before="mount --bind {work} {work} && mount -o remount,ro,bind /", environment={"HOME": "/home/app"}
    ),
    "a small folder for temporary files": Surroundings(
        before="mount -t tmpfs -o size=4k,mode=1777 tmpfs {work}/tmp", environment={"TMPDIR": "{work}/tmp"}
    ),
    "cron's empty environment": Surroundings(
        environment={"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "HOME": "/", "LOGNAME": "nobody"}
    ),
    "a plain locale, a HOME that cannot be written": Surroundings(
        environment={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "HOME": "/proc"}
    ),
    "temporary files that may not be executed": Surroundings(
        before="mount -t tmpfs -o noexec,nosuid,mode=1777 tmpfs {work}/tmp",
        environment={"TMPDIR": "{work}/tmp"},
    ),
}


@pytest.fixture
def work() -> Iterator[Path]:
    """A folder that every user can get to; pytest's own are for one."""
    folder = Path(tempfile.mkdtemp(prefix="provision-test-"))
    yield folder
    shutil.rmtree(folder)


def run(place: Surroundings, work: Path) -> subprocess.CompletedProcess[str]:
    """Run the steps there, in one process."""
    clean = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    said = {name: value.format(work=work) for name, value in place.environment.items()}
    steps = [step.format(deliver=place.deliver) for step in STEPS]
    argv = [sys.executable, "-c", PROGRAM, *steps]
    if REAL:
        groups = f"--groups={','.join(map(str, place.groups))}" if place.groups else "--clear-groups"
        argv = ["setpriv", f"--reuid={place.uid}", f"--regid={place.gid}", groups, *argv]
        mounts = place.before.format(work=work)
        if (
            mounts
            and subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
        ):
            argv = ["unshare", "-m", "sh", "-c", f'{mounts} && cd {work} && exec "$@"', "sh", *argv]
    environment = {**clean, "PYTHONPATH": str(ROOT), **said}
    return subprocess.run(argv, cwd=work, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", PLACES)
def test_a_rehearsal(work: Path, name: str) -> None:
    """Each step ends with 0; no report of a crash, and nothing is left where nobody would look for it."""
    place = PLACES[name]
    (work / "prod.yaml").write_text(CONFIG.format(tenant=TENANT, more=""))
    for folder in ("own", "cache", "tmp"):
        (work / folder).mkdir()
    if REAL:
        for each in (work / "cache", work / "tmp"):
            os.chown(each, place.uid, place.gid)
        os.chown(work, *place.owner)
    work.chmod(place.mode)
    ran = run(place, work)
    codes = [line for line in ran.stdout.splitlines() if line.split("=")[0] in {s.split()[0] for s in STEPS}]
    assert [line for line in codes if "=" in line] == [f"{step.split()[0]}=0" for step in STEPS], ran.stderr
    assert "PRV900" not in ran.stderr
    assert "chmod" not in ran.stderr
    assert (work / place.deliver.removeprefix("file:")).stat().st_mode & 0o777 == 0o600
    assert not (work / "~").exists()
    assert not Path("~").exists()


@pytest.mark.parametrize("step", ["apply prod.yaml --sandbox --yes", "sandbox reset --yes"])
def test_a_folder_that_may_not_be_written_to(work: Path, step: str) -> None:
    """It is said, with the folder; validating and planning go on."""
    (work / "prod.yaml").write_text(CONFIG.format(tenant=TENANT, more=""))
    work.chmod(0o555)
    argv = [sys.executable, "-c", PROGRAM, "validate prod.yaml", "plan prod.yaml --sandbox", step]
    if REAL:
        argv = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", *argv]
    ran = subprocess.run(
        argv, cwd=work, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert "validate=0" in ran.stdout
    assert "plan=0" in ran.stdout
    assert "PRV900" not in ran.stderr
    if step.startswith("apply"):
        assert "apply=0" not in ran.stdout
        assert ".provision" in ran.stderr


def test_the_cache_of_whom_nobody_knows(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No home: the folder for temporary files, and only if ours is ours."""
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    for name in ("XDG_CACHE_HOME", "CACHE_DIRECTORY", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    expected = work / f"provision-{os.geteuid()}"
    assert cache.folder() == expected
    assert announcement.folder("https://localhost:8443").is_relative_to(expected)
    expected.chmod(0o777)  # somebody else could have made it so
    for ask in (cache.folder, lambda: announcement.folder("https://localhost:8443")):
        with pytest.raises(PermissionError, match="somebody else's"):
            ask()
    monkeypatch.setenv("CACHE_DIRECTORY", f"{work}/unit:{work}/other")
    assert cache.folder() == work / "unit" / "provision"


def test_nothing_needs_md5_or_sha1(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL in FIPS mode refuses both, but for what guards nothing: https://docs.python.org/3/library/hashlib.html#hashlib.new"""
    original = hashlib.new

    def refused(name: str) -> Callable[..., Any]:
        allowed = getattr(hashlib, name)

        def digest(*arguments: Any, usedforsecurity: bool = True, **options: Any) -> Any:
            if not usedforsecurity:
                return allowed(*arguments, **options)
            raise ValueError(f"[digital envelope routines] unsupported: {name} {arguments} {options}")

        return digest

    def new(name: str, *arguments: Any, **options: Any) -> Any:
        return (refused(name) if name.lower() in ("md5", "sha1") else original)(name, *arguments, **options)

    monkeypatch.setattr(hashlib, "new", new)
    for name in ("md5", "sha1"):
        monkeypatch.setattr(hashlib, name, refused(name))
    write_config()
    for step in (*STEPS, "drift prod.yaml --sandbox", "verify prod.yaml --sandbox --secret-from {deliver}"):
        ran = provision(*step.format(deliver="file:out.secret").split())
        assert ran.code == 0, f"{step}: {ran.err}"
