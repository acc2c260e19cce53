"""Registrations as people make them by hand, of every kind, and what import is to do with each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from tests.report.hostile import NAMES
from tests.support import Tenant

GRAPH = "00000003-0000-0000-c000-000000000000"
MAIL_SEND = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
MAIL_READ = "810c84a8-4a9e-49e6-bf7d-12d183f40d01"
USER_READ = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
PAGE = "/connectors/SMTP.aspx"


@dataclass
class HandMade:
    """One registration, and what import is to do with it."""

    client_id: str
    object_id: str
    refused: bool  # no config leaves it as it is
    handed_over: bool  # consent is asked for, and not given
    principal_id: str | None = None
    lives: list[int] = field(default_factory=list)  # days until each secret ends


def made(
    tenant: Tenant,
    name: str = "FOIAXpress Collaboration Mail",
    *,
    uris: tuple[str, ...] = (f"https://collab.agency.example{PAGE}",),
    lives: tuple[int, ...] = (700,),
    asked: bool = True,
    granted: bool = True,
    principal: bool = True,
    permission: str = MAIL_SEND,
    **more: Any,
) -> HandMade:
    """Make one as the product's manual says, but for what is given."""
    entry = {"resourceAppId": GRAPH, "resourceAccess": [{"id": permission, "type": "Role"}]}
    app = tenant.do(
        "POST",
        "/applications",
        {
            "displayName": name,
            "signInAudience": "AzureADMyOrg",
            "web": {"redirectUris": list(uris)},
            "requiredResourceAccess": [entry] if asked else [],
            **more,
        },
    )
    own: dict[str, Any] = {}
    if principal:
        own = tenant.do("POST", "/servicePrincipals", {"appId": app["appId"]})
        if granted:
            graph = tenant.get(f"/servicePrincipals(appId='{GRAPH}')")["id"]
            tenant.do(
                "POST",
                f"/servicePrincipals/{own['id']}/appRoleAssignments",
                {"principalId": own["id"], "resourceId": graph, "appRoleId": permission},
            )
    for days in lives:
        end = tenant.sandbox.clock.now() + timedelta(days=days)
        tenant.do(
            "POST",
            f"/applications/{app['id']}/addPassword",
            {"passwordCredential": {"displayName": f"{days}d", "endDateTime": f"{end:%Y-%m-%dT%H:%M:%SZ}"}},
        )
    most = 90 if "Personal" in more.get("signInAudience", "") else 120
    has_page = any(uri.endswith(PAGE) for uri in uris)
    return HandMade(
        app["appId"],
        app["id"],
        refused=not (has_page and principal and declarable(name, most)),
        handed_over=asked and not (granted and principal),
        principal_id=own.get("id"),
        lives=list(lives),
    )


def declarable(name: str, most: int) -> bool:
    """Whether a config takes it as a display name: one line of ``most`` characters, seen as it is."""
    odd = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}
    return bool(name.strip()) and name == name.strip() and len(name) <= most and not odd & set(name)


# Scripts, joined signs and sizes that people use in names; a config takes them all.
FOREIGN = [
    "\u90ae\u4ef6 FOIAXpress",
    "\u0628\u0631\u064a\u062f mail",
    "\u05d3\u05d5\u05d0\u05e8",
    "\u0394\u03bf\u03ba\u03b9\u03bc\u03ae",
    "\u0130stanbul \u0131",
    "Stra\u00dfe",
    "e\u0301te\u0301",
    "\uff26\uff2f\uff29\uff21",
    "\U0001f469\u200d\U0001f4bb mail",
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u1100\u1161\u11a8",
    "\U00020bb7\u91ce\u5bb6",
]


