"""What the verbs of the sandbox come to, as text, JSON and Markdown."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from provision.outcomes.sandbox import Clock, Contents, Coverage, Serving
from provision.report.escape import fenced, plain
from provision.report.formats import PLAIN, Medium


def contents_text(found: Contents, _: Medium = PLAIN) -> str:
    """Return the contents as YAML."""
    import yaml

    text = yaml.safe_dump(found.summary, sort_keys=False, allow_unicode=False, width=4096).rstrip()
    return "\n".join(map(plain, text.splitlines()))


def contents_markdown(found: Contents, _: Medium = PLAIN) -> str:
    """Return the same as a code block."""
    return fenced(contents_text(found), "yaml")


def contents_json(found: Contents, _: Medium = PLAIN) -> dict[str, Any]:
    """Return the contents as they are."""
    return found.summary


def coverage_text(found: Coverage, _: Medium = PLAIN) -> str:
    """Return what is known of the request."""
    if not found.emulated:
        why = (
            "Microsoft Graph has it, the sandbox has not"
            if found.real
            else "neither the sandbox nor the Microsoft Graph that it knows has it"
        )
        return f"not emulated  {plain(found.request)}\n              {why}"
    lines = [
        ("emulated", found.request),
        ("application", found.application),
        ("person", found.delegated),
        ("who is", found.person),
        ("page", found.page),
    ]
    return "\n".join(f"{name:12}  {value}" for name, value in lines if value)


def coverage_markdown(found: Coverage, _: Medium = PLAIN) -> str:
    """Return the same as a code block."""
    return fenced(coverage_text(found), "text")


def coverage_json(found: Coverage, _: Medium = PLAIN) -> dict[str, Any]:
    """Return it field by field."""
    return asdict(found)


def clock_text(found: Clock, _: Medium = PLAIN) -> str:
    """Return the time in a sentence."""
    return f"it is {found.now} in the sandbox"


def clock_json(found: Clock, _: Medium = PLAIN) -> dict[str, Any]:
    """Return the time as ``provision.sandbox-clock/1``."""
    return {"format": "provision.sandbox-clock/1", "now": found.now}


def serving_text(found: Serving, _: Medium = PLAIN) -> str:
    """Return a few lines for a person."""
    width = max(map(len, found.said))
    return "\n".join(f"{name:{width}}  {value}" for name, value in found.said.items())


def serving_markdown(found: Serving, _: Medium = PLAIN) -> str:
    """Return the same as a code block."""
    return f"```text\n{serving_text(found)}\n```"


def serving_json(found: Serving, _: Medium = PLAIN) -> str:
    """Return one line, for a program waits for it."""
    return json.dumps(found.said)
