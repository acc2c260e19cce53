"""Which faults are planted, a row a construct; and that each is planted in its place alone."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.operators import mutants
from tests.mutants.survivors import unknown

CASES = {
    "return a < b": ["a < b -> a <= b"],
    "return a in b": ["a in b -> a not in b"],
    "return a and b": ["a and b -> a or b", "a and b -> b", "a and b -> a"],
    "return not a": ["not a -> a"],
    "return a - b": ["a - b -> a + b", "a - b -> a"],
    "return a | b": ["a | b -> a & b", "a | b -> a"],
    "return b if a else c": ["b if a else c -> b if True else c", "b if a else c -> b if False else c"],
    "if a:\n        b = a": ["if a: b = a -> if True: b = a", "if a: b = a -> if False: b = a"],
    "return [i for i in a if i]": ["for i in a if i -> for i in a"],
    "return 1": ["1 -> 2"],
    "return True": ["True -> False"],
    "return 'key'": ["'key' -> 'XXkey'"],
    "return 'a sentence'": [],
    "return f'about {a}'": [],
    "return f'{a and b:>9}'": ["a and b -> a or b", "a and b -> b", "a and b -> a"],
    "'the docs'": [],
    "return sorted(a, key=b)": ["sorted(a, key=b) -> list(a)", "sorted(a, key=b) -> sorted(a)"],
    "return min(a, default=b)": ["min(a, default=b) -> max(a, default=b)"],
    "return a.lower()": ["a.lower() -> a"],
    "return Way.A, Way.B": ["Way.A -> Way.B", "Way.B -> Way.A"],
    "a.append(b)": ["a.append(b) -> pass"],
    "raise a": ["raise a -> pass"],
    "a += b": ["a += b -> pass"],
    "a.x = b": ["a.x = b -> pass"],
    "a = b": [],
    "x: int = a": [],
}


@pytest.mark.parametrize("body", CASES)
def test_what_is_planted(body: str) -> None:
    """One fault at a time, known by what it changes and not by its line."""
    tree = ast.parse(f"def f(a, b, c=1 < 2):\n    {body}\n")
    before = ast.unparse(tree)
    found = list(mutants(tree))
    assert [fault.text for fault in found] == CASES[body]
    assert {fault.function for fault in found} <= {"f"}
    for fault in found:
        fault.put(fault.new)
        assert ast.unparse(ast.fix_missing_locations(tree)) != before
        fault.put(fault.old)
        assert ast.unparse(tree) == before


def test_methods_and_tables_are_named() -> None:
    """By class and method; what a class body, a decorator or a default holds is left alone."""
    text = "LIMIT = 3\nclass A:\n    size: int = 4\n    @f(5)\n    def m(self, x=6):\n        return 7\n"
    assert [(fault.function, fault.text) for fault in mutants(ast.parse(text))] == [
        ("LIMIT", "3 -> 4"),
        ("A.m", "7 -> 8"),
    ]


def test_a_survivor_that_is_there_twice_counts_twice() -> None:
    """So a second one of the same words is new."""
    one, other = ("plan/x.py", "f", "a -> b"), ("plan/x.py", "f", "b -> a")
    assert unknown([one, one, other], [one]) == [one, other]
    assert unknown([one], [one, other]) == []
