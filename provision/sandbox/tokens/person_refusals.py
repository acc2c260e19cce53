"""Refusals of a person: names, passwords, consent, and device codes. Sources as in ``refusals``."""

from __future__ import annotations

from provision.sandbox.tokens.refusals import TokenError


def no_consent(client_id: str, name: str) -> TokenError:
    """Neither this user nor an administrator consented to the client's scopes."""
    return TokenError(
        65001, "invalid_grant",
        f"The user or administrator has not consented to use the application with ID '{client_id}' named"
        f" '{name}'. Send an interactive authorization request for this user and resource.",
        suberror="consent_required",
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
