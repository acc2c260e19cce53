"""A small schema language for Graph's types, and the reading of request bodies with it.

Names, types and nullability follow the public metadata (https://graph.microsoft.com/v1.0/$metadata);
the texts of refusals are those of the OData reader in the directory service, as quoted in
https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/7960.
"""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from provision.sandbox.errors import GraphError, bad_request

Primitive = Literal["String", "Boolean", "Int32", "Guid", "DateTimeOffset", "Binary", "Duration"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Complex:
    """A complex type: named members, unknown ones refused."""

    name: str  # as the metadata calls it, without the namespace
    members: tuple[Prop, ...]
    by_name: Mapping[str, Prop] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {m.name.lower(): m for m in self.members})

    def blank(self) -> Json:
        """Return a value with every member at its default."""
        return {m.name: m.blank() for m in self.members}


@dataclass(frozen=True, slots=True)
class Prop:
    """One property: ``type`` is a primitive's name or a complex type, ``many`` makes a collection of it."""

    name: str
    type: Primitive | Complex = "String"
    many: bool = False
    default: Any = None
    read_only: bool = False
    shown: bool = True  # in an answer without $select
    nested: bool = False  # a complex value that is never null: absent members keep their defaults

    def blank(self) -> Any:
        """Return the default, safe to keep."""
        if self.nested and isinstance(self.type, Complex):
            return self.type.blank()
        if self.many and self.default is None:
            return []
        return copy.deepcopy(self.default) if isinstance(self.default, list | dict) else self.default


@dataclass(frozen=True, slots=True)
class EntityType:
    """A kind of object: where it lives, what it has."""

    kind: str  # of records: "application"
    name: str  # in the metadata: "application"
    resource: str  # in refusals and Location: "Application"
    collection: str  # in paths and contexts: "applications"
    props: tuple[Prop, ...]
    navigation: tuple[str, ...] = ()
    directory_object: bool = True
    unfilterable: frozenset[str] = frozenset()
    sortable: frozenset[str] | None = None  # None: nobody says which
    disjunctive: bool = True  # whether a filter may say "or"
    expands_one: bool = False  # whether a request may expand one relation only
    pages: bool = True  # whether a request may choose the size of a page
    advanced: frozenset[str] = frozenset()  # filtered with ConsistencyLevel: eventual and $count only
    contained: frozenset[str] = frozenset()  # relations to what is a part of it, by the metadata
    by_name: Mapping[str, Prop] = field(init=False, compare=False)
    # The names in an answer without $select, made once: every answer asks.
    shown_simple: tuple[str, ...] = field(init=False, compare=False)
    shown_complex: tuple[str, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {p.name.lower(): p for p in self.props})
        shown = [(p.name, isinstance(p.type, Complex)) for p in self.props if p.shown]
        object.__setattr__(self, "shown_simple", tuple(n for n, is_complex in shown if not is_complex))
        object.__setattr__(self, "shown_complex", tuple(n for n, is_complex in shown if is_complex))

    def blank(self) -> Json:
        """Return the properties of a new object, before anything is set."""
        return {p.name: p.blank() for p in self.props if not p.read_only or p.default is not None}

    def defaults(self) -> Json:
        """Return every property at its default, read-only ones too."""
        return {p.name: p.blank() for p in self.props}


def read(entity: EntityType, body: Any) -> Json:
    """Return a request body as properties to set; annotations are dropped, faults refused."""
    if not isinstance(body, dict):
        raise empty_payload()
    out: Json = {}
    for name, value in body.items():
        if "@" in name:  # @odata.type, x@odata.bind (which the caller reads for itself)
            continue
        prop = entity.by_name.get(name.lower())
        if prop is None:
            raise unknown_property(name, entity.resource)
        out[prop.name] = value_of(prop, value, entity.resource)
    return out


def value_of(prop: Prop, value: Any, owner: str) -> Any:
    """Return one property's value, checked and normalised."""
    if prop.many:
        if value is None:
            return []
        if not isinstance(value, list):
            raise wrong_node(prop.name, value, "StartArray")
        return [_single(prop, item, owner) for item in value]
    if value is None:
        return prop.type.blank() if prop.nested and isinstance(prop.type, Complex) else None
    return _single(prop, value, owner)


def _single(prop: Prop, value: Any, owner: str) -> Any:
    if isinstance(prop.type, Complex):
        if not isinstance(value, dict):
            raise wrong_node(prop.name, value, "StartObject")
        return _complex(prop.type, value, fill=prop.many or not prop.nested)
    if isinstance(value, dict | list):
        raise wrong_node(prop.name, value, "PrimitiveValue")
    if value is None:
        raise bad_request(f"Invalid value specified for property '{prop.name}' of resource '{owner}'.")
    return _primitive(prop, value, owner)


