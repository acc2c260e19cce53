"""What a registration has beside what a config declares: further redirect URIs, what it offers, a switch.

Seen by ``drift`` alone; a sender of mail has no use for any of it.

Sources: https://learn.microsoft.com/graph/api/resources/application,
https://learn.microsoft.com/graph/api/resources/webapplication and
https://learn.microsoft.com/graph/api/resources/apiapplication
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observed:
    """Settings of the registration beside those that a config declares."""

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
