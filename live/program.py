"""The program, run as a user runs it, with its streams caught."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from provision.cli.main import run as run_program


@dataclass(frozen=True)
class Ran:
    """What a run of the program came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as the one document that it is."""
        return json.loads(self.out)


def run(argv: Sequence[str]) -> Ran:
    """Run it on these arguments."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run_program(argv)
    return Ran(code, out.getvalue(), err.getvalue())
