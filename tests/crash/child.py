"""Runs the program in a process of its own for each line on stdin, which may be killed at an effect.

The modules are imported once; each run is a fork, so it costs a run and not a start.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from provision.cli.main import run
from tests.crash.effects import Orders, install
from tests.support import write_config


def main() -> None:
    """Answer each request with the exit code of its run; that of a signal is negative."""
    answers = os.fdopen(os.dup(1), "w")
    _redirect(os.devnull, os.devnull)
    _import_all()
    gc.freeze()  # what a run's own collections then leave alone, it needs no copy of
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked)
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


def _import_all() -> None:
    """Whatever a run imports is imported by a run."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["XDG_CACHE_HOME"] = folder
        config = write_config()
        run(["plan", config, "--sandbox"])
        run(["apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret"])
        run(["rotate", config, "--sandbox", "--yes", "--deliver", "file:out.secret"])
        run(["rotate", config, "--sandbox", "--yes", "--confirm", "--secret-from", "file:out.secret"])
        os.chdir(here)


def _become(asked: dict[str, Any]) -> None:
    os.chdir(asked["folder"])
    os.environ.update(asked["environment"])
    install(Orders(**asked["orders"]))
    _redirect(asked["out"], asked["err"])
    sys.stdin = Path(os.devnull).open()  # noqa: SIM115 - for as long as the process lives
    code = 70
    try:
        code = run(asked["argv"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _redirect(*paths: str) -> None:
    for number, path in enumerate(paths, 1):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(handle, number)
        os.close(handle)


if __name__ == "__main__":
    main()
