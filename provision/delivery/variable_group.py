"""A variable group of Azure DevOps as it is read and put back whole: which variables in it are one secret's.

Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups/update
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provision.delivery.interface import Handover
from provision.delivery.ownership import Earlier, Owner, owner_in
from provision.values import dataclass

BESIDE = ("KEY_ID", "EXPIRES", "OWNER")  # variables beside the secret one
_OWNED, _OWNED_EARLIER = "provision/2:", "provision:"
_PUT_BACK = ("name", "description", "type", "providerData", "variableGroupProjectReferences")

Variables = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Variable:
    """A secret variable by its name, with those beside it that say which key it is."""

    name: str

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each."""
        return (self.name, *(f"{self.name}_{what}" for what in BESIDE))

    def standing(self, group: Mapping[str, Any]) -> tuple[Owner | Earlier | None, str]:
        """Return whose the variable is (``None``: provision did not write it), and its key id."""
        found = self.found(group)
        key_id = _value(found, f"{self.name}_KEY_ID") or ""
        return _owner(_value(found, f"{self.name}_OWNER") or ""), key_id.lower()

    def found(self, group: Mapping[str, Any]) -> Variables:
        """Return those that are there, by their names in small letters, which do not differ by case alone."""
        by_name = {name.lower(): item for name, item in group["variables"].items() if isinstance(item, dict)}
        return {name.lower(): by_name[name.lower()] for name in self.names if name.lower() in by_name}

    def is_secret(self, group: Mapping[str, Any]) -> bool:
        """Say whether the variable is there, and hides its value."""
        return bool(self.found(group).get(self.name.lower(), {}).get("isSecret"))

    def is_left(self, group: Mapping[str, Any]) -> bool:
        """Say whether more is there than what says whose the place is."""
        return len(self.found(group).keys() - {f"{self.name}_OWNER".lower()}) > 0

    def others(self, group: Mapping[str, Any]) -> Variables:
        """Return everybody else's variables, as they are."""
        ours = {name.lower() for name in self.names}
        return {name: item for name, item in group["variables"].items() if name.lower() not in ours}

    def record(self, handover: Handover, owner: Owner) -> Variables:
        """Return what says which key the secret is, and whose."""
        return {
            f"{self.name}_KEY_ID": {"value": handover.key_id},
            f"{self.name}_EXPIRES": {"value": handover.expires.isoformat(timespec="seconds")},
            **self.mark(owner),
        }

    def mark(self, owner: Owner) -> Variables:
        """Return what says whose the place is, without a key."""
        return {f"{self.name}_OWNER": {"value": f"{_OWNED}{owner.text}"}}


def put_back(group: Mapping[str, Any], variables: Variables) -> dict[str, Any]:
    """Return the whole group, as it is, with these variables; what is not named is gone."""
    return {key: group[key] for key in _PUT_BACK if group.get(key) is not None} | {"variables": variables}


def groups_of(body: Any) -> list[dict[str, Any]]:
    """Return the groups of an answer that lists them."""
    found = body.get("value") if isinstance(body, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _owner(text: str) -> Owner | Earlier | None:
    """Read the variable that says whose the secret one is, in either form."""
    if text.startswith(_OWNED):
        return owner_in(text.removeprefix(_OWNED))
    return Earlier(text.removeprefix(_OWNED_EARLIER)) if text.startswith(_OWNED_EARLIER) else None


def _value(variables: Variables, name: str) -> str | None:
    found = variables.get(name.lower(), {}).get("value")
    return found if isinstance(found, str) else None
