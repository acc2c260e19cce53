"""``make dist``: wheel and sdist of the last commit, requirements with hashes, bill of materials, checksums.

What is not committed is not in it. Everything bears the commit's time, so the same commit gives the same
bytes wherever it is built with the locked tools.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from release import NAME, lock, notes, sbom, tree

ROOT = Path(__file__).parents[1]
SUMS = "SHA256SUMS"


def build(root: Path, out: Path) -> list[Path]:
    """Build the release of a checkout's last commit into a folder, and return its files."""
    out.mkdir(parents=True, exist_ok=True)
    epoch = tree.epoch(root)
    with tempfile.TemporaryDirectory(prefix="provision-dist-") as folder:
        source = Path(folder) / "source"
        tree.export(root, source)
        version = tree.version(source)
        packages = _packages(source, out, epoch)
        digests = {path.name: digest(path) for path in packages}
        pins = lock.read(source / "requirements-run.lock")
        bill = sbom.document(NAME, version, pins, epoch=epoch, digests=digests)
        if differing := sbom.differences(bill, pins):
            raise ValueError("; ".join(differing))
        stem = f"{NAME}-{version}"
        written = {
            f"{stem}.cdx.json": json.dumps(bill, indent=1, ensure_ascii=False) + "\n",
            f"{stem}-requirements.txt": requirements(
                source / "requirements-run.lock", f"{NAME}=={version}", packages
            ),
            f"{stem}-notes.md": notes.of((source / "CHANGELOG.md").read_text(encoding="utf-8"), version),
        }
    for name, text in written.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    files = [*packages, *(out / name for name in written)]
    (out / SUMS).write_text(checksums(files), encoding="utf-8", newline="\n")
    return [*files, out / SUMS]


def requirements(locked: Path, ours: str, packages: Iterable[Path]) -> str:
    """Return the requirements of an installation: what the lock pins, and this very package by its hashes."""
    hashes = sorted(f"    --hash=sha256:{digest(path)}" for path in packages)
    return f"{locked.read_text(encoding='utf-8')}{ours} \\\n" + " \\\n".join(hashes) + "\n"


def checksums(files: Iterable[Path], folder: Path | None = None) -> str:
    """Return a line a file, as ``sha256sum --check`` reads them."""
    lines = [
        f"{digest(path)}  {path.relative_to(folder).as_posix() if folder else path.name}" for path in files
    ]
    return "".join(f"{line}\n" for line in sorted(lines, key=lambda line: line.split("  ", 1)[1]))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _packages(source: Path, out: Path, epoch: int) -> list[Path]:
    made = source.parent / "made"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    ran = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(made)],
        cwd=source,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        sys.exit(f"the package cannot be built:\n{ran.stdout}{ran.stderr}")
    return [Path(shutil.copy(path, out / path.name)) for path in sorted(made.iterdir())]


def main(argv: Sequence[str] | None = None) -> int:
    """Build, and say what was made."""
    parser = argparse.ArgumentParser(prog="python -m release.dist", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the files")
    out: Path = parser.parse_args(argv).out
    for path in build(ROOT, out):
        print(f"{digest(path)}  {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
