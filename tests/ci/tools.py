"""Python as an agent has it, without the network: what is fetched is already here."""

from __future__ import annotations

import sys
from pathlib import Path

from tests import warm

# The script is its own virtual environment's Python, too. `log` gets each call, `log.env` what pip was told
# by its environment. With STRICT, venv and pip are really started, with the very options of the call, so that
# whatever they would import from where they stand is imported.
_PYTHON = r"""#!/bin/bash -p
PATH=/usr/bin:/bin
printf '%s\n' "$*" >> LOG
options=(); words=("$@")
while [[ "${1:-}" == -* && "$1" != -m && "$1" != -c ]]; do options+=("$1"); shift; done
case "${1:-} ${2:-}" in
  "-m venv")
    if [ STRICT = True ]; then
      PYTHON "${options[@]}" -m venv --without-pip "$3" || exit
      rm "$3/bin/python"
    fi
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    ;;
  "-m pip")
    env >> LOG.env
    if [ STRICT = True ]; then exec PYTHON "${options[@]}" -m pip --version; fi
    ;;
  *) exec RUNS "${words[@]}" ;;
esac
"""


def python(folder: Path, *, strict: bool = False) -> Path:
    """Put it as ``python3`` into a new folder, beside its ``log``, and return its path."""
    folder.mkdir(parents=True)
    path = folder / "python3"
    text = _PYTHON.replace("LOG", str(folder / "log")).replace("STRICT", str(strict))
    runs = sys.executable if strict else warm.python()
    path.write_text(text.replace("RUNS", runs).replace("PYTHON", sys.executable))
    path.chmod(0o755)
    return path


def calls(path: Path) -> list[str]:
    """Return what a stand-in of :func:`python` was called with."""
    log = path.parent / "log"
    return log.read_text().splitlines() if log.exists() else []
