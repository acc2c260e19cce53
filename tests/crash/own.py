"""Whose is what: the objects of each of many configs, and whether a run had to do with its own alone."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provision.sandbox import Sandbox
from provision.sandbox.keeping.store import Record, Tenant

TENANTS = ("11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555")
NAMES = tuple(f"app-{number:02}" for number in range(20))
ADOPTED = frozenset(NAMES[3::8])  # made by hand; client_id names them
LIMITED = frozenset(NAMES[4::7])  # to one mailbox, by Exchange
SAID = frozenset({0, 1, 2, 3, 4, 5, 69})  # documented, whatever a fault may come to
_IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|box-app-\d\d@[a-z.]+|uniquename='[^']*'")


@dataclass(frozen=True)
class Asked:
    """One request: the config whose run sent it, its address and its body."""

    config: str | None
    line: str


@dataclass
class Ran:
    """What a run came to."""

    code: int
    document: Any
    err: str
    asked: list[Asked] = field(default_factory=list)
    minted: dict[str, tuple[str, str]] = field(default_factory=dict)  # value: key id, object id


class Owned:
    """The objects of each config, as the store has them."""

    def __init__(self, sandbox: Sandbox, names: Sequence[str] = NAMES) -> None:
        self.tenants = {i: t for i in TENANTS if (t := sandbox.store.tenant(i)) is not None}
        self.applications: dict[str, Record] = {}
        self.principals: dict[str, Record] = {}
        self.owners: dict[str, str] = {}  # an id, an address, a name: whose it is
        self.grants: dict[str, list[tuple[str, str]]] = {}
        for name in names:
            tenant = self.tenants.get(tenant_of(name))
            self.owners[f"box-{name}@agency.example"] = self.owners[f"uniquename='{name}'"] = name
            if tenant is not None:
                self._look(tenant, name)

    def _look(self, tenant: Tenant, name: str) -> None:
        app = tenant.one("application", "uniqueName", name)
        if app is None and name in ADOPTED:
            app = tenant.one("application", "displayName", f"by hand {name}")
        user = tenant.one("user", "userPrincipalName", f"box-{name}@agency.example")
        if user is not None:
            self.owners[user.id] = name
        if app is None:
            return
        self.applications[name] = app
        self.owners[app.id] = self.owners[app.props["appId"]] = name
        principal = tenant.one("servicePrincipal", "appId", app.props["appId"])
        if principal is not None:
            self.principals[name], self.owners[principal.id] = principal, name
            held = tenant.find("appRoleAssignment", "principalId", principal.id)
            self.grants[name] = sorted((g.props["resourceId"], g.props["appRoleId"]) for g in held)


def judge(before: Owned, after: Owned, ran: Ran, names: Sequence[str], folder: Path) -> None:
    """Raise ``AssertionError`` for a request, an object, a file or a told id that is another config's."""
    assert ran.code in SAID, "an undocumented exit code"
    assert "PRV900" not in json.dumps(ran.document), "a defect"
    owners = before.owners | after.owners
    for request in ran.asked:
        named = {owners[found] for found in _IDS.findall(request.line) if found in owners}
        assert named <= {request.config}, f"the run of {request.config} asked about {named}: {request.line}"
    for name in NAMES:
        was, app = before.applications.get(name), after.applications.get(name)
        if name not in names:
            assert app == was, f"{name} is not in the run, and was changed"
        if app is None:
            continue
        assert was is None or was.id == app.id, f"{name} is another application now"
        shown = {f"Mail {name}", f"Post {name}", f"by hand {name}"}
        assert app.props["displayName"] in shown, f"{name} is called {app.props['displayName']}"
        uris = app.props["web"]["redirectUris"]
        assert all(f"//{name}.agency.example/" in uri for uri in uris), f"{name} has the URIs {uris}"
        keys = {c["keyId"]: c["displayName"] for c in app.props["passwordCredentials"]}
        marks = {str(text).rpartition("[")[2] for text in keys.values()}
        assert marks <= {f"provision:{name}]"}, f"{name} has the secrets {keys}"
        tags = {t.rpartition(":")[2] for t in app.props["tags"] if t.startswith("provision:delivered:")}
        minted = {key for key, holder in ran.minted.values() if holder == app.id}
        assert tags <= keys.keys() | minted | _keys(was), f"{name} records deliveries of strangers: {tags}"
        assert len(after.grants.get(name, [])) <= 1, f"{name} has several grants"
        _judge_file(folder / f"{name}.secret", ran, app)
    _judge_told(after, ran)


def _judge_file(path: Path, ran: Ran, app: Record) -> None:
    minted = ran.minted.get(path.read_text()) if path.exists() else None
    if minted is not None:
        assert minted[1] == app.id, f"{path.name} holds a secret of {minted[1]}, the application is {app.id}"
        assert minted[0] in _keys(app), f"{path.name} holds a secret that is gone"


def _judge_told(after: Owned, ran: Ran) -> None:
    for item in items(ran.document):
        outputs, name = item.get("outputs"), item.get("name")
        if outputs is None or outputs["oauth_client_id"] is None:
            continue
        app = after.applications[name]
        assert outputs["oauth_client_id"] == app.props["appId"], f"{name} was told another's client id"
        assert outputs["email_address"] == f"box-{name}@agency.example", f"{name} was told another's mailbox"
        key = outputs["secret_key"] and outputs["secret_key"]["key_id"]
        assert key is None or key in _keys(app), f"{name} was told another's secret {key}"


def _keys(app: Record | None) -> set[str]:
    return {c["keyId"] for c in app.props["passwordCredentials"]} if app else set()


def items(document: Any) -> list[Any]:
    """The plans or results of a document, without the errors."""
    found = document if isinstance(document, dict) else {}
    items = found.get("results") or found.get("plans") or found.get("drifts") or [found]
    made = [item for item in items if not str(item.get("format")).startswith("provision.error/")]
    return [item for item in made if item.get("name") in NAMES]


def tenant_of(name: str) -> str:
    """The tenant that a config is for."""
    return TENANTS[NAMES.index(name) >= 14]
