"""Translate Graph's refusals into errors that tell a person what to do; nothing else does that."""

from __future__ import annotations

from provision.errors import Entry, ProvisionError, catalogue
from provision.graph.answers import Failure, Lost, Refusal
from provision.graph.obstacle import cannot_be_reached
from provision.graph.retry import BROKEN, BUSY

# Limits of the directory, which are a 403 too: no right helps against them.
_LIMITS = ("Directory_QuotaExceeded", "Directory_ResourceSizeExceeded")
_DENIED = ("Authorization_RequestDenied", "ErrorAccessDenied", "AccessDenied", "Forbidden")


def is_denied(failure: Failure) -> bool:
    """Say whether the call failed because this identity may not make it."""
    if not isinstance(failure, Refusal) or failure.code in _LIMITS:
        return False
    return failure.status == 403 or failure.code in _DENIED


def missing(failure: Failure) -> bool:
    """Say whether the call failed because the object is not there."""
    return isinstance(failure, Refusal) and failure.status == 404


def translated(failure: Failure, what: str, *, needs: str = "") -> ProvisionError:
    """Return the error for a failed call. ``what`` was being done; ``needs`` is the least right for it."""
    if isinstance(failure, Lost):
        if failure.sent:
            return ProvisionError(catalogue.UNREACHABLE, f"{what}: {failure.host} does not answer: {failure}")
        return cannot_be_reached(failure, f"{what}: ")
    assert isinstance(failure, Refusal)
    message = f"{what}: Graph says {_words(failure)}"
    if failure.waited_for:
        return _error(catalogue.NOT_SPREAD_YET, message, failure)
    if failure.code == "Directory_ConcurrencyViolation":
        return _error(catalogue.WRITTEN_TO_BY_OTHERS, message, failure)
    if is_denied(failure):
        return _error(
            catalogue.NO_PERMISSION,
            message + (f"; needs {needs}" if needs else ""),
            failure,
            fix=f"Have this identity granted {needs}, or sign in as somebody who has it." if needs else None,
        )
    if failure.status == 401:
        return _error(catalogue.SIGN_IN, message, failure)
    if failure.status in BUSY:
        return _error(catalogue.THROTTLED, message, failure)
    if failure.status in BROKEN:
        later = "The fault is the service's: run again later, and see https://status.cloud.microsoft."
        return _error(catalogue.UNREACHABLE, message, failure, fix=later)
    if failure.code.startswith("CredentialInvalidLifetime"):
        return _error(catalogue.LIFETIME_REFUSED, message, failure)
    if failure.code.startswith("CredentialTypeNotAllowed"):
        return _error(catalogue.SECRETS_BLOCKED, message, failure)
    if 200 <= failure.status < 400:  # what is no answer of Graph's, or a redirect
        return _error(catalogue.GRAPH_ANSWER, f"{what}: {failure.message}", failure)
    return _error(catalogue.GRAPH_REFUSED, message, failure)


def _words(refusal: Refusal) -> str:
    when = f" at {refusal.time}" if refusal.time else ""
    code = f" {refusal.code}" if refusal.code else ""
    return f"{refusal.status}{code}: {refusal.message}{when}"


def _error(entry: Entry, message: str, refusal: Refusal, *, fix: str | None = None) -> ProvisionError:
    return ProvisionError(
        entry, message, fix=fix, request_id=refusal.request_id, service_code=refusal.code or None
    )
