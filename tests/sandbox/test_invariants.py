"""Whatever is done in whatever order, what the sandbox holds stays whole.

A state machine works on two tenants of one state file over HTTP, and after each step looks at all there
is. ``make test`` runs a sample, the same every time; ``make soak`` 10,000 sequences, others every time.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from provision.sandbox import Sandbox
from provision.sandbox.keeping import state as state_module
from provision.sandbox.keeping.store import INDEXED, Record, Tenant
from tests.soak import soaking

from .world import GRAPH_APP, MAIL_SEND

Json = dict[str, Any]
DOMAINS = ("contoso.onmicrosoft.com", "fabrikam.onmicrosoft.com")
UNIQUE = ("alpha", "Beta", "gamma")
ROLES = (MAIL_SEND, "810c84a8-4a9e-49e6-bf7d-12d183f40d01", "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9")
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
HOLDERS = ("application", "servicePrincipal")
PATHS = {"application": "/applications", "servicePrincipal": "/servicePrincipals", "user": "/users"}

tenants = st.integers(0, len(DOMAINS) - 1)
picks = st.integers(0, 15)
names = st.sampled_from(("Mail", "mail", "Payroll", "Ärger"))
uniques = st.sampled_from(UNIQUE)
holders = st.sampled_from(HOLDERS)
Found = tuple[int, Record]  # the number of a tenant, and something in it


def needs(*kinds: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A rule for when there is one of each of these."""
    return precondition(lambda machine: all(machine.made(kind) for kind in kinds))


