"""The sink that writes a secret to a file which only its owner may read, and a record beside it."""

from __future__ import annotations

import glob
import json
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator

from provision.delivery import interface
from provision.delivery.interface import Handover, failed, unusable
from provision.errors import ProvisionError
from provision.secret import Secret

_FORMAT = "provision.delivery/1"


class Options(interface.Options):
    """Options of the sink ``file``."""

    path: str = Field(
        min_length=1,
        description="The file. It holds the value alone; a record beside it, PATH.provision.json, says "
        "which key it is.",
    )

    @field_validator("path")
    @classmethod
    def _names_a_file(cls, text: str) -> str:
        return _a_file(text)

    @classmethod
    def from_argument(cls, text: str) -> Self:
        """Read ``file:PATH``."""
        if not text:
            raise ValueError("write file:PATH, for example file:out.secret")
        return cls(path=_a_file(text))


def _a_file(text: str) -> str:
    """Check that a path can name a file at all; ``ValueError`` in words for a person."""
    if "\0" in text:
        raise ValueError("a path has no zero byte in it")
    if text.endswith("/") or Path(text).name in ("", ".."):
        raise ValueError(f"{text} names a folder, not a file in it")
    return text


class File:
    """Holds the value alone, 0600, replaced as a whole.

    A path that is a link, a file that this sink did not write for the same config, and a folder that
    others can write to are refused: each could hand the value to somebody else, or destroy a file.
    """

    interactive = False

    def __init__(self, options: Options, name: str) -> None:
        self._path = Path(options.path)
        self._record = self._path.with_name(f"{self._path.name}.provision.json")
        self._name = name

    @property
    def label(self) -> str:
        """The path as it was given."""
        return f"file:{self._path}"

    def probe(self) -> str:
        """See that the folder and the file are safe, and that a file can be written there."""
        self._refuse_unsafe()
        trial = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            _write(trial, "x" * 4096)  # more than a secret: the disk has room
        except OSError as error:
            raise unusable(f"{self._path} cannot be written: {error.strerror}") from error
        finally:
            with suppress(OSError):
                trial.unlink()
        return "a file could be written there"

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Write the record, then the value, then what is left of the record.

        In between the record knows both keys, and the file's first characters say which of them it
        holds; so a run that is killed here leaves a record that is right, and once the value is there
        nothing that follows makes the delivery a failed one.
        """
        new = {
            "key_id": handover.key_id,
            "hint": secret.hint,
            "expires": handover.expires.isoformat(timespec="seconds"),
        }
        try:
            self._refuse_unsafe()
            self._remove_leftovers()
            self._write_record([*self._keys(), new])
            _replace(self._path, secret)
        except OSError as error:
            raise failed(f"{self._path} could not be written: {error.strerror}") from None
        except ProvisionError as error:
            raise failed(error.message) from None
        with suppress(OSError):
            self._write_record([new])

    def recall(self) -> frozenset[str]:
        """Return the key whose value the file holds, by record and file together."""
        return frozenset(str(key["key_id"]).lower() for key in self._keys())

    def retrieve(self) -> Secret:
        """Return the value in the file."""
        if not self._keys():
            raise unusable(f"{self._path} holds no secret that provision wrote for '{self._name}'")
        try:
            return Secret(self._path.read_text(encoding="utf-8"))
        except OSError as error:
            raise unusable(f"{self._path} cannot be read: {error.strerror}") from None

    def _keys(self) -> list[dict[str, Any]]:
        """The keys of the record that the file's first characters agree with."""
        try:
            if self._path.is_symlink() or self._record.is_symlink():
                return []
            keys = self._recorded() or []
            with self._path.open(encoding="utf-8") as file:
                begins = file.read(3)
        except (OSError, ValueError):
            return []
        return [key for key in keys if key.get("hint") == begins and isinstance(key.get("key_id"), str)]

    def _recorded(self) -> list[dict[str, Any]] | None:
        """The keys of the record; ``None`` if it is not one for this config."""
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except ValueError:
            return None
        if not isinstance(record, dict) or record.get("format") != _FORMAT:
            return None
        if record.get("name") != self._name:
            return None
        keys = record.get("keys")
        return [key for key in (keys if isinstance(keys, list) else []) if isinstance(key, dict)]

    def _remove_leftovers(self) -> None:
        """Remove what a run left that was killed while it wrote; it holds a value that is revoked."""
        for path in (self._path, self._record):
            for left in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}"):
                with suppress(OSError):
                    left.unlink()

    def _write_record(self, keys: list[dict[str, Any]]) -> None:
        document = {"format": _FORMAT, "name": self._name, "keys": keys}
        _replace(self._record, json.dumps(document, indent=2) + "\n")

    def _refuse_unsafe(self) -> None:
        folder = self._path.parent
        try:
            about = folder.stat()
        except OSError as error:
            raise unusable(f"the folder of {self._path} cannot be used: {error.strerror}") from error
        if os.name == "posix":
            _refuse_shared(folder, about)
        try:
            self._refuse_others()
        except OSError as error:
            raise unusable(f"{self._path} cannot be used: {error.strerror}") from error

    def _refuse_others(self) -> None:
        """Refuse links, folders, and what this sink did not write for this config."""
        for path in (self._path, self._record):
            if path.is_symlink():
                raise unusable(f"{path} is a link: what it leads to would be overwritten")
            if path.exists() and not path.is_file():
                raise unusable(f"{path} is there and is no file")
        strange = [self._record] if self._record.exists() and self._recorded() is None else []
        if self._path.exists() and not self._keys():
            strange.insert(0, self._path)
        if strange:
            raise unusable(
                f"{strange[0]} is there, and provision did not write it for '{self._name}'",
                "Remove or rename the file if nobody needs it, or choose another with --deliver file:PATH.",
            )


def _refuse_shared(folder: Path, about: os.stat_result) -> None:
    """Whoever may write to the folder may put another file in the place of ours."""
    if about.st_uid not in (0, os.geteuid()):
        raise unusable(f"the folder {folder} belongs to somebody else")
    others = about.st_mode & stat.S_IWOTH or (about.st_mode & stat.S_IWGRP and not _only_mine(about.st_gid))
    if others:
        raise unusable(f"others can write to the folder {folder}", f"Run: chmod go-w '{folder}'")


def _only_mine(group_id: int) -> bool:
    """Say whether a group has no member but this user, as the groups that Linux makes for each have."""
    import grp
    import pwd

    try:
        me, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(group_id)
    except KeyError:
        return False
    return me.pw_gid == group_id and group.gr_name == me.pw_name and set(group.gr_mem) <= {me.pw_name}


def _replace(path: Path, content: Secret | str) -> None:
    """Put a file in the place of another, whole or not at all, and see it on the disk."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write(temporary, content)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    if os.name == "posix":
        with suppress(OSError):  # not every file system can, and the file is there
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _write(path: Path, content: Secret | str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        # The value gets no name here: a traceback may show locals.
        file.write(content.reveal() if isinstance(content, Secret) else content)
        file.flush()
        os.fsync(handle)
