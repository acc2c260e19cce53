"""Refusals of a person: names, passwords, consent, and device codes. Sources as in ``refusals``."""

from __future__ import annotations

from provision.sandbox.tokens.refusals import TokenError


def no_consent(client_id: str, name: str) -> TokenError:
    """Neither this user nor an administrator consented to the client's scopes."""
    return TokenError(
        65001,
        "invalid_grant",
        f"The user or administrator has not consented to use the application with ID '{client_id}' named"
        f" '{name}'. Send an interactive authorization request for this user and resource.",
        suberror="consent_required",
    )


def unlisted_resource(client_id: str, name: str, asked: str, resource_id: str, listed: str) -> TokenError:
    """A person's token for a resource that the application does not declare (``requiredResourceAccess``)."""
    return TokenError(
        650057,
        "invalid_client",
        "Invalid resource. The client has requested access to a resource which is not listed in the requested"
        f" permissions in the client's application registration. Client app ID: {client_id}({name}). Resource"
        f" value from request: {asked}. Resource app ID: {resource_id}. List of valid resources from app"
        f" registration: {listed}.",
    )


def foreign_user(username: str, home_id: str, tenant: str, client_id: str, name: str) -> TokenError:
    """A person of another tenant, who is no guest of this one."""
    return TokenError(
        50020,
        "invalid_grant",
        f"User account '{username}' from identity provider 'https://sts.windows.net/{home_id}/' does not"
        f" exist in tenant '{tenant}' and cannot access the application '{client_id}'({name}) in that tenant."
        " The account needs to be added as an external user in the tenant first. Sign out and sign in again"
        " with a different Azure Active Directory user account.",
    )


def one_tenant_only(client_id: str, name: str) -> TokenError:
    """An application of one tenant, used through ``common`` or ``organizations``."""
    return TokenError(
        50194,
        "invalid_request",
        f"Application '{client_id}'({name}) is not configured as a multi-tenant application. Usage of the"
        " /common endpoint is not supported for such applications created after '10/15/2018'. Use a"
        " tenant-specific endpoint or configure the application to be multi-tenant.",
    )


def no_tenant_named() -> TokenError:
    """The same, before anybody signed in: a device code (MSAL's samples of it explain the number)."""
    return TokenError(
        50059,
        "invalid_request",
        "No tenant-identifying information found in either the request or implied by any provided"
        " credentials.",
    )


def wrong_password() -> TokenError:
    """The password is not this user's."""
    return TokenError(
        50126, "invalid_grant", "Error validating credentials due to invalid username or password."
    )


def unknown_user(tenant: str) -> TokenError:
    """No such user."""
    return TokenError(
        50034,
        "invalid_grant",
        f"The user account {{EUII Hidden}} does not exist in the {tenant} directory. To sign into this"
        " application, the account must be added to the directory.",
    )


def disabled_user() -> TokenError:
    """The user is switched off."""
    return TokenError(50057, "invalid_grant", "The user account is disabled.")


def pending() -> TokenError:
    """A device code that nobody approved yet."""
    return TokenError(
        70016,
        "authorization_pending",
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    )


def declined() -> TokenError:
    """A device code that the person declined."""
    return TokenError(70017, "authorization_declined", "The user declined the authorization request.")


def code_expired() -> TokenError:
    """A device code after its quarter of an hour."""
    return TokenError(
        70020,
        "expired_token",
        "The provided value for the input parameter 'device_code' is not valid. This device code has"
        " expired.",
    )


def code_unknown() -> TokenError:
    """A device code that was never given out; met by several who polled with one, 2026."""
    return TokenError(
        7000014, "invalid_grant", "The provided value for the input parameter 'device_code' is not valid."
    )


def code_spent() -> TokenError:
    """A device code that has brought its tokens."""
    return TokenError(
        70000,
        "invalid_grant",
        "The provided value for the input parameter 'device_code' is not valid. The code was already"
        " redeemed.",
    )