class Directory(RuleBasedStateMachine):
    """Requests as an administrator. Of its own it remembers the secrets given and what was deleted."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "sandbox.json"
        self._small = state_module.SMALL
        self._loop = asyncio.new_event_loop()
        self._secrets: list[str] = []
        self._deleted: dict[str, tuple[Json, list[str], str]] = {}  # as it was, its owners, what it mirrors
        self._seen: dict[tuple[str, str], set[str]] = {}  # the values that a property ever had
        self._open()

    @initialize(journal=st.booleans())
    def furnish(self, journal: bool) -> None:
        state_module.SMALL = 0 if journal else self._small
        for number, domain in enumerate(DOMAINS):
            self.sandbox.ensure_mailbox(self.sandbox.ensure_tenant(domain), f"owner@{domain}")
            self._furnish(number)

    def _furnish(self, number: int) -> None:
        """Something of each kind, so that few steps lead far; one application owns the other."""
        for name, unique in (("Mail", "alpha"), ("Payroll", None)):
            self.create(number, name, unique)
            app = self._pick_of(number, "application", -1)
            assert app is not None
            assert self._send(number, "POST", "/servicePrincipals", {"appId": app.props["appId"]}).is_success
        principals = [record.id for tenant, record in self.made("servicePrincipal") if tenant == number]
        first = self._pick_of(number, "application", 0)
        assert first is not None
        owner = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{principals[1]}"}
        assert self._send(number, "POST", f"/applications/{first.id}/owners/$ref", owner).is_success
        graph = self._resource(number, None).id
        given = {"principalId": principals[1], "resourceId": graph, "appRoleId": MAIL_SEND}
        assert self._send(number, "POST", f"/servicePrincipals/{graph}/appRoleAssignedTo", given).is_success
        replaced = {"appId": first.props["appId"]}  # there is a deleted principal in the way of it
        old = self._tenant(number).one("servicePrincipal", "appId", replaced["appId"])
        assert old is not None
        self._delete(number, old)
        assert self._send(number, "POST", "/servicePrincipals", replaced).is_success
        secret = self._send(number, "POST", f"/applications/{first.id}/addPassword", {})
        self._secrets.append(secret.json()["secretText"])

    def _open(self) -> None:
        self.sandbox = Sandbox.open(self._path)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.sandbox.app), base_url="https://graph.microsoft.com/v1.0"
        )

    def teardown(self) -> None:
        if self._path.exists():
            self.reopen()
        state_module.SMALL = self._small
        self._loop.close()
        self._folder.cleanup()

    # -- asking ----------------------------------------------------------------------------

    def _tenant(self, number: int) -> Tenant:
        return list(self.sandbox.store.tenants.values())[number]

    def _send(self, number: int, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request; one that is refused has changed nothing."""
        token = self.sandbox.administrator_token(self._tenant(number).id)
        before = self._contents() if method != "GET" else None
        answer = self._loop.run_until_complete(
            self._client.request(
                method, path, json=body, headers={"Authorization": f"Bearer {token}", **headers}
            )
        )
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400 and before is not None:
            assert self._contents() == before, "a refused request changed something"
        return answer

    def _get(self, number: int, kind: str, record_id: str) -> Json:
        answer = self._send(number, "GET", f"{PATHS[kind]}/{record_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def _owners(self, number: int, kind: str, record_id: str) -> list[str]:
        answer = self._send(number, "GET", f"{PATHS[kind]}/{record_id}/owners")
        return [owner["id"] for owner in answer.json()["value"]]

    def made(self, kind: str) -> list[Found]:
        """Everything of a kind, of both tenants, that the tenants did not come with."""
        return [
            (number, record)
            for number, tenant in enumerate(self.sandbox.store.tenants.values())
            for record in (tenant.all_deleted() if kind == "deleted" else tenant.all(kind))
            if record.props.get("appOwnerOrganizationId", tenant.id) == tenant.id
        ]

    def _pick(self, kind: str, pick: int) -> Found:
        found = self.made(kind)
        return found[pick % len(found)]

    def _pick_of(self, number: int, kind: str, pick: int) -> Record | None:
        found = [record for tenant, record in self.made(kind) if tenant == number]
        return found[pick % len(found)] if found else None

    def _contents(self) -> str:
        store = self.sandbox.store
        return json.dumps(
            [
                store.writes,
                store.settings,
                {
                    t.id: [
                        [r.kind, r.id, r.props, r.links, r.private, r.deleted, r.seq] for r in _in_order(t)
                    ]
                    for t in store.tenants.values()
                },
            ]
        )

    # -- applications ----------------------------------------------------------------------

    @rule(number=tenants, name=names, unique=st.none() | uniques)
    def create(self, number: int, name: str, unique: str | None) -> None:
        holder = self._holder_of(number, unique)
        answer = self._send(number, "POST", "/applications", {"displayName": name, "uniqueName": unique})
        assert answer.status_code == (400 if holder else 201), answer.text

    @rule(number=tenants, name=names, unique=uniques, creating=st.booleans())
    def upsert(self, number: int, name: str, unique: str, creating: bool) -> None:
        holder = self._holder_of(number, unique)
        headers = {"Prefer": "create-if-missing"} if creating else {}
        path = f"/applications(uniqueName='{unique}')"
        answer = self._send(number, "PATCH", path, {"displayName": name}, **headers)
        if holder is None:
            assert answer.status_code == (201 if creating else 404), answer.text
        elif holder.deleted:
            assert answer.status_code == (400 if creating else 404), answer.text
        else:
            assert answer.status_code == 204, answer.text

    def _holder_of(self, number: int, unique: str | None) -> Record | None:
        for record in self._tenant(number).records():
            taken = record.props.get("uniqueName")
            if unique is not None and taken is not None and taken.lower() == unique.lower():
                return record
        return None

    @needs("application")
    @rule(
        pick=picks,
        change=st.sampled_from(
            (
                {"displayName": "Renamed"},
                {"tags": ["one", "two"]},
                {"notes": None},
                {"uniqueName": "gamma"},
                {"web": {"redirectUris": ["https://a.example/"]}, "tags": ["spaced out"]},
                {"displayName": None},
                {"requiredResourceAccess": []},
                {
                    "appRoles": [
                        {
                            "id": "6a1b5a0e-0000-4000-8000-000000000000",
                            "allowedMemberTypes": ["Application"],
                            "displayName": "Do",
                            "description": "Do",
                            "value": "Do",
                            "isEnabled": True,
                        }
                    ]
                },
            )
        ),
    )
    def patch(self, pick: int, change: Json) -> None:
        number, app = self._pick("application", pick)
        self._send(number, "PATCH", f"/applications/{app.id}", change)

    @needs("application")
    @rule(pick=picks, other=picks)
    def claim_uri(self, pick: int, other: int) -> None:
        number, app = self._pick("application", pick)
        uri = f"api://{self._pick('application', other)[1].props['appId']}"
        self._send(number, "PATCH", f"/applications/{app.id}", {"identifierUris": [uri]})

    # -- principals ------------------------------------------------------------------------

    @needs("application")
    @rule(pick=picks)
    def create_principal(self, pick: int) -> None:
        number, app = self._pick("application", pick)
        app_id = app.props["appId"]
        exists = self._tenant(number).one("servicePrincipal", "appId", app_id) is not None
        answer = self._send(number, "POST", "/servicePrincipals", {"appId": app_id})
        assert answer.status_code == (409 if exists else 201), answer.text

    @needs("application")
    @rule(pick=picks)
    def upsert_principal(self, pick: int) -> None:
        number, app = self._pick("application", pick)
        app_id = app.props["appId"]
        exists = self._tenant(number).one("servicePrincipal", "appId", app_id) is not None
        answer = self._send(
            number,
            "PATCH",
            f"/servicePrincipals(appId='{app_id}')",
            {"notes": "kept"},
            Prefer="create-if-missing",
        )
        assert answer.status_code == (204 if exists else 201), answer.text

    # -- deletion --------------------------------------------------------------------------

    @needs("application")
    @rule(pick=picks)
    def delete_application(self, pick: int) -> None:
        number, app = self._pick("application", pick)
        principals = self._tenant(number).find("servicePrincipal", "appId", app.props["appId"])
        self._delete(number, app, *principals)

    @needs("servicePrincipal")
    @rule(pick=picks)
    def delete_principal(self, pick: int) -> None:
        number, principal = self._pick("servicePrincipal", pick)
        self._delete(number, principal)

    def _delete(self, number: int, record: Record, *following: Record) -> None:
        tenant = self._tenant(number)
        for each in (record, *following):
            self._deleted[each.id] = (
                self._get(number, each.kind, each.id),
                [*each.links.get("owners", ())],
                self._home(tenant, each),
            )
        assert self._send(number, "DELETE", f"{PATHS[record.kind]}/{record.id}").status_code == 204
        for each in (record, *following):
            assert self._send(number, "GET", f"{PATHS[each.kind]}/{each.id}").status_code == 404
            item = self._send(number, "GET", f"/directory/deletedItems/{each.id}").json()
            assert item["deletedDateTime"] is not None

    @needs("deleted")
    @rule(pick=picks)
    def restore(self, pick: int) -> None:
        """The same object as before, down to its secrets and owners."""
        number, record = self._pick("deleted", pick)
        tenant = self._tenant(number)
        was, owners, home = self._deleted[record.id]
        answer = self._send(number, "POST", f"/directory/deletedItems/{record.id}/restore")
        if answer.status_code == 200:
            assert tenant.deleted(record.id) is None
            now = self._get(number, record.kind, record.id)
            if record.kind == "application" or self._home(tenant, record) == home:
                assert now == was
            # An owner that was deleted itself owns again once it is back.
            left = [o for o in owners if tenant.any(o, (*HOLDERS, "user")) is not None]
            assert self._owners(number, record.kind, record.id) == left
        elif record.kind == "servicePrincipal":
            assert answer.status_code == 409, answer.text
            assert tenant.one("servicePrincipal", "appId", record.props["appId"]) is not None
        else:  # what it was known by may be another's by now
            assert answer.status_code == 400, answer.text
            assert record.props["identifierUris"]

    def _home(self, tenant: Tenant, record: Record) -> str:
        """What a principal mirrors: its application, if that is there."""
        home = tenant.one("application", "appId", record.props["appId"])
        return json.dumps(home.props if home else None)

    @needs("deleted")
    @rule(pick=picks)
    def purge(self, pick: int) -> None:
        number, record = self._pick("deleted", pick)
        assert self._send(number, "DELETE", f"/directory/deletedItems/{record.id}").status_code == 204
        assert self._send(number, "GET", f"/directory/deletedItems/{record.id}").status_code == 404

    # -- secrets ---------------------------------------------------------------------------

    @needs(*HOLDERS)
    @rule(pick=picks, kind=holders)
    def add_password(self, pick: int, kind: str) -> None:
        number, record = self._pick(kind, pick)
        answer = self._send(
            number,
            "POST",
            f"{PATHS[kind]}/{record.id}/addPassword",
            {"passwordCredential": {"displayName": "one"}},
        )
        assert answer.status_code == 200, answer.text
        self._secrets.append(answer.json()["secretText"])

    def secrets(self) -> list[tuple[int, Record, str]]:
        return [
            (number, record, credential["keyId"])
            for kind in HOLDERS
            for number, record in self.made(kind)
            for credential in record.props["passwordCredentials"]
        ]

    @precondition(lambda self: self.secrets())
    @rule(pick=picks)
    def remove_password(self, pick: int) -> None:
        found = self.secrets()
        number, record, key_id = found[pick % len(found)]
        path = f"{PATHS[record.kind]}/{record.id}/removePassword"
        assert self._send(number, "POST", path, {"keyId": key_id}).status_code == 204
        assert self._send(number, "POST", path, {"keyId": key_id}).status_code == 400

    @needs(*HOLDERS)
    @rule(pick=picks, kind=holders)
    def leave_out_a_password(self, pick: int, kind: str) -> None:
        """A PATCH may only leave credentials out."""
        number, record = self._pick(kind, pick)
        kept = self._get(number, kind, record.id)["passwordCredentials"][1:]
        self._send(number, "PATCH", f"{PATHS[kind]}/{record.id}", {"passwordCredentials": kept})

    # -- grants ----------------------------------------------------------------------------

    @needs("servicePrincipal")
    @rule(pick=picks, of=st.none() | picks, role=st.sampled_from(ROLES), to=st.booleans())
    def assign(self, pick: int, of: int | None, role: str, to: bool) -> None:
        """Of Graph, or of another application's principal; by either side."""
        number, principal = self._pick("servicePrincipal", pick)
        resource = self._resource(number, of)
        at = f"{resource.id}/appRoleAssignedTo" if to else f"{principal.id}/appRoleAssignments"
        body = {
            "principalId": principal.id,
            "resourceId": resource.id,
            "appRoleId": DEFAULT_ROLE if of is not None else role,
        }
        exists = any(
            a.props["resourceId"] == resource.id and a.props["appRoleId"] == body["appRoleId"]
            for a in self._tenant(number).find("appRoleAssignment", "principalId", principal.id)
        )
        answer = self._send(number, "POST", f"/servicePrincipals/{at}", body)
        assert answer.status_code == (400 if exists else 201), answer.text

    def _resource(self, number: int, of: int | None) -> Record:
        graph = self._tenant(number).one("servicePrincipal", "appId", GRAPH_APP)
        assert graph is not None
        return graph if of is None else self._pick_of(number, "servicePrincipal", of) or graph

    @needs("appRoleAssignment")
    @rule(pick=picks, to=st.booleans())
    def revoke(self, pick: int, to: bool) -> None:
        number, assignment = self._pick("appRoleAssignment", pick)
        props = assignment.props
        side = (
            f"{props['resourceId']}/appRoleAssignedTo" if to else f"{props['principalId']}/appRoleAssignments"
        )
        answer = self._send(number, "DELETE", f"/servicePrincipals/{side}/{assignment.id}")
        assert answer.status_code == 204, answer.text

    @needs("servicePrincipal")
    @rule(pick=picks, of=st.none() | picks)
    def consent(self, pick: int, of: int | None) -> None:
        number, client = self._pick("servicePrincipal", pick)
        self._send(
            number,
            "POST",
            "/oauth2PermissionGrants",
            {
                "clientId": client.id,
                "consentType": "AllPrincipals",
                "principalId": None,
                "resourceId": self._resource(number, of).id,
                "scope": "Mail.Send",
            },
        )

    @needs("oauth2PermissionGrant")
    @rule(pick=picks)
    def withdraw(self, pick: int) -> None:
        number, grant = self._pick("oauth2PermissionGrant", pick)
        assert self._send(number, "DELETE", f"/oauth2PermissionGrants/{grant.id}").status_code == 204

    # -- owners ----------------------------------------------------------------------------

    @needs(*HOLDERS)
    @rule(pick=picks, kind=holders, owner=picks)
    def add_owner(self, pick: int, kind: str, owner: int) -> None:
        number, record = self._pick(kind, pick)
        owners = [*self._tenant(number).all("user"), *self._tenant(number).all("servicePrincipal")]
        target = owners[owner % len(owners)].id
        body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{target}"}
        self._send(number, "POST", f"{PATHS[kind]}/{record.id}/owners/$ref", body)

    @needs(*HOLDERS)
    @rule(pick=picks, kind=holders, owner=picks)
    def remove_owner(self, pick: int, kind: str, owner: int) -> None:
        number, record = self._pick(kind, pick)
        if owners := self._owners(number, kind, record.id):
            path = f"{PATHS[kind]}/{record.id}/owners/{owners[owner % len(owners)]}/$ref"
            assert self._send(number, "DELETE", path).status_code == 204

    # -- the sandbox itself ----------------------------------------------------------------

    @rule()
    def reopen(self) -> None:
        """Another process finds what this one left."""
        before = self._contents()
        self._loop.run_until_complete(self._client.aclose())
        self._open()
        assert self._contents() == before

    @rule(days=st.integers(1, 400))
    def advance(self, days: int) -> None:
        self.sandbox.set_clock(advance=timedelta(days=days))

    # -- what always holds -----------------------------------------------------------------

    def _each(self, check: Callable[[Tenant], None]) -> None:
        for tenant in self.sandbox.store.tenants.values():
            check(tenant)

    @invariant()
    def names_are_unique(self) -> None:
        """Also against the deleted; and an appId over all tenants."""
        app_ids = [
            r.props["appId"]
            for t in self.sandbox.store.tenants.values()
            for r in t.records()
            if r.kind == "application"
        ]
        assert len(app_ids) == len(set(app_ids))
        for tenant in self.sandbox.store.tenants.values():
            taken = [
                str(r.props["uniqueName"]).lower()
                for r in tenant.records()
                if r.kind == "application" and r.props["uniqueName"] is not None
            ]
            assert len(taken) == len(set(taken))
            uris = [u for r in tenant.all("application") for u in r.props["identifierUris"]]
            assert len(uris) == len(set(uris))
            backed = [r.props["appId"] for r in tenant.all("servicePrincipal")]
            assert len(backed) == len(set(backed)), "two service principals of one application"

    @invariant()
    def nothing_dangles(self) -> None:
        self._each(_check_links)

    @invariant()
    def an_object_is_in_one_place(self) -> None:
        for tenant in self.sandbox.store.tenants.values():
            ids = [r.id for r in tenant.records()]
            assert len(ids) == len(set(ids))
            for record in tenant.records():
                live, deleted = tenant.get(record.kind, record.id), tenant.deleted(record.id)
                assert (live is record) != (deleted is record)
                assert (record.deleted is None) == (live is record)

    @invariant()
    def hashes_are_of_listed_secrets(self) -> None:
        for tenant in self.sandbox.store.tenants.values():
            for record in (r for r in tenant.records() if r.kind in HOLDERS):
                listed = {c["keyId"] for c in record.props["passwordCredentials"]}
                assert set(record.private.get("secrets", {})) == listed
                assert all(c["secretText"] is None for c in record.props["passwordCredentials"])

    @invariant()
    def no_secret_is_in_the_files(self) -> None:
        texts = [p.read_text() for p in self._path.parent.iterdir()]
        assert not [s for s in self._secrets for text in texts if s in text]

    @invariant()
    def indexes_are_as_a_scan(self) -> None:
        for tenant in self.sandbox.store.tenants.values():
            for kind, props in INDEXED.items():
                for prop in props:
                    self._check_index(tenant, kind, prop)

    def _check_index(self, tenant: Tenant, kind: str, prop: str) -> None:
        by_value: dict[str, list[Record]] = {}
        for record in tenant.all(kind):
            if isinstance(value := record.props.get(prop), str):
                by_value.setdefault(value.lower(), []).append(record)
        seen = self._seen.setdefault((kind, prop), set())
        seen.update(by_value)
        for value in seen:
            assert tenant.find(kind, prop, value.upper()) == by_value.get(value, [])

    @invariant()
    def lists_are_in_order_of_creation(self) -> None:
        for tenant in self.sandbox.store.tenants.values():
            for kind in PATHS:
                order = [r.seq for r in tenant.all(kind)]
                assert order == sorted(set(order))


def _in_order(tenant: Tenant) -> list[Record]:
    """The live by their kinds, each in its order; the deleted in theirs."""
    return sorted(tenant.records(), key=lambda r: (r.deleted is not None, "" if r.deleted else r.kind))


def _check_links(tenant: Tenant) -> None:
    there = {r.id for r in tenant.records()}
    principals = {r.id for kind in ("servicePrincipal", "user", "group") for r in tenant.all(kind)}
    resources = {r.id for r in tenant.all("servicePrincipal")}
    given = set()
    for assignment in tenant.all("appRoleAssignment"):
        props = assignment.props
        assert props["principalId"] in principals
        assert props["resourceId"] in resources
        key = (props["principalId"], props["resourceId"], props["appRoleId"])
        assert key not in given, "one role twice"
        given.add(key)
    for grant in tenant.all("oauth2PermissionGrant"):
        assert grant.props["clientId"] in resources
        assert grant.props["resourceId"] in resources
    for role in tenant.all("roleAssignment"):
        assert role.props["principalId"] in principals
    for record in tenant.records():
        for name, ids in record.links.items():
            assert set(ids) <= there, f"a {record.kind} has {name} that are gone"
            assert len(ids) == len(set(ids))


_SAMPLE = settings(
    max_examples=25,
    stateful_step_count=30,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
_SHARDS = 4  # of a soak, so that it uses several processors


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    shards = _SHARDS if soaking(metafunc.config) else 1
    metafunc.parametrize("shard", range(shards))


@pytest.mark.soak
def test_any_sequence_of_operations_keeps_the_directory_whole(
    shard: int, request: pytest.FixtureRequest
) -> None:
    soaks = soaking(request.config)
    run_state_machine_as_test(Directory, settings=settings.get_profile("soak") if soaks else _SAMPLE)
