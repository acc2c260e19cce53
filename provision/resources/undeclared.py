"""What may stand on a registration beside what a config declares: seen by ``drift``, never made or changed.

Sources: https://learn.microsoft.com/graph/api/resources/application and the pages that each class names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Certificate:
    """One key credential of an application or its service principal, as Graph lists it, without the key.

    Source: https://learn.microsoft.com/graph/api/resources/keycredential
    """

    key_id: str  # lower case
    display_name: str | None
    end: datetime


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """Tokens that this issuer makes for this subject sign in as the application, in place of a secret.

    Source: https://learn.microsoft.com/graph/api/resources/federatedidentitycredential
    """

    name: str
    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class DelegatedGrant:
    """One permission that the principal has on behalf of who is signed in: everybody, or one person.

    Source: https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
    """

    resource_id: str
    scope: str
    everybody: bool


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes permissions, for the names behind ids: a resource's service principal.

    Source: https://learn.microsoft.com/graph/api/resources/serviceprincipal
    """

    id: str
    app_id: str  # lower case
    name: str
    roles: Mapping[str, str]
    scopes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the registration beside those that a config declares; a sender of mail needs none.

    Sources: https://learn.microsoft.com/graph/api/resources/webapplication and
    https://learn.microsoft.com/graph/api/resources/apiapplication
    """

    id: str
    app_id: str
    redirect_uris: tuple[tuple[str, str], ...]  # platform ("web", "spa", "publicClient") and URI
    implicit: tuple[str, ...]  # the properties of web.implicitGrantSettings that are true
    public_client: bool
    identifier_uris: tuple[str, ...]
    home_page: str | None
    logout: str | None
    offered: tuple[tuple[str, str], ...]  # property and name of what it offers to other clients
    disabled: str | None  # why no new tokens are issued, if none are
