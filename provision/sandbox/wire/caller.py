"""Who makes a request: what ``tokens.bearer`` reads from the bearer token, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified token, reduced to what Graph decides by.

    ``roles`` are application permissions (``Mail.Send``), ``scopes`` delegated ones,
    ``directory_roles`` the template ids of the user's (or principal's) directory roles.
    """

    tenant_id: str
    kind: Literal["user", "app"]
    object_id: str
    app_id: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    directory_roles: frozenset[str] = frozenset()

    @property
    def is_user(self) -> bool:
        """True for delegated calls: there is a signed-in person."""
        return self.kind == "user"
