"""What can go wrong: one exception, with a code, a place, a fix and an exit code.

Every message that a person may meet has an entry in :mod:`provision.errors.catalogue`; raising
anything else on purpose is a defect. ``provision explain CODE`` prints an entry in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum, StrEnum

from provision.values import dataclass


class Exit(IntEnum):
    """Exit codes of the program; a pipeline may rely on each."""

    DONE = 0
    FAILED = 1
    PENDING = 2  # changes are pending; only with --detailed-exitcode
    CONSENT = 3  # all done, but an administrator's consent is still to be given
    ATTENTION = 4  # drift was found, or a secret expires soon
    REFUSED = 5  # the plan is stale or unsafe
    USAGE = 64
    CONFIG = 65
    UNREACHABLE = 69
    NO_PERMISSION = 77
    INTERRUPTED = 130  # Ctrl-C, as shells report it


_WORST_FIRST = (
    Exit.INTERRUPTED,
    Exit.NO_PERMISSION,
    Exit.UNREACHABLE,
    Exit.CONFIG,
    Exit.USAGE,
    Exit.REFUSED,
    Exit.FAILED,
    Exit.ATTENTION,
    Exit.CONSENT,
    Exit.PENDING,
    Exit.DONE,
)


def worst(codes: Iterable[Exit]) -> Exit:
    """Return the code that a run over several configs ends with; ``DONE`` for none."""
    return min(codes, key=_WORST_FIRST.index, default=Exit.DONE)


class Severity(StrEnum):
    """How much a finding matters. An ``error`` stops ``apply`` unless it is allowed by name."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    def at_least(self, other: Severity) -> bool:
        """Say whether this is as bad as the other, or worse."""
        order = list(Severity)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the catalogue: what a code means, wherever it appears."""

    code: str  # PRV and three digits; never reused
    name: str  # kebab-case; what --allow takes
    exit: Exit
    title: str
    cause: str
    fix: str
    source: str | None = None  # a page that says so
    allowable: bool = False  # whether ``--allow NAME`` lets it pass


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEntry(Entry):
    """The row of what a plan may find: with where that is, in the config and in the tenant.

    The rows of what only goes wrong, or only ``drift`` sees, have no place of their own.
    """

    key: str  # the config key that a person changes because of it, dotted: ``secret.lifetime``
    address: str  # the kind, and the property if there is one: ``application.signInAudience``


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file, one-based, with the line itself so that it can be shown under a caret."""

    file: str
    line: int | None = None
    column: int | None = None
    text: str | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class ProvisionError(Exception):
    """Something that a person must know: entry, message, fix, place, and Graph's own words if any.

    ``config`` and ``name`` say which config it happened to. ``others`` holds further errors found in the same
    pass, so that all are said at once.
    """

    def __init__(
        self,
        entry: Entry,
        message: str | None = None,
        *,
        fix: str | None = None,
        where: Place | None = None,
        request_id: str | None = None,
        service_code: str | None = None,
        config: str | None = None,
        name: str | None = None,
        others: Sequence[ProvisionError] = (),
    ) -> None:
        super().__init__(message or entry.title)
        self.entry = entry
        self.message = message or entry.title
        self.fix = fix or entry.fix
        self.where = where
        self.request_id = request_id
        self.service_code = service_code
        self.config = config  # the file of the config that was worked on, as the user gave it
        self.name = name  # that config's name, where it could be told
        self.others = tuple(others)
        self._whole = False  # whether the commands in its texts can be pasted

    def _twin(self) -> ProvisionError:
        """Return another error that says the same, whatever was added to it since it was made."""
        made = ProvisionError.__new__(ProvisionError, *self.args)
        made.__dict__.update(self.__dict__)
        return made

    def worded(self, whole: Callable[[str], str]) -> ProvisionError:
        """Return this error with the commands in its texts made whole; a second time it stays as it is."""
        if self._whole:
            return self
        made = self._twin()
        made.message, made.fix, made._whole = whole(self.message), whole(self.fix), True
        made.others = tuple(other.worded(whole) for other in self.others)
        return made

    @property
    def all(self) -> tuple[ProvisionError, ...]:
        """The error itself and the others found with it, in order."""
        return (self, *self.others)

    @property
    def subject(self) -> str | None:
        """What a person calls the config that this happened to: its name, else its file."""
        return self.name or self.config

    def met_with(self, config: str, name: str | None = None) -> ProvisionError:
        """Return this error for one config: where it knows no place of its own, the file is its place.

        Another config may have met the same error, for what a tenant has once is read once.
        """
        made = self._twin()
        made.where = self.where or Place(config)
        made.config, made.name = config, name
        made.others = tuple(other.met_with(config, name) for other in self.others)
        return made

    @property
    def exit(self) -> Exit:
        """The exit code that this error, with its others, asks for."""
        return worst(error.entry.exit for error in self.all)


def combined(errors: Sequence[ProvisionError]) -> ProvisionError:
    """Return one error that carries all of them, each fault once; ``errors`` must not be empty."""
    singles = [single for error in errors for single in error.all]
    once: dict[tuple[str, str, str], ProvisionError] = {}
    for single in singles:  # a file that ten others extend is wrong once
        once.setdefault((str(single.where), single.entry.code, single.message), single)
    first, *rest = once.values()
    return ProvisionError(
        first.entry,
        first.message,
        fix=first.fix,
        where=first.where,
        request_id=first.request_id,
        service_code=first.service_code,
        config=first.config,
        name=first.name,
        others=rest,
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reader of a plan should know that is not a change."""

    entry: FindingEntry
    severity: Severity
    message: str
    fix: str | None = None
    value: str = ""  # what was found there, for an ignore list to name; empty: nothing to tell apart
