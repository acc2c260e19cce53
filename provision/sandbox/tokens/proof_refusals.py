"""Refusals of a client's proof: secrets, certificates, and assertions of every kind.

Sources as in ``refusals``; 700213 and 700211: Azure/azure-workload-identity#1200. Of assertions, the bodies
of 2023-12 that the tests of AzureAD/microsoft-authentication-library-for-dotnet keep (``MockHelpers``).
"""

from __future__ import annotations

from datetime import UTC, datetime

from provision.sandbox.tokens.refusals import TokenError


def no_credential() -> TokenError:
    """A confidential client sent no proof."""
    return TokenError(
        7000218,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )


def no_proof() -> TokenError:
    """Client credentials without a credential: recorded by the tests of Azure/azure-sdk-for-js, 2021-01."""
    return TokenError(
        7000216,
        "invalid_client",
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant"
        " type.",
    )


def public_client() -> TokenError:
    """A proof from a client that is public; quoted by many whose device codes sent a secret."""
    return TokenError(
        700025,
        "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    )


def expired_key(client_id: str, thumbprint: str | None, start: datetime, end: datetime) -> TokenError:
    """The certificate that signed the assertion is registered, and over.

    https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-health-data-retrieval has the
    reason and the times, a report of 2026-09 the newer beginning.
    """
    moments = f"Start={start:%m/%d/%Y %H:%M:%S}, End={end:%m/%d/%Y %H:%M:%S}"
    used = f", Thumbprint of key used by client: '{thumbprint}'" if thumbprint else ""
    return TokenError(
        700027,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is expired on application."
        f" [Reason - The key used is expired.{used}, Found key '{moments}', Please visit the Azure Portal,"
        f" Graph Explorer or directly use MS Graph to see configured keys for app Id '{client_id}'.]",
    )


def wrong_secret(client_id: str) -> TokenError:
    """Not a secret of this application, or not yet known to the replica that was asked."""
    return TokenError(
        7000215,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret"
        f" value, not the client secret ID, for a secret added to app '{client_id}'.",
    )


def expired_secret(client_id: str) -> TokenError:
    """The right secret, after its end."""
    return TokenError(
        7000222,
        "invalid_client",
        f"The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to"
        " create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate"
        " credentials for added security: https://aka.ms/certCreds.",
    )


def wrong_key(client_id: str, thumbprint: str | None) -> TokenError:
    """No certificate of the application signed the assertion."""
    used = f", Thumbprint of key used by client: '{thumbprint}'" if thumbprint else ""
    return TokenError(
        700027,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on"
        f" application. [Reason - The key was not found.{used}, Please visit the Azure Portal, Graph"
        f" Explorer or directly use MS Graph to see configured keys for app Id '{client_id}'. Review the"
        " documentation at https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding"
        " service endpoint and https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0"
        "&tabs=http to build a query request URL, such as 'https://graph.microsoft.com/beta/applications/"
        f"{client_id}'].",
    )


def bad_assertion() -> TokenError:
    """The assertion is no JWT, or not one for this client and endpoint; which, it does not say."""
    return TokenError(50027, "invalid_request", "JWT token is invalid or malformed.")


def no_key_named() -> TokenError:
    """The assertion's header does not say which certificate signed it."""
    return TokenError(
        5002723,
        "invalid_client",
        "Invalid JWT token. No certificate SHA-1 thumbprint, certificate SHA-256 thumbprint, nor keyId"
        " specified in token header.",
    )


def assertion_expired(now: datetime, start: object, end: object) -> TokenError:
    """The assertion's times do not hold."""
    return TokenError(
        700024,
        "invalid_client",
        f"Client assertion is not within its valid time range. Current time: {now:%Y-%m-%dT%H:%M:%S.%f}0Z,"
        f" assertion valid from {_moment(start)}, expiry time of assertion {_moment(end)}. Review the"
        " documentation at https://docs.microsoft.com/azure/active-directory/develop/"
        "active-directory-certificate-credentials .",
    )


def _moment(seconds: object) -> str:
    """Return a time of an assertion in words of the service; one that was not sent is where clocks begin."""
    given = seconds if isinstance(seconds, int | float) and 0 <= seconds < 2**35 else 0
    return f"{datetime.fromtimestamp(given, UTC):%Y-%m-%dT%H:%M:%S}.0000000Z"


def wrong_assertion_type() -> TokenError:
    """The assertion's header says that it is something else: IdentityServer's ``at+jwt``, say."""
    return TokenError(
        5002727,
        "invalid_request",
        "Invalid JWT header type specified. Allowed types: 'JWT','http://openid.net/specs/jwt/1.0'.",
    )


def wrong_algorithm(algorithm: str) -> TokenError:
    """The assertion is signed in a way that the service does not take.

    The two bodies that are kept differ in their ``error``: of ES384 in 2021, of HS256 in 2023.
    """
    return TokenError(
        5002738,
        "invalid_client" if algorithm.startswith("HS") else "invalid_request",
        f"Invalid JWT token. '{algorithm}' is not a supported signature algorithm. Supported signing"
        " algorithms are: 'RS256,RS384,RS512'",
    )


def assertion_of_another() -> TokenError:
    """The assertion's issuer and subject are not the client."""
    return TokenError(
        700021,
        "invalid_client",
        "Client assertion application identifier doesn't match 'client_id' parameter. Review the"
        " documentation at https://docs.microsoft.com/azure/active-directory/develop/"
        "active-directory-certificate-credentials .",
    )


_FEDERATION = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"


def no_federation(code: int, what: str, value: str) -> TokenError:
    """No federated credential has this issuer (700211), audience (700212) or subject (700213)."""
    return TokenError(
        code,
        "invalid_client",
        f"No matching federated identity record found for presented assertion {what} '{value}'. Check your"
        " federated identity credential Subject, Audience and Issuer against the presented assertion."
        f" {_FEDERATION}",
    )