def _complex(kind: Complex, value: Json, *, fill: bool) -> Json:
    """Members sent; with ``fill`` the absent ones too (an item of a collection is replaced whole)."""
    sent: Json = {}
    for name, item in value.items():
        if "@" in name:
            continue
        member = kind.by_name.get(name.lower())
        if member is None:
            raise _unknown_member(name, kind.name)
        sent[member.name] = value_of(member, item, kind.name)
    if not fill:
        return sent
    return {m.name: merged(m, m.blank(), sent[m.name]) if m.name in sent else m.blank() for m in kind.members}


def merged(prop: Prop, old: Any, new: Any) -> Any:
    """Return the value after setting: members of a nested complex value that were not sent keep theirs."""
    if not prop.nested or not isinstance(prop.type, Complex) or not isinstance(old, dict):
        return new
    out = dict(old)
    for member in prop.type.members:
        if member.name in new:
            out[member.name] = merged(member, old.get(member.name), new[member.name])
    return out


_BOOLEAN = {"true": True, "false": False}
_DURATION = re.compile(
    r"-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
)


def _primitive(prop: Prop, value: Any, owner: str) -> Any:  # noqa: PLR0912 (one branch a type)
    match prop.type:
        case "String" | "Binary":
            if isinstance(value, str):
                return value
        case "Boolean":
            if isinstance(value, bool):
                return value
            if isinstance(value, str) and value.lower() in _BOOLEAN:
                return _BOOLEAN[value.lower()]
        case "Int32":
            if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31:
                return value
        case "Guid":
            if isinstance(value, str) and is_guid(value):
                return value.lower()
        case "DateTimeOffset":
            moment = parse_time(value)
            if moment is not None:
                return wire_time(moment, _fraction(value))
        case "Duration":
            if isinstance(value, str) and _DURATION.fullmatch(value):
                return value
    raise _unconvertible(value, prop, owner)


def is_guid(text: str) -> bool:
    """Return whether this is a GUID in its usual form."""
    return re.fullmatch(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", text) is not None


def parse_time(value: Any) -> datetime | None:
    """Return a DateTimeOffset: a date and time with a zone; a bare date is taken as UTC midnight."""
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _fraction(text: str) -> str:
    """Return the digits behind a second, at most the seven that the directory keeps; none for a whole one.

    Seven are kept: Azure/azure-powershell, src/Resources, Application.Recording.json.
    """
    found = re.search(r":\d\d\.(\d{1,7})", text)
    return found[1].rstrip("0") if found else ""


def wire_time(moment: datetime, fraction: str = "") -> str:
    """Print a time that a client chose as the directory does: ``Z``, a fraction only if there is one."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if moment.year < 1000:
        text = text.rjust(19, "0")
    return text + (f".{fraction}" if fraction else "") + "Z"


def new_id() -> str:
    """Return a fresh object id."""
    return str(uuid.uuid4())


# -- refusals of the reader -----------------------------------------------------------------


def empty_payload() -> GraphError:
    """400 for a body that is needed and missing, or no object."""
    return GraphError(400, "BadRequest", "Empty Payload. JSON content expected.")


def unknown_property(name: str, owner: str) -> GraphError:
    """400 for a member that the type does not have."""
    kind = owner[0].upper() + owner[1:]
    return bad_request(
        f"The property '{name}' does not exist on type 'Microsoft.DirectoryServices.{kind}'. Make sure to"
        " only use property names that are defined by the type."
    )


def _unknown_member(name: str, owner: str) -> GraphError:
    """400 for a member that a complex type does not have.

    Quoted in msgraph-bicep-types issue 130 and Azure/bicep issue 14191.
    """
    kind = owner[0].upper() + owner[1:]
    return bad_request(f"Expected property '{name}' is not present on resource of type '{kind}'")


def wrong_node(name: str, value: Any, expected: str) -> GraphError:
    """400 for a value of another shape: an object where a list belongs, say."""
    return bad_request(wrong_node_text(name, value, expected))


def wrong_node_text(name: str, value: Any, expected: str) -> str:
    """Return what Graph's OData reader says of a node that it did not expect."""
    found = (
        "StartObject"
        if isinstance(value, dict)
        else "StartArray"
        if isinstance(value, list)
        else "PrimitiveValue"
    )
    return (
        f"An unexpected '{found}' node was found for property named '{name}' when reading from the JSON"
        f" reader. A '{expected}' node was expected."
    )


def _unconvertible(value: Any, prop: Prop, owner: str) -> GraphError:
    del owner
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return bad_request(f"Cannot convert the literal '{text}' to the expected type 'Edm.{prop.type}'.")
