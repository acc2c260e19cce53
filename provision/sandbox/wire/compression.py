"""Request bodies that a client compressed.

Microsoft Graph SDK for Go gzips every body unless told otherwise, and sends it plain only after a 415
(``microsoft/kiota-http-go``, ``compression_handler.go``); the SDK for .NET and Kiota for TypeScript have the
same handler. Its specification is https://github.com/microsoftgraph/msgraph-sdk-design,
``middleware/CompressionHandler.md``.
"""

from __future__ import annotations

import zlib

from provision.sandbox.errors import GraphError

MAX_BODY = 4 * 1024 * 1024  # bytes, of any request, compressed or not
_GZIP = 16 + zlib.MAX_WBITS


def plain(body: bytes, encoding: str) -> bytes | None:
    """Return the body as it was before ``Content-Encoding``, or None for one over the limit; 415, or 400."""
    name = encoding.strip().lower()
    if name in ("", "identity") or not body:
        return body
    if name not in ("gzip", "x-gzip"):
        raise GraphError(415, "UnsupportedMediaType", f"The content encoding '{name}' is not supported.")
    unpacker = zlib.decompressobj(_GZIP)
    try:
        content = unpacker.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        raise GraphError(400, "BadRequest", "The request body is not valid gzip.") from error
    if len(content) > MAX_BODY:
        return None
    if not unpacker.eof:
        raise GraphError(400, "BadRequest", "The request body is not valid gzip.")
    return content
