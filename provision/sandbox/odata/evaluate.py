"""Whether an object passes a filter. Strings compare without case, as the directory's do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from provision.sandbox.entities.complex_types import KEY_CREDENTIAL
from provision.sandbox.entities.schema import Complex, EntityType, Prop, is_guid, parse_time
from provision.sandbox.errors import GraphError, invalid_value, not_indexed, unsupported_query
from provision.sandbox.odata.filter import (
    Compare,
    Function,
    In,
    Lambda,
    Literal,
    Logic,
    Node,
    Not,
    Path,
    invalid,
)

Json = Mapping[str, Any]
Predicate = Callable[[Json], bool]
_Value = Callable[[Json, Json], Any]  # of an object, and of the lambda variables in scope

# What answers without ``ConsistencyLevel: eventual`` since 2023: "ne" as users of Get-MgUser quote it,
# "endsWith" as johnnyreilly.com's pages on the Graph client do; "not" by likeness (docs/sandbox.md).
_NOT_DIRECTLY = {
    "ne": "Filter operator 'NotEqualsMatch' is not supported.",
    "not": "Filter operator 'NotMatch' is not supported.",
    "endswith": "Operator 'endsWith' is not supported because the 'ConsistencyLevel:eventual' header is"
    " missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information",
    "count": "Unsupported Query.",
}


class Compiler:
    """Turns the tree of a filter on one entity type into a predicate, or refuses it."""

    def __init__(self, entity: EntityType, *, advanced: bool) -> None:
        self._entity = entity
        self._advanced = advanced  # ConsistencyLevel: eventual and $count=true
        self._scope: dict[str, Prop] = {}
        self.navigates = False  # whether the filter asks for related objects: owners/$count eq 0

    def predicate(self, node: Node) -> Predicate:
        """Return a predicate on the properties of an object."""
        test = self._truth(node)
        return lambda obj: bool(test(obj, {}))

    # -- conditions ------------------------------------------------------------------------

    def _truth(self, node: Node) -> _Value:
        match node:
            case Logic(op, left, right):
                if op == "or" and not self._entity.disjunctive:
                    raise unsupported_query("Or operator not supported for this entity set.")
                a, b = self._truth(left), self._truth(right)
                if op == "and":
                    return lambda o, v: a(o, v) and b(o, v)
                return lambda o, v: a(o, v) or b(o, v)
            case Not(inner):
                self._needs_advanced("not")
                test = self._truth(inner)
                return lambda o, v: not test(o, v)
            case Compare():
                return self._compare(node)
            case In(left, values):
                value, prop = self._value(left)
                wanted = {_fold(self._literal(v, prop)) for v in values}
                return lambda o, v: _fold(value(o, v)) in wanted
            case Function():
                return self._function(node)
            case Lambda():
                return self._lambda(node)
            case Path(names):
                value, prop = self._value(node)
                if prop is None or prop.type != "Boolean":
                    raise invalid(
                        "A boolean expression was expected."
                        if prop is None
                        else f"The filter expression must evaluate to a single boolean value: '{names[-1]}'."
                    )
                return value
            case Literal(value=bool() as constant):
                return lambda _o, _v: constant
        raise invalid("The $filter expression must evaluate to a single boolean value.")

    def _compare(self, node: Compare) -> _Value:
        op, left, right = node.op, node.left, node.right
        if isinstance(left, Literal) and not isinstance(right, Literal):
            left, right, op = right, left, {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}.get(op, op)
        if op == "ne":
            self._needs_advanced("ne")
        value, prop = self._value(left)
        if not isinstance(right, Literal):
            self._value(right)  # a name that is no property is refused as that
            raise unsupported_query("Unsupported Query.")
        if prop is not None and (prop.many or isinstance(prop.type, Complex)) and right.kind != "null":
            raise invalid(
                "A binary operator with incompatible types was detected. Found operand types"
                f" '{_edm(prop)}' and '{_kind(right)}' for operator kind '{_OPS[op]}'."
            )
        if (
            op not in ("eq", "ne")
            and prop is not None
            and prop.name == "id"
            and self._entity.directory_object
        ):
            raise not_indexed()
        wanted = self._literal(right, prop)
        if op == "eq" and not isinstance(wanted, datetime):
            same = _fold(wanted)
            return lambda o, v: bool(_fold(value(o, v)) == same)
        return lambda o, v: _holds(op, value(o, v), wanted)

    def _function(self, node: Function) -> _Value:
        if node.name == "endswith":
            self._needs_advanced("endswith")
        if node.name == "contains" and self._entity.directory_object:
            raise unsupported_query("Unsupported Query.")
        if node.name in ("tolower", "toupper"):
            raise invalid("The $filter expression must evaluate to a single boolean value.")
        value, prop = self._value(node.args[0])
        other = node.args[1]
        if not isinstance(other, Literal) or other.kind != "string" or (prop and prop.type not in _TEXT):
            raise invalid(
                f"No function signature for the function with name '{node.name}' matches the specified"
                " arguments."
            )
        part = str(other.value).lower()

        holds = _TESTS[node.name]

        def test(o: Json, v: Json) -> bool:
            text = value(o, v)
            return isinstance(text, str) and holds(text.lower(), part)

        return test

    def _lambda(self, node: Lambda) -> _Value:
        collection, prop = self._value(node.path)
        if prop is not None and prop.type == KEY_CREDENTIAL:
            # microsoft-graph-docs issue 19374: as an advanced query too.
            raise unsupported_query(
                f"This query on '{self._entity.resource}' for 'KeyCredential' is not supported."
            )
        if prop is None or not prop.many:
            raise invalid("Any/All may only be used following a collection.")
        if node.body is None:
            return lambda o, v: bool(collection(o, v))
        self._scope[node.variable] = Prop(prop.name, prop.type)
        test = self._truth(node.body)
        del self._scope[node.variable]
        quantify = any if node.op == "any" else all
        return lambda o, v: quantify(test(o, {**v, node.variable: item}) for item in collection(o, v) or ())

    # -- values ----------------------------------------------------------------------------

    def _value(self, node: Node) -> tuple[_Value, Prop | None]:
        if isinstance(node, Function) and node.name in ("tolower", "toupper"):
            return self._value(node.args[0])  # comparisons ignore case anyway
        if isinstance(node, Literal):
            constant = node.value
            return (lambda _o, _v: constant), None
        if not isinstance(node, Path):
            raise invalid("The $filter expression is not supported.")
        return self._path(node)

    def _path(self, node: Path) -> tuple[_Value, Prop | None]:
        names = list(node.names)
        variable = names[0] if names[0] in self._scope else None
        prop = self._scope[variable] if variable is not None else self._first(names[0])
        steps = [] if variable is not None else [prop.name]
        names.pop(0)
        for name in names:
            if not isinstance(prop.type, Complex) or prop.many or name.lower() not in prop.type.by_name:
                raise _no_property(name, prop.type.name if isinstance(prop.type, Complex) else prop.name)
            prop = prop.type.by_name[name.lower()]
            steps.append(prop.name)

        get = _getter(variable, steps)

        if node.count:
            self._needs_advanced("count")
            if not prop.many:
                raise invalid("$count may only be used following a collection.")
            return (lambda o, v: len(get(o, v) or ())), Prop("$count", "Int32")
        return get, prop

    def _first(self, name: str) -> Prop:
        prop = self._entity.by_name.get(name.lower())
        if prop is None:
            relation = next((n for n in self._entity.navigation if n.lower() == name.lower()), None)
            if relation is None:
                raise _no_property(name, self._entity.name)
            self.navigates = True
            return Prop(relation, _RELATED, many=True)
        if prop.name in self._entity.unfilterable or (
            prop.name in self._entity.advanced and not self._advanced
        ):
            raise unsupported_query(
                f"Unsupported or invalid query filter clause specified for property '{prop.name}' of resource"
                f" '{self._entity.resource}'."
            )
        return prop

    def _literal(self, literal: Literal, prop: Prop | None) -> Any:
        value = literal.value
        if prop is None or value is None:
            return value
        if prop.type == "DateTimeOffset":
            moment = parse_time(value)
            if moment is None:
                raise _incompatible(prop, literal)
            return moment
        if prop.type == "Guid":
            # In the metadata ids of objects and applications are strings, other GUIDs are Edm.Guid and
            # are written without quotes (microsoft-graph-docs-contrib issue 4133).
            textual = prop.name in ("id", "appId")
            if literal.kind not in (("string", "guid") if textual else ("guid",)):
                raise _incompatible(prop, literal)
            if not is_guid(str(value)):
                raise invalid_value(prop.name, self._entity.resource)
            return value
        if prop.type in _TEXT and literal.kind not in ("string", "guid", "time"):
            raise _incompatible(prop, literal)
        if prop.type == "Boolean" and literal.kind != "boolean":
            raise _incompatible(prop, literal)
        if prop.type == "Int32" and literal.kind != "number":
            raise _incompatible(prop, literal)
        return value

    def _needs_advanced(self, what: str) -> None:
        if self._advanced or not self._entity.directory_object:
            return
        raise unsupported_query(_NOT_DIRECTLY[what])


_RELATED = Complex("directoryObject", (Prop("id", "Guid"),))
_TEXT = ("String", "Guid", "Binary", "Duration")
_OPS = {
    "eq": "Equal",
    "ne": "NotEqual",
    "gt": "GreaterThan",
    "ge": "GreaterThanOrEqual",
    "lt": "LessThan",
    "le": "LessThanOrEqual",
}
_TESTS = {"startswith": str.startswith, "endswith": str.endswith, "contains": str.__contains__}


def _getter(variable: str | None, steps: list[str]) -> _Value:
    """Return what a path leads to. The short ones are apart: a filter without an index asks every object."""
    if variable is None and len(steps) == 1:
        name = steps[0]
        return lambda o, _v: o.get(name)
    if variable is not None and not steps:
        return lambda _o, v: v[variable]

    def get(o: Json, v: Json) -> Any:
        value = o if variable is None else v[variable]
        for step in steps:
            value = value.get(step) if isinstance(value, Mapping) else None
        return value

    return get


def _edm(prop: Prop) -> str:
    name = f"microsoft.graph.{prop.type.name}" if isinstance(prop.type, Complex) else f"Edm.{prop.type}"
    return f"Collection({name})" if prop.many else name


def _kind(literal: Literal) -> str:
    return {
        "string": "Edm.String",
        "guid": "Edm.Guid",
        "time": "Edm.DateTimeOffset",
        "number": "Edm.Int32",
        "boolean": "Edm.Boolean",
        "null": "<null>",
    }[literal.kind]


def _incompatible(prop: Prop, literal: Literal) -> GraphError:
    return invalid(
        "A binary operator with incompatible types was detected. Found operand types"
        f" '{_edm(prop)}' and '{_kind(literal)}' for operator kind 'Equal'."
    )


def _no_property(name: str, kind: str) -> GraphError:
    return invalid(f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.")


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _holds(op: str, left: Any, right: Any) -> bool:
    if isinstance(right, datetime):
        left = parse_time(left)
    left, right = _fold(left), _fold(right)
    if op == "eq":
        return bool(left == right)
    if op == "ne":
        return bool(left != right)
    if left is None or right is None or isinstance(left, str) != isinstance(right, str):
        return False
    match op:
        case "gt":
            return bool(left > right)
        case "ge":
            return bool(left >= right)
        case "lt":
            return bool(left < right)
    return bool(left <= right)
