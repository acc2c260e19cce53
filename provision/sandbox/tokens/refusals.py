"""The login service's refusals: of a request, of what it names, and of what a resource asks.

Those of a client's proof are in ``proof_refusals``, those of a person in ``person_refusals``.
Body and meanings: https://learn.microsoft.com/entra/identity-platform/reference-error-codes; the
texts as public issue threads quote them (7000229: Azure/Commercial-Marketplace-SaaS-Accelerator#830), and
the bodies that the tests of AzureAD/microsoft-authentication-library-for-dotnet keep of 2023-12 (500011,
70011, 700016, 900023, 1002012).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from provision.sandbox.entities.schema import is_guid

_WITHOUT_PAGE = (70011, 1002012, 7000014)  # no ``error_uri``


@dataclass(eq=False)
class TokenError(Exception):
    """An answer of the login service that is not a success."""

    code: int
    error: str  # OAuth's word
    text: str  # without the AADSTS prefix and the trailing ids
    suberror: str | None = None

    def __str__(self) -> str:
        return f"AADSTS{self.code}: {self.text}"

    @property
    def status(self) -> int:
        """401 for a client that could not prove itself, else 400 (RFC 6749, 5.2)."""
        return 401 if self.error == "invalid_client" else 400

    def body(self, now: datetime, correlation_id: str | None) -> dict[str, Any]:
        """Return the JSON; ``now`` is the real time."""
        trace, correlation = str(uuid.uuid4()), correlation_id or str(uuid.uuid4())
        stamp = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        out: dict[str, Any] = {
            "error": self.error,
            "error_description": f"AADSTS{self.code}: {self.text} Trace ID: {trace}"
            f" Correlation ID: {correlation} Timestamp: {stamp}",
            "error_codes": [self.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
        }
        if self.code not in _WITHOUT_PAGE:
            out["error_uri"] = f"https://login.microsoftonline.com/error?code={self.code}"
        return out | ({"suberror": self.suberror} if self.suberror else {})


def missing(parameter: str) -> TokenError:
    """A required parameter is not in the body."""
    return TokenError(
        900144, "invalid_request", f"The request body must contain the following parameter: '{parameter}'."
    )


def duplicate(parameter: str) -> TokenError:
    """A parameter stands twice."""
    return TokenError(
        9000411,
        "invalid_request",
        f"The request is not properly formatted. The parameter '{parameter}' is duplicated.",
    )


def missing_field(name: str) -> TokenError:
    """A claim that every assertion must have, or a parameter of a query.

    The second: AzureAD/microsoft-authentication-library-for-go, ``authority.go``, of user realms.
    """
    return TokenError(
        90014,
        "invalid_request",
        f"The required field '{name}' is missing from the credential. Ensure that you have all the necessary"
        " parameters for the login request.",
    )


def malformed(error: str = "invalid_request") -> TokenError:
    """Not a form, or a refresh token that is none."""
    return TokenError(9002313, error, "Invalid request. Request is malformed or invalid.")


def tenant_not_found(tenant: str, error: str = "invalid_request") -> TokenError:
    """No such tenant here; the discovery document says ``invalid_tenant`` instead."""
    if not is_guid(tenant) and "." not in tenant:
        return TokenError(
            900023,
            error,
            f"Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external"
            " domain.",
        )
    return TokenError(
        90002,
        error,
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing"
        " into the correct cloud. Check with your subscription administrator, this may happen if there are"
        " no active subscriptions for the tenant.",
    )


def resource_not_supported() -> TokenError:
    """The older endpoint's parameter, at the newer one: reference-error-codes; met by MCP's clients, 2026."""
    return TokenError(901002, "invalid_request", "The 'resource' request parameter is not supported.")


def ambiguous_client() -> TokenError:
    """Two applications in one request, or none that can be told.

    https://learn.microsoft.com/troubleshoot/entra/entra-id/app-integration/error-code-aadsts7000110-request-is-ambiguous
    """
    return TokenError(
        7000110,
        "invalid_client",
        "Request is ambiguous, multiple application identifiers found. The client ID used to obtain the grant"
        " (e.g. refresh token or authorization code) might not match the client ID passed in this request or"
        " client credential.",
    )


def common_not_allowed() -> TokenError:
    """Client credentials need a tenant."""
    return TokenError(
        9001023,
        "invalid_request",
        "The grant type is not supported over the /common or /consumers endpoints. Please use the"
        " /organizations or tenant-specific endpoint.",
    )


def unknown_instance() -> TokenError:
    """Instance discovery of a host that is no cloud's."""
    return TokenError(50049, "invalid_instance", "Unknown or invalid instance.")


