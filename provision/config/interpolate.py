"""``${NAME}`` and ``${NAME:-default}`` in values; never in keys, and never as more than text.

It works on the tree, after the YAML was read, so that a variable's value cannot add a key. A config in
a pull request is a stranger's text, so a name that speaks of a credential is refused whoever sets it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from provision.config.node import Entry, Items, Kind, Map, Node, Scalar
from provision.errors import Entry as CatalogueEntry
from provision.errors import Place, ProvisionError, catalogue

ENV_ALLOW = "PROVISION_ENV_ALLOW"
"""The variable that lists, in a pipeline, the names that a config may read from the environment."""
_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Words that a credential's name has anywhere in it, and short ones that count between underscores only.
_FORBIDDEN = re.compile(
    r"SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PWD|KEY|CREDENTIAL|CONNECTION_?STRING"
    r"|(?:^|_)(?:PASS|PAT|JWT|SAS|AUTH|COOKIE|PROXY)(?:_|$)"
    # what azure-identity signs in with; IDENTITY_HEADER is the managed identity's password
    r"|^(?:IDENTITY_HEADER|AZURE_CLIENT_CERTIFICATE_PATH)$",
    re.IGNORECASE,
)


def forbidden(name: str) -> bool:
    """Say whether a variable of this name may not be read by a config."""
    return _FORBIDDEN.search(name) is not None


class Interpolation:
    """Resolves the variables of one config and collects what is wrong with them."""

    def __init__(
        self,
        variables: Mapping[str, str],
        environment: Mapping[str, str],
        *,
        allow_unset: bool,
        withheld: Collection[str] = (),
    ) -> None:
        self._withheld = withheld
        self._variables = variables
        self._environment = environment
        self._allow_unset = allow_unset
        self.faults: list[ProvisionError] = []

    def resolve(self, root: Map) -> Map:
        """Return the tree with every variable replaced. What has a fault counts as unset."""
        node = self._node(root)
        assert isinstance(node, Map)
        return node

    def _node(self, node: Node) -> Node:
        match node:
            case Map():
                entries = {key: Entry(e.key, self._node(e.value)) for key, e in node.entries.items()}
                return Map(node.place, entries)
            case Items():
                return Items(node.place, tuple(self._node(item) for item in node.items))
            case Scalar(kind=Kind.TEXT) if "${" in node.text:
                return self._scalar(node)
            case _:
                return node

    def _scalar(self, node: Scalar) -> Scalar:
        unset = False

        def value(found: re.Match[str]) -> str:
            nonlocal unset
            if found[1] is None:
                return "${"
            known = self._value(found, node.place)
            if isinstance(known, ProvisionError):
                self.faults.append(known)
            if isinstance(known, str):
                return known
            unset = True
            return found[0]

        return replace(node, text=_VARIABLE.sub(value, node.text), unset=unset)

    def _value(self, found: re.Match[str], place: Place) -> str | ProvisionError | None:
        """Return the text for one ``${...}``; ``None`` if it is unset and may be."""
        name, has_default, default = found[1].partition(":-")
        if not found[2]:
            return _fault(catalogue.INVALID_VALUE, place, "'${' is not closed with '}'", _ESCAPE)
        if _NAME.fullmatch(name) is None:
            return _fault(
                catalogue.INVALID_VALUE, place, f"'{found[0]}' is not a variable: write ${{NAME}}", _ESCAPE
            )
        if "${" in default:
            return _fault(
                catalogue.INVALID_VALUE,
                place,
                f"the default of ${{{name}}} cannot hold another variable",
                "Write the default out.",
            )
        if forbidden(name):
            return _fault(
                catalogue.VARIABLE_FORBIDDEN,
                place,
                f"a config may not read ${{{name}}}: its name speaks of a credential",
            )
        if name in self._withheld and name not in self._variables:
            return _fault(
                catalogue.VARIABLE_FORBIDDEN,
                place,
                f"in a pipeline a config may not read ${{{name}}} from the environment unasked",
                f"Pass --var {name}=VALUE, or add {name} to the names in {ENV_ALLOW}.",
            )
        value = self._variables.get(name, self._environment.get(name))
        if has_default and not value:  # as in a shell: ':-' stands in for an empty one too
            return default
        if value is None and not self._allow_unset:
            return _fault(catalogue.VARIABLE_UNSET, place, f"the variable {name} is not set")
        return value


def _fault(entry: CatalogueEntry, place: Place, message: str, fix: str | None = None) -> ProvisionError:
    return ProvisionError(entry, message, fix=fix, where=place)


_ESCAPE = "Write $${ where '${' itself is meant."
