"""The services' stand-ins."""

from __future__ import annotations

from tests.delivery.conftest import devops, hosting, hub, internet, vault, waits

__all__ = ["devops", "hosting", "hub", "internet", "vault", "waits"]
