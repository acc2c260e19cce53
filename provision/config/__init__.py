"""YAML to a validated :class:`Config`, and from it the desired things, each fault with file:line:column."""

from __future__ import annotations

from provision.config.load import Config, load
from provision.config.schema import json_schema

__all__ = ["Config", "json_schema", "load"]
