"""The sink that writes a secret to a file which only its owner may read, and a record beside it."""

from __future__ import annotations

import glob
import json
import os
import secrets
import shutil
import sys
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from pydantic import Field, PrivateAttr, field_validator

from provision import atomic, bounded
from provision.delivery import interface, windows
from provision.delivery.interface import Handover, failed, unusable
from provision.delivery.ownership import Claim, Earlier, Owner, Record, from_document, to_document
from provision.delivery.place import Place
from provision.errors import ProvisionError
from provision.secret import Secret

if sys.platform != "win32":
    from provision.delivery import shared

_WINDOWS = os.name == "nt"
_LARGEST = 64 * 1024  # bytes of a value, or of its record


class Options(interface.Options):
    """Options of the sink ``file``."""

    _folder: str = PrivateAttr(default="")

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

    @property
    def foreign_host(self) -> None:
        """A file is on no host but this one."""

    @property
    def file(self) -> Path:
        """The file as the system finds it from here."""
        return Path(self._folder) / self.path

    def within(self, folder: str) -> Self:
        """A config means the same file, wherever the program is run."""
        moved = self.model_copy()
        moved._folder = folder
        return moved

    def reaches(self, cloud: str) -> str:
        """Return nothing: nothing is asked over the network."""
        del cloud
        return ""

    def places(self, name: str, cloud: str) -> tuple[Place, ...]:
        """Return the file and its record; names that differ by case alone are one, as in some systems."""
        del name, cloud
        path = self.file
        folder = os.path.realpath(path.parent)
        try:
            about = Path(folder).stat()
            where = f"{about.st_dev}:{about.st_ino}"  # however the folder is called
        except OSError:
            where = _folded(folder)
        return tuple(Place(("file", where, _folded(name))) for name in (path.name, record_of(path).name))


def _a_file(text: str) -> str:
    """Check that a path can name a file at all; ``ValueError`` in words for a person."""
    if "\0" in text:
        raise ValueError("a path cannot hold a zero byte")
    if text.endswith("/") or Path(text).name in ("", ".."):
        raise ValueError(f"{text} names a folder, not a file in it")
    if _WINDOWS and (why := windows.unfit(text)):
        raise ValueError(why)
    return text


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def record_of(path: Path) -> Path:
    """Return where the record of a file lies."""
    return path.with_name(f"{path.name}.provision.json")


def owner_at(path: Path) -> Owner | Earlier | None:
    """Return whose value a file holds by its record; ``None`` without one that can be read."""
    try:
        record = from_document(json.loads(bounded.text(record_of(path), _LARGEST)))
    except (OSError, ValueError, RecursionError):
        return None
    return record.owner if record else None


