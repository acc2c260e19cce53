"""A saved plan is applied as approved or not at all: each change in between is found, and nothing written."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support import TENANT, Program, Ran, Tenant, write_config

DELIVER = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
OUT = ("--sandbox", "--deliver", "file:out.secret", "-o", "json", "--out", "plan.json")
FULL = """\
version: 1
name: collab-prod
product: collaboration
tenant:
  id: 3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690
  cloud: global
application:
  display_name: FOIAXpress Collaboration Mail
  admin_url: https://collab.agency.example
  redirect_uris: [https://second.agency.example/x]
  sign_in_audience: AzureADMyOrg
  owners: null
  notes: some
  service_management_reference: null
mail:
  address: noreply@agency.example
  scope: organization
consent: grant
secret:
  description: A secret
  lifetime: 180d
  renew_before: 30d
  delivery: terminal
"""


def planned(provision: Program, config: str = "prod.yaml") -> Any:
    """Save a plan, and return the document."""
    ran = provision("plan", config, *OUT)
    assert ran.code == 0, ran.out + ran.err
    return json.loads(Path("plan.json").read_text())


def sealed(document: dict[str, Any]) -> str:
    """Write a plan file as somebody would who knows how its digest is made."""
    document["file_digest"] = "sha256:" + "0" * 64
    text = json.dumps(document, indent=2, ensure_ascii=True) + "\n"
    return text.replace("sha256:" + "0" * 64, "sha256:" + hashlib.sha256(text.encode()).hexdigest())


def refused(provision: Program, name: str, *more: str, config: str = "prod.yaml") -> Any:
    """Apply the saved plan, expect its refusal, and see that nothing was written."""
    tenant = Tenant()
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")  # as a rehearsal does
    writes = tenant.writes
    value = Path("out.secret").read_bytes() if Path("out.secret").exists() else None
    ran = provision("apply", config, *DELIVER, *(more or ("--plan", "plan.json")))
    assert (ran.code, ran.json["error"]) == (5, name), ran.out
    assert Tenant().writes == writes
    assert (Path("out.secret").read_bytes() if Path("out.secret").exists() else None) == value
    return ran.json


def test_an_approved_plan_is_carried_out(provision: Program, config: str) -> None:
    """Plan, keep the file, apply it: the same digest all along, and no secret in the file."""
    plan = planned(provision)
    assert plan["format"] == "provision.plan/1"
    assert {"tool_version", "created", "expires", "file_digest", "digest", "resource_changes"} <= set(plan)
    ran = provision("apply", config, *DELIVER, "--plan", "plan.json")
    assert ran.code == 0, ran.out + ran.err
    assert Path("out.secret").read_text() not in Path("plan.json").read_text()


def test_the_digest_alone_does_too(provision: Program, config: str) -> None:
    """What the review comment says is enough; another digest is refused."""
    digest = provision("plan", config, "--sandbox", "-o", "json").json["digest"]
    refused(provision, "stale-plan", "--expect-digest", "sha256:" + "0" * 64)
    assert provision("apply", config, *DELIVER, "--expect-digest", digest).code == 0


def test_a_fleet_has_one_digest(provision: Program) -> None:
    """Several configs are approved together; the order in which they are named does not matter."""
    for name in ("a-one", "b-two"):
        write_config(f"{name}.yaml", name=name)
    ran = provision("plan", "a-one.yaml", "b-two.yaml", "--sandbox", "-o", "json", "--out", "plan.json")
    deliver = ("--sandbox", "--yes", "-o", "json", "--allow", "delivery-changed")
    digest = ("--expect-digest", ran.json["digest"])
    write_config("c-three.yaml", name="c-three")
    more = provision("apply", "a-one.yaml", "b-two.yaml", "c-three.yaml", *deliver, "--plan", "plan.json")
    assert (more.code, more.json["error"]) == (5, "stale-plan")
    one = provision("apply", "a-one.yaml", *deliver, "--plan", "plan.json")
    assert (one.code, one.json["error"]) == (5, "stale-plan")
    both = provision("apply", "b-two.yaml", "a-one.yaml", *deliver, "--plan", "plan.json", *digest)
    assert both.code == 0, both.out


def test_time_alone_makes_no_plan_stale(provision: Program, config: str) -> None:
    """The end of a secret is computed when it is made; some days later the plan is still the same."""
    planned(provision)
    Tenant().advance(days=5)
    assert provision("apply", config, *DELIVER, "--plan", "plan.json").code == 0


def test_a_plan_expires(provision: Program, config: str) -> None:
    """After a week somebody should look again."""
    planned(provision)
    Tenant().advance(days=7, minutes=1)
    assert "expired" in refused(provision, "plan-file")["message"]


CONFIG_FIELDS = {
    "product": "pal",
    "name": "another-name",
    "id": "11111111-6b1d-4e7f-9a34-5d2e8c71b690",
    "cloud": "gcc",
    "display_name": "Another name",
    "admin_url": "https://other.agency.example",
    "redirect_uris": "[https://third.agency.example/x]",
    "sign_in_audience": "AzureADMultipleOrgs",
    "owners": "[11111111-6b1d-4e7f-9a34-5d2e8c71b691]",
    "notes": "other",
    "service_management_reference": "22222222-6b1d-4e7f-9a34-5d2e8c71b691",
    "address": "another@agency.example",
    "scope": "mailbox",
    "consent": "handoff",
    "description": "Another secret",
    "lifetime": "179d",
    "renew_before": "29d",
    "delivery": "{file: {path: elsewhere.secret}}",
    "client_id": "11111111-6b1d-4e7f-9a34-5d2e8c71b692",
    "auth": "another-identity",
    "stamp": "true",
    "scope_by": "graph",
    "adopt": "11111111-6b1d-4e7f-9a34-5d2e8c71b693",
}
UNSET = {  # what FULL leaves out, as not all of it can be said at once, and the line under which it stands
    "auth": "  cloud: global",
    "client_id": "  notes: some",
    "stamp": "  notes: some",
    "scope_by": "  scope: organization",
    "adopt": "  description: A secret",
}


def test_every_key_of_a_config_is_tried() -> None:
    """The list above must not fall behind the schema."""
    from provision.config.schema import json_schema

    def leaves(schema: dict[str, Any]) -> set[str]:
        found: set[str] = set()
        for key, value in schema["properties"].items():
            found |= leaves(value) if value.get("properties") else {key}
        return found

    tried = set(CONFIG_FIELDS) | {"version", "extends"}  # one value, and a path that leaves no trace
    assert leaves(json_schema()) - tried <= {"drift", "ignore"}


@pytest.mark.parametrize("key", CONFIG_FIELDS)
def test_a_changed_config_is_refused(provision: Program, key: str) -> None:
    """Each key of a config, changed between plan and apply."""
    text = FULL
    if key in UNSET:
        above = UNSET[key]
        text = FULL.replace(above, f"{above}\n  {key}: {'script' if key == 'scope_by' else 'null'}", 1)
        assert text != FULL
    Path("prod.yaml").write_text(text)
    planned(provision)
    changed, count = re.subn(rf"(?m)^(\s*{key}:).*$", rf"\1 {CONFIG_FIELDS[key]}", text, count=1)
    assert count == 1
    Path("prod.yaml").write_text(changed)
    writes = Tenant().writes
    ran = provision(
        "apply",
        "prod.yaml",
        *DELIVER,
        "--plan",
        "plan.json",
        "--allow",
        "audience-widened",
        "--allow",
        "mailbox-missing",
    )
    assert ran.code == 5, ran.out
    assert ran.json["error"] in ("stale-plan", "client-id-not-found", "owner-not-found", "adopt-not-found")
    assert Tenant().get("/applications")["value"] == []
    assert Tenant().writes <= writes + 2  # a rehearsal makes the tenant and the mailbox that a config names


def tamper(kind: str) -> None:
    """Change one thing in the tenant behind the tool's back."""
    tenant = Tenant()
    app = tenant.application()
    at = f"/applications/{app['id']}"
    principal = tenant.get(f"/servicePrincipals(appId='{app['appId']}')")
    match kind:
        case "displayName" | "notes":
            tenant.do("PATCH", at, {kind: "changed"})
        case "signInAudience":
            tenant.do("PATCH", at, {kind: "AzureADMultipleOrgs"})
        case "redirectUris":
            uris = [*app["web"]["redirectUris"], "https://evil.example/x"]
            tenant.do("PATCH", at, {"web": {"redirectUris": uris}})
        case "requiredResourceAccess":
            app[kind][0]["resourceAccess"].append(
                {"id": "810c84a8-4a9e-49e6-bf7d-12d183f40d01", "type": "Role"}
            )
            tenant.do("PATCH", at, {kind: app[kind]})
        case "tags":
            tenant.do("PATCH", at, {kind: [*app["tags"], "HideApp"]})
        case "secret added":
            tenant.do("POST", f"{at}/addPassword", {"passwordCredential": {"displayName": "theirs"}})
        case "secret removed":
            tenant.do("POST", f"{at}/removePassword", {"keyId": app["passwordCredentials"][0]["keyId"]})
        case "principal disabled":
            tenant.do("PATCH", f"/servicePrincipals/{principal['id']}", {"accountEnabled": False})
        case "principal deleted":
            tenant.do("DELETE", f"/servicePrincipals/{principal['id']}")
        case "consent revoked":
            grants = tenant.get(f"/servicePrincipals/{principal['id']}/appRoleAssignments")["value"]
            tenant.do("DELETE", f"/servicePrincipals/{principal['id']}/appRoleAssignments/{grants[0]['id']}")
        case "grant added":
            graph = tenant.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
            body = {
                "principalId": principal["id"],
                "resourceId": graph["id"],
                "appRoleId": "810c84a8-4a9e-49e6-bf7d-12d183f40d01",
            }
            tenant.do("POST", f"/servicePrincipals/{graph['id']}/appRoleAssignedTo", body)
        case "policy":
            limit = {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P90D"}
            body = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [limit]}}
            tenant.do("PATCH", "/policies/defaultAppManagementPolicy", body)
        case "owners":
            user = tenant.get("/users")["value"][-1]["id"]
            link = f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"
            tenant.do("POST", f"{at}/owners/$ref", {"@odata.id": link})
        case "application deleted":
            tenant.do("DELETE", at)
        case _:
            raise AssertionError(kind)


