"""The clock of a sandbox, embedded or served: read, or moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from provision.cli.options import FOLDER
from provision.cli.session import open_sandbox
from provision.engine import folder
from provision.errors import ProvisionError, catalogue

_FAR = timedelta(days=36525)  # from now; a secret's end must have its place in the calendar, too


def moved(at: str, advance: timedelta | None, moment: datetime | None) -> str:
    """Move the clock of the sandbox ``at`` a state file or a URL, if it is to be moved; return its time.

    Raises ``ProvisionError`` if there is no such sandbox, or no such time.
    """
    if moment is not None:
        _refuse_far(moment)
    if at.lower().startswith(("https://", "http://")):
        return _served(at.rstrip("/"), advance, moment)
    moves = advance is not None or moment is not None
    if moves and Path(at).parent == FOLDER:
        folder.make(FOLDER)
    sandbox = open_sandbox(at)
    if advance is not None:
        _refuse_far(sandbox.clock.now() + advance)
    now = sandbox.set_clock(now=moment, advance=advance) if moves else sandbox.clock.now()
    return now.isoformat(timespec="seconds").replace("+00:00", "Z")


def _served(url: str, advance: timedelta | None, moment: datetime | None) -> str:
    body = None
    if advance is not None:
        _refuse_far(datetime.fromisoformat(_asked(url, None)) + advance)
        body = {"advance": f"PT{int(advance.total_seconds()) // 3600}H"}
    elif moment is not None:
        body = {"now": moment.isoformat()}
    return _asked(url, body)


def _asked(url: str, body: dict[str, str] | None) -> str:
    from provision.sandbox.serving import remote

    try:
        return remote.clock(url, body)
    except remote.NotServed as error:
        raise ProvisionError(catalogue.SANDBOX_NOT_SERVED, str(error)) from error
    except remote.Refused as error:
        raise _no_such_time() from error


def _refuse_far(moment: datetime) -> None:
    if abs(moment - datetime.now(UTC)) > _FAR:
        raise _no_such_time()


def _no_such_time() -> ProvisionError:
    return ProvisionError(catalogue.USAGE, "the clock of a sandbox is set to a time within 100 years")
