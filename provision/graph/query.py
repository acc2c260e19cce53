"""What is asked of a builder: a body as plain JSON, and the parameters of a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from kiota_abstractions.serialization import Parsable, ParseNode, SerializationWriter

from provision.values import dataclass


class Body(Parsable):
    """A request body as plain JSON, for builders that ask for a model."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = dict(data)

    def serialize(self, writer: SerializationWriter) -> None:
        """Write the data as they are."""
        writer.write_additional_data_value(self.data)

    def get_field_deserializers(self) -> dict[str, Callable[[ParseNode], None]]:
        """Nothing is ever read into a body."""
        return {}


def body(data: Mapping[str, Any]) -> Any:
    """Return a body for any builder; typed loosely because each asks for a model of its own."""
    return cast(Any, Body(data))


@dataclass(frozen=True)
class Query:
    """Query parameters in OData's terms; a builder takes those that its address knows."""

    select: Sequence[str] | None = None
    filter: str | None = None
    top: int | None = None

    def get_query_parameter(self, name: str) -> str:
        """Return the parameter's name on the wire, encoded as the builders' templates have it."""
        return f"%24{name}"


def configuration(
    query: Query | None = None, headers: Mapping[str, str] | None = None
) -> RequestConfiguration[Any]:
    """Return a builder's configuration with query parameters and headers."""
    collection = HeadersCollection()
    for name, value in (headers or {}).items():
        collection.add(name, value)
    return RequestConfiguration(query_parameters=query, headers=collection)
