"""The seed file: tenants of many shapes, and mistakes that are pointed at."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.sandbox import Sandbox
from provision.sandbox.seeding.seed import SeedError, apply

from .world import ADMIN, DOMAIN, MAILER, OWNED, SECRET, SEED, TENANT, World

OTHER = "88888888-8888-4888-8888-888888888888"
HEAD = f"tenant: {{id: {TENANT}, domain: {DOMAIN}}}\n"


def seeded(text: str, tmp_path: Path, sandbox: Sandbox | None = None) -> World:
    path = tmp_path / "more.yaml"
    path.write_text(text)
    sandbox = sandbox or Sandbox.open(None)
    apply(sandbox, path)
    return World(sandbox)


def test_a_tenant_has_its_name_and_domain(world: World) -> None:
    """``tenant: {id, domain, display_name}``."""
    organization = world.graph("root", "GET", "/organization").json()["value"][0]
    assert (organization["id"], organization["displayName"]) == (TENANT, "Contoso")
    assert DOMAIN in [d["name"] for d in organization["verifiedDomains"]]


def test_a_domain_alone_makes_a_tenant_and_several_documents_several(tmp_path: Path) -> None:
    """One document is one tenant; a domain's tenant has the same id each time."""
    text = "tenant: {domain: one.example}\n---\ntenant: {domain: two.example}\n"
    one, two = seeded(text, tmp_path), seeded(text, tmp_path)
    assert list(one.sandbox.store.tenants) == list(two.sandbox.store.tenants)
    assert len(one.sandbox.store.tenants) == 2


def test_callers_have_what_they_were_given_and_no_more(world: World) -> None:
    """``callers``: the secret works, the Graph roles are granted, visibly."""
    assert world.graph(OWNED, "GET", "/applications").status_code == 200
    assert world.graph(MAILER, "GET", "/applications").status_code == 403
    grants = world.graph(ADMIN, "GET", f"/servicePrincipals(appId='{MAILER}')/appRoleAssignments").json()[
        "value"
    ]
    assert len(grants) == 3


def test_the_secret_is_nowhere_in_the_state(tmp_path: Path) -> None:
    """Secrets and passwords are kept as salted hashes only."""
    state = tmp_path / "state.json"
    seeded(SEED, tmp_path, Sandbox.open(state))
    text = state.read_text()
    assert SECRET not in text
    assert "pw-root" not in text
    assert "scrypt$" in text


def test_the_same_seed_twice_changes_nothing(world: World, tmp_path: Path) -> None:
    """Applying again keeps ids and makes no second of anything."""
    before = world.graph(ADMIN, "GET", "/applications?$select=id,appId").json()["value"]
    people = world.graph(ADMIN, "GET", "/users?$select=id").json()["value"]
    seeded(SEED, tmp_path, world.sandbox)
    assert world.graph(ADMIN, "GET", "/applications?$select=id,appId").json()["value"] == before
    assert world.graph(ADMIN, "GET", "/users?$select=id").json()["value"] == people
    assert World(world.sandbox).token(MAILER)


def test_somebody_elses_application_is_as_graph_answered_it(world: World, tmp_path: Path) -> None:
    """``applications``: Graph's own JSON, with what only the service sets."""
    app = f"""applications:
  - id: {OTHER}
    appId: 99999999-9999-4999-8999-999999999999
    displayName: Somebody else's
    createdDateTime: 2021-03-04T05:06:07Z
    web: {{redirectUris: ["https://else.contoso.example/x"]}}
    passwordCredentials:
      - {{keyId: 12121212-1212-4212-8212-121212121212, displayName: old, hint: abc,
         endDateTime: 2022-01-01T00:00:00Z}}
"""
    seeded(HEAD + app, tmp_path, world.sandbox)
    found = world.graph(ADMIN, "GET", f"/applications/{OTHER}").json()
    assert found["createdDateTime"] == "2021-03-04T05:06:07Z"
    assert found["web"]["redirectUris"] == ["https://else.contoso.example/x"]
    credential = found["passwordCredentials"][0]
    assert (credential["hint"], credential["secretText"]) == ("abc", None)
    assert credential["endDateTime"] == "2022-01-01T00:00:00Z"


