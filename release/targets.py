"""The machines that a bundle is for, and what of the lock each of them wants.

Sources: https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/ and
https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.markers import Marker

from release.lock import Pin

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_GLIBC = range(28, 4, -1)  # 2.28 is that of RHEL 8 and Debian 10


@dataclass(frozen=True, slots=True)
class Machine:
    """A system and a processor: how wheels for it are tagged, and what conditions read of it."""

    name: str
    tags: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]


def _linux(processor: str) -> Machine:
    tags = [f"manylinux_2_{minor}_{processor}" for minor in _GLIBC] + [f"manylinux2014_{processor}"]
    said = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    return Machine(f"Linux {processor}", tuple(tags), (*said.items(), ("platform_machine", processor)))


def _macos(processor: str) -> Machine:
    said = {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"}
    tags = (f"macosx_13_0_{processor}",)
    return Machine(f"macOS {processor}", tags, (*said.items(), ("platform_machine", processor)))


WINDOWS = Machine(
    "Windows amd64",
    ("win_amd64",),
    (
        ("sys_platform", "win32"),
        ("platform_system", "Windows"),
        ("os_name", "nt"),
        ("platform_machine", "AMD64"),
    ),
)
# No macOS on Intel: cryptography has no wheels for it since version 49.
MACHINES = (_linux("x86_64"), _linux("aarch64"), WINDOWS, _macos("arm64"))


def wanted(pins: Iterable[Pin], machine: Machine, python: str) -> Iterator[Pin]:
    """Yield what a machine with this CPython installs of a lock."""
    environment = {
        **dict(machine.conditions),
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_version": python,
        "python_full_version": f"{python}.0",
        "extra": "",
    }
    for pin in pins:
        if pin.marker is None or Marker(pin.marker).evaluate(environment):
            yield pin
