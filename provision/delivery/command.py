"""The sink that hands a secret to a command, on its standard input."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Self

from pydantic import Field

from provision.delivery import interface
from provision.delivery.interface import Handover, failed, unusable
from provision.secret import Secret

_PATIENCE = 300.0  # seconds that a command may take


class Options(interface.Options):
    """Options of the sink ``command``."""

    argv: tuple[str, ...] = Field(
        min_length=1,
        description="The command and its arguments; no shell is used. The value goes to its standard input.",
    )

    @classmethod
    def from_argument(cls, text: str) -> Self:
        """Read ``command:ARGV``, split as a POSIX shell would."""
        argv = tuple(shlex.split(text))
        if not argv:
            raise ValueError("write command:ARGV, for example 'command:vault kv put secret/mail value=-'")
        return cls(argv=argv)


class Command:
    """Runs the command once per secret; its exit code says whether the value arrived."""

    interactive = False

    def __init__(self, options: Options) -> None:
        self._argv = options.argv

    @property
    def label(self) -> str:
        """The command without its arguments, which may be nobody's business."""
        return f"command:{Path(self._argv[0]).name}"

    def probe(self) -> str:
        """See that the command is there; it is not started, for it would expect a secret."""
        if not self._argv[0] or shutil.which(self._argv[0]) is None:
            raise unusable(f"command '{self._argv[0]}' is not there, or may not be run")
        return "the command is there; whether it works shows when it runs"

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Run it with the value on stdin. Its output is thrown away: it might repeat the value."""
        del handover  # the command gets the value and nothing else
        try:
            ran = subprocess.run(  # noqa: S603 - running it is what the user asked for
                self._argv,
                input=secret.reveal().encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            # Not raised "from": the exception knows what was on stdin.
            raise failed(f"{self.label} took more than {_PATIENCE:.0f} seconds and was ended") from None
        except OSError as error:
            raise failed(f"{self.label} could not be started: {error.strerror}") from None
        if ran.returncode < 0:
            raise failed(f"{self.label} was ended by signal {-ran.returncode}")
        if ran.returncode:
            raise failed(
                f"{self.label} ended with exit code {ran.returncode}; what it printed is not shown, for it "
                "may repeat the value"
            )

    def recall(self) -> frozenset[str]:
        """A command keeps no record that we know of."""
        return frozenset()