EXPORTED = """\
applications:
  - displayName: Old mail
    "@odata.context": https://graph.microsoft.com/v1.0/$metadata#applications/$entity
    id: 47f0151f-0000-42f9-85a9-253d3b40f7c3
    appId: 08e4b1a2-0000-45a1-b281-f6ecf20f717a
    keyCredentials:
      - {customKeyIdentifier: 9CCD2CD89FA6C22C574F45E7806A6B3256536887, displayName: CN=mail, key: null,
         endDateTime: "2038-01-15T17:59:59Z", keyId: e347ecf9-0000-4f67-ae06-d09181bf9e74,
         startDateTime: "2024-06-24T17:59:59Z", type: AsymmetricX509Cert, usage: Verify}
"""
# As the portal showed it until 2024: entra/identity-platform/reference-app-manifest.
MANIFEST = """\
applications:
  - id: 47f0151f-0000-42f9-85a9-253d3b40f7c3
    appId: 08e4b1a2-0000-45a1-b281-f6ecf20f717a
    name: Old mail
    acceptMappedClaims: null
    accessTokenAcceptedVersion: 2
    allowPublicClient: false
    appRoles: []
    informationalUrls: {support: "https://help.example", privacy: null}
    knownClientApplications: []
    logoutUrl: https://old.example/out
    oauth2AllowIdTokenImplicitFlow: true
    oauth2AllowImplicitFlow: false
    oauth2Permissions:
      - {adminConsentDescription: a, adminConsentDisplayName: a, id: 11111111-2222-4333-8444-555555555555,
         isEnabled: true, lang: null, origin: Application, type: User, value: use}
    passwordCredentials:
      - {customKeyIdentifier: null, endDate: "2038-01-01T00:00:00Z", hint: abc, value: null, createdOn: null,
         keyId: 22222222-2222-4333-8444-555555555555, startDate: "2024-01-01T00:00:00Z", displayName: by hand}
    replyUrlsWithType:
      - {url: "https://old.example/connectors/SMTP.aspx", type: Web}
      - {url: "https://old.example/spa", type: Spa}
    requiredResourceAccess: []
    signInUrl: https://old.example
    signInAudience: AzureADMyOrg
    tags: []
"""


def test_an_application_as_it_was_exported(tmp_path: Path) -> None:
    """Graph's JSON, whose certificates come without their keys."""
    world = seeded(HEAD + EXPORTED, tmp_path)
    tenant = world.sandbox.store.tenants[TENANT]
    app = tenant.one("application", "appId", "08e4b1a2-0000-45a1-b281-f6ecf20f717a")
    assert app is not None
    (key,) = app.props["keyCredentials"]
    assert (key["displayName"], key["endDateTime"], key["key"]) == ("CN=mail", "2038-01-15T17:59:59Z", None)


def test_an_application_as_the_portal_showed_it(tmp_path: Path) -> None:
    """The manifest in Azure AD Graph's words: what Graph calls otherwise is under Graph's names."""
    world = seeded(HEAD + MANIFEST, tmp_path)
    app = world.sandbox.store.tenants[TENANT].get("application", "47f0151f-0000-42f9-85a9-253d3b40f7c3")
    assert app is not None
    props = app.props
    assert props["displayName"] == "Old mail"
    assert props["web"]["redirectUris"] == ["https://old.example/connectors/SMTP.aspx"]
    assert props["spa"]["redirectUris"] == ["https://old.example/spa"]
    assert props["web"]["implicitGrantSettings"]["enableIdTokenIssuance"] is True
    assert props["api"]["requestedAccessTokenVersion"] == 2
    assert [s["value"] for s in props["api"]["oauth2PermissionScopes"]] == ["use"]
    (secret,) = props["passwordCredentials"]
    assert (secret["hint"], secret["endDateTime"]) == ("abc", "2038-01-01T00:00:00Z")
    assert "value" not in secret


def test_a_mailbox_has_further_addresses(tmp_path: Path) -> None:
    """``addresses``: messages for them arrive, and Exchange knows them; they are nobody else's."""
    more = f"users:\n  - {{user_principal_name: mail@{DOMAIN}, mailbox: user, addresses: [foia@{DOMAIN}]}}\n"
    world = seeded(SEED.replace("users:\n", more, 1), tmp_path)
    user = world.graph(ADMIN, "GET", f"/users/mail@{DOMAIN}?$select=proxyAddresses").json()
    assert user["proxyAddresses"] == [f"SMTP:mail@{DOMAIN}", f"smtp:foia@{DOMAIN}"]
    folder = world.graph(MAILER, "GET", f"/users/foia@{DOMAIN}/mailFolders/sentitems")
    assert folder.status_code == 200
    twice = f"users:\n  - {{user_principal_name: b@{DOMAIN}, mailbox: user, addresses: [foia@{DOMAIN}]}}\n"
    with pytest.raises(SeedError, match="is mail@"):
        seeded(HEAD + twice, tmp_path, world.sandbox)


def test_an_apostrophe_is_a_letter_of_a_name(tmp_path: Path) -> None:
    """Path segments are quoted in parentheses only; a quoted key doubles the apostrophe."""
    name = f"o'brien@{DOMAIN}"
    more = f'users:\n  - {{user_principal_name: "{name}", mailbox: user}}\n'
    world = seeded(SEED.replace("users:\n", more, 1), tmp_path)
    for path in (f"/users/{name}", f"/users('o''brien@{DOMAIN}')", f"/users/o%27brien@{DOMAIN}"):
        assert world.graph(ADMIN, "GET", path).json()["userPrincipalName"] == name
    assert world.graph(MAILER, "GET", f"/users/{name}/mailFolders/sentitems").status_code == 200


