"""Products that users describe: a file beside the config, a closed list of permissions, a read rung."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from provision.products.permissions import PERMISSIONS
from provision.report.exchange import exchange_script
from tests.support import Program, Tenant, write_config

GOOD = """\
title: Case Desk
redirect_path: /oauth/mail
permission: Mail.Send
screens:
  - screen: Settings > Mail
    boxes:
      Application ID: "{oauth_client_id}"
      Directory ID: "{tenant_id}"
      Mode: Graph
      Client secret: "{secret_key}"
  - screen: Settings > Reminders
    boxes:
      Remind on: "{secret_expiry}"
notes:
  - Restart the service afterwards.
"""
READER = """\
title: Case Inbox
permission: {permission}
screens:
  - screen: Settings > Inbox
    boxes:
      App Key: "{{oauth_client_id}}"
      App Secret: "{{secret_key}}"
"""
AT = ("--sandbox", "--deliver", "file:out.secret")


def reader(permission: str = "Mail.Read", *, scope: str = "organization") -> str:
    """Write a product that reads, and a config for it."""
    Path("inbox.yaml").write_text(READER.format(permission=permission))
    config = write_config(product="./inbox.yaml", more=f"  scope: {scope}\n")
    text = "".join(line for line in Path(config).read_text().splitlines(True) if "admin_url" not in line)
    Path(config).write_text(text)
    return config


def _token(provision: Program, config: str) -> Any:
    """Apply, and return the result."""
    ran = provision("apply", config, *AT, "--yes", "-o", "json")
    assert ran.code == 0, ran.err + ran.out
    return ran.json


def test_the_file_fills_the_sheet_and_the_redirect_uri(provision: Program) -> None:
    """Screens, labels and notes in order; the address and the file's own path make the redirect URI."""
    Path("desk.yaml").write_text(GOOD)
    ran = provision("apply", write_config(product="./desk.yaml"), *AT, "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    assert [(item["screen"], item["label"]) for item in ran.json["settings"]] == [
        ("Settings > Mail", "Application ID"),
        ("Settings > Mail", "Directory ID"),
        ("Settings > Mail", "Mode"),
        ("Settings > Mail", "Client secret"),
        ("Settings > Reminders", "Remind on"),
    ]
    assert [item["value"] for item in ran.json["settings"]][2] == "Graph"
    assert Tenant().application()["web"]["redirectUris"] == ["https://collab.agency.example/oauth/mail"]
    shown = provision("show", "prod.yaml", *AT)
    assert "Restart the service afterwards." in shown.out
    assert "Case Desk" in shown.out


def test_what_the_file_says_is_in_the_digest(provision: Program) -> None:
    """A label that changed makes another plan, and so does the order of two."""
    boxes = ['      Application ID: "{oauth_client_id}"\n', '      Directory ID: "{tenant_id}"\n']

    def digest(text: str) -> str:
        Path("desk.yaml").write_text(text)
        ran = provision("plan", write_config(product="./desk.yaml"), *AT, "-o", "json")
        return str(ran.json["digest"])

    swapped = GOOD.replace("".join(boxes), "".join(reversed(boxes)))
    assert digest(GOOD) == digest(GOOD)
    assert len({digest(GOOD), digest(GOOD.replace("Directory ID", "Tenant")), digest(swapped)}) == 3


