"""``logo`` of an application: a media property, bytes in and bytes out.

https://learn.microsoft.com/graph/api/resources/application (``logo``, a Stream); OData 4.01, 11.2.4.1.
PnP PowerShell and HashiCorp's provider (``logo_image``) put it.
"""

from __future__ import annotations

import base64
from dataclasses import replace

from provision.sandbox.directory import principals
from provision.sandbox.errors import bad_request, not_found
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_PATH = "applications/{id}/logo"


def _application(call: Call) -> Record:
    return common.find(call, "application", call.keys["id"])


def _keep(call: Call, record: Record, url: str | None, image: dict[str, str]) -> Answer:
    props = {**record.props, "info": {**record.props["info"], "logoUrl": url}}
    private = {k: v for k, v in record.private.items() if k != "logo"}
    changed = replace(record, props=props, private=private | ({"logo": image} if image else {}))
    call.tenant.put(changed)
    principals.follow(call.tenant, changed)
    return no_content()


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/resources/application."""
    image = _application(call).private.get("logo")
    if image is None:
        raise not_found("logo")
    return Answer(200, base64.b64decode(image["content"]), {"Content-Type": image["type"]})


def put(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/resources/application."""
    record = _application(call)
    if not isinstance(call.body, bytes) or not call.body:
        raise bad_request("The logo must be an image.")
    image = {"type": call.headers["content-type"], "content": base64.b64encode(call.body).decode()}
    return _keep(call, record, f"{call.root}/v1.0/applications/{record.id}/logo", image)


def delete(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/resources/application."""
    return _keep(call, _application(call), None, {})


ENDPOINTS = [
    Endpoint("GET", _PATH, get),
    Endpoint("PUT", _PATH, put),
    Endpoint("DELETE", _PATH, delete),
]
