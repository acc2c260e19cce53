"""The sink that hands a secret to a command, on its standard input."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Self

from pydantic import Field, PrivateAttr, field_validator

from provision.delivery import interface
from provision.delivery.interface import Handover, failed, unusable
from provision.delivery.ownership import Owner
from provision.delivery.place import Place
from provision.secret import Secret

_TIMEOUT = 300.0  # seconds that a command may take


class Options(interface.Options):
    """Options of the sink ``command``."""

    _folder: str = PrivateAttr(default="")

    argv: tuple[str, ...] = Field(
        min_length=1,
        description="The command and its arguments; no shell is used. The value goes to its standard input; "
        "PROVISION_NAME, PROVISION_TENANT_ID and PROVISION_TARGET (graph or sandbox) say whose it is.",
    )

    @field_validator("argv")
    @classmethod
    def _can_be_run(cls, argv: tuple[str, ...]) -> tuple[str, ...]:
        if any("\0" in word for word in argv):
            raise ValueError("an argument cannot hold a zero byte")
        return argv

    @property
    def folder(self) -> Path | None:
        """Where the command is run; ``None``: here."""
        return Path(self._folder) if self._folder else None

    def within(self, folder: str) -> Self:
        """A config means the same program and the same files, wherever this program is run."""
        moved = self.model_copy()
        moved._folder = folder
        return moved

    @classmethod
    def from_argument(cls, text: str) -> Self:
        """Read ``command:ARGV``, split as a POSIX shell would."""
        argv = tuple(shlex.split(text))
        if not argv:
            raise ValueError("write command:ARGV, for example 'command:vault kv put secret/mail value=-'")
        return cls(argv=argv)

    @property
    def foreign_host(self) -> None:
        """No host of ours to judge: a config may name a command only with an allowance of its own."""

    def reaches(self, cloud: str) -> str:
        """Return nothing: what the command asks, it alone can tell."""
        del cloud
        return ""

    def places(self, name: str, cloud: str) -> tuple[Place, ...]:
        """Return none: where the value goes, the command alone can tell."""
        del name, cloud
        return ()


class Command:
    """Runs the command once per secret; its exit code says whether the value arrived.

    Where the value goes, and whether another's lies there, the command alone can tell. So it is told whose
    the value is, by variables.
    """

    interactive = False

    def __init__(self, options: Options, owner: Owner) -> None:
        self._argv, self._folder = options.argv, options.folder
        a_way = Path(self._argv[0]).name != self._argv[0]  # not a name to be looked up in PATH
        if self._folder is not None and a_way:
            program = Path(os.path.abspath(self._folder)) / self._argv[0]  # noqa: PTH100 - links are kept
            self._argv = (str(program), *self._argv[1:])
        self._owner = owner

    @property
    def label(self) -> str:
        """The command without its arguments, which may be confidential."""
        return f"command:{Path(self._argv[0]).name}"

    def probe(self, known: Collection[str] = ()) -> str:
        """Check that the command exists; it is not started, for it would expect a secret."""
        del known
        if not self._argv[0] or shutil.which(self._argv[0]) is None:
            raise unusable(f"command '{self._argv[0]}' is not there, or may not be run")
        return "the command is there; whether it works shows when it runs"

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Run it with the value on stdin. Its output is thrown away: it might repeat the value."""
        del handover
        try:
            code = self._run(secret)
        except subprocess.TimeoutExpired:
            raise failed(f"{self.label} took more than {_TIMEOUT:g} seconds and was ended") from None
        except OSError as error:
            raise failed(f"{self.label} could not be started: {error.strerror}") from None
        if code < 0:
            raise failed(f"{self.label} was ended by signal {-code}")
        if code:
            raise failed(
                f"{self.label} ended with exit code {code}; what it printed is not shown, for it "
                "may repeat the value"
            )

    def _run(self, secret: Secret) -> int:
        """Return the exit code. No local here has the value, for a traceback may show locals."""
        with subprocess.Popen(  # noqa: S603 - running it is what the user asked for
            self._argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **self._told},
            cwd=self._folder,
        ) as process:
            assert process.stdin is not None
            try:
                with suppress(BrokenPipeError):  # it ended without reading; its exit code says what of it
                    process.stdin.write(secret.reveal().encode())
                with suppress(BrokenPipeError):
                    process.stdin.close()
                return process.wait(_TIMEOUT)
            except BaseException:
                process.kill()
                raise

    @property
    def _told(self) -> dict[str, str]:
        owner = self._owner
        return {
            "PROVISION_NAME": owner.name,
            "PROVISION_TENANT_ID": owner.tenant_id,
            "PROVISION_TARGET": owner.target,
        }

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """Return nothing: a command keeps no record that we know of."""
        del known
        return frozenset()
