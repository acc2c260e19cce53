"""``odata.metadata`` in ``Accept``: how much an answer says of itself.

https://docs.oasis-open.org/odata/odata-json-format/v4.01/ (3.1): ``none`` leaves out everything but the
next link and the count, ``full`` adds type and address of each object. CLI for Microsoft 365 asks for
``none``, older clients of HashiCorp's for ``full``.
"""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]
_LEVEL = re.compile(r"odata(?:\.metadata)?=(?P<level>minimal|none|full|nometadata|fullmetadata)\b", re.I)
_OLD_NAMES = {"nometadata": "none", "fullmetadata": "full"}
_CONTEXT = re.compile(r"#(?P<set>\w+)(?:\([^']*\))?(?:/\$entity)?$")
_TYPES = {
    "applications": "application",
    "servicePrincipals": "servicePrincipal",
    "users": "user",
    "groups": "group",
}
_KEPT = ("@odata.nextlink", "@odata.count", "@odata.deltalink")


def level(accept: str) -> str:
    """``minimal``, ``none`` or ``full``, as an ``Accept`` header asks."""
    match = _LEVEL.search(accept)
    name = match.group("level").lower() if match else "minimal"
    return _OLD_NAMES.get(name, name)


def without(node: Any) -> Any:
    """Return an answer without its annotations."""
    if isinstance(node, list):
        return [without(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {k: without(v) for k, v in node.items() if "@odata." not in k or k.lower() in _KEPT}


def with_addresses(body: Json, tenant_id: str) -> Json:
    """Return an answer whose objects tell their types and addresses."""
    match = _CONTEXT.search(str(body.get("@odata.context", "")))
    kind = _TYPES.get(match.group("set")) if match else None
    if isinstance(body.get("value"), list):
        return {**body, "value": [_addressed(item, kind, tenant_id) for item in body["value"]]}
    answer: Json = _addressed(body, kind, tenant_id)
    return answer


def _addressed(item: Any, kind: str | None, tenant_id: str) -> Any:
    if not isinstance(item, dict) or "id" not in item:
        return item
    name = str(item.get("@odata.type", f"#microsoft.graph.{kind}" if kind else "")).rpartition(".")[2]
    if name not in _TYPES.values():
        return item
    resource = name[0].upper() + name[1:]
    path = f"directoryObjects/{item['id']}/Microsoft.DirectoryServices.{resource}"
    context = {k: v for k, v in item.items() if k == "@odata.context"}
    return context | {
        "@odata.type": f"#microsoft.graph.{name}",
        "@odata.id": f"https://graph.microsoft.com/v2/{tenant_id}/{path}",
        "@odata.editLink": path,
        **item,
    }
