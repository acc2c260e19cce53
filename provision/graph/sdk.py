"""The SDK's parts, put together. They are imported here alone, and only once a request is made."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING

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


class _Forgetful(CookieJar):
    """No answer leaves anything behind that the next request, perhaps another identity's, would carry."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Take nothing."""


def with_middleware(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Return the client with the SDK's middleware around its transports, which are taken over.

    Of it, what changes a request of ours. Left out are retry and redirect, which would repeat any method and
    send a form with a secret in it wherever an answer says; the two that keep headers and bodies to be
    inspected; the one that writes ``/me`` in place of a name; and what tells of this machine "to help the SDK
    team improve the developer experience": its system, down to the build of the kernel, and its Python. Each
    request has an id of its own, which Graph's support asks for. Source: ``kiota_client_factory.py`` of
    kiota_http, ``msgraph_core/middleware/telemetry.py`` and
    https://learn.microsoft.com/graph/best-practices-concept
    """
    from kiota_http.middleware import BaseMiddleware, ParametersNameDecodingHandler
    from kiota_http.middleware.user_agent_handler import UserAgentHandler
    from msgraph_core import GraphClientFactory

    class RequestId(BaseMiddleware):
        async def send(self, request: httpx.Request, transport: httpx.AsyncBaseTransport) -> httpx.Response:
            request.headers["client-request-id"] = str(uuid.uuid4())
            return await super().send(request, transport)

    middleware = [ParametersNameDecodingHandler(), UserAgentHandler(), RequestId()]
    made: httpx.AsyncClient = GraphClientFactory.create_with_custom_middleware(middleware, client=http)
    made.cookies.jar = _Forgetful()
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
