"""The login service's refusals: every AADSTS error this sandbox answers, in one place.

Body and meanings: https://learn.microsoft.com/entra/identity-platform/reference-error-codes; the
texts as public issue threads quote them (700213 and 700211: Azure/azure-workload-identity#1200;
7000229: Azure/Commercial-Marketplace-SaaS-Accelerator#830; 70021's successor names), and the bodies
that the tests of AzureAD/microsoft-authentication-library-for-dotnet keep of 2023-12 (50027, 500011,
70011, 700016, 700021, 700024, 900023, 1002012).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from provision.sandbox.entities.schema import is_guid

_WITHOUT_PAGE = (70011, 1002012)  # no ``error_uri``


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
        """The JSON; ``now`` is the real time."""
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
        9000411, "invalid_request",
        f"The request is not properly formatted. The parameter '{parameter}' is duplicated.",
    )  # fmt: skip


def malformed(error: str = "invalid_request") -> TokenError:
    """Not a form, or a refresh token that is none."""
    return TokenError(9002313, error, "Invalid request. Request is malformed or invalid.")


def tenant_not_found(tenant: str, error: str = "invalid_request") -> TokenError:
    """No such tenant here; the discovery document says ``invalid_tenant`` instead."""
    if not is_guid(tenant) and "." not in tenant:
        return TokenError(
            900023, error,
            f"Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external"
            " domain.",
        )  # fmt: skip
    return TokenError(
        90002, error,
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing"
        " into the correct cloud. Check with your subscription administrator, this may happen if there are"
        " no active subscriptions for the tenant.",
    )  # fmt: skip


def common_not_allowed() -> TokenError:
    """Client credentials need a tenant."""
    return TokenError(
        9001023, "invalid_request",
        "The grant type is not supported over the /common or /consumers endpoints. Please use the"
        " /organizations or tenant-specific endpoint.",
    )  # fmt: skip


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
        700016, "unauthorized_client",
        f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can"
        " happen if the application has not been installed by the administrator of the tenant or consented"
        " to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
    )  # fmt: skip


def no_principal(client_id: str, tenant_id: str) -> TokenError:
    """The application has no service principal in the tenant."""
    return TokenError(
        7000229, "invalid_client",
        f"The client application {client_id} is missing service principal in the tenant {tenant_id}."
        " See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
    )  # fmt: skip


def disabled(client_id: str, name: str) -> TokenError:
    """The application, or its principal, is switched off."""
    return TokenError(
        7000112, "unauthorized_client", f"Application '{client_id}'({name}) is disabled."
    )  # fmt: skip


def no_credential() -> TokenError:
    """A confidential client sent no proof."""
    return TokenError(
        7000218, "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )  # fmt: skip


def no_proof() -> TokenError:
    """Client credentials without a credential: recorded by the tests of Azure/azure-sdk-for-js, 2021-01."""
    return TokenError(
        7000216, "invalid_client",
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant"
        " type.",
    )  # fmt: skip


def public_client() -> TokenError:
    """A proof from a client that is public; quoted by many whose device codes sent a secret."""
    return TokenError(
        700025, "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    )  # fmt: skip


def expired_key(client_id: str, thumbprint: str | None, start: datetime, end: datetime) -> TokenError:
    """The certificate that signed the assertion is registered, and over.

    https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-health-data-retrieval has the
    reason and the times, a report of 2026-09 the newer beginning.
    """
    moments = f"Start={start:%m/%d/%Y %H:%M:%S}, End={end:%m/%d/%Y %H:%M:%S}"
    used = f", Thumbprint of key used by client: '{thumbprint}'" if thumbprint else ""
    return TokenError(
        700027, "invalid_client",
        "The certificate with identifier used to sign the client assertion is expired on application."
        f" [Reason - The key used is expired.{used}, Found key '{moments}', Please visit the Azure Portal,"
        f" Graph Explorer or directly use MS Graph to see configured keys for app Id '{client_id}'.]",
    )  # fmt: skip


def wrong_secret(client_id: str) -> TokenError:
    """Not a secret of this application, or not yet known to the replica that was asked."""
    return TokenError(
        7000215, "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret"
        f" value, not the client secret ID, for a secret added to app '{client_id}'.",
    )  # fmt: skip


def expired_secret(client_id: str) -> TokenError:
    """The right secret, after its end."""
    return TokenError(
        7000222, "invalid_client",
        f"The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to"
        " create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate"
        " credentials for added security: https://aka.ms/certCreds.",
    )  # fmt: skip


def wrong_key(client_id: str, thumbprint: str | None) -> TokenError:
    """No certificate of the application signed the assertion."""
    used = f", Thumbprint of key used by client: '{thumbprint}'" if thumbprint else ""
    return TokenError(
        700027, "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on"
        f" application. [Reason - The key was not found.{used}, Please visit the Azure Portal, Graph"
        f" Explorer or directly use MS Graph to see configured keys for app Id '{client_id}'. Review the"
        " documentation at https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding"
        " service endpoint and https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0"
        "&tabs=http to build a query request URL, such as 'https://graph.microsoft.com/beta/applications/"
        f"{client_id}'].",
    )  # fmt: skip


def bad_assertion(why: str) -> TokenError:
    """The assertion is no JWT, or not one for this client and endpoint."""
    return TokenError(50027, "invalid_request", f"JWT token is invalid or malformed. {why}")


def assertion_expired(now: datetime, start: object, end: object) -> TokenError:
    """The assertion's times do not hold."""
    return TokenError(
        700024, "invalid_client",
        f"Client assertion is not within its valid time range. Current time: {now:%Y-%m-%dT%H:%M:%S.%f}0Z,"
        f" assertion valid from {_moment(start)}, expiry time of assertion {_moment(end)}. Review the"
        " documentation at https://docs.microsoft.com/azure/active-directory/develop/"
        "active-directory-certificate-credentials .",
    )  # fmt: skip


