"""Write the pages that are made from the program, and the schema: ``python -m tools.docs [--check]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from provision.config.schema import json_schema
from tools.docs import config, coverage, errors, man, program

ROOT = Path(__file__).parents[2]
# A file, and the text that it should have, made of the text that it has.
PAGES: dict[str, Callable[[str], str]] = {
    "docs/errors.md": lambda _: f"{errors.page()}\n",
    "docs/config.md": lambda _: f"{config.page(ROOT / 'configs')}\n",
    "configs/provision.schema.json": lambda _: f"{json.dumps(json_schema(), indent=2, ensure_ascii=False)}\n",
    "docs/provision.1": lambda _: man.page(),
    "docs/sandbox-coverage.md": coverage.PART.fill,
    **{f"docs/{name}": part.fill for name, part in program.PARTS.items()},
}


def main(argv: Sequence[str] | None = None) -> int:
    """0: written, or as it should be; 1: stale; 2: no such page, or no place for the part."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT, help="the checkout")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is stale")
    arguments = parser.parse_args(argv)
    stale = False
    for name, make in PAGES.items():
        page = arguments.folder / name
        try:
            text = page.read_text(encoding="utf-8")
            wanted = make(text)
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{page}: {error}\n")
            return 2
        if text != wanted and arguments.check:
            sys.stderr.write(f"{page}: it is stale; run: make docs\n")
            stale = True
        elif text != wanted:
            page.write_text(wanted, encoding="utf-8")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
