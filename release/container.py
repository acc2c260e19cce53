"""The steps of ``Containerfile``, where no builder of images is: ``python -m release.container``, as root.

A namespace of its own has folders of the machine in the place of a base image, and empty ones where the image
writes. Then its entry point runs as the image's user, on a root file system that is read-only, without a
capability, and without a shell: ``plan --sandbox`` must work, and only its ``WORKDIR`` may be written to.
Source: https://docs.docker.com/reference/dockerfile/ and https://man7.org/linux/man-pages/man1/unshare.1.html
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_SHELLS = ("sh", "bash", "dash")


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the instructions of a Containerfile, each whole."""
    lines = [line for line in re.sub(r"\\\n\s*", "", text).splitlines() if line.strip()]
    return [(one.split(" ", 1)[0], one.split(" ", 1)[1]) for one in lines if not one.startswith("#")]


def script(text: str, root: Path) -> str:
    """Return the shell script that does in a namespace what a builder and a runner of images would do."""
    build, run = _stages(instructions(text))
    last = dict(run)
    folder = last["WORKDIR"]
    empty = ("/opt", *(rest for name, rest in (*build, *run) if name == "WORKDIR"))
    lines = ["set -eu", *(f"mkdir -p {path}; mount -t tmpfs none {path}" for path in empty)]
    lines += list(_build(build, root))
    user, group = last["USER"].split(":")
    words = [*json.loads(last["ENTRYPOINT"]), "plan", "configs/prod.yaml", "--sandbox"]
    nobody = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs",
              "--bounding-set=-all", "--inh-caps=-all"]  # fmt: skip
    run_it = [*nobody, "env", "-i", *shlex.split(last["ENV"]), *words]
    return "\n".join([
        *lines,
        f"cp -r {shlex.quote(str(root / 'configs'))} {folder}",
        f"chown -R {last['USER']} {folder}; chmod 0700 {folder}; cd {folder}",
        "mount -o remount,ro /opt; mount --bind / /; mount -o remount,ro,bind /",
        *(f'mount --bind /dev/null "$(readlink -f /bin/{name})"' for name in _SHELLS if shutil.which(name)),
        f"exec {shlex.join(run_it)}",
        "",
    ])  # fmt: skip


def _stages(found: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    first, second = (at for at, (name, _) in enumerate(found) if name == "FROM")
    return found[first + 1 : second], found[second + 1 :]


def _build(stage: list[tuple[str, str]], root: Path) -> Iterator[str]:
    for name, rest in stage:
        match name:
            case "WORKDIR":
                yield f"cd {rest}"
            case "COPY":
                *sources, to = rest.split()
                for source in sources:
                    yield f"cp -r {shlex.quote(str(root / source))} {to if to != './' else '.'}"
            case "RUN":
                yield shlex.join(json.loads(rest))
            case _:
                raise ValueError(f"no stand-in for {name}")


def main() -> int:
    """Run it; the exit code is the program's."""
    text = script((ROOT / "Containerfile").read_text(encoding="utf-8"), ROOT)
    ran = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", text],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode or "Plan: 4 to create." not in ran.stdout:
        print(f"{ran.stdout}{ran.stderr}\nthe steps of Containerfile do not work")
        return 1
    print("the steps of Containerfile work: nobody's, read-only, without a shell")
    return 0


if __name__ == "__main__":
    sys.exit(main())
