"""Graph's refusals: every error code and text this sandbox can answer, in one place.

The envelope is ``{"error": {"code", "message", "details"?, "innerError"}}``
(https://learn.microsoft.com/graph/errors). Texts come from recorded answers, from public
issues that quote them, or from the documentation; ``docs/sandbox.md`` lists the unverified.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of ``error.details``."""

    code: str
    message: str
    target: str | None = None


@dataclass(eq=False)
class GraphError(Exception):
    """An answer of Graph that is not a success; handlers raise it, the app renders it."""

    status: int
    code: str
    message: str
    details: tuple[Detail, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"


def not_found(identifier: str) -> GraphError:
    """404 for an object that is not there, or one that it refers to."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{identifier}' does not exist or one of its queried reference-property objects"
        " are not present.",
    )


def bad_request(message: str, *details: Detail) -> GraphError:
    """400 ``Request_BadRequest``: what the directory itself refuses."""
    return GraphError(400, "Request_BadRequest", message, details)


def bad_syntax(message: str) -> GraphError:
    """400 ``BadRequest``: what the OData layer in front of the directory refuses."""
    return GraphError(400, "BadRequest", message)


def unreadable(message: str) -> GraphError:
    """400 ``RequestBodyRead``: what the OData layer in front of Exchange refuses of a body."""
    return GraphError(400, "RequestBodyRead", message)


def too_large() -> GraphError:
    """413: quoted in python-o365 issue 472 and, with its code, in microsoft-graph-docs-contrib issue 682."""
    return GraphError(413, "BadRequest", "The maximum request length supported is 4MB.")


def not_indexed() -> GraphError:
    """400: https://learn.microsoft.com/graph/aad-advanced-queries, "Error handling"."""
    return unsupported_query("The request uses a filter property that is not indexed")


def unsupported_query(message: str) -> GraphError:
    """400 ``Request_UnsupportedQuery``: a query the directory does not index."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def no_custom_pages() -> GraphError:
    """400 for ``$top`` on roles and their members, as several read-only clients' notes quote it."""
    return unsupported_query(
        "This resource does not support custom page sizes. Please retry without a page size argument."
    )


def no_reference_filter() -> GraphError:
    """400 for a plain ``$filter`` on a relation: microsoft-graph-docs issues 11372, 13114 and 11141."""
    return unsupported_query(
        "The specified filter to the reference property query is currently not supported."
    )


def quota_exceeded(name: str, count: int, limit: int) -> GraphError:
    """403 for a link too many: quoted in the tests of department-of-veterans-affairs' group clients."""
    return GraphError(
        403,
        "Directory_QuotaExceeded",
        f"Unable to perform operation as '{count}' would exceed the maximum quota count '{limit}' for"
        f" forward-link '{name}'.",
    )


def only_one_expansion() -> GraphError:
    """400 for two relations of a role assignment at once: measured on live tenants by several, 2026-08."""
    return bad_request("Only one property can be expanded in a single query.")


def several_content_types(kind: str) -> GraphError:
    """400 of Exchange for a header that came twice: microsoft-graph-explorer-v4 issue 533, 2020-05."""
    return unreadable(
        f"The specified content type '{kind}' contains either no media type or more than one media type,"
        " which is not allowed. You must specify exactly one media type as the content type."
    )


def unknown_content_type(kind: str) -> GraphError:
    """415 of Exchange: microsoft-graph-docs issue 4648, 2019-05; PHPGraphMailer issue 14, 2024-01.

    The types that it knows are listed by the name of their class since then.
    """
    known = ", ".join(["Microsoft.OData.ODataMediaType"] * 8)
    return GraphError(
        415,
        "RequestBodyRead",
        "A supported MIME type could not be found that matches the content type of the response. None of the"
        f" supported type(s) '{known}' matches the content type '{kind}'.",
    )


def no_direct_queries() -> GraphError:
    """400 for a collection that is in the model and is read through other objects only.

    Quoted in msgraph-sdk-dotnet pull request 2820.
    """
    return unsupported_query("Direct queries to this resource type are not supported.")


def invalid_grant_identifier() -> GraphError:
    """400 for a key that cannot be an app role assignment's (microsoft-graph-docs issue 5869)."""
    return bad_request("Invalid resource identifier for EntitlementGrant.")


def no_contained_writes() -> GraphError:
    """400 for a write through a relation to objects that live elsewhere.

    Quoted in microsoft-graph-docs issue 15139.
    """
    return bad_syntax(
        "Write requests are only supported on contained entities or navigation properties with bindings."
    )


def unknown_segment(segment: str) -> GraphError:
    """400 for a path segment which is not in the model."""
    return bad_syntax(f"Resource not found for the segment '{segment}'.")


def after_collection(collection: str) -> GraphError:
    """400 for a segment with a dollar where a key belongs: quoted in azure-cli issue 25291."""
    return bad_syntax(
        f"The request URI is not valid. Since the segment '{collection}' refers to a collection, this must be"
        " the last segment in the request URI or it must be followed by an function or action that can be"
        " bound to it otherwise all intermediate segments must refer to a single resource."
    )


def method_not_allowed() -> GraphError:
    """405 for a path that exists and a verb that does not."""
    return GraphError(
        405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
    )


def invalid_identifier(text: str) -> GraphError:
    """400 for a key segment that is not a GUID."""
    return bad_request(f"Invalid object identifier '{text}'.")


def invalid_reference(name: str) -> GraphError:
    """400 for an alternate key whose value has the wrong form."""
    return bad_request(
        f"Invalid value specified for object reference property '{name}'."
        " Please ensure that this value has an appropriate syntax and length."
    )


def invalid_value(name: str, resource: str) -> GraphError:
    """400 for a property with a value of the wrong form."""
    message = f"Invalid value specified for property '{name}' of resource '{resource}'."
    return bad_request(message, Detail("InvalidValue", message, name))


def missing_value(name: str, resource: str) -> GraphError:
    """400 for a required property that is absent or null; every quoted one is without ``details``."""
    return bad_request(f"A value is required for property '{name}' of resource '{resource}'.")


def read_only(name: str) -> GraphError:
    """400 for a property that only the service sets."""
    return bad_request(f"Property '{name}' is read-only and cannot be set.")


def conflict(name: str) -> GraphError:
    """400 for a value that must be unique and is taken."""
    message = f"Another object with the same value for property {name} already exists."
    return bad_request(message, Detail("ObjectConflict", message, name))


def not_a_reference() -> GraphError:
    """400 for a link to an object of the wrong kind, or to none."""
    return bad_request("Not a valid reference update.")


def denied(message: str = "Insufficient privileges to complete the operation.") -> GraphError:
    """403 of the directory."""
    return GraphError(403, "Authorization_RequestDenied", message)


def unauthenticated(message: str) -> GraphError:
    """401: no token, or one that does not hold."""
    return GraphError(
        401,
        "InvalidAuthenticationToken",
        message,
        headers={
            "WWW-Authenticate": 'Bearer realm="", authorization_uri='
            '"https://login.microsoftonline.com/common/oauth2/authorize",'
            ' client_id="00000003-0000-0000-c000-000000000000"'
        },
    )