def _moment(seconds: object) -> str:
    """A time of an assertion in words of the service; one that was not sent is the beginning of time."""
    given = seconds if isinstance(seconds, int | float) and 0 <= seconds < 2**35 else None
    moment = datetime.fromtimestamp(given, UTC) if given is not None else datetime.min
    return f"{moment:%Y-%m-%dT%H:%M:%S}.0000000Z".rjust(28, "0")


def wrong_assertion_type() -> TokenError:
    """The assertion's header says that it is something else: IdentityServer's ``at+jwt``, say."""
    return TokenError(
        5002727, "invalid_request",
        "Invalid JWT header type specified. Allowed types: 'JWT','http://openid.net/specs/jwt/1.0'.",
    )  # fmt: skip


def wrong_algorithm(algorithm: str) -> TokenError:
    """The assertion is signed in a way that the service does not take.

    The list as the tests of AzureAD/microsoft-authentication-library-for-dotnet keep it.
    """
    return TokenError(
        5002738, "invalid_request",
        f"Invalid JWT token. '{algorithm}' is not a supported signature algorithm. Supported signing"
        " algorithms are: 'RS256,RS384,RS512'",
    )  # fmt: skip


def assertion_of_another(client_id: str) -> TokenError:
    """The assertion's issuer and subject are not the client."""
    return TokenError(
        700021, "invalid_client",
        f"Client assertion application identifier doesn't match 'client_id' parameter '{client_id}'.",
    )  # fmt: skip


_FEDERATION = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"


def no_federation(code: int, what: str, value: str) -> TokenError:
    """No federated credential has this issuer (700211), audience (700212) or subject (700213)."""
    return TokenError(
        code, "invalid_client",
        f"No matching federated identity record found for presented assertion {what} '{value}'. Check your"
        " federated identity credential Subject, Audience and Issuer against the presented assertion."
        f" {_FEDERATION}",
    )  # fmt: skip


def not_default(scope: str) -> TokenError:
    """A scope of a client with credentials of its own that does not end in ``/.default``."""
    return TokenError(
        1002012, "invalid_scope",
        f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value"
        " with /.default suffixed to the resource identifier (application ID URI).",
    )  # fmt: skip


def bad_scope(scope: str) -> TokenError:
    """A scope of a resource that is neither an address nor an application's id."""
    return TokenError(
        70011, "invalid_scope",
        "The provided request must include a 'scope' input parameter. The provided value for the input"
        f" parameter 'scope' is not valid. The scope {scope} is not valid.",
    )  # fmt: skip


