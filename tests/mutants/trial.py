"""Plant a fault in the running program, and see whether a test notices: each in a process of its own.

The tests are collected and run once, here, and what each calls is noted. For a fault this process forks: the
child gives the functions concerned the code with the fault in it, runs the tests that call them, and ends
with whether one failed. So no fault pays for an import, and none outlives its child.
"""

from __future__ import annotations

import ast
import gc
import importlib
import inspect
import os
import signal
import sys
import time
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.operators import Mutant, mutants

ROOT = Path(__file__).parents[2]
SECONDS = 30  # for one fault; a test that hangs has noticed it
KILLED, SURVIVED, BROKEN = 1, 0, 3


@dataclass
class Source:
    """A module in which faults are planted."""

    path: Path
    tree: ast.Module = field(init=False)
    faults: list[Mutant] = field(init=False)
    module: types.ModuleType = field(init=False)
    live: list[types.FunctionType] = field(init=False)  # of this module, wherever they are known

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.path.read_text())
        self.faults = list(mutants(self.tree))
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        self.module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
        self.live = [
            found
            for found in gc.get_objects()
            if isinstance(found, types.FunctionType) and found.__code__.co_filename == str(self.path)
        ]

    @property
    def name(self) -> str:
        """Its path, as the list of survivors has it."""
        return self.path.relative_to(ROOT).as_posix()


class Case:
    """One test. A table's row is called as the function that it is, which is a hundred times quicker."""

    def __init__(self, item: pytest.Function) -> None:
        self.name = item.nodeid
        self._item = item
        self._row: dict[str, object] = item.callspec.params if hasattr(item, "callspec") else {}
        self.cost = 0.0  # in seconds
        self._plain = set(inspect.signature(item.obj).parameters) == self._row.keys()

    def fails(self) -> bool:
        """Run it."""
        if not self._plain:
            return any(report.failed for report in runtestprotocol(self._item, log=False, nextitem=None))
        try:
            self._item.obj(**self._row)
        except Exception:  # noqa: BLE001 - whatever it is, the test noticed
            return True
        except pytest.fail.Exception:
            return True
        return False


class Trials:
    """A plug-in of pytest that runs the tests as often as there are faults, and keeps what became of each."""

    def __init__(self, sources: Sequence[Source], workers: int, folder: str) -> None:
        self.sources = sources
        self.workers = workers
        self.folder = folder
        self.results: list[tuple[Source, Mutant, int]] = []
        self.failed: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of the loop that runs each test once."""
        functions = (item for item in session.items if isinstance(item, pytest.Function))
        items = [Case(item) for item in functions if "provision" not in item.fixturenames]
        os.chdir(self.folder)  # a test may write there
        calls = self._calls(items)
        if self.failed:
            return True
        gc.collect()
        gc.freeze()  # so that a child's collector copies no page of ours
        queue = [(source, fault) for source in self.sources for fault in source.faults]
        running: dict[int, tuple[Source, Mutant]] = {}
        for number, (source, fault) in enumerate(queue):
            if len(running) == self.workers:
                self._collect(running)
            concerned = [item for item in items if _concerns(calls[item], source, fault)]
            concerned.sort(key=lambda item: item.cost)
            running[_fork(source, fault, concerned)] = (source, fault)
            if not number % 100:
                print(f"{number} of {len(queue)}", file=sys.stderr, flush=True)
        while running:
            self._collect(running)
        return True

    def _collect(self, running: dict[int, tuple[Source, Mutant]]) -> None:
        process, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        source, fault = running.pop(process)
        self.results.append((source, fault, KILLED if code < 0 else code))
        if code in (SURVIVED, BROKEN):
            print(f"{source.name} {fault.function} {fault.text}", file=sys.stderr, flush=True)

    def _calls(self, items: Sequence[Case]) -> dict[Case, set[tuple[str, str]]]:
        """Run each test once, and return the functions that it calls: file and qualified name."""
        files = {str(source.path): source.name for source in self.sources}
        called: set[tuple[str, str]] = set()

        def note(frame: types.FrameType, event: str, _: object) -> None:
            if event == "call" and (name := files.get(frame.f_code.co_filename)):
                called.add((name, frame.f_code.co_qualname.partition(".<locals>")[0]))

        calls = {}
        for item in items:
            called.clear()
            sys.setprofile(note)
            began = time.thread_time()
            failed = item.fails()
            item.cost = time.thread_time() - began
            sys.setprofile(None)
            self.failed += [item.name] * failed
            calls[item] = set(called)
        return calls


def _concerns(called: set[tuple[str, str]], source: Source, fault: Mutant) -> bool:
    """Say whether a test may notice a fault; one of a table, or of a lambda in it, any may."""
    if fault.function in vars(source.module) and not callable(vars(source.module)[fault.function]):
        return True
    return (source.name, fault.function) in called


def _fork(source: Source, fault: Mutant, items: Sequence[Case]) -> int:
    process = os.fork()
    if process:
        return process
    code = BROKEN
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SECONDS)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        code = _noticed(source, fault, items)
    finally:
        os._exit(code)


def _noticed(source: Source, fault: Mutant, items: Sequence[Case]) -> int:
    fault.put(fault.new)
    compiled = compile(ast.fix_missing_locations(source.tree), str(source.path), "exec")
    if isinstance(getattr(source.module, fault.function.partition(".")[0]), type | types.FunctionType):
        if not _give_code(compiled, source, fault.function):
            return BROKEN
    else:
        try:
            _give_value(compiled, source, fault.function)
        except Exception:  # noqa: BLE001 - the module cannot be imported any more: everybody notices
            return KILLED
    return KILLED if any(item.fails() for item in items) else SURVIVED


def _give_code(compiled: types.CodeType, source: Source, name: str) -> bool:
    """Give every function of that name the code with the fault, wherever it was imported to."""
    new = {(code.co_qualname, code.co_firstlineno): code for code in _codes(compiled)}
    given = [live for live in source.live if live.__code__.co_qualname == name]
    for live in given:
        live.__code__ = new[name, live.__code__.co_firstlineno]
    return bool(given)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _give_value(compiled: types.CodeType, source: Source, name: str) -> None:
    """Run the module with the fault beside the real one, and take over the table that it makes."""
    beside = types.ModuleType(source.module.__name__)
    beside.__package__, beside.__file__ = source.module.__package__, source.module.__file__
    exec(compiled, vars(beside))
    old = getattr(source.module, name)
    for module in list(sys.modules.values()):
        if module.__name__.startswith(("provision", "tests")) and vars(module).get(name) is old:
            setattr(module, name, getattr(beside, name))
