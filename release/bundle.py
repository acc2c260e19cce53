"""``make bundle``: one archive that installs without a network, for each machine of :mod:`release.targets`.

It holds the wheels, the requirements with their hashes, the pages and examples, the bill of materials, a
script to install for sh and one for PowerShell, and the checksums of all of it, which the scripts look at
first.
"""

from __future__ import annotations

import argparse
import gzip
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from release import NAME, dist, lock, targets, tree

ROOT = dist.ROOT
PAGES = ("docs", "configs", "README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE")
SCRIPTS = ("install.sh", "install.ps1")
Fetch = Callable[[targets.Machine, str, Sequence[lock.Pin], Path], None]
"""Brings the wheels that a machine with a Python wants into a folder."""


def build(root: Path, out: Path, fetch: Fetch) -> Path:
    """Build the bundle of a checkout's last commit beside its release, and return it."""
    made = dist.build(root, out)
    epoch = tree.epoch(root)
    with tempfile.TemporaryDirectory(prefix="provision-bundle-") as folder:
        source = Path(folder) / "source"
        tree.export(root, source)
        stem = f"{NAME}-{tree.version(source)}"
        content = Path(folder) / stem
        wheels = content / "wheels"
        wheels.mkdir(parents=True)
        _bring(lock.read(source / "requirements-run.lock"), wheels, fetch)
        for path in made:
            if path.suffix == ".whl":
                shutil.copy(path, wheels)
            elif path.name.endswith(".cdx.json"):
                shutil.copy(path, content)
            elif path.name.endswith("-requirements.txt"):
                shutil.copy(path, content / "requirements.txt")
        for name in PAGES:
            (shutil.copytree if (source / name).is_dir() else shutil.copy)(source / name, content / name)
        for name in SCRIPTS:
            shutil.copy(source / "release" / name, content / name)
        files = sorted(path for path in content.rglob("*") if path.is_file())
        sums = dist.checksums(files, content)
        (content / dist.SUMS).write_text(sums, encoding="utf-8", newline="\n")
        bundle = out / f"{stem}-bundle.tar.gz"
        bundle.write_bytes(packed(content, epoch))
    files = [*(path for path in made if path.name != dist.SUMS), bundle]
    (out / dist.SUMS).write_text(dist.checksums(files), encoding="utf-8", newline="\n")
    return bundle


def _bring(pins: Sequence[lock.Pin], wheels: Path, fetch: Fetch) -> None:
    """Fetch for each machine what is not there yet for every machine."""
    for machine in targets.MACHINES:
        for python in targets.PYTHONS:
            missing = [pin for pin in targets.wanted(pins, machine, python) if not _of_all(pin, wheels)]
            if missing:
                fetch(machine, python, missing, wheels)


def _of_all(pin: lock.Pin, wheels: Path) -> bool:
    start = f"{pin.name}-{pin.version}-".replace("_", "-")
    return any(
        path.name.lower().replace("_", "-").startswith(start) for path in wheels.glob("*-none-any.whl")
    )


def download(machine: targets.Machine, python: str, pins: Sequence[lock.Pin], folder: Path) -> None:
    """Bring wheels from the index that pip is set up for; their hashes are the lock's."""
    lines = [
        f"{pin.name}=={pin.version} {' '.join(f'--hash=sha256:{digest}' for digest in pin.hashes)}\n"
        for pin in pins
    ]
    with tempfile.TemporaryDirectory() as own:
        wanted = Path(own) / "requirements.txt"
        wanted.write_text("".join(lines), encoding="utf-8")
        tags = [word for tag in machine.tags for word in ("--platform", tag)]
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
                *("--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(folder)),
                *("--implementation", "cp", "--python-version", python, *tags, "-r", str(wanted)),
            ],
            check=True,
        )
    print(f"{machine.name}, Python {python}: {len(pins)} libraries", file=sys.stderr)


def packed(folder: Path, epoch: int) -> bytes:
    """Return a folder as an archive whose bytes depend on nothing but names, contents and the time."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in _sorted(folder):
            entry = tarfile.TarInfo(path.relative_to(folder.parent).as_posix())
            entry.mtime = epoch
            entry.mode = 0o755 if path.is_dir() or path.suffix == ".sh" else 0o644
            if path.is_dir():
                entry.type = tarfile.DIRTYPE
                archive.addfile(entry)
            else:
                data = path.read_bytes()
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(tar.getvalue(), compresslevel=6, mtime=epoch)


def _sorted(folder: Path) -> Iterable[Path]:
    return [folder, *sorted(folder.rglob("*"), key=lambda path: path.as_posix())]


def main(argv: Sequence[str] | None = None) -> int:
    """Build, and say what was made."""
    parser = argparse.ArgumentParser(prog="python -m release.bundle", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the files")
    bundle = build(ROOT, parser.parse_args(argv).out, download)
    print(f"{dist.digest(bundle)}  {bundle.name} ({bundle.stat().st_size / 2**20:.0f} MiB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