@pytest.mark.parametrize(
    "kind",
    [
        "displayName",
        "notes",
        "signInAudience",
        "redirectUris",
        "requiredResourceAccess",
        "tags",
        "secret added",
        "secret removed",
        "principal disabled",
        "principal deleted",
        "consent revoked",
        "grant added",
        "policy",
        "owners",
        "application deleted",
    ],
)
def test_a_changed_tenant_is_refused(provision: Program, kind: str) -> None:
    """Each thing that was read, changed between plan and apply; the refusal names what."""
    more = "secret:\n  lifetime: 120d\n"
    config = write_config(more=more)
    owner = "  owners: []\nmail:" if kind == "owners" else "mail:"
    Path(config).write_text(Path(config).read_text().replace("mail:", owner))
    assert provision("apply", config, *DELIVER).code == 0
    planned(provision)
    tamper(kind)
    name = "soft-deleted" if kind == "application deleted" else "stale-plan"
    message = refused(provision, name)["message"]
    if name == "stale-plan":
        assert "changed in the tenant" in message


def test_the_mailbox_that_went_is_noticed(provision: Program, config: str) -> None:
    """It is only looked at, and still part of what was approved."""
    planned(provision)
    tenant = Tenant()
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")
    tenant.do("PATCH", "/users/noreply@agency.example", {"accountEnabled": False})
    tenant.do("DELETE", "/users/noreply@agency.example")
    body = {
        "accountEnabled": True,
        "displayName": "x",
        "mailNickname": "noreply",
        "userPrincipalName": "noreply@agency.example",
        "passwordProfile": {"password": "Xy7-rehearsal-only"},
    }
    tenant.do("POST", "/users", body)
    ran = provision("apply", config, *DELIVER, "--plan", "plan.json", "--allow", "mailbox-missing")
    assert (ran.code, ran.json["error"]) == (5, "stale-plan")


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every field of a document, at every depth."""
    if isinstance(node, dict):
        return [p for key, value in node.items() for p in places(value, (*path, key))]
    if isinstance(node, list) and node:
        return [p for index, value in enumerate(node) for p in places(value, (*path, index))]
    return [path]


def test_every_field_of_the_file_is_guarded(provision: Program, config: str) -> None:
    """Change each value in the file: its own digest finds it, before Graph is asked for anything."""
    document = planned(provision)
    fields = places(document)
    assert len(fields) > 40
    for path in fields:
        copy = json.loads(json.dumps(document))
        *above, last = path
        node = copy
        for part in above:
            node = node[part]
        node[last] = "changed" if node[last] != "changed" else "otherwise"
        Path("plan.json").write_text(json.dumps(copy, indent=2) + "\n")
        ran = provision("apply", config, *DELIVER, "--plan", "plan.json")
        assert (ran.code, ran.json["error"]) == (5, "plan-file"), path
    assert Tenant().get("/applications")["value"] == []


def test_every_part_of_the_file_is_guarded(provision: Program, config: str) -> None:
    """One character more, less or other, anywhere; white space too."""
    planned(provision)
    text = Path("plan.json").read_text()
    for at in range(0, len(text), 97):
        for broken in (text[:at], text[:at] + "#" + text[at + 1 :], text[:at] + " " + text[at:]):
            Path("plan.json").write_text(broken)
            ran = provision("apply", config, *DELIVER, "--plan", "plan.json")
            assert (ran.code, ran.json["error"]) == (5, "plan-file"), at
    assert Tenant().get("/applications")["value"] == []


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        pytest.param({"tool_version": "99.0.0"}, "plan-file", "newer version", id="of a newer tool"),
        pytest.param(
            {"format": "provision.plan/2"}, "plan-file", "format is provision.plan/2", id="of a newer format"
        ),
        pytest.param({"format": "terraform"}, "plan-file", "not a plan", id="of another program"),
        pytest.param({"tenant_id": "x"}, "plan-file", "shows", id="that shows another tenant"),
        pytest.param({"findings": []}, "plan-file", "shows", id="that hides findings"),
        pytest.param({"digest": "sha256:x"}, "plan-file", "shows", id="that shows another digest"),
        pytest.param({"seen": "more"}, "plan-file", "shows", id="that shows more"),
        pytest.param({"expires": "soon"}, "plan-file", "lacks", id="without an end"),
        pytest.param({"bound": []}, "plan-file", "lacks", id="without what binds it"),
        pytest.param({"bound": [7]}, "plan-file", "lacks", id="bound by nonsense"),
        pytest.param(
            {"resource_changes": [{"address": 1}]}, "plan-file", "shows", id="that shows half a step"
        ),
    ],
)
def test_a_file_that_is_whole_but_not_for_this(
    provision: Program, config: str, change: dict[str, Any], name: str, words: str
) -> None:
    """Its own digest fits, for whoever made it knew how; it is refused all the same."""
    document = planned(provision) | change
    Path("plan.json").write_text(sealed(document))
    assert words in refused(provision, name)["message"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"tenant_id": "x"}, "other configs or tenants", id="of another tenant"),
        pytest.param({"name": "other"}, "other configs or tenants", id="of another config"),
        pytest.param({"target": "graph", "digest": "sha256:x"}, "target", id="of another target"),
        pytest.param({"digest": "sha256:x"}, "differ", id="of another digest"),
    ],
)
def test_a_file_that_binds_something_else(
    provision: Program, config: str, change: dict[str, Any], words: str
) -> None:
    """Whoever can write the file can make it so; what would be done is compared all the same."""
    document = planned(provision)
    (bound,) = document["bound"]
    bound |= change
    document |= {"digest": bound["digest"]}
    Path("plan.json").write_text(sealed(document))
    assert words in refused(provision, "stale-plan")["message"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000, "\x00", '{"format": "provision.plan/1"}']
)
def test_a_file_that_is_none(provision: Program, config: str, text: str) -> None:
    """Refused in words."""
    Path("plan.json").write_text(text)
    refused(provision, "plan-file")


def test_a_file_that_is_not_there(provision: Program, config: str) -> None:
    """Refused in words, as is a folder."""
    refused(provision, "plan-file", "--plan", "nowhere.json")
    refused(provision, "plan-file", "--plan", ".")


def test_another_delivery_than_the_planned_one(provision: Program, config: str) -> None:
    """It needs its own leave."""
    planned(provision)
    apply = ("apply", config, "--sandbox", "--yes", "-o", "json", "--plan", "plan.json")
    elsewhere = (*apply, "--deliver", "file:other.secret")
    ran = provision(*elsewhere)
    assert (ran.code, ran.json["error"]) == (5, "delivery-changed")
    ran = provision(*elsewhere, "--allow", "delivery-changed")
    assert ran.code == 0, ran.out


def test_a_wider_audience_needs_leave(provision: Program, config: str, applied: Ran) -> None:
    """plan says so, apply refuses, --allow audience-widened goes on; narrowing it needs none."""
    wide = "  sign_in_audience: AzureADMultipleOrgs\nmail:"
    Path(config).write_text(Path(config).read_text().replace("mail:", wide))
    plan = provision("plan", config, "--sandbox", "-o", "json")
    assert "audience-widened" in {f["name"] for f in plan.json["findings"] if f["severity"] == "error"}
    refused(provision, "audience-widened", "--parallel", "1")
    assert provision("apply", config, *DELIVER, "--allow", "audience-widened").code == 0
    write_config()
    assert provision("apply", config, *DELIVER).code == 0
    assert Tenant().application()["signInAudience"] == "AzureADMyOrg"


def test_very_many_changes_at_once_need_leave(provision: Program) -> None:
    """plan says so for the whole run; apply does not begin with any of it."""
    Path("fleet").mkdir()
    for number in range(13):
        write_config(f"fleet/app-{number:02}.yaml", name=f"app-{number:02}")
    plan = provision("plan", "fleet", "--sandbox", "-o", "json")
    assert [finding["name"] for finding in plan.json["findings"]] == ["many-changes"]
    assert "52 changes to 13 applications" in provision("plan", "fleet", "--sandbox").out
    ran = provision("apply", "fleet", "--sandbox", "--yes", "-o", "json")
    assert (ran.code, ran.json["error"]) == (5, "many-changes")
    assert Tenant().get("/applications")["value"] == []
    ran = provision("apply", "fleet", "--sandbox", "--yes", "-o", "json", "--allow", "many-changes")
    assert ran.code == 0, ran.err
    assert TENANT in ran.out