def anything(tenant: Tenant, dice: Random, number: int) -> HandMade:
    """Make one of any kind."""
    host = dice.choice(["collab", "pal", "x-1", "foia", "xn--mnchen-3ya"])
    uris = [f"https://{host}{number}.agency.example{dice.choice(['', '/app', '/A/b'])}{PAGE}"]
    if dice.random() < 0.1:
        uris = []
    uris += [f"https://{host}.example/{word}" for word in dice.sample("abc", dice.randint(0, 2))]
    if dice.random() < 0.2:
        uris.append(f"https://other{number}.agency.example{PAGE}")
    names = [
        *filter(None, NAMES.values()),
        *FOREIGN,
        "FOIAXpress Collaboration Mail",
        "FOIAXpress PAL",
        "eCASE mail",
        "Mail \u00fc\u00f1\u00ee",
        "true",
        "- x: y # z",
        "${HOME} $${A}",
        "a" * 120,
        "null",
    ]
    name = dice.choice(names).encode("utf-8", "ignore").decode()[:120].strip() or "x"
    more: dict[str, Any] = {}
    if dice.random() < 0.2:
        more["signInAudience"] = "AzureADMultipleOrgs"
    if dice.random() < 0.1:
        more |= {
            "signInAudience": "AzureADandPersonalMicrosoftAccount",
            "api": {"requestedAccessTokenVersion": 2},
        }
    if dice.random() < 0.3:
        more["notes"] = "kept"
    if dice.random() < 0.2:
        more["uniqueName"] = dice.choice([f"named-{number}", f"Not.A.Name.{number}"])
    if dice.random() < 0.3:
        more["tags"] = ["HideApp", f"owner:{number}"]
    if dice.random() < 0.3:
        more["spa"] = {"redirectUris": [f"https://spa{number}.example/"]}
    lives = [dice.choice([5, 60, 150, 300, 700]) for _ in range(dice.choice([0, 1, 1, 1, 1, 2, 3]))]
    one = made(
        tenant,
        name,
        uris=tuple(uris),
        lives=tuple(lives[:2] if "Personal" in more.get("signInAudience", "") else lives),
        asked=dice.random() < 0.8,
        granted=dice.random() < 0.8,
        principal=dice.random() < 0.95,
        **more,
    )
    if dice.random() < 0.2:
        other = {"resourceAppId": GRAPH, "resourceAccess": [{"id": USER_READ, "type": "Scope"}]}
        there = tenant.get(f"/applications/{one.object_id}")["requiredResourceAccess"]
        if not there:
            tenant.do("PATCH", f"/applications/{one.object_id}", {"requiredResourceAccess": [other]})
    if dice.random() < 0.2:
        tenant.do(
            "POST",
            f"/applications/{one.object_id}/federatedIdentityCredentials",
            {"name": f"f{number}", "issuer": "https://t.example", "subject": "s", "audiences": ["api://x"]},
        )
    _owned(tenant, dice, one)
    if one.principal_id and dice.random() < 0.15:
        tenant.do("PATCH", f"/servicePrincipals/{one.principal_id}", {"accountEnabled": False})
    if dice.random() < 0.15:
        _forbidden(tenant, dice, one)
    return one


def _owned(tenant: Tenant, dice: Random, one: HandMade) -> None:
    """Give it up to three owners, people and a principal, some of whom have odd names."""
    owners = tenant.get("/users?$top=999&$select=id")["value"]
    if len(owners) < 6:
        number = len(owners)
        named = dice.choice([*FOREIGN, *(name for name in NAMES.values() if name.isprintable())])
        person = {
            "displayName": named.encode("utf-8", "ignore").decode()[:120].strip() or "x",
            "mailNickname": f"owner{number}",
            "accountEnabled": dice.random() < 0.7,
            "userPrincipalName": f"owner{number}@{tenant.domain}",
            "passwordProfile": {"password": "Not-used-1!"},
        }
        owners.append(tenant.do("POST", "/users", person))
    picked = [owner["id"] for owner in dice.sample(owners, dice.randint(0, min(3, len(owners))))]
    if one.principal_id and dice.random() < 0.2:
        picked.append(one.principal_id)
    there = {item["id"] for item in tenant.get(f"/applications/{one.object_id}/owners")["value"]}
    for owner in picked:
        if owner not in there:
            link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{owner}"}
            tenant.do("POST", f"/applications/{one.object_id}/owners/$ref", link)


def _forbidden(tenant: Tenant, dice: Random, one: HandMade) -> None:
    """Put an app management policy on it: no new secrets, or short ones; its present ones stay."""
    rule: dict[str, Any] = {"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": None}
    if dice.random() < 0.5:
        rule = {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P30D"}
    policy = tenant.do(
        "POST",
        "/policies/appManagementPolicies",
        {
            "displayName": f"of {one.client_id}",
            "description": "",
            "isEnabled": dice.random() < 0.9,
            "restrictions": {
                "passwordCredentials": [
                    {**rule, "restrictForAppsCreatedAfterDateTime": "2019-01-01T00:00:00Z"}
                ]
            },
        },
    )
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/policies/appManagementPolicies/{policy['id']}"}
    tenant.do("POST", f"/applications/{one.object_id}/appManagementPolicies/$ref", link)