@pytest.mark.parametrize("permission", [name for name in PERMISSIONS if name != "Mail.Send"])
def test_a_reader_is_granted_what_it_asks_for_and_proves_it(provision: Program, permission: str) -> None:
    """Declaration, grant, letter, drift and verify all name the product's own permission, and Mail.Send
    nowhere; verify reads, and sends nothing.
    """
    config = reader(permission)
    result = _token(provision, config)
    tenant = Tenant()
    app = tenant.application()
    assert app["web"]["redirectUris"] == []
    roles = {
        role["id"]: role["value"]
        for role in tenant.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")["appRoles"]
    }
    (entry,) = app["requiredResourceAccess"]
    assert [roles[item["id"]] for item in entry["resourceAccess"]] == [permission]
    held = tenant.get(f"/servicePrincipals(appId='{app['appId']}')/appRoleAssignments")["value"]
    assert [roles[item["appRoleId"]] for item in held] == [permission]
    writes = tenant.writes
    ran = provision("verify", config, *AT, "--secret-from", "file:out.secret", "-o", "json")
    assert ran.code == 0, ran.out
    assert [rung["rung"] for rung in ran.json["rungs"]] == ["reach", "token", "role", "mailbox", "read"]
    assert ran.json["proven"] is True
    assert tenant.writes == writes
    # The grant goes: drift, the plan and the token say so in the product's own terms.
    tenant.do("DELETE", f"/servicePrincipals/{held[0]['principalId']}/appRoleAssignments/{held[0]['id']}")
    told = "".join(
        provision(verb, config, *AT, "-o", fmt).out
        for verb in ("drift", "plan", "show", "consent")
        for fmt in ("text", "json", "markdown")
        if (verb, fmt) != ("consent", "text")
    )
    assert permission in told
    assert "Mail.Send" not in told
    assert result["outputs"]["email_address"] == "noreply@agency.example"


def test_without_its_grant_a_reader_reads_nothing(provision: Program) -> None:
    """A token without the role fails at the rung that says so; another mail permission is not enough."""
    config = reader("Mail.Read")
    _token(provision, config)
    tenant = Tenant()
    app_id = tenant.application()["appId"]
    (held,) = tenant.get(f"/servicePrincipals(appId='{app_id}')/appRoleAssignments")["value"]
    tenant.do("DELETE", f"/servicePrincipals/{held['principalId']}/appRoleAssignments/{held['id']}")
    ran = provision("verify", config, *AT, "--secret-from", "file:out.secret", "-o", "json")
    last = ran.json["rungs"][-1]
    assert (ran.code, last["rung"], last["name"]) == (3, "role", "consent-missing")


def test_exchange_decides_where_the_scope_is_one_mailbox(provision: Program) -> None:
    """Nothing is granted in Entra; the script gives Exchange's role of the same reach; verify reads only
    once Exchange lets it.
    """
    config = reader("Mail.Read", scope="mailbox")
    _token(provision, config)
    script = provision("exchange", config, *AT).out
    assert re.search(r"\$RoleName\s+= 'Application Mail\.Read'$", script, re.MULTILINE)
    assert "Mail.Send" not in script
    ran = provision("verify", config, *AT, "--secret-from", "file:out.secret", "-o", "json")
    last = ran.json["rungs"][-1]
    assert (ran.code, last["rung"], last["name"]) == (1, "read", "read-refused")
    tenant = Tenant()
    assert (
        tenant.get(f"/servicePrincipals(appId='{tenant.application()['appId']}')/appRoleAssignments")["value"]
        == []
    )


def test_each_permission_has_the_role_of_exchange_that_reaches_as_far() -> None:
    """The closed list of both."""
    assert {name: item.exchange_role for name, item in PERMISSIONS.items()} == {
        "Mail.Send": "Application Mail.Send",
        "Mail.Read": "Application Mail.Read",
        "Mail.ReadBasic.All": "Application Mail.ReadBasic",
        "Mail.ReadWrite": "Application Mail.ReadWrite",
    }
    assert exchange_script is not None


def test_a_reader_sends_no_test_mail(provision: Program) -> None:
    """--send-to is a wrong command line then."""
    config = reader()
    ran = provision("verify", config, *AT, "--send-to", "me@agency.example", "-o", "json")
    assert ran.code == 64
    assert "sends" in ran.json["message"] or "send" in ran.json["message"]


