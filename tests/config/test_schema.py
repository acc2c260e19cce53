"""The JSON Schema and the shipped configs: each is judged by the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from provision.config import load
from provision.config.schema import json_schema
from provision.products import NAMES

CONFIGS = Path(__file__).parents[2] / "configs"
SHIPPED = sorted(CONFIGS.glob("*.yaml"))


def valid(document: Any) -> bool:
    """Judge a document by the schema."""
    return jsonschema.Draft7Validator(json_schema()).is_valid(document)


def test_the_schema_is_draft_07_and_describes_every_key() -> None:
    """What yaml-language-server reads: no references beside descriptions, no later keywords."""
    schema = json_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert "$defs" not in json.dumps(schema)
    assert "$ref" not in json.dumps(schema)
    for name, key in schema["properties"].items():
        assert key["description"], name
        for inner, below in key.get("properties", {}).items():
            assert below["description"], f"{name}.{inner}"


def test_the_committed_schema_is_not_stale() -> None:
    """``make docs`` writes it anew."""
    assert json.loads((CONFIGS / "provision.schema.json").read_text()) == json_schema()


@pytest.mark.parametrize("path", SHIPPED, ids=[path.name for path in SHIPPED])
def test_shipped_configs_agree_with_the_schema(path: Path) -> None:
    """And tell the editor where it is."""
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=provision.schema.json\n")
    jsonschema.validate(yaml.safe_load(text), json_schema())


def test_shipped_configs_load() -> None:
    """All together, with no variable set: one of each product, one in GCC High, one of least privilege."""
    configs = load([str(CONFIGS)])
    desired = [config.desired for config in configs]
    assert len(configs) == len(SHIPPED) - 1  # base.yaml is there to be extended
    assert {item.product for item in desired} == set(NAMES)
    assert {item.cloud.name for item in desired} == {"global", "gcc-high"}
    assert {item.mailbox.scope for item in desired} == {"organization", "mailbox"}
    assert [item.name for item in desired if item.name == "collab-staging"]


GOOD: dict[str, Any] = {
    "version": 1,
    "name": "collab-prod",
    "tenant": {"id": "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"},
    "application": {"admin_url": "https://collab.agency.example"},
    "mail": {"address": "noreply@agency.example"},
}


def test_what_the_schema_takes() -> None:
    """Variables pass in an editor, as they do in the program; a file that extends another may lack keys."""
    assert valid(GOOD)
    assert valid({**GOOD, "tenant": {"id": "${TENANT}", "cloud": "${CLOUD:-gcc}"}, "product": "${PRODUCT}"})
    assert valid({**GOOD, "tenant": {"id": "agency.onmicrosoft.us", "cloud": "dod"}})
    assert valid({"version": 1, "extends": "base.yaml", "name": "abc", "mail": {"scope": "mailbox"}})
    assert valid({**GOOD, "secret": {"delivery": {"file": {"path": "a"}}}})


@pytest.mark.parametrize(
    "wrong",
    [
        {**GOOD, "tennant": {}},
        {**GOOD, "version": 2},
        {**GOOD, "name": "A B"},
        {**GOOD, "tenant": {}},
        {**GOOD, "tenant": {"id": "agency.gov", "cloud": "gcchigh"}},
        {**GOOD, "product": "pla"},
        {**GOOD, "mail": {"address": "nobody"}},
        {**GOOD, "application": {"admin_url": "http://collab.agency.example"}},
        {**GOOD, "secret": {"lifetime": "180"}},
        {**GOOD, "secret": {"delivery": {}}},
        {**GOOD, "secret": {"delivery": {"file": {"path": "a"}, "command": {"argv": ["b"]}}}},
        {key: value for key, value in GOOD.items() if key != "mail"},
    ],
)
def test_what_the_schema_refuses(wrong: dict[str, Any]) -> None:
    """The slips that an editor can underline."""
    assert not valid(wrong)