def test_the_policy_forbids_what_it_says(world: World, tmp_path: Path) -> None:
    """``policy``: secrets blocked, or limited in days; allowed again lifts it."""
    app = world.make(ADMIN, "/applications", {"displayName": "x", "signInAudience": "AzureADMyOrg"})
    path = f"/applications/{app['id']}/addPassword"
    for text, code in (
        ("policy: {secrets: blocked}\n", "CredentialTypeNotAllowedAsPerAppPolicy"),
        ("policy: {max_secret_days: 90}\n", "CredentialInvalidLifetimeAsPerAppPolicy"),
    ):
        seeded(HEAD + text, tmp_path, world.sandbox)
        assert world.graph(ADMIN, "POST", path, {}).json()["error"]["code"] == code
    seeded(HEAD + "policy: {secrets: allowed}\n", tmp_path, world.sandbox)
    assert world.graph(ADMIN, "POST", path, {}).status_code == 200


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1: there is nothing in it"),
        ("users: []\n", "1: seed: 'tenant' is missing"),
        ("tenant: {}\n", "1: tenant: 'id' or 'domain' is missing"),
        ("tenant: {id: x}\n", "1: id: 'x' is no GUID"),
        ("tenant: {domain: 'a b'}\n", "1: domain: 'a b' is no domain"),
        (HEAD + "userz: []\n", "2: seed: 'userz' is not known here"),
        (HEAD + HEAD, "2: seed: 'tenant' stands twice"),
        (HEAD + "users:\n  - {mailbox: user}\n", "3: users[0]: 'user_principal_name' is missing"),
        (
            HEAD + "users:\n  - {user_principal_name: a@b.c,\n     mailbox: huge}\n",
            "4: mailbox: 'huge' is not one of",
        ),
        (HEAD + "users: {a: b}\n", "2: users: a list is meant"),
        (HEAD + "callers:\n  - {client_id: 1, secret: x}\n", "3: client_id: '1' is no GUID"),
        (
            HEAD + f"callers:\n  - {{client_id: {OTHER}, secret: x, roles: [Mail.Sent]}}\n",
            "no application role 'Mail.Sent'",
        ),
        (
            HEAD + f"callers:\n  - {{client_id: {OTHER}, secret: x, directory_roles: [King]}}\n",
            "'King' is no directory role",
        ),
        (HEAD + "policy: {secrets: maybe}\n", "2: secrets: 'maybe' is not one of"),
        (HEAD + "policy: {max_secret_days: 0}\n", "2: max_secret_days: a whole number"),
        (HEAD + "applications:\n  - {displayName: x, nonsense: 1}\n", "3: applications[0]:"),
        (HEAD + "applications: [7]\n", "2: applications[0]: a Graph application is meant"),
        (HEAD + f"mailbox_scopes:\n  - {{client_id: {OTHER}, addresses: [x]}}\n", "'x' is no address"),
        ("a: [1\n", ":2: "),
        ("a: &x [1]\nb: *x\n", "2: aliases (*x) are not read"),
        ("- 1\n", "1: seed: a mapping is meant"),
    ],
)
def test_mistakes_are_pointed_at_and_nothing_is_changed(text: str, says: str, tmp_path: Path) -> None:
    """``file:line: where: what``; whole or not at all."""
    sandbox = Sandbox.open(None)
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(SeedError) as caught:
        apply(sandbox, path)
    assert str(caught.value).startswith(str(path))
    assert says in str(caught.value)
    assert not sandbox.store.tenants


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """Missing, a folder, not UTF-8, too large."""
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(b"\xff\xfe\x00")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    for path in (tmp_path / "none.yaml", tmp_path, bad, large):
        with pytest.raises(SeedError, match=path.name):
            apply(Sandbox.open(None), path)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    part=st.sampled_from(["users", "callers", "policy", "applications", "mailbox_scopes", "tenant"]),
    value=_VALUES,
    key=st.sampled_from(["user_principal_name", "client_id", "displayName", "addresses", "secret", "id"]),
)
def test_whatever_stands_there_it_is_taken_or_refused(
    part: str, value: object, key: str, tmp_path: Path
) -> None:
    """No other exception than ``SeedError`` for any YAML."""
    import yaml

    document = {"tenant": {"domain": "x.example"}, part: [{key: value}] if part != "policy" else {key: value}}
    path = tmp_path / "fuzz.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    with contextlib.suppress(SeedError):
        apply(Sandbox.open(None), path)