@pytest.mark.parametrize(
    ("old", "new", "name", "line"),
    [
        ("Mail.Send", "Mail.ReadWrite.All", "product-permission", 3),
        ("Mail.Send", "User.ReadWrite.All", "product-permission", 3),
        ("Mail.Send", "Directory.ReadWrite.All", "product-permission", 3),
        ("/oauth/mail", "https://evil.example/x", "invalid-value", 2),
        ("/oauth/mail", "/../x", "invalid-value", 2),
        ("/oauth/mail", "/x#y", "invalid-value", 2),
        ("title: Case Desk", "titel: Case Desk", "unknown-key", 1),
        ("{tenant_id}", "{client_secret}", "invalid-value", 8),
        ("{secret_key}", "typed by hand", "invalid-value", 4),
        ("Settings > Mail\n", "[a]\n", "wrong-type", 5),
        ("Mode: Graph", "Mode: 17", "wrong-type", 9),
        ("notes:", "notez:", "unknown-key", 14),
        ("permission: Mail.Send\n", "", "missing-key", 1),
        ("screens:", "screens: []\nmore:", "invalid-value", 4),
    ],
)
def test_a_file_at_fault_is_refused_offline(
    provision: Program, old: str, new: str, name: str, line: int
) -> None:
    """At its own line, before anything is asked; no --allow helps."""
    assert old in GOOD
    Path("desk.yaml").write_text(GOOD.replace(old, new))
    config = write_config(product="./desk.yaml")
    for verb in ("validate", "plan", "apply"):
        ran = provision(verb, config, "-o", "json")  # a real tenant, that nobody asks
        assert ran.code == 65, ran.err
    found = json.loads(provision("plan", config, "-o", "json").out)
    told = [found, *found.get("errors", ())]
    assert name in {item["error"] for item in told}
    places = [item["where"] for item in told if item["error"] == name]
    assert any(str(place).startswith(f"desk.yaml:{line}:") for place in places), places
    allowed = provision("plan", config, "--allow", name)
    assert allowed.code == 64


@pytest.mark.parametrize(
    "product",
    ["./none.yaml", "../../outside.yaml", "/etc/passwd.yaml", "https://x.example/p.yaml", "${P}.yaml"],
)
def test_a_file_that_is_not_there_or_not_ours_to_read(provision: Program, product: str) -> None:
    """Named at the config's own line, and never opened."""
    Path("../outside.yaml").write_text("SECRET-LOOKING: text\n")
    config = write_config(product=product)
    ran = provision("validate", config, "--var", "P=desk")
    assert ran.code == 65
    assert "product-file" in ran.err + ran.out
    assert f"{config}:3:" in ran.err + ran.out
    assert "SECRET-LOOKING" not in ran.err + ran.out


def test_a_product_without_a_redirect_uri_takes_no_address(provision: Program) -> None:
    """And one with a redirect URI misses it, in the words of any missing key."""
    Path("inbox.yaml").write_text(READER.format(permission="Mail.Read"))
    ran = provision("validate", write_config(product="./inbox.yaml"))
    assert ran.code == 65
    assert "application.admin_url" in ran.err + ran.out
    config = reader()
    Path("inbox.yaml").rename("moved.yaml")
    ran = provision("validate", config)  # whether it misses one is not known, then
    assert (ran.code, "product-file" in ran.err + ran.out) == (65, True)
    assert "application.admin_url" not in ran.err + ran.out
    Path(config).write_text(Path(config).read_text().replace("./inbox.yaml", "collaboration"))
    ran = provision("validate", config)
    assert ran.code == 65
    assert "application.admin_url is missing" in ran.err + ran.out


def test_a_folder_of_configs_holds_its_products_beside_them(provision: Program) -> None:
    """A product's file is no config, and is passed over; a base may name it, relative to itself."""
    Path("all/base").mkdir(parents=True)
    Path("all/base/desk.yaml").write_text(GOOD)
    Path("all/base/base.yaml").write_text("version: 1\nproduct: ./desk.yaml\n")
    text = Path(write_config("all/one.yaml")).read_text().replace("product: collaboration\n", "")
    Path("all/one.yaml").write_text(text + "extends: base/base.yaml\n")
    ran = provision("plan", "all", "--sandbox", "-o", "json")
    assert ran.code == 0, ran.err
    (plan,) = ran.json["plans"]
    after = plan["resource_changes"][0]["change"]["after"]
    assert after["redirectUris"] == ["https://collab.agency.example/oauth/mail"]
