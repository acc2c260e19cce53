"""The sizes that the house keeps: no module over 400 lines, no function over 60."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("benchmarks", "conformance", "live", "provision", "release", "tools")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LINES, OF_A_FUNCTION = 400, 60
BY_HAND = 40  # places that the formatter leaves alone: tables whose rows a reader compares


def too_long(text: str) -> list[str]:
    """Return the functions of a module that are longer than they may be."""
    functions = (
        n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
    )
    lengths = ((item.name, (item.end_lineno or 0) - item.lineno + 1) for item in functions)
    return [f"{name}: {length} lines" for name, length in lengths if length > OF_A_FUNCTION]


def test_no_module_and_no_function_is_too_long() -> None:
    assert len(MODULES) > 300
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in MODULES}
    assert {name for name, text in texts.items() if len(text.splitlines()) > LINES} == set()
    assert {name: found for name, text in texts.items() if (found := too_long(text))} == {}


def test_the_formatter_is_switched_off_for_few_tables_alone() -> None:
    rooms = (*ROOMS, "tests", "ci")
    modules = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    assert sum(path.read_text(encoding="utf-8").count("# fmt" + ": skip") for path in modules) <= BY_HAND


def test_one_that_is_too_long_is_found() -> None:
    body = "    pass\n" * OF_A_FUNCTION
    assert too_long(f"class A:\n    async def f(self):\n    {body.replace(chr(10), chr(10) + '    ')}") == [
        "f: 61 lines"
    ]
