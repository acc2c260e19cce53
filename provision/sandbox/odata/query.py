"""Query options of a request, named and decoded, not yet understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from provision.sandbox.errors import bad_syntax

# Without its dollar an option means the same:
# https://learn.microsoft.com/graph/query-parameters ("the $ prefix is optional").
SYSTEM = (
    "filter",
    "select",
    "expand",
    "orderby",
    "top",
    "skip",
    "count",
    "search",
    "skiptoken",
    "deltatoken",
    "format",
)


@dataclass(slots=True)
class Query:
    """System options by name without ``$``, lower case; the others apart."""

    options: dict[str, str] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """Return the text of an option, or None."""
        return self.options.get(name)


def parse(raw: str) -> Query:
    """Read ``a=b&c=d``; ``+`` is a space, an unknown ``$option`` or a repeated one is refused."""
    query = Query()
    for part in raw.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        name, value = unquote_plus(name).strip(), unquote_plus(value)
        plain = name.removeprefix("$").lower()
        if plain in SYSTEM:
            if plain in query.options:
                raise bad_syntax(
                    f"Query option '${plain}' was specified more than once, but it must be"
                    " specified at most once."
                )
            query.options[plain] = value.strip()
        elif name.startswith("$"):
            raise bad_syntax(f"The query parameter '{name}' is not supported.")
        else:
            query.custom[name] = value
    return query
