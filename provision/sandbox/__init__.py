"""A local Microsoft Graph: stateful, faithful for app registration and mail, offline.

It is made from the public documentation and recorded answers and shares no code with the rest
of the tool, for a shared mistake would pass every test. ``Sandbox`` is its whole face.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provision.sandbox.box import Sandbox
    from provision.sandbox.faults.weather import Weather
    from provision.sandbox.keeping.state import StateError
    from provision.sandbox.wire.http import LoggedRequest

__all__ = ["LoggedRequest", "Sandbox", "StateError", "Weather"]

_PLACES = {
    "LoggedRequest": "wire.http",
    "Sandbox": "box",
    "StateError": "keeping.state",
    "Weather": "faults.weather",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and no more: whoever only looks for a served one needs none of it."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
