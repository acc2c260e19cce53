"""The page about the config, ``docs/config.md``: a row a key, made from the JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from provision.config.schema import VARIABLE, json_schema
from provision.shipped import said_of_example

_HEAD = """\
# The config

One YAML file is one application. Copy the example that fits best (`provision example prod --out prod.yaml`),
put your own values in, and check it offline:

```sh
provision validate configs/prod.yaml
```

{examples}

All faults are reported at once, with file, line, column and what was probably meant. Editors check while you
type: the first line of each example names the JSON Schema, `configs/provision.schema.json`, which
`provision schema` prints.

- **Several applications**: give several files, a folder or a glob.
- **What environments share**: `extends: base.yaml`. Maps merge, lists and single values replace. A file
  without a `name`, such as `base.yaml`, is no application by itself.
- **What differs by machine**: `${{NAME}}` or `${{NAME:-default}}` in any value, from `--var NAME=VALUE` or
  the environment. Names such as CLIENT_SECRET, TOKEN or API_KEY are refused, because a config in a pull
  request can be written by anybody. In a pipeline only the names that `PROVISION_ENV_ALLOW` lists (parted
  by commas or blanks) are read from the environment; `--var` goes on as before.

## Keys

{keys}

This page is written from `provision/config/models.py` by `make docs`."""


def page(examples: Path) -> str:
    """Return the page; ``examples`` is the folder of the shipped configs."""
    return _HEAD.format(examples=_examples(examples), keys="\n\n".join(_sections()))


def _examples(folder: Path) -> str:
    rows = ["| Example | Is for |", "|---|---|"]
    for path in sorted(folder.glob("*.yaml")):
        said = said_of_example(path.read_text(encoding="utf-8"))
        rows.append(f"| [{path.name}](../configs/{path.name}) | {_cell(said)} |")
    return "\n".join(rows)


def _sections() -> Iterator[str]:
    """Yield a table for the keys at the top, and one for each map of keys below them."""
    schema = json_schema()
    required = schema["else"]
    sections = {**required["properties"], **required["then"]["properties"]}  # of most products
    properties: dict[str, Any] = schema["properties"]
    plain = {name: key for name, key in properties.items() if "properties" not in key}
    yield _table("", plain, required["required"])
    for name, section in properties.items():
        if name not in plain:
            lacking = sections.get(name, {}).get("required", [])
            title = f"### {name}\n\n{section['description']}"
            yield f"{title}\n\n{_table(f'{name}.', section['properties'], lacking)}"


def _table(prefix: str, properties: dict[str, Any], required: list[str]) -> str:
    rows = ["| Key | Type | Default | Means |", "|---|---|---|---|"]
    rows += _rows(prefix, properties, required)
    return "\n".join(rows)


def _rows(prefix: str, properties: dict[str, Any], required: list[str]) -> Iterator[str]:
    for name, key in properties.items():
        there = " with it" if prefix.count(".") > 1 else ""
        default = f"**required**{there}" if name in required else _default(key.get("default"))
        means = _cell(key.get("description", "")).replace("``", "`")
        yield f"| `{prefix}{name}` | {_type(key)} | {default} | {means} |"
        for form in (key, *key.get("oneOf", ()), *key.get("anyOf", ())):
            items = form.get("items", {})
            if "properties" in form:
                yield from _rows(f"{prefix}{name}.", form["properties"], form.get("required", []))
            elif "properties" in items:
                yield from _rows(f"{prefix}{name}[].", items["properties"], items.get("required", []))


def _type(key: dict[str, Any]) -> str:
    """Say in a few words what is written there."""
    if "enum" in key:
        return ", ".join(f"`{word}`" for word in key["enum"])
    if "const" in key:
        return f"`{json.dumps(key['const'])}`"
    forms = [form for form in (*key.get("oneOf", ()), *key.get("anyOf", ())) if not _is_variable(form)]
    if forms:
        return " or ".join(_type(form) for form in forms)
    if key.get("type") == "array":
        return f"list of {_type(key['items'])}"
    if str(key.get("pattern", "")).startswith(r"\.ya?ml$"):
        return "`./FILE.yaml`"
    words = {
        "string": "text",
        "integer": "number",
        "object": "map",
        "boolean": "true or false",
        "null": "null",
    }
    return words[key["type"]]


def _is_variable(form: dict[str, Any]) -> bool:
    """A text with a variable in it is let pass by the schema everywhere; that is said once, above."""
    return bool(form.get("pattern") == VARIABLE)


def _default(value: Any) -> str:
    if value is None:
        return ""
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