def several_resources(scope: str) -> TokenError:
    """A scope that names two resources."""
    return TokenError(
        700022, "invalid_scope",
        "The provided value for the input parameter 'scope' isn't valid because it contains more than one"
        f" resource. Scope {scope} is not valid.",
    )  # fmt: skip


def no_resource(resource: str, tenant: str) -> TokenError:
    """The resource has no service principal in the tenant."""
    return TokenError(
        500011, "invalid_resource",
        f"The resource principal named {resource} was not found in the tenant named {tenant}. This can"
        " happen if the application has not been installed by the administrator of the tenant or consented"
        " to by any user in the tenant. You might have sent your authentication request to the wrong tenant.",
    )  # fmt: skip


def resource_disabled(resource: str) -> TokenError:
    """The resource's principal is switched off; the text as alcionai/corso's tests keep it."""
    return TokenError(
        500014, "invalid_resource",
        f"The service principal for resource '{resource}' is disabled. This indicate that a subscription"
        " within the tenant has lapsed, or that the administrator for this tenant has disabled the"
        " application, preventing tokens from being issued for it.",
    )  # fmt: skip


def not_assigned(client_id: str, name: str, resource_id: str, resource_name: str) -> TokenError:
    """The resource asks for an assignment (``appRoleAssignmentRequired``), and the client has none.

    https://learn.microsoft.com/entra/identity/enterprise-apps/assign-user-or-group-access-portal has the
    setting; the text is quoted by people who secured their functions so.
    """
    return TokenError(
        501051, "invalid_grant",
        f"Application '{client_id}'({name}) is not assigned to a role for the application"
        f" '{resource_id}'({resource_name}).",
    )  # fmt: skip


def only_posted(method: str) -> TokenError:
    """The token endpoint was asked in another way; quoted by many who opened it in a browser."""
    return TokenError(
        900561, "invalid_request",
        f"The endpoint only accepts POST, OPTIONS requests. Received a {method} request.",
    )  # fmt: skip


def no_consent(client_id: str, name: str) -> TokenError:
    """Neither this user nor an administrator consented to the client's scopes."""
    return TokenError(
        65001, "invalid_grant",
        f"The user or administrator has not consented to use the application with ID '{client_id}' named"
        f" '{name}'. Send an interactive authorization request for this user and resource.",
        suberror="consent_required",
    )  # fmt: skip


def wrong_redirect(uri: str, client_id: str) -> TokenError:
    """A redirect URI that the application does not have; compared exactly, case included."""
    return TokenError(
        50011, "invalid_request",
        f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for"
        f" the application '{client_id}'. Make sure the redirect URI sent in the request matches one added"
        " to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to"
        " learn more about how to troubleshoot this error.",
    )  # fmt: skip


def wrong_password() -> TokenError:
    """The password is not this user's."""
    return TokenError(
        50126, "invalid_grant", "Error validating credentials due to invalid username or password."
    )


def unknown_user(tenant: str) -> TokenError:
    """No such user."""
    return TokenError(
        50034, "invalid_grant",
        f"The user account {{EUII Hidden}} does not exist in the {tenant} directory. To sign into this"
        " application, the account must be added to the directory.",
    )  # fmt: skip


def disabled_user() -> TokenError:
    """The user is switched off."""
    return TokenError(50057, "invalid_grant", "The user account is disabled.")


def pending() -> TokenError:
    """A device code that nobody approved yet."""
    return TokenError(
        70016, "authorization_pending",
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    )  # fmt: skip


def declined() -> TokenError:
    """A device code that the person declined."""
    return TokenError(70017, "authorization_declined", "The user declined the authorization request.")


def code_expired() -> TokenError:
    """A device code after its quarter of an hour."""
    return TokenError(
        70020, "expired_token",
        "The provided value for the input parameter 'device_code' is not valid. This device code has"
        " expired.",
    )  # fmt: skip


def code_unknown() -> TokenError:
    """A device code that was never given out."""
    return TokenError(
        70000, "invalid_grant", "The provided value for the input parameter 'device_code' is not valid."
    )


def transient() -> TokenError:
    """The service is busy; ask again (weather)."""
    return TokenError(90033, "temporarily_unavailable", "A transient error has occurred. Please try again.")
