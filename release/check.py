"""``make dist-check``: the bundle as somebody takes it who has no network, and one that somebody altered.

It unpacks the bundle, installs it in a network namespace of its own without any interface, and rehearses
README's commands there. Needs Linux and ``unshare``; takes minutes, so ``make test`` does not run it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from release import dist

_REHEARSAL = (
    "validate configs/prod.yaml",
    "plan configs/prod.yaml --sandbox",
    "apply configs/prod.yaml --sandbox --yes --deliver file:rehearsal.secret",
    "apply configs/prod.yaml --sandbox --yes --deliver file:rehearsal.secret",
    "show configs/prod.yaml --sandbox",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run every check, and say what came of each; 1 if one fails."""
    parser = argparse.ArgumentParser(prog="python -m release.check", description=__doc__)
    parser.add_argument("--bundle", type=Path, help="the archive; by default the one in dist/")
    bundle = parser.parse_args(argv).bundle or next((dist.ROOT / "dist").glob("*-bundle.tar.gz"))
    with tempfile.TemporaryDirectory(prefix="provision-check-") as folder:
        with tarfile.open(bundle) as archive:
            archive.extractall(folder, filter="data")
        (content,) = Path(folder).iterdir()
        failed = [name for name, passed in _checks(content, Path(folder)) if not passed]
    print(f"{'failed: ' + ', '.join(failed) if failed else 'all as it should be'}")
    return bool(failed)


def _checks(content: Path, folder: Path) -> list[tuple[str, bool]]:
    found = []
    for name, altered in (("a wheel", _one_wheel(content)), ("a page", content / "README.md")):
        before = altered.read_bytes()
        altered.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        ran = _alone(["sh", str(content / "install.sh"), str(folder / "never")], folder)
        passed = ran.returncode != 0 and "nothing was installed" in ran.stderr
        found.append((f"{name} altered: refused", passed and not (folder / "never").exists()))
        altered.write_bytes(before)
    started = time.monotonic()
    ran = _alone(["sh", str(content / "install.sh"), str(folder / "venv")], folder)
    found.append((f"installed in {time.monotonic() - started:.0f} s", ran.returncode == 0))
    print(ran.stderr, end="", file=sys.stderr)
    work = folder / "work"
    shutil.copytree(content / "configs", work / "configs")
    for step in _REHEARSAL:
        ran = _alone([str(folder / "venv" / "bin" / "provision"), *step.split()], work)
        found.append((f"provision {step}", ran.returncode == 0))
        print(ran.stderr if ran.returncode else "", end="", file=sys.stderr)
    for name, passed in found:
        print(f"{'ok    ' if passed else 'FAILED'} {name}")
    return found


def _one_wheel(content: Path) -> Path:
    return min((content / "wheels").glob("*.whl"))


def _alone(words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run without a network, and with next to no environment."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHON": sys.executable}
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    return subprocess.run(
        [*unshare, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
