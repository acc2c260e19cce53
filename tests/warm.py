"""A python that costs a run and not a start: ``-m provision`` becomes a fork of a process that imported all.

What a run is told stays its own: arguments, environment, working directory, standard streams, exit code. What
Python reads when it starts (PYTHON… variables, the locale) is the process's that is forked from, and a signal
reaches only the python that waits for the run; who tests those starts a process of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
_STREAMS = 3
_LARGEST = 1 << 20
# The stand-in of python: whatever is not this program is started as it is, and so is what serves for long.
_PYTHON = """#!{python} -IS
import os, sys
words = [word for word in sys.argv[1:] if word != "-I"]
if words[:2] != ["-m", "provision"] or words[2:4] == ["sandbox", "serve"]:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
import json, socket
asked = json.dumps({{"argv": words[2:], "folder": os.getcwd(), "environment": dict(os.environ)}}).encode()
with socket.socket(socket.AF_UNIX) as link:
    link.connect({socket!r})
    socket.send_fds(link, [b"%8d" % len(asked)], [0, 1, 2])
    link.sendall(asked)
    code = link.recv(8)
os._exit(int(code or 137))
"""


@functools.cache
def python() -> str:
    """Return the path of such a python, which works until this process ends."""
    folder = tempfile.mkdtemp()
    path, link = Path(folder, "python3"), str(Path(folder, "s"))
    path.write_text(_PYTHON.format(python=sys.executable, socket=link))
    path.chmod(0o755)
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.warm", link],
        cwd=ROOT,
        env=clean,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n", "the process that is forked from does not start"
    atexit.register(_end, server, folder)
    return str(path)


def _end(server: subprocess.Popen[bytes], folder: str) -> None:
    server.communicate()  # which closes its stdin, and so ends it
    shutil.rmtree(folder)


def _serve(path: str) -> None:
    """Answer until stdin ends, as it does when the process that asked is gone."""
    for name in _of_a_run():
        with contextlib.suppress(ImportError):
            import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        print("ready", flush=True)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            link, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _become(link)
            link.close()


def _of_a_run() -> list[str]:
    """The modules that a run imports, found by one: what it leaves behind it in them is not kept."""
    code = (
        "import sys, tests.crash.child as c; c._import_all(); "
        "print(*[n for n in sys.modules if n != '__main__'], file=sys.stderr)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    return [name for name in found.stderr.split("\n")[-2].split() if not name.startswith("tests")]


def _become(link: socket.socket) -> None:
    size, streams, _, _ = socket.recv_fds(link, 8, _STREAMS)
    text = b""
    while len(text) < int(size):
        text += link.recv(_LARGEST)
    asked = json.loads(text)
    for number, handle in enumerate(streams):
        os.dup2(handle, number)
        os.close(handle)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = [str(ROOT / "provision" / "__main__.py"), *asked["argv"]]
    coding = os.environ.get("PYTHONIOENCODING", "utf-8")
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0)), encoding=coding)
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w")), encoding=coding)
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w")), encoding=coding, errors="backslashreplace", line_buffering=True
    )
    code = 70
    try:
        from provision.cli.main import run

        code = run(asked["argv"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        with contextlib.suppress(OSError):
            link.sendall(b"%d" % code)
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
