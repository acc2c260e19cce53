"""What a user of msgraph-sdk writes, with its ordinary models: application, principal, grant, secret."""

import asyncio
import os
from uuid import UUID

from azure.identity.aio import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph.generated.applications.item.add_password.add_password_post_request_body import (
    AddPasswordPostRequestBody,
)
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

URL, MAIL_SEND = os.environ["URL"], UUID("b633e1c5-b582-4048-a93e-9f11b44c7e96")


async def main() -> None:
    """Register an application for sending mail, look at it, and take it away."""
    credential = ClientSecretCredential(
        os.environ["TENANT_ID"],
        os.environ["CLIENT_ID"],
        os.environ["CLIENT_SECRET"],
        authority=URL,
        disable_instance_discovery=True,
    )
    adapter = GraphRequestAdapter(
        AzureIdentityAuthenticationProvider(credential, allowed_hosts=["localhost"])
    )
    adapter.base_url = f"{URL}/v1.0"
    graph = GraphServiceClient(request_adapter=adapter)
    app = await graph.applications.post(Application(display_name="sdk", sign_in_audience="AzureADMyOrg"))
    assert app is not None
    principal = await graph.service_principals.post(ServicePrincipal(app_id=app.app_id))
    resource = await graph.service_principals_with_app_id("00000003-0000-0000-c000-000000000000").get()
    assert principal is not None
    assert resource is not None
    of_graph = graph.service_principals.by_service_principal_id(str(resource.id))
    await of_graph.app_role_assigned_to.post(
        AppRoleAssignment(
            principal_id=UUID(principal.id), resource_id=UUID(resource.id), app_role_id=MAIL_SEND
        )
    )
    mine = graph.applications.by_application_id(str(app.id))
    wanted = AddPasswordPostRequestBody(password_credential=PasswordCredential(display_name="mail"))
    made = await mine.add_password.post(wanted)
    assert made is not None
    assert made.secret_text
    await mine.patch(Application(display_name="sdk 2"))
    listed = await graph.applications.get()
    print([a.display_name for a in (listed.value if listed else None) or []])
    await mine.delete()
    await credential.close()


asyncio.run(main())
