"""Which certificates are trusted: those that a variable names, or else the system's own.

``SSL_CERT_FILE`` is OpenSSL's, Go's and httpx', ``REQUESTS_CA_BUNDLE`` and ``CURL_CA_BUNDLE`` are requests'
and so azure-identity's; the first that is set counts for all connections. ``SSL_CERT_DIR`` counts beside it,
as with OpenSSL, Go and curl; its files are read whatever they are called, as Go does.
Sources: https://docs.openssl.org/master/man7/openssl-env/, https://www.python-httpx.org/environment_variables/,
https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification,
https://pkg.go.dev/crypto/x509#SystemCertPool, https://curl.se/docs/sslcerts.html and
https://truststore.readthedocs.io
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from provision import bounded
from provision.errors import ProvisionError, catalogue
from provision.quoting import quoted
from provision.values import dataclass

if TYPE_CHECKING:
    import ssl

_FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_FOLDER = "SSL_CERT_DIR"
VARIABLES = (*_FILES, _FOLDER)
_STORES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
)
_LARGEST = 16 * 1024 * 1024  # bytes; what Mozilla trusts takes a quarter of one MiB
_MOST = 4096  # files of a folder
_BLOCK = re.compile(r"-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Certificates as DER, where they are from, and what beside them was passed over."""

    source: str
    ders: tuple[bytes, ...] = field(repr=False)
    passed_over: tuple[str, ...] = ()


class _Unfit(Exception):
    """What a variable names cannot be used: why, and what to do."""

    def __init__(self, why: str, fix: str | None = None) -> None:
        super().__init__(why)
        self.why, self.fix = why, fix


def named(variables: Mapping[str, str]) -> Certificates | None:
    """Return what the variables name; ``None`` if none is set. ``ProvisionError`` if it cannot be used."""
    file = next((name for name in _FILES if variables.get(name)), None)
    folders = variables.get(_FOLDER)
    if file is None and not folders:
        return None
    found: list[tuple[str, list[bytes]]] = []
    passed: list[str] = []
    if file is not None:
        try:
            found.append((f"{file} ({variables[file]})", _at(variables[file], folder=file != _FILES[0])))
        except _Unfit as unfit:
            raise _fault(file, variables[file], unfit) from None
    if folders:
        try:
            found.append((f"{_FOLDER} ({folders})", list(_in_folders(folders))))
        except _Unfit as unfit:
            if file is None:
                raise _fault(_FOLDER, folders, unfit) from None
            passed.append(f"{_FOLDER} names {folders}: {unfit.why}")
    others = [
        f"{name} comes after {file}"
        for name in _FILES
        if file and variables.get(name) and name != file and variables[name] != variables[file]
    ]
    ders = dict.fromkeys(der for _, each in found for der in each)
    return Certificates(" and ".join(source for source, _ in found), tuple(ders), (*passed, *others))


def of_file(path: str) -> Certificates:
    """Return the certificates of one file; ``ProvisionError`` if it cannot be used."""
    try:
        return Certificates(path, tuple(_at(path, folder=False)))
    except _Unfit as unfit:
        raise ProvisionError(catalogue.CA_FILE, f"{path}: {unfit.why}", fix=unfit.fix) from None


def context(found: Certificates | None) -> ssl.SSLContext:
    """Return what connections trust.

    The certificates of a company's authority are taken as curl, Go and OpenSSL take them: one below the root
    is enough, and it need not say that it is an authority in the way that Python demands since 3.13. Source:
    https://docs.python.org/3/library/ssl.html#ssl.create_default_context
    """
    import ssl

    if found is None:
        import truststore

        system = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not has_store():
            import certifi

            system.load_verify_locations(certifi.where())
        return system
    made = ssl.create_default_context(cadata=b"".join(found.ders))
    made.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    return made


