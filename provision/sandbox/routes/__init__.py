"""Graph's surface: one module a kind; their endpoint lists together are the route table."""

from __future__ import annotations

from provision.sandbox.routes import mail
from provision.sandbox.routing import Endpoint

ENDPOINTS: list[Endpoint] = [*mail.ENDPOINTS]
