"""YAML to a validated :class:`Config`, and from it the desired things, each fault with file:line:column."""

from __future__ import annotations

from provision.config.load import Config, Loaded, Unreadable, load, survey

__all__ = ["Config", "Loaded", "Unreadable", "load", "survey"]
