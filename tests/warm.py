"""A python that costs a run and not a start: it becomes a fork of a process that imported all.

What is started so is ``-m provision``, code after ``-c``, and a script. What a run is told stays its own:
arguments, environment, working directory, standard streams, signals, and how it ends; with ``--terminal``
first, its stdin is its controlling terminal. What Python reads when it starts (PYTHON… variables, the
locale), a user and a mount of one's own are the process's that is forked from; who tests those starts one.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import gc
import io
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import traceback
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]
_STREAMS = 3
_LARGEST = 1 << 20
_TERMINAL = b"--terminal"
# The stand-in of python: whatever is not taken is started as it is, and so is what serves for long. It
# imports nothing that is not built in, waits for the run, and ends as the run did.
_PYTHON = """#!{python} -IS
import sys, posix, _signal, _socket
words = sys.argv[1:]
while words[:1] in (["-I"], ["-u"]):
    words.pop(0)
taken = words[1:] if words[:1] == ["--terminal"] else words
if not (
    taken[:2] == ["-m", "provision"] and taken[2:4] != ["sandbox", "serve"]
    or taken[:1] == ["-c"]
    or taken and taken[0].endswith(".py")
):
    posix.execv({python!r}, [{python!r}, *sys.argv[1:]])
coded = [word.encode(sys.getfilesystemencoding(), "surrogateescape") for word in words]
variables = [name + b"=" + value for name, value in posix.environ.items()]
signals = [number for number in ({signals}) if _signal.getsignal(number) != _signal.SIG_IGN]
numbers = b" ".join(b"%d" % number for number in signals)
handles = []
for number in (0, 1, 2):
    try:
        posix.fstat(number)
        handles.append(number)
    except OSError:
        pass
standing = b" ".join(b"%d" % number for number in handles)
asked = b"\\0".join([posix.getcwdb(), standing, numbers, b"%d" % len(coded), *coded, *variables])
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in handles)
link = _socket.socket(_socket.AF_UNIX)
link.connect({socket!r})
link.sendmsg([b"%8d" % len(asked)], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
link.sendall(asked)
process = int(link.recv(8))
for number in handles:
    posix.close(number)
for number in signals:
    _signal.signal(number, lambda sent, _: posix.kill(process, sent))
code = int(link.recv(8) or -9)
if code < 0:
    _signal.signal(-code, _signal.SIG_DFL) if code != -9 else None
    posix.kill(posix.getpid(), -code)
posix._exit(code)
"""
_FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)


@functools.cache
def python() -> str:
    """Return the path of such a python, which works until this process ends."""
    folder = tempfile.mkdtemp()
    path, link = Path(folder, "python3"), str(Path(folder, "s"))
    path.write_text(_PYTHON.format(python=sys.executable, socket=link, signals=_forwarded()))
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


def _forwarded() -> str:
    return ", ".join(str(int(number)) for number in _FORWARDED)


@dataclass
class _Runs:
    """The runs that go on: each by the descriptor of its process, with who waits for it."""

    of: dict[int, tuple[int, socket.socket]] = field(default_factory=dict)

    def begin(self, process: int, link: socket.socket) -> None:
        link.sendall(b"%8d" % process)
        self.of[os.pidfd_open(process)] = process, link

    def look(self) -> None:
        """Tell how a run ended; one that nobody waits for any more is ended."""
        watched = {link.fileno(): process for process, link in self.of.values()}
        for ready in select.select([*self.of, *watched], [], [], 0)[0]:
            if ready in watched:
                os.kill(watched[ready], signal.SIGKILL)
        for ended in select.select([*self.of], [], [], 0)[0]:
            process, link = self.of.pop(ended)
            code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            with contextlib.suppress(OSError):
                link.sendall(b"%8d" % code)
            link.close()
            os.close(ended)

    @property
    def watched(self) -> list[int]:
        """What there is to wait for."""
        return [number for entry, (_, link) in self.of.items() for number in (entry, link.fileno())]

    def forget(self) -> None:
        """In a new run: the others are not its own."""
        for number in self.watched:
            os.close(number)


def _serve(path: str) -> None:
    """Answer until stdin ends, as it does when the process that asked is gone."""
    for name in _of_a_run():
        with contextlib.suppress(ImportError):
            import_module(name)
    gc.collect()
    gc.freeze()
    runs = _Runs()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        print("ready", flush=True)
        while sys.stdin not in (ready := select.select([listener, sys.stdin, *runs.watched], [], [])[0]):
            runs.look()
            if listener not in ready:
                continue
            link, _ = listener.accept()
            asked, streams = _asked(link)
            if (process := os.fork()) == 0:
                listener.close()
                link.close()
                runs.forget()
                _become(asked, streams)
            for handle in streams:
                os.close(handle)
            runs.begin(process, link)


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


def _asked(link: socket.socket) -> tuple[bytes, list[int]]:
    size, streams, _, _ = socket.recv_fds(link, 8, _STREAMS)
    text = b""
    while len(text) < int(size):
        text += link.recv(_LARGEST)
    return text, streams


def _become(text: bytes, streams: list[int]) -> None:
    folder, standing, heard, count, *rest = text.split(b"\0")
    given = dict(zip(map(int, standing.split()), streams, strict=True))
    for number in range(_STREAMS):
        os.dup2(given[number], number) if number in given else os.close(number)
    for handle in streams:
        os.close(handle)
    words, variables = rest[: int(count)], rest[int(count) :]
    if words[0] == _TERMINAL:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        del words[0]
    for number in _FORWARDED:
        if number not in map(int, heard.split()):
            signal.signal(number, signal.SIG_IGN)
    os.chdir(folder)
    os.environ.clear()
    os.environb.update((name, value) for name, _, value in (each.partition(b"=") for each in variables))
    time.tzset()
    coding = os.environ.get("PYTHONIOENCODING", "utf-8")
    sys.stdin = sys.stdout = sys.stderr = None  # as closed ones are
    if 0 in given:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0)), encoding=coding)
    if 1 in given:
        out = io.BufferedWriter(io.FileIO(1, "w"))
        sys.stdout = io.TextIOWrapper(out, encoding=coding, line_buffering=os.isatty(1))
    if 2 in given:
        out = io.BufferedWriter(io.FileIO(2, "w"))
        sys.stderr = io.TextIOWrapper(out, encoding=coding, errors="backslashreplace", line_buffering=True)
    os._exit(_ended([os.fsdecode(word) for word in words]))


def _ended(words: list[str]) -> int:
    """Run it, and return the code that Python would end with."""
    code = 1
    try:
        _run(words)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except KeyboardInterrupt:
        traceback.print_exc()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001 - as Python does
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            code = code or 120
    return code


def _run(words: list[str]) -> None:
    if words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        sys.path.insert(0, "")
        sys.modules["__main__"] = main = ModuleType("__main__")
        exec(compile(words[1], "<string>", "exec"), main.__dict__)
    elif words[0] == "-m":
        sys.argv = [str(ROOT / "provision" / "__main__.py"), *words[2:]]
        import_module("provision.cli.main").main()
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    _serve(sys.argv[1])
