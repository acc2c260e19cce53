"""Which small faults are planted: one rule for each kind of expression or statement.

Left alone are docstrings, annotations, default values, class bodies, and sentences (a text with a blank in
it is for people: the golden outputs hold those). Everything else of a function's body, and of a table of a
module, is changed, one place at a time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
}
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
Members = dict[str, set[str]]  # of each enumeration that a module names
UNTOUCHED = ("annotation", "returns", "decorator_list", "format_spec")
DROPPED_METHODS = ("lower", "strip", "casefold", "rstrip")  # x.lower() becomes x
DROPPED_KEYWORDS = ("key", "reverse")


@dataclass(frozen=True)
class Mutant:
    """One fault at one place: ``field`` (and ``index``) of ``parent`` holds ``new`` instead of ``old``."""

    function: str  # qualified name of the function around it, or the name of a module's table
    parent: ast.AST
    field: str
    index: int | None
    old: ast.AST
    new: ast.AST

    def put(self, node: ast.AST) -> None:
        """Put a node in the place."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node

    @property
    def text(self) -> str:
        """What it changes, on one line, without a line number: what the list of survivors knows it by."""
        return f"{_short(self.old)} -> {_short(self.new)}"


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
    return text if len(text) <= 110 else f"{text[:70]} ... {text[-36:]}"


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """Yield every fault that can be planted in a module, in the order of the text."""
    members = _members(tree)
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            yield from _in_scope(statement, statement.name, members)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            if isinstance(target, ast.Name):
                yield from _below(statement, "value", target.id, members)


def _in_scope(scope: ast.FunctionDef | ast.ClassDef, name: str, members: Members) -> Iterator[Mutant]:
    if isinstance(scope, ast.FunctionDef):
        yield from _below(scope, "body", name, members)
        return
    for statement in scope.body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            yield from _in_scope(statement, f"{name}.{statement.name}", members)


def _members(tree: ast.Module) -> Members:
    """Return the members of enumerations and catalogues that a module names, such as ``Severity.ERROR``."""
    found: Members = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.isupper() and (name := _enumeration(node)):
            found.setdefault(name, set()).add(node.attr)
    return found


def _enumeration(node: ast.Attribute) -> str:
    """Return what an attribute in capitals is of, if that is an enumeration or the catalogue."""
    owner = ast.unparse(node.value)
    last = owner.rpartition(".")[2]
    return owner if last[:1].isupper() or last == "catalogue" else ""


def _below(parent: ast.AST, field: str, function: str, members: Members) -> Iterator[Mutant]:
    held = getattr(parent, field)
    for index, node in enumerate(held) if isinstance(held, list) else ((None, held),):
        if not isinstance(node, ast.AST) or isinstance(node, ast.arguments) or field in UNTOUCHED:
            continue
        for new in _replacements(node, members, message=isinstance(parent, (ast.JoinedStr, ast.Expr))):
            yield Mutant(function, parent, field, index, node, new)
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):  # a docstring
            for name in node._fields:
                yield from _below(node, name, function, members)


def _replacements(node: ast.AST, members: Members, *, message: bool) -> Iterator[ast.AST]:
    match node:
        case ast.Constant():
            yield from () if message else _constant(node)
        case ast.Compare(ops=[first, *rest]):
            swapped: list[ast.cmpop] = [COMPARISONS[type(first)](), *rest]
            yield ast.Compare(node.left, swapped, node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
            for index in range(len(node.values)):
                rest_of = node.values[:index] + node.values[index + 1 :]
                yield rest_of[0] if len(rest_of) == 1 else ast.BoolOp(node.op, rest_of)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.BinOp() if type(node.op) in OPERATORS:
            yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
            yield node.left
        case ast.IfExp() | ast.If():
            yield from _branches(node)
        case ast.comprehension(ifs=[_, *_]):
            for index in range(len(node.ifs)):
                kept = node.ifs[:index] + node.ifs[index + 1 :]
                yield ast.comprehension(node.target, node.iter, kept, node.is_async)
        case ast.Match(cases=[_, _, *_]):
            for index in range(len(node.cases)):
                yield ast.Match(node.subject, node.cases[:index] + node.cases[index + 1 :])
        case ast.Attribute():
            if others := sorted(members.get(ast.unparse(node.value), set()) - {node.attr}):
                after = [name for name in others if name > node.attr]
                yield ast.Attribute(node.value, (after or others)[0], node.ctx)
        case ast.Call():
            yield from _call(node)
        case ast.Expr(value=ast.Constant()):
            pass
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()


def _branches(node: ast.IfExp | ast.If) -> Iterator[ast.AST]:
    for value in (True, False):
        test = ast.Constant(value)
        if isinstance(node, ast.IfExp):
            yield ast.IfExp(test, node.body, node.orelse)
        else:
            yield ast.If(test, node.body, node.orelse)


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    match node.value:
        case bool():
            yield ast.Constant(not node.value)
        case int() | float():
            yield ast.Constant(node.value + 1)
        case str() if node.value and " " not in node.value.strip():
            yield ast.Constant(f"XX{node.value}")


def _call(node: ast.Call) -> Iterator[ast.AST]:
    match node.func:
        case ast.Name(id=name) if name in TWINS:
            keywords = [] if name == "sorted" else node.keywords
            yield ast.Call(ast.Name(TWINS[name], ast.Load()), node.args, keywords)
        case ast.Attribute(attr=name) if name in DROPPED_METHODS and not node.args:
            yield node.func.value
    for keyword in node.keywords:
        if keyword.arg in DROPPED_KEYWORDS:
            yield ast.Call(node.func, node.args, [item for item in node.keywords if item is not keyword])
