"""``--out FILE``: written whole or not at all, and never over what was not made here."""

from __future__ import annotations

from pathlib import Path

from provision import atomic, bounded
from provision.cli.console import talk
from provision.errors import ProvisionError, catalogue

_HEAD = 1000  # characters in which a file says that it was made here


def write(path: str, text: str, *, sign: str, kind: str) -> None:
    """Write a file for others to read; it must hold no secret.

    ``sign`` stands near the head of each file of this ``kind``. Raises ``ProvisionError`` if another
    file would be lost (the config itself, after a slip of the finger), or if it cannot be written.
    """
    file = Path(path)
    if file.is_symlink() and path.startswith(("/dev/", "/proc/")):  # root would put a file in its place
        raise ProvisionError(
            catalogue.USAGE, f"{path} is a stream, not a file", fix="Name a file; -o json prints to stdout."
        )
    try:
        if file.exists() and not _may_go(file, sign):
            raise ProvisionError(
                catalogue.USAGE, f"{path} is there, and is no {kind}", fix="Choose another name for --out."
            )
        atomic.replace(file, text, mode=0o644, durable=False)
    except OSError as error:
        raise ProvisionError(catalogue.DISK, f"{path} cannot be written: {error.strerror}") from error
    talk(f"wrote {path}")


def write_new(path: str, text: str) -> None:
    """Write a file that is not there yet; ``ProvisionError`` if something is, or it cannot be written."""
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ProvisionError(
            catalogue.USAGE, f"{path} is there already", fix="Choose another name for --out."
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        raise ProvisionError(catalogue.DISK, f"{path} cannot be written: {why}") from error
    talk(f"wrote {path}")


def _may_go(file: Path, sign: str) -> bool:
    """A device such as /dev/null reads as nothing, and root would replace it by a file."""
    if not file.is_file():
        return False
    begins = bounded.decoded(bounded.head(file, _HEAD), "replace")
    return not begins or sign in begins
