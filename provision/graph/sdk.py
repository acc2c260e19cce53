"""The SDK's parts, put together. They are imported here alone, and only once a request is made."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from kiota_abstractions.authentication import AccessTokenProvider
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient

# The builders of almost every run's requests: each imports its module when it is used first. And those of a
# run that makes a registration.
READS: tuple[Callable[[GraphServiceClient], object], ...] = (
    lambda sdk: sdk.applications_with_unique_name("-"),
    lambda sdk: sdk.service_principals_with_app_id("-"),
    lambda sdk: sdk.policies.default_app_management_policy,
    lambda sdk: sdk.policies.app_management_policies,
    lambda sdk: sdk.directory.deleted_items.graph_application,
    lambda sdk: sdk.users.by_user_id("-").mail_folders.by_mail_folder_id("-"),
    lambda sdk: sdk.service_principals.by_service_principal_id("-").app_role_assignments,
)
WRITES: tuple[Callable[[GraphServiceClient], object], ...] = (
    lambda sdk: sdk.applications.by_application_id("-").add_password,
    lambda sdk: sdk.service_principals.by_service_principal_id("-").app_role_assigned_to,
)


def with_middleware(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Return the client with the SDK's middleware around its transports, which are taken over.

    All of it but what tells of this machine "to help the SDK team improve the developer experience": its
    system, down to the build of the kernel, and its Python. Each request has an id of its own, which
    Graph's support asks for. Source: ``msgraph_core/middleware/telemetry.py`` and
    https://learn.microsoft.com/graph/best-practices-concept
    """
    from kiota_http.kiota_client_factory import KiotaClientFactory
    from kiota_http.middleware import BaseMiddleware
    from kiota_http.middleware.options import RedirectHandlerOption, RetryHandlerOption
    from msgraph.graph_request_adapter import options
    from msgraph_core import GraphClientFactory

    class RequestId(BaseMiddleware):
        async def send(self, request: httpx.Request, transport: httpx.AsyncBaseTransport) -> httpx.Response:
            request.headers["client-request-id"] = str(uuid.uuid4())
            return await super().send(request, transport)

    chosen: dict[str, Any] = {
        **options,
        RetryHandlerOption.get_key(): RetryHandlerOption(should_retry=False),
        # It would send a body, a form with a secret in it too, wherever an answer says.
        RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
    }
    middleware = [*KiotaClientFactory.get_default_middleware(chosen), RequestId()]
    made: httpx.AsyncClient = GraphClientFactory.create_with_custom_middleware(middleware, client=http)
    # No answer leaves anything behind that the next request, perhaps another identity's, would carry.
    made.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return made


def adapter(tokens: AccessTokenProvider, http: httpx.AsyncClient, root: str) -> GraphRequestAdapter:
    """Return what sends requests for one identity."""
    from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider
    from msgraph.graph_request_adapter import GraphRequestAdapter

    made = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(tokens), http)
    made.base_url = root
    return made


def builders(sender: GraphRequestAdapter) -> GraphServiceClient:
    """Return the request builders."""
    from msgraph.graph_service_client import GraphServiceClient

    return GraphServiceClient(request_adapter=sender)
