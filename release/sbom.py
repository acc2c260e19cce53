"""The bill of materials, in the form CycloneDX 1.6: what the lock pins, all of it and nothing else.

Source: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from release.lock import Pin

HASH = "provision:lock:sha256"
"""The property under which each hash stands that the lock allows of a library: one a file of it."""
MARKER = "provision:lock:marker"


def document(
    name: str, version: str, pins: Iterable[Pin], *, epoch: int, digests: Mapping[str, str]
) -> dict[str, Any]:
    """Return the bill of a release whose files have these ``digests``; the same for the same input.

    Which library needs which, and under which licence it is, is told by their own metadata, of those that are
    installed beside this program. What is not (only wanted on another system) has no entry in `dependencies`,
    which CycloneDX reads as unknown.
    """
    pins = tuple(pins)
    about = {pin.name: _metadata(pin) for pin in pins}
    known = {pin.name: _purl(pin.name, pin.version) for pin in pins}
    ours = _purl(name, version)
    own = _metadata(Pin(name, version, None, ()))
    edges = (
        [{"ref": ours, "dependsOn": _needed(own, known, extras=("key-vault", "github", "build"))}]
        if own
        else []
    )
    edges += [
        {"ref": known[pin.name], "dependsOn": _needed(found, known)}
        for pin in pins
        if (found := about[pin.name])
    ]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{ours} {sorted(digests.items())}")
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": ours,
                "name": name,
                "version": version,
                "purl": ours,
                "licenses": [{"license": {"id": "MIT"}}],
                "components": [
                    {"type": "file", "name": file, "hashes": [{"alg": "SHA-256", "content": digest}]}
                    for file, digest in sorted(digests.items())
                ],
            },
        },
        "components": [_component(pin, about[pin.name]) for pin in pins],
        "dependencies": edges,
    }


def differences(bill: Mapping[str, Any], pins: Iterable[Pin]) -> list[str]:
    """Return what differs between a bill and a lock, in both directions; empty where nothing does."""
    said = {
        (
            part["name"],
            part["version"],
            next((item["value"] for item in part["properties"] if item["name"] == MARKER), None),
            tuple(item["value"] for item in part["properties"] if item["name"] == HASH),
        )
        for part in bill["components"]
    }
    locked = {(pin.name, pin.version, pin.marker, pin.hashes) for pin in pins}
    return [
        *(f"only in the lock: {name} {version}" for name, version, *_ in sorted(locked - said, key=str)),
        *(f"only in the bill: {name} {version}" for name, version, *_ in sorted(said - locked, key=str)),
    ]


def _component(pin: Pin, about: metadata.PackageMetadata | None) -> dict[str, Any]:
    purl = _purl(pin.name, pin.version)
    part: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": pin.name,
        "version": pin.version,
        "purl": purl,
        "properties": [
            *([{"name": MARKER, "value": pin.marker}] if pin.marker else []),
            *({"name": HASH, "value": digest} for digest in pin.hashes),
        ],
    }
    if licences := _licences(about):
        part["licenses"] = licences
    return part


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version}"


def _metadata(pin: Pin) -> metadata.PackageMetadata | None:
    try:
        found = metadata.metadata(pin.name)
    except metadata.PackageNotFoundError:
        return None
    return found if found["Version"] == pin.version else None


def _needed(
    about: metadata.PackageMetadata, known: Mapping[str, str], extras: tuple[str, ...] = ()
) -> list[str]:
    needed = set()
    for requirement in about.get_all("Requires-Dist") or ():
        name = re.sub(r"[-_.]+", "-", re.split(r"[\s\[;<>=!~(]", requirement, maxsplit=1)[0]).lower()
        extra = re.search(r"extra == ['\"]([^'\"]+)", requirement)
        if name in known and (extra is None or extra[1] in extras):
            needed.add(known[name])
    return sorted(needed)


def _licences(about: metadata.PackageMetadata | None) -> list[dict[str, Any]]:
    """Return the licence: an SPDX expression where the library says one, else the name that it says."""
    if about is None:
        return []
    if expression := (about.get_all("License-Expression") or [""])[0]:
        return [{"expression": expression}]
    said = [
        line.rsplit(" :: ", 1)[-1]
        for line in about.get_all("Classifier") or ()
        if line.startswith("License :: ") and line.count(" :: ") > 1
    ]
    plain = (about.get_all("License") or [""])[0]
    if not said and plain and "\n" not in plain and len(plain) < 80:
        said = [plain]
    return [{"license": {"name": name}} for name in sorted(set(said))]