def has_store() -> bool:
    """Say whether the system keeps a list of authorities; a small container may have none.

    Windows and macOS have one always. Elsewhere it is where OpenSSL looks, or one of the usual files.
    Source: https://pkg.go.dev/crypto/x509 (root_linux.go lists them)
    """
    if sys.platform in ("win32", "darwin"):
        return True
    import ssl

    paths = ssl.get_default_verify_paths()
    files = [paths.cafile, *_STORES]
    if any(file and Path(file).is_file() for file in files):
        return True
    folder = paths.capath
    return bool(folder) and any(Path(folder).glob("*"))


def _at(path: str, *, folder: bool) -> list[bytes]:
    """Return the certificates at a path, be it a file, or a folder where one may be named."""
    if os.path.isdir(path):  # noqa: PTH112 - pathlib raises for a name that is too long, or has a zero byte
        if not folder:
            raise _Unfit("it is a folder, not a file", "Name the file, or set SSL_CERT_DIR to the folder.")
        return list(_in_folders(path))
    try:
        raw = bounded.read(path, _LARGEST)
    except OSError as error:
        raise _Unfit(_reason(error, path)) from None
    except ValueError:
        raise _Unfit("it is no path") from None
    found = list(_certificates(raw))
    if not found:
        raise _no_certificate(raw, path)
    return found


def _reason(error: OSError, path: str) -> str:
    if error.errno != errno.ENOENT:
        return error.strerror or "it cannot be read"
    if path.startswith("~") or "$" in path or "%" in path:
        return "there is no such file, for '~' and variables are filled in by a shell alone"
    if path[:1] in "\"'":
        return "there is no such file; the quotes are part of the name"
    return "there is no such file"


def _in_folders(paths: str) -> Iterator[bytes]:
    """Yield the certificates of the files in folders, of which there may be several, as in ``PATH``."""
    found: dict[str, None] = {}
    problems: list[str] = []
    for folder in filter(None, paths.split(os.pathsep)):
        try:
            names = sorted(os.listdir(folder))[:_MOST]  # noqa: PTH208 - a name may be no text
        except OSError as error:
            problems.append("there is no such folder" if error.errno == errno.ENOENT else str(error.strerror))
            continue
        found |= dict.fromkeys(os.path.realpath(Path(folder) / name) for name in names)
    some = False
    for file in found:
        try:
            raw = bounded.read(file, _LARGEST)
        except (OSError, ValueError):
            continue
        for der in _certificates(raw):
            some = True
            yield der
    if not some:
        raise _Unfit(problems[0] if problems and not found else "it is a folder without a certificate (PEM)")


def _certificates(raw: bytes) -> Iterator[bytes]:
    """Yield each certificate that can be read; one that cannot spoils no others, as with Go."""
    import ssl

    text = bounded.decoded(raw, "replace")
    for block in _BLOCK.finditer(text):
        pem = block[0].replace(block[1], "CERTIFICATE")
        try:
            der = ssl.PEM_cert_to_DER_cert(pem)
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=der)
        except (ssl.SSLError, ValueError):
            continue
        yield der


def _no_certificate(raw: bytes, path: str) -> _Unfit:
    """Say what is there in place of certificates in the form PEM."""
    if not raw.strip():
        return _Unfit("it is empty")
    if raw[:1] == b"\x30":
        return _Unfit(
            "it is in the binary form DER, not in the form PEM",
            f"Run: openssl x509 -inform der -in {quoted(path)} -out ca.pem, and name ca.pem.",
        )
    if b"BEGIN PKCS7" in raw:
        return _Unfit(
            "it is a chain in the form PKCS #7",
            f"Run: openssl pkcs7 -print_certs -in {quoted(path)} -out ca.pem, and name ca.pem.",
        )
    if b"PRIVATE KEY" in raw:
        return _Unfit("it holds a private key and no certificate")
    if b"CERTIFICATE-----" in raw:
        return _Unfit("no certificate in it can be read")
    return _Unfit("it holds no certificates in the form PEM")


def _fault(variable: str, value: str, unfit: _Unfit) -> ProvisionError:
    return ProvisionError(catalogue.CA_FILE, f"{variable} names {value}: {unfit.why}", fix=unfit.fix)
