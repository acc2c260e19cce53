"""The lists of several shards as the one list that a run over all configs would have printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from provision.change import Action
from provision.errors import Exit, ProvisionError, catalogue, worst
from provision.plan import guards
from provision.plan.saved import together
from provision.report.documents import finding_json

Json = dict[str, Any]
LISTS = {"provision.plans/1": "plans", "provision.results/1": "results"}
_PENDING = {action.value for action in (Action.CREATE, Action.UPDATE, Action.DELETE)}


def combined(documents: Mapping[str, Any]) -> tuple[Json, Exit]:
    """Return one document of those in these files, and the worst exit code; by the file's name each.

    ``ProvisionError`` if they are not the lists of one fleet's shards, each of them once.
    """
    parts = {file: _part(file, document) for file, document in documents.items()}
    first = next(iter(documents))
    for file, document in documents.items():
        for what, mine, other in (
            ("format", document["format"], documents[first]["format"]),
            ("number of shards", parts[file]["count"], parts[first]["count"]),
            ("number of configs", parts[file]["fleet"], parts[first]["fleet"]),
        ):
            if mine != other:
                _refuse(f"{file} and {first} are not of one run: their {what} is {mine} and {other}")
    _each_once(parts)
    kind = LISTS[documents[first]["format"]]
    placed: dict[int, Json] = {}
    for file, document in documents.items():
        for place, item in zip(parts[file]["configs"], document[kind], strict=True):
            if place in placed:
                _refuse(f"{file} holds a config that another file holds, too: {_called(item)}")
            placed[place] = item
    items = [placed[place] for place in sorted(placed)]
    codes = (Exit(part["exit_code"]) for part in parts.values())
    return _document(list(documents.values()), kind, items), worst(codes)


def _document(documents: Sequence[Json], kind: str, items: Sequence[Json]) -> Json:
    found: Json = {"format": documents[0]["format"]}
    if kind == "plans":
        made = [item for item in items if item.get("format") == "provision.plan/1"]
        found["digest"] = together(item["digest"] for item in made) if len(made) == len(items) else None
        changes = [sum(item["summary"].get(action, 0) for action in _PENDING) for item in made]
        many = guards.many(sum(changes), sum(map(bool, changes)))
        found["findings"] = [finding_json(many)] if many else []
    found[kind] = list(items)
    for key in ("passed_over", "left_out"):
        told = [item for document in documents for item in document.get(key, ())]
        found[key] = [item for number, item in enumerate(told) if item not in told[:number]]
    return found


def _part(file: str, document: Any) -> Json:
    if not isinstance(document, dict) or not isinstance(document.get("format"), str):
        _refuse(f"{file} is no document of this program")
    kind = document["format"]
    if kind.startswith("provision.error/"):
        _refuse(
            f"{file} holds the error of a run that did nothing: {document.get('code')} "
            f"{document.get('message')}"
        )
    if kind not in LISTS:
        _refuse(f"{file} is a {kind[:40]}; there are: {', '.join(LISTS)}")
    part, items = document.get("shard"), document.get(LISTS[kind])
    if not isinstance(part, dict) or not isinstance(items, list):
        _refuse(f"{file} is of a run without --shard")
    places = part.get("configs")
    numbers = [part.get(key) for key in ("index", "count", "fleet", "exit_code")]
    if (
        not all(isinstance(n, int) for n in numbers)
        or not isinstance(places, list)
        or len(places) != len(items)
    ):
        _refuse(f"{file} does not say which shard it is of")
    if part["exit_code"] not in list(Exit):
        _refuse(f"{file} does not say how its run ended")
    return part


def _each_once(parts: Mapping[str, Json]) -> None:
    seen: dict[int, str] = {}
    for file, part in parts.items():
        index = part["index"]
        if index in seen:
            _refuse(f"shard {index} is there twice: {seen[index]}, {file}")
        seen[index] = file
    count = next(iter(parts.values()))["count"]
    missing = [str(index) for index in range(1, count + 1) if index not in seen]
    if missing or len(seen) != count:
        _refuse(f"of {count} shards these are missing: {', '.join(missing) or 'none, but others are there'}")


def _called(item: Json) -> str:
    return str(item.get("name") or item.get("config"))


def _refuse(why: str) -> NoReturn:
    raise ProvisionError(catalogue.SHARDS, why)
