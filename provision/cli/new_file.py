"""``--out`` of what makes a config: a new file, or one in a folder; nothing that is there is written over."""

from __future__ import annotations

from pathlib import Path

from provision.cli.console import talk
from provision.errors import ProvisionError, catalogue
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A file, or a folder that gets ``NAME.yaml``: of several configs, if it is one, or ends in a slash."""

    out: str
    several: bool = False

    def of(self, name: str) -> str:
        """Return the file of the config of that name; ``ProvisionError`` if something is there."""
        path = Path(self.out)
        if self.several or self.out.endswith("/") or path.is_dir():
            path /= f"{name}.yaml"
        if path.exists() or path.is_symlink():
            raise _taken(str(path))
        return str(path)

    def write(self, path: str, text: str) -> None:
        """Write a file that is not there yet, as a whole; ``ProvisionError`` if that cannot be."""
        file = Path(path)
        made = False
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8", newline="\n") as new:
                made = True
                new.write(text)
        except FileExistsError:
            raise _taken(path) from None
        except OSError as error:
            if made:
                file.unlink(missing_ok=True)
            raise ProvisionError(catalogue.DISK, f"{path} cannot be written: {error.strerror}") from error
        except BaseException:
            if made:
                file.unlink(missing_ok=True)
            raise
        talk(f"wrote {path}")


def _taken(path: str) -> ProvisionError:
    return ProvisionError(
        catalogue.USAGE,
        f"{path} is there already",
        fix="Choose another name for --out; nothing is overwritten.",
    )