def unsupported_grant(grant: str) -> TokenError:
    """A grant type that the endpoint does not have."""
    return TokenError(
        70003, "unsupported_grant_type", f"The app requested an unsupported grant type '{grant}'."
    )


def unknown_client(client_id: str, tenant: str) -> TokenError:
    """No application with this id; so a replica answers too that has not heard of it yet."""
    return TokenError(
        700016,
        "unauthorized_client",
        f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can"
        " happen if the application has not been installed by the administrator of the tenant or consented"
        " to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
    )


def no_principal(client_id: str, tenant_id: str) -> TokenError:
    """The application has no service principal in the tenant."""
    return TokenError(
        7000229,
        "invalid_client",
        f"The client application {client_id} is missing service principal in the tenant {tenant_id}."
        " See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
    )


def disabled(client_id: str, name: str) -> TokenError:
    """The application, or its principal, is switched off."""
    return TokenError(7000112, "unauthorized_client", f"Application '{client_id}'({name}) is disabled.")


def not_default(scope: str) -> TokenError:
    """A scope of a client with credentials of its own that does not end in ``/.default``."""
    return TokenError(
        1002012,
        "invalid_scope",
        f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value"
        " with /.default suffixed to the resource identifier (application ID URI).",
    )


def bad_scope(scope: str) -> TokenError:
    """A scope of a resource that is neither an address nor an application's id."""
    return TokenError(
        70011,
        "invalid_scope",
        "The provided request must include a 'scope' input parameter. The provided value for the input"
        f" parameter 'scope' is not valid. The scope {scope} is not valid.",
    )


def several_resources(scope: str) -> TokenError:
    """A scope that names two resources."""
    return TokenError(
        700022,
        "invalid_scope",
        "The provided value for the input parameter 'scope' isn't valid because it contains more than one"
        f" resource. Scope {scope} is not valid.",
    )


def no_resource(resource: str, tenant: str) -> TokenError:
    """The resource has no service principal in the tenant."""
    return TokenError(
        500011,
        "invalid_resource",
        f"The resource principal named {resource} was not found in the tenant named {tenant}. This can"
        " happen if the application has not been installed by the administrator of the tenant or consented"
        " to by any user in the tenant. You might have sent your authentication request to the wrong tenant.",
    )


def resource_disabled(resource: str) -> TokenError:
    """The resource's principal is switched off; the text as alcionai/corso's tests keep it."""
    return TokenError(
        500014,
        "invalid_resource",
        f"The service principal for resource '{resource}' is disabled. This indicate that a subscription"
        " within the tenant has lapsed, or that the administrator for this tenant has disabled the"
        " application, preventing tokens from being issued for it.",
    )


def not_assigned(client_id: str, name: str, resource_id: str, resource_name: str) -> TokenError:
    """The resource asks for an assignment (``appRoleAssignmentRequired``), and the client has none.

    https://learn.microsoft.com/entra/identity/enterprise-apps/assign-user-or-group-access-portal has the
    setting; the text is quoted by people who secured their functions so.
    """
    return TokenError(
        501051,
        "invalid_grant",
        f"Application '{client_id}'({name}) is not assigned to a role for the application"
        f" '{resource_id}'({resource_name}).",
    )


def only_posted(method: str) -> TokenError:
    """The token endpoint was asked in another way; quoted by many who opened it in a browser."""
    return TokenError(
        900561,
        "invalid_request",
        f"The endpoint only accepts POST, OPTIONS requests. Received a {method} request.",
    )


def wrong_redirect(uri: str, client_id: str) -> TokenError:
    """A redirect URI that the application does not have; compared exactly, case included."""
    return TokenError(
        50011,
        "invalid_request",
        f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for"
        f" the application '{client_id}'. Make sure the redirect URI sent in the request matches one added"
        " to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to"
        " learn more about how to troubleshoot this error.",
    )


def transient() -> TokenError:
    """The service is busy; ask again (weather)."""
    return TokenError(90033, "temporarily_unavailable", "A transient error has occurred. Please try again.")