class File:
    """Holds the value alone, for its owner alone (0600; on Windows an access list), replaced as a whole.

    A path that is a link, a file that this sink did not write for the same owner, and a folder that
    others can write to are refused: each could hand the value to somebody else, or destroy a file.
    """

    interactive = False

    def __init__(self, options: Options, owner: Owner) -> None:
        self._path, self._given = options.file, options.path
        self._record = record_of(self._path)
        self._claim = Claim(owner)

    @property
    def label(self) -> str:
        """The path as it was given, which is the same wherever the program is run."""
        return f"file:{Path(self._given)}"

    def probe(self, known: Collection[str] = ()) -> str:
        """See that the folder and the file are safe, and that a file can be written there."""
        self._claim = self._claim.with_known(known)
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

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """Return the key whose value the file holds, by record and file together."""
        self._claim = self._claim.with_known(known)
        record = self._recorded_safely()
        if record is None or not self._claim.has(record.owner, record.ids):
            return frozenset()
        return frozenset(str(key["key_id"]).lower() for key in self._keys())

    def lies(self, known: Collection[str] = ()) -> bool:
        """Say whether there is a record of this owner's, which goes last."""
        self._claim = self._claim.with_known(known)
        record = self._recorded_safely()
        return record is not None and self._claim.has(record.owner, record.ids)

    def forget(self, known: Collection[str] = ()) -> None:
        """Remove the value, then the record; a value that somebody else put there stays."""
        self._claim = self._claim.with_known(known)
        if not self.lies():
            return
        self._refuse_unsafe()
        try:
            self._remove_leftovers()
            _remove(self._path)
            _remove(self._record)
        except OSError as error:
            raise unusable(f"{self._path} could not be removed: {error.strerror}") from error

    def retrieve(self) -> Secret:
        """Return the value in the file. A record that names no tenant will do: the value is proved next."""
        owner, record = self._claim.owner, self._recorded_safely()
        ours = record is not None and (
            record.owner == Earlier(owner.name) or self._claim.has(record.owner, record.ids)
        )
        try:
            value = Secret(bounded.text(self._path, _LARGEST))
        except FileNotFoundError:
            raise unusable(f"there is no file {self._path}") from None
        except OSError as error:
            raise unusable(f"{self._path} cannot be read: {error.strerror}") from None
        except ValueError:
            raise unusable(f"{self._path} cannot be read: it is no UTF-8 text") from None
        if not ours or not self._keys(value.hint):
            raise unusable(f"{self._path} holds no secret that provision wrote for {owner}")
        return value

    def _keys(self, begins: str | None = None) -> list[dict[str, Any]]:
        """Return the keys of the record that the file's first characters agree with."""
        record = self._recorded_safely()
        try:
            if record is None or self._path.is_symlink():
                return []
            if begins is None:
                begins = bounded.decoded(bounded.head(self._path, 16), "ignore")[:3]
        except (OSError, ValueError):
            return []
        return [key for key in record.keys if key.get("hint") == begins]

    def _recorded_safely(self) -> Record | None:
        """Return the record; ``None`` if there is none that can be read, or a link lies there."""
        try:
            return None if self._record.is_symlink() else self._recorded()
        except OSError:
            return None

    def _recorded(self) -> Record | None:
        """Return the record, whosever it is; ``None`` if it is something else."""
        try:
            return from_document(json.loads(bounded.text(self._record, _LARGEST)))
        except (ValueError, RecursionError):
            return None

    def _remove_leftovers(self) -> None:
        """Remove what a run left that was killed while it wrote; it holds a value that is revoked."""
        for path in (self._path, self._record):
            for left in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}"):
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left, ignore_errors=True)
                    continue
                with suppress(OSError):
                    left.unlink()

    def _write_record(self, keys: list[dict[str, Any]]) -> None:
        _replace(self._record, json.dumps(to_document(self._claim.owner, keys), indent=2) + "\n")

    def _refuse_unsafe(self) -> None:
        folder = self._path.parent
        try:
            about = folder.stat()
        except OSError as error:
            raise unusable(f"the folder of {self._path} cannot be used: {error.strerror}") from error
        if sys.platform != "win32":
            shared.refuse(folder, about, (self._path, self._record))
        try:
            if _WINDOWS:
                windows.refuse(folder)
            self._refuse_others()
        except OSError as error:
            raise unusable(f"{self._path} cannot be used: {error.strerror}") from error

    def _refuse_others(self) -> None:
        """Refuse links, folders, and what this sink did not write for this owner."""
        for path in (self._path, self._record):
            if path.is_symlink():
                raise unusable(f"{path} is a link: what it leads to would be overwritten")
            if path.exists() and not path.is_file():
                raise unusable(f"{path} is there and is no file")
        record = self._recorded() if self._record.exists() else None
        if record is not None:
            gone = not self._path.exists()
            self._claim.refuse_others(
                str(self._record if gone else self._path),
                record.owner,
                record.ids,
                remove=f"remove {self._path} and {self._record}",
                empty=gone,
            )
        strange = [self._record] if self._record.exists() and record is None else []
        if self._path.exists() and not self._keys():
            strange.insert(0, self._path)
        if strange:
            raise unusable(
                f"{strange[0]} is there, and provision did not write it for '{self._claim.owner.name}'",
                "Remove or rename the file if nobody needs it, or choose another with --deliver file:PATH.",
            )


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _replace(path: Path, content: Secret | str) -> None:
    """Put a file in the place of another, whole or not at all, and see it on the disk.

    Until then it lies in a folder that git takes nothing of, whatever the work tree ignores: a run may be
    killed here. Source: https://git-scm.com/docs/gitignore
    """
    room = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    room.mkdir(mode=0o700)
    try:
        (room / ".gitignore").write_text("*\n", encoding="ascii")
        temporary = room / "new"
        _write(temporary, content)
        temporary.replace(path)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    atomic.sync_folder(path.parent)


def _write(path: Path, content: Secret | str) -> None:
    handle = windows.create(path) if _WINDOWS else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        # The value gets no name here: a traceback may show locals.
        file.write(content.reveal() if isinstance(content, Secret) else content)
        file.flush()
        os.fsync(handle)
