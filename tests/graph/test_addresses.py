"""Addresses are what the SDK makes of its templates, whatever a value holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kiota_abstractions.request_information import RequestInformation

from provision.graph import request
from provision.graph.client import Query, configuration

ROOT = "https://graph.microsoft.com/v1.0"
TEXT = st.text(max_size=12)
BUILDERS: tuple[Callable[[Any, str], Any], ...] = (
    lambda sdk, key: sdk.applications_with_unique_name(key),
    lambda sdk, key: sdk.service_principals_with_app_id(key),
    lambda sdk, key: sdk.applications.by_application_id(key),
    lambda sdk, key: sdk.applications,
    lambda sdk, key: sdk.directory.deleted_items.graph_application,
)


@cache
def sdk() -> Any:
    from kiota_abstractions.authentication import AnonymousAuthenticationProvider
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient

    return GraphServiceClient(request_adapter=GraphRequestAdapter(AnonymousAuthenticationProvider()))


@pytest.mark.parametrize("builder", BUILDERS)
@settings(deadline=None)
@given(key=TEXT.filter(bool), fields=st.lists(TEXT.filter(bool), max_size=3), words=TEXT, top=st.integers(1))
def test_as_the_sdk(
    builder: Callable[[Any, str], Any], key: str, fields: list[str], words: str, top: int
) -> None:
    query = Query(select=tuple(fields) or None, filter=words or None, top=top)
    info: RequestInformation = builder(sdk(), key).to_get_request_information(configuration(query))
    info.path_parameters = {**info.path_parameters, "baseurl": ROOT}
    assert request._expanded(info, ROOT) == info.url
    assert info.url.startswith(ROOT)


@pytest.mark.parametrize("template", ["{+baseurl}/a{/b}", "{+baseurl}/a{#b}", "{+baseurl}/a{b*}", "{b:3}"])
def test_other_templates_are_left_to_the_sdk(template: str) -> None:
    """No form that the builders of today do not use is guessed at."""
    from kiota_abstractions.method import Method

    info = RequestInformation(Method.GET, template, {"baseurl": ROOT, "b": "x"})
    assert request._expanded(info, ROOT) is None
