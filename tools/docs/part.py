"""A part of a page that is generated: what stands between two markers, in a page that people write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A generated part: what its markers call it, and what makes it."""

    name: str
    make: Callable[[], str]
    end: str = "<!-- end of the generated part -->"

    @property
    def begin(self) -> str:
        """The line above it."""
        return f"<!-- {self.name}: written by `make docs` -->"

    def fill(self, text: str) -> str:
        """Return a page with the part as it is now; ``ValueError`` if the page has no place for it."""
        before, begin, rest = text.partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not begin or not end:
            raise ValueError(f"the markers {self.begin} and {self.end} are missing")
        return f"{before}{begin}\n\n{self.make()}\n\n{end}{after}"
