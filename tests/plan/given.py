"""What the tables of this room begin with: one config, and a tenant in which all is as it declares."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from provision import products
from provision.again import UNKNOWN
from provision.clouds import CLOUDS
from provision.plan.build import build
from provision.plan.model import Context, Plan, Target
from provision.resources import (
    Desired,
    Observed,
    app_management_policy,
    application,
    client_secret,
    consent,
    mailbox,
    service_principal,
)
from provision.resources.consent import Detail

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
TENANT = "5e0c8a52-6b1d-4e7f-9a34-5d2e8c71b691"
GRAPH = "00000003-0000-0000-c000-000000000000"
URI = "https://foia.example.gov/connectors/SMTP.aspx"
ROLE = consent.Role("93d4b8f5-a077-4654-8e47-f71f608a9dd2", "b633e1c5-b582-4048-a93e-9f11b44c7e96")
PERMISSION = application.Permission(GRAPH, ROLE.role_id)
ENTRY = {"resourceAppId": GRAPH, "resourceAccess": [{"id": ROLE.role_id, "type": "Role"}]}
KEY = "aaaaaaaa-0000-4000-8000-000000000000"

DESIRED = Desired(
    name="collab-prod",
    tenant=TENANT,
    cloud=CLOUDS["global"],
    product="foiaxpress-collaboration",
    profile=products.load("collaboration"),
    application=application.Desired("collab-prod", "Collaboration", (URI,), "AzureADMyOrg"),
    consent=consent.Desired(consent.Mode.GRANT),
    client_secret=client_secret.Desired(
        "collab-prod", "Mail", lifetime=client_secret.Span(days=180), renew_before=client_secret.Span(days=30)
    ),
    mailbox=mailbox.Desired("foia@example.gov", mailbox.Scope.ORGANIZATION),
    config_digest="sha256:" + "1" * 64,
)
APP = application.Observed(
    id="686d736f-a077-4654-8e47-f71f608a9dd2",
    app_id="0207ee96-a077-4654-8e47-f71f608a9dd2",
    display_name="Collaboration",
    unique_name="collab-prod",
    sign_in_audience="AzureADMyOrg",
    redirect_uris=(URI,),
    permissions=(PERMISSION,),
    tags=("provision", f"provision:delivered:{KEY}"),
    notes=None,
    created=NOW.replace(year=2025),
    required_resource_access=(ENTRY,),
)
SECRET = client_secret.Observed(
    KEY, DESIRED.client_secret.display_name, NOW.replace(month=4), NOW.replace(month=9), "abc"
)
OBSERVED = Observed(
    tenant_id=TENANT,
    application=APP,
    service_principal=service_principal.Observed("7ac36e1e-a077-4654-8e47-f71f608a9dd2", enabled=True),
    role=ROLE,
    assignments=(ROLE,),
    secrets=(SECRET,),
    policy=app_management_policy.Observed(),
    mailbox=mailbox.Observed(mailbox.State.PRESENT),
)
RECORDS = client_secret.Records(tenant=frozenset({KEY}), newest=frozenset({KEY}))


CONTEXT = Context(Target.GRAPH, "file:out.secret", UNKNOWN, frozenset())


def wanted(**of_application: Any) -> Desired:
    """The config with another application."""
    return replace(DESIRED, application=replace(DESIRED.application, **of_application))


def there(**of_application: Any) -> Observed:
    """The tenant with another application."""
    return replace(OBSERVED, application=replace(APP, **of_application))


def planned(
    desired: Desired = DESIRED,
    observed: Observed = OBSERVED,
    records: client_secret.Records = RECORDS,
    *,
    target: Target = Target.GRAPH,
    **more: Any,
) -> Plan:
    """What ``apply`` would do."""
    context = replace(CONTEXT, target=target)
    return build(context, desired, observed, records, **{"now": NOW, "consented": Detail.REQUIRED, **more})
