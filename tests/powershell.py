"""A reader of the little PowerShell that our script is written in: it runs the script, and knows no more.

PowerShell is not on every machine that tests run on. This follows the tree of a PowerShell grammar and does
what https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about says of each construct; one
that it does not know is an error of the test. Comparisons of texts ignore case, as PowerShell's do.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import tree_sitter
import tree_sitter_powershell

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
Node = tree_sitter.Node
Command = Callable[
    [list[Any], dict[str, Any], list[Any]], Any
]  # arguments, parameters, what came by the pipe


class Thrown(Exception):
    """What ``throw`` was given."""


class _Returned(Exception):
    """``return``."""


def text_of(value: Any) -> str:
    """Return a value as a text, as a cast does."""
    return "" if value is None else str(value)


class Script:
    """One run of a script, with commands of the test's own; every other is refused."""

    def __init__(self, commands: Mapping[str, Command], **parameters: Any) -> None:
        self._commands = commands
        self.variables: dict[str, Any] = {name.lower(): value for name, value in parameters.items()}

    def run(self, text: str) -> None:
        """Run it; ``Thrown`` where it throws."""
        root = _PARSER.parse(text.encode()).root_node
        assert not root.has_error
        with contextlib.suppress(_Returned):
            self._do(root)

    def _do(self, node: Node) -> Any:
        handler = getattr(self, f"_{node.type}", None)
        if handler is not None:
            return handler(node)
        parts = [child for child in node.named_children if child.type not in _SILENT]
        assert len(parts) == 1, f"not known here: {node.type}: {_text(node)}"
        return self._do(parts[0])

    def _each(self, node: Node) -> Any:
        for child in node.named_children:
            if child.type not in _SILENT:
                self._do(child)

    _program = _statement_block = _each

    def _statement_list(self, node: Node) -> Any:
        results = [self._do(child) for child in node.named_children if child.type not in _SILENT]
        return results[0] if len(results) == 1 else None

    def _param_block(self, node: Node) -> None:
        """Parameters that were not given have their defaults."""
        for parameter in _all(node, "script_parameter"):
            (variable, *_) = [child for child in parameter.children if child.type == "variable"]
            default = [child for child in parameter.children if child.type == "script_parameter_default"]
            value = self._do(default[0].named_children[0]) if default else None
            self.variables.setdefault(_name(variable), value)

    def _assignment_expression(self, node: Node) -> None:
        target, _, value = node.named_children
        names = [_name(found) for found in _all(target, "variable")] or [_text(target).lstrip("$").lower()]
        self.variables[names[0]] = self._do(value)

    def _if_statement(self, node: Node) -> None:
        clauses = [node, *_all(node, "elseif_clause", direct="elseif_clauses")]
        for clause in clauses:
            condition, block = _child(clause, "pipeline"), _child(clause, "statement_block")
            if _true(self._do(condition)):
                self._do(block)
                return
        for child in node.children:
            if child.type == "else_clause":
                self._do(_child(child, "statement_block"))

    def _foreach_statement(self, node: Node) -> None:
        name = _name(_child(node, "variable"))
        for item in _list(self._do(_child(node, "pipeline"))):
            self.variables[name] = item
            self._do(_child(node, "statement_block"))

    def _flow_control_statement(self, node: Node) -> None:
        if node.children[0].type == "throw":
            raise Thrown(text_of(self._do(node.children[1])))
        assert node.children[0].type == "return"
        raise _Returned

    def _pipeline_chain(self, node: Node) -> Any:
        first, *rest = node.named_children
        value = self._do(first) if first.type != "command" else self._call(first, [])
        for command in rest:
            value = self._call(command, _list(value))
        return value

    def _call(self, node: Node, piped: list[Any]) -> Any:
        name = _text(node.named_children[0])
        arguments: list[Any] = []
        parameters: dict[str, Any] = {}
        waiting: str | None = None
        for part in node.named_children[1].named_children if len(node.named_children) > 1 else ():
            if part.type == "command_parameter":
                waiting = _text(part).strip("-:")
                parameters[waiting] = True
            elif part.type not in ("command_argument_sep", *_SILENT):
                value = _text(part) if part.type == "generic_token" else self._do(part)
                if waiting is not None:
                    parameters[waiting], waiting = value, None
                else:
                    arguments.append(value)
        if name == "Where-Object":
            return [item for item in piped if _true(self._block(arguments[0], item))]
        assert name in self._commands, f"no such command here: {name}"
        return self._commands[name](arguments, parameters, piped)

    def _block(self, block: Node, item: Any) -> Any:
        before = self.variables.get("_")
        self.variables["_"] = item
        try:
            return self._do(next(_all(block, "statement_list")))
        finally:
            self.variables["_"] = before

    def _script_block_expression(self, node: Node) -> Node:
        return node

    def _array_expression(self, node: Node) -> list[Any]:
        return _list(self._do(node.named_children[0])) if node.named_children else []

    def _array_literal_expression(self, node: Node) -> Any:
        parts = [self._do(child) for child in node.named_children]
        return parts[0] if len(parts) == 1 else parts

    def _logical_expression(self, node: Node) -> Any:
        if len(node.named_children) == 1:
            return self._do(node.named_children[0])
        left, right = node.named_children
        word = node.children[1].type
        assert word in ("-and", "-or")
        first = _true(self._do(left))
        return (first and _true(self._do(right))) if word == "-and" else (first or _true(self._do(right)))

    def _comparison_expression(self, node: Node) -> Any:
        if len(node.named_children) == 1:
            return self._do(node.named_children[0])
        left, operator, right = node.named_children
        a, b = self._do(left), self._do(right)
        match _text(operator):
            case "-eq":
                return _same(a, b)
            case "-ne":
                return not _same(a, b)
            case "-gt":
                return a > b
            case "-notcontains":
                return not any(_same(item, b) for item in _list(a))
            case other:
                raise AssertionError(f"not known here: {other}")

    def _format_expression(self, node: Node) -> Any:
        if len(node.named_children) == 1:
            return self._do(node.named_children[0])
        pattern, _, values = node.named_children
        given = _list(self._do(values))
        return re.sub(r"\{(\d+)\}", lambda found: text_of(given[int(found[1])]), self._do(pattern))

    def _additive_expression(self, node: Node) -> Any:
        value, *rest = [self._do(child) for child in node.named_children]
        for more in rest:
            value += more
        return value

    def _cast_expression(self, node: Node) -> Any:
        kind, value = node.named_children
        found = self._do(value)
        match _text(kind).lower():
            case "[string]":
                return text_of(found)
            case "[char]":
                return chr(found)
            case other:
                raise AssertionError(f"not known here: {other}")

    def _member_access(self, node: Node) -> Any:
        item, name = self._do(node.named_children[0]), _text(node.named_children[1])
        if name == "Count":
            return len(_list(item))
        assert isinstance(item, Mapping), f"{_text(node)} of {item!r}"
        assert name in item, f"no such property: {name}"  # Set-StrictMode -Version 3.0
        return item[name]

    def _element_access(self, node: Node) -> Any:
        return self._do(node.named_children[0])[self._do(node.named_children[1])]

    def _invokation_expression(self, node: Node) -> Any:
        """``$PSCmdlet.ShouldProcess(TARGET, ACTION)`` and nothing else."""
        assert _text(node).startswith("$PSCmdlet.ShouldProcess(")
        return not self.variables.get("whatifpreference")

    def _variable(self, node: Node) -> Any:
        name = _name(node)
        if name in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[name]
        assert name in self.variables, f"not set: ${name}"  # Set-StrictMode
        return self.variables[name]

    def _string_literal(self, node: Node) -> str:
        text = _text(node)
        assert text[0] == text[-1] == "'"
        return text[1:-1].replace("''", "'")

    def _integer_literal(self, node: Node) -> int:
        return int(_text(node), 0)

    def _real_literal(self, node: Node) -> float:
        return float(_text(node))


_SILENT = ("comment", "attribute_list", "empty_statement")


def _text(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()


def _name(node: Node) -> str:
    return _text(node).lstrip("$").lower()


def _child(node: Node, kind: str) -> Node:
    return next(child for child in node.children if child.type == kind)


def _all(node: Node, kind: str, *, direct: str | None = None) -> Any:
    """Yield the nodes of a kind below one; ``direct``: those in that child alone."""
    for child in node.children:
        if direct is not None:
            if child.type == direct:
                yield from (found for found in child.children if found.type == kind)
            continue
        if child.type == kind:
            yield child
        yield from _all(child, kind)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _true(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and (len(value) > 1 or _true(value[0]))
    return bool(value)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return text_of(a).casefold() == text_of(b).casefold()
    return bool(a == b)
