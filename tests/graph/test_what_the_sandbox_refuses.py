"""Each refusal that the sandbox can make is met with the right word, and waited for where waiting helps."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from provision.errors import codes
from provision.graph import retry, sign_in
from provision.graph.answers import Refusal
from provision.graph.refusals import translated
from provision.sandbox import errors
from provision.sandbox.errors import GraphError
from provision.sandbox.tokens import person_refusals, proof_refusals, refusals
from provision.sandbox.tokens.refusals import TokenError

_SAMPLES: dict[str, Any] = {
    "str": "x",
    "int": 700213,
    "str | None": None,
    "object": 0,
    "datetime": datetime(2027, 1, 1, tzinfo=UTC),
}
_UNVERIFIED = {70017}  # of a declined device code; docs/sandbox.md says that no page has it


def made(module: ModuleType, kind: type) -> Iterator[tuple[str, Any]]:
    """What each function of a module makes that makes a refusal."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        signature = inspect.signature(function)
        if signature.return_annotation == kind.__name__ and function.__module__ == module.__name__:
            needed = [
                p
                for p in signature.parameters.values()
                if p.default is p.empty and p.kind is not p.VAR_POSITIONAL
            ]
            yield name, function(*(_SAMPLES[p.annotation] for p in needed))


TOKEN_ERRORS = [
    pytest.param(error, id=f"{error.code}-{name}")
    for module in (refusals, proof_refusals, person_refusals)
    for name, error in made(module, TokenError)
]


@pytest.mark.parametrize("error", TOKEN_ERRORS)
def test_a_refused_sign_in_is_explained(error: TokenError) -> None:
    """By its number: cause, what to look at, what to do; and the number is found in the whole text."""
    if error.code in _UNVERIFIED:
        return
    row = codes.of_number(error.code)
    assert row is not None, error
    assert all((row.cause, row.check, row.fix))
    body = error.body(datetime(2027, 1, 1, tzinfo=UTC), None)
    assert row in codes.read(str(body)).known


def test_all_of_them_are_asked_about() -> None:
    """So that a table without rows cannot pass."""
    assert len(TOKEN_ERRORS) > 45


@pytest.mark.parametrize(
    ("error", "means", "waits"),
    [
        (proof_refusals.wrong_secret("x"), "secret-refused", True),  # seconds old
        (proof_refusals.expired_secret("x"), "secret-expired", False),
        (refusals.unknown_client("x", "Contoso"), "application-unknown", True),  # seconds old
        (refusals.no_principal("x", "y"), "no-principal", False),
        (refusals.disabled("x", "App"), "application-disabled", False),
        (refusals.tenant_not_found("a.example"), "tenant-unknown", False),
        (refusals.tenant_not_found("nonsense"), "tenant-unknown", False),
        (refusals.not_assigned("x", "App", "y", "API"), "not-assigned", False),
        (refusals.resource_disabled("https://graph.microsoft.com"), "application-disabled", False),
        (refusals.no_resource("https://nothere.example", "Contoso"), "values-refused", False),
        (refusals.missing("scope"), "values-refused", False),
        (proof_refusals.no_proof(), "values-refused", False),
        (proof_refusals.wrong_assertion_type(), "sign-in", False),
        (proof_refusals.wrong_algorithm("ES384"), "sign-in", False),
        (proof_refusals.no_key_named(), "sign-in", False),
        (proof_refusals.wrong_key("x", None), "sign-in", False),
        (proof_refusals.no_federation(700213, "subject", "s"), "sign-in", False),
        (person_refusals.no_consent("x", "App"), "consent-missing", False),
        (refusals.transient(), "throttled", False),
    ],
    ids=lambda value: str(value.code) if isinstance(value, TokenError) else None,
)
def test_the_word_for_a_sign_in_and_whether_it_may_pass(error: TokenError, means: str, waits: bool) -> None:
    """What ``verify`` says of the three values, and which refusals it asks again about."""
    row = codes.of_number(error.code)
    assert row is not None
    assert row.means == means
    assert sign_in.Refused(frozenset({error.code}), str(error), None).transient is waits


def refusal(error: GraphError) -> Refusal:
    """The same, as the client reads it."""
    return Refusal(error.status, error.code, error.message, details=tuple(d.code for d in error.details))


DEMANDED = GraphError(
    400, "ServiceTreeValueMissing", "ServiceManagementReference field is required for Create."
)


@pytest.mark.parametrize(
    ("error", "means", "waits"),
    [
        (errors.not_found("x"), "graph-refused", True),
        (
            GraphError(404, "Directory_ObjectNotFound", "Unable to read the company information."),
            "graph-refused",
            True,
        ),
        (
            GraphError(400, "Request_BadRequest", "x", (errors.Detail("NoBackingApplicationObject", "x"),)),
            "graph-refused",
            True,
        ),
        (errors.not_a_reference(), "graph-refused", True),
        (errors.bad_request("No password credential found with keyId 'x'."), "graph-refused", True),
        (
            errors.denied(
                "When using this permission, the backing application of the service principal being created"
                " must in the local tenant"
            ),
            "no-permission",
            True,
        ),
        (errors.denied(), "no-permission", False),
        (DEMANDED, "graph-refused", False),
        (GraphError(400, "ServiceTreeInvalid", "x"), "graph-refused", False),
        (errors.conflict("uniqueName"), "graph-refused", False),
        (errors.quota_exceeded("owners", 101, 100), "graph-refused", False),
        (errors.missing_value("displayName", "Application"), "graph-refused", False),
        (errors.unauthenticated("Access token is empty."), "sign-in", False),
        (GraphError(400, "CredentialInvalidLifetimeAsPerAppPolicy", "x"), "lifetime-refused", False),
        (GraphError(400, "CredentialTypeNotAllowedAsPerAppPolicy", "x"), "secrets-blocked", False),
    ],
    ids=lambda value: f"{value.code}" if isinstance(value, GraphError) else None,
)
def test_the_word_for_a_refused_call_and_whether_it_is_waited_for(
    error: GraphError, means: str, waits: bool
) -> None:
    """For an object that this run made moments ago; for an older one nothing here is waited for."""
    failure = refusal(error)
    assert translated(failure, "doing it").entry.name == means
    assert (retry.reason_to_retry(failure, retry.Repeat.HARMLESS, fresh=True) is not None) is waits
    assert retry.reason_to_retry(failure, retry.Repeat.HARMLESS, fresh=False) is None


@pytest.mark.parametrize(
    "error", [e for _, e in made(errors, GraphError)], ids=[n for n, _ in made(errors, GraphError)]
)
def test_a_refused_call_is_explained(error: GraphError) -> None:
    """Every code of the directory and of Exchange is one that ``explain`` knows."""
    row = codes.of_code(error.code)
    assert row is not None, error
    assert all((row.cause, row.fix))


@pytest.mark.parametrize(
    "code", ["ServiceTreeValueMissing", "ServiceTreeNullValueProvided", "ServiceTreeInvalid"]
)
def test_a_demanded_reference_says_where_it_comes_from(code: str) -> None:
    row = codes.of_code(code)
    assert row is not None
    assert "Service Management Reference" in row.fix
    assert row.source == "https://aka.ms/service-management-reference-error"
