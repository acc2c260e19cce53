"""Files that variables name and azure-identity opens by itself: one that never ends would never be told.

Source: https://learn.microsoft.com/python/api/overview/azure/identity-readme (the variables)
"""

from __future__ import annotations

import errno
import os

from provision import bounded

_LARGEST = 1024 * 1024  # bytes; a token has a few thousand, a certificate with its chain not many more
FEDERATED_TOKEN = "AZURE_FEDERATED_TOKEN_FILE"  # noqa: S105 - the name of a variable
CERTIFICATE = "AZURE_CLIENT_CERTIFICATE_PATH"


def refuse_endless(*names: str) -> None:
    """Raise ``OSError`` if one of these variables names what is no file, or is far too large.

    One that is not there, or may not be read, is left for azure-identity to tell: it may not need it.
    """
    for name in names:
        path = os.environ.get(name)
        if path:
            try:
                bounded.refuse_unfit(path, _LARGEST)
            except OSError as error:
                raise bounded.Unfit(errno.EINVAL, error.strerror, f"{name}={path}") from error


def said(error: OSError | ValueError) -> str:
    """Return an error in words, with the file that it is about."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return str(error)
