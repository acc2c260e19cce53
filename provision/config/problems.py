"""Translate pydantic's errors into plain words, with the place in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from pydantic import BaseModel, ValidationError

from provision import likeness
from provision.config import meant, rules
from provision.config.document import MAX_FAULTS
from provision.config.models import Document
from provision.config.node import Items, Kind, Map, Node, Path, Scalar, Unset, data, find
from provision.errors import Place, ProvisionError, catalogue

_MEANT = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a map of keys",
    "model_attributes_type": "a map of keys",
    "dict_type": "a map of keys",
}


def problems(error: ValidationError, root: Map, places: Mapping[Path, Place]) -> Iterator[ProvisionError]:
    """Yield one error for each thing that pydantic found wrong with the config in the tree ``root``.

    A misspelt key is reported once, not as unknown and missing as well.
    """
    found = error.errors(include_url=False, include_input=False)[:MAX_FAULTS]
    near: set[Path] = set()  # keys that a misspelt one stands for: missing, but said already
    for item in found:
        if item["type"] == "extra_forbidden":
            path = _path(item["loc"])
            meant, problem = _unknown(path, root)
            near.add((*path[:-1], meant or ""))
            yield problem
    for item in found:
        path = _path(item["loc"])
        if item["type"] == "missing":
            for lacking in _leaves(path):
                if not any(lacking[: len(said)] == said for said in near):
                    yield _missing(lacking, places)
        elif item["type"] != "extra_forbidden":
            yield _wrong(item, path, root, places)


def repaired(data: dict[str, Any], error: ValidationError) -> Document | None:
    """Return the config as if what is wrong were unset, so that the rest can be checked all the same."""
    for item in error.errors(include_url=False, include_input=False):
        *above, last = _path(item["loc"])
        holder: Any = data
        for part in above:
            holder = holder.get(part) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder.pop(last, None)
        elif above and isinstance(last, int):  # an item of a list: the others keep their numbers
            with suppress(KeyError, TypeError):
                _replace(data, (*above, last))
    for leaf in _leaves(()):
        holder = data
        for part in leaf[:-1]:
            holder = holder.setdefault(part, {})
        holder.setdefault(leaf[-1], 1 if leaf == ("version",) else Unset())
    try:
        return Document.model_validate(data)
    except ValidationError:
        return None


def _replace(data: Any, path: Path) -> None:
    *above, key, index = path
    for part in above:
        data = data[part]
    data[key] = tuple(Unset() if at == index else item for at, item in enumerate(data[key]))


def place_of(path: Sequence[str | int], places: Mapping[Path, Place]) -> Place:
    """Return where a key stands, or else the nearest above it that does."""
    for end in range(len(path), 0, -1):
        if tuple(path[:end]) in places:
            return places[tuple(path[:end])]
    return places[()]


def dotted(path: Sequence[str | int]) -> str:
    """Return a key as a person writes it: ``application.redirect_uris[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def broken_rule(path: Path, fault: rules.Fault, root: Map, places: Mapping[Path, Place]) -> ProvisionError:
    """Return the error for a value that breaks a rule; a variable's value is not printed."""
    node = find(root, path)
    hidden = isinstance(node, Scalar) and node.interpolated
    subject = dotted(path)
    if isinstance(node, Scalar):
        subject += f" ({_cut(node.shown)})" if hidden else f" '{_cut(node.text)}'"
    return ProvisionError(
        fault.entry,
        f"{subject}: {fault.why}",
        fix=None if hidden else fault.fix,
        where=place_of(path, places),
    )


def _path(loc: Sequence[str | int]) -> Path:
    return tuple(part for part in loc if part not in ("<word>", "<map>"))


def _unknown(path: Path, root: Map) -> tuple[str | None, ProvisionError]:
    """Return the key of the same map that was probably meant, and the error that says so."""
    parent, key = path[:-1], str(path[-1])
    keys = list(_keys(parent))
    holder = find(root, parent)
    where = holder.entries[key].key if isinstance(holder, Map) else None
    inside = f" in '{dotted(parent)}'" if parent else ""
    there = _meant(key, parent, keys)
    asked = likeness.question(there)
    fix: str | None
    message = f"there is no key '{_cut(key)}'{inside}"
    if key.lower() in _VALUES and parent[:1] in ((), ("secret",), ("application",)):
        fix = "Remove it: no secret's value stands in a config. 'provision apply' makes one and delivers it."
    elif asked is None:
        fix = f"The keys{inside} are: {', '.join(keys)}." if keys else None
    else:
        message += f"; {asked[0].lower()}{asked[1:]}"
        verb = "Write" if all("." not in name and name in keys for name in there) else "Move it:"
        fix = f"{verb} {' or '.join(there)}."
    said = there[0] if len(there) == 1 and there[0] in keys else None
    return said, ProvisionError(catalogue.UNKNOWN_KEY, message, fix=fix, where=where)


_VALUES = ("client_secret", "password", "secret_value", "secret_key", "value", "secret_text")


def _meant(key: str, parent: Path, keys: Sequence[str]) -> tuple[str, ...]:
    """Return the keys that were probably meant: of the same map by their name, of another by their path."""
    names = [part for part in parent if isinstance(part, str)]
    meanings = meant.by_key(names[-1] if names else "")
    own = likeness.nearest(key, keys, {})
    table = meanings.get(likeness.plainly(key))
    if table is None or likeness.plainly(key) in map(likeness.plainly, keys):
        return own or _elsewhere(key, parent)
    here = dotted(parent)
    inside = tuple(name.removeprefix(f"{here}.") for name in table)
    return tuple(short if short in keys else name for short, name in zip(inside, table, strict=True))


def _keys(path: Path) -> Iterator[str]:
    model = _model(path)
    return iter(model.model_fields if model else ())


def _model(path: Path) -> type[BaseModel] | None:
    """Return the model that describes the map at a path."""
    model: type[BaseModel] | None = Document
    for part in path:
        if isinstance(part, int):  # a place in a list, whose items the field describes
            continue
        field = model.model_fields.get(str(part)) if model else None
        model = next(_models(field.annotation), None) if field else None
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


def _elsewhere(key: str, parent: Path) -> tuple[str, ...]:
    """Return where a key belongs that stands in the wrong section, such as ``cloud`` at the top.

    A key that several sections have belongs to none in particular.
    """
    sections = [name for name in ("tenant", "application", "mail", "secret") if key in _keys((name,))]
    there = tuple(f"{name}.{key}" for name in sections if parent != (name,))
    if parent and key in _keys(()):
        there = (*there, key)
    return there if len(there) == 1 else ()


def _leaves(path: Path) -> Iterator[Path]:
    """Yield the required keys that a missing one would hold, or the key itself."""
    model = _model(path)
    required = [name for name, field in model.model_fields.items() if field.is_required()] if model else []
    if not required:
        yield path
    for name in required:
        yield from _leaves((*path, name))


def _missing(path: Path, places: Mapping[Path, Place]) -> ProvisionError:
    return ProvisionError(
        catalogue.MISSING_KEY,
        f"{dotted(path)} is missing",
        fix=f"Add {dotted(path)}.",
        where=place_of(path[:-1], places),
    )


def _wrong(item: Any, path: Path, root: Map, places: Mapping[Path, Place]) -> ProvisionError:
    fault = item.get("ctx", {}).get("error")
    if isinstance(fault, rules.Fault):
        return broken_rule(path, fault, root, places)
    meant = _MEANT.get(item["type"])
    node = find(root, path)
    if meant is None or node is None:
        words = str(fault) if fault is not None else str(item["msg"])
        return broken_rule(path, rules.Fault(words), root, places)
    message, fix = _not_meant(dotted(path), node, meant, path)
    return ProvisionError(catalogue.WRONG_TYPE, message, fix=fix, where=place_of(path, places))


def _not_meant(key: str, node: Node, meant: str, path: Path) -> tuple[str, str]:
    if isinstance(node, Scalar) and node.kind is Kind.NULL:
        required = ", ".join(dotted(leaf) for leaf in _leaves(path)) if meant == "a map of keys" else ""
        return f"{key} has no value", f"Add {required}." if required else "Give it one, or leave the key out."
    if isinstance(node, Scalar) and node.kind is Kind.NUMBER and path[-1] in ("lifetime", "renew_before"):
        return (
            f"{key}: a length of time needs its unit",
            f"Write {_cut(node.text)}d for days; also w, mo and y.",
        )
    if isinstance(node, Scalar) and meant == "text":
        return (
            f"{key}: YAML reads {_cut(node.text)} as {_read_as(node)}; text is meant",
            f'Put it in quotes: "{_cut(node.text)}".',
        )
    if isinstance(node, Scalar) and meant == "a whole number":
        return f"{key}: a whole number is meant, not text", "Write it plainly, without quotes or variables."
    return f"{key}: {meant} is meant, not {_what(node)}", f"Write {meant}."


def _read_as(node: Scalar) -> str:
    return ("true" if data(node) else "false") if node.kind is Kind.BOOLEAN else node.kind.value


def _what(node: Node) -> str:
    if isinstance(node, Scalar):
        return "a single value"
    return "a list" if isinstance(node, Items) else "a map"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:77] + "..."
