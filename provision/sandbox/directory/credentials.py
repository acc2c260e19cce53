"""Secrets and certificates of applications and service principals.

https://learn.microsoft.com/graph/api/application-addpassword. A secret's value leaves once, in
the answer; what stays is ``private["secrets"]``: key id to salted hash.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import string
from dataclasses import replace
from datetime import MAXYEAR, datetime
from typing import Any

from cryptography import x509

from provision.sandbox import hashing
from provision.sandbox.clock import precise
from provision.sandbox.directory import policies
from provision.sandbox.directory.certificates import distinguished_name
from provision.sandbox.entities.complex_types import PASSWORD_CREDENTIAL
from provision.sandbox.entities.schema import Prop, is_guid, new_id, parse_time, value_of, wire_time
from provision.sandbox.errors import Detail, GraphError, bad_request, invalid_value
from provision.sandbox.keeping.store import Record, Tenant

Json = dict[str, Any]
_ALPHABET = string.ascii_letters + string.digits + "_~.-"
_PERSONAL_LIMIT = 2


def add_password(
    tenant: Tenant, record: Record, body: Json, now: datetime, *, actor: str
) -> tuple[Record, Json]:
    """Return a new secret: the record that holds it, and the answer with its value; ``actor`` asks for it."""
    sent = next((v for k, v in body.items() if k.lower() == "passwordcredential"), None) or {}
    wanted = value_of(Prop("passwordCredential", PASSWORD_CREDENTIAL), sent, record.kind)
    if wanted["secretText"] is not None:
        raise bad_request(
            "Invalid value specified for property 'secretText' of resource 'PasswordCredential'."
        )
    start = parse_time(wanted["startDateTime"]) or now
    # Without an end it is two years from the service's now, whatever start was sent: recorded in
    # Azure/azure-powershell, src/Resources, Application.Recording.json.
    end = parse_time(wanted["endDateTime"]) or _two_years(now)
    if end <= start:
        raise _ends_wrongly()
    key_id = wanted["keyId"] or new_id()
    existing = record.props["passwordCredentials"]
    if any(c["keyId"] == key_id for c in existing):
        raise invalid_value("keyId", "PasswordCredential")
    personal = record.props["signInAudience"] in (
        "AzureADandPersonalMicrosoftAccount",
        "PersonalMicrosoftAccount",
    )
    if record.kind == "application" and personal and len(existing) >= _PERSONAL_LIMIT:
        raise bad_request("The number of password credentials exceeds the limit of 2.")
    policies.enforce_password(tenant, record, start, end, actor=actor)
    text = new_secret()
    credential = {
        "customKeyIdentifier": wanted["customKeyIdentifier"],
        "displayName": wanted["displayName"],
        "endDateTime": wanted["endDateTime"] or precise(end),
        # Recorded: an application's credential carries a hint, a service principal's does not.
        "hint": text[:3] if record.kind == "application" else None,
        "keyId": key_id,
        "secretText": None,
        "startDateTime": wanted["startDateTime"] or precise(start),
    }
    kept = replace(
        record.with_props(passwordCredentials=[credential, *existing]),  # the newest is listed first
        private={
            **record.private,
            "secrets": {**record.private.get("secrets", {}), key_id: hashing.hashed_random(text)},
        },
    )
    return tenant.put(kept), {**credential, "secretText": text}


def remove_password(tenant: Tenant, record: Record, body: Json) -> None:
    """Take a secret away; 400 if there is none with this id."""
    key_id = next((v for k, v in body.items() if k.lower() == "keyid"), None)
    if not isinstance(key_id, str) or not is_guid(key_id):
        raise bad_request("Invalid value specified for property 'keyId' of resource 'PasswordCredential'.")
    left = [c for c in record.props["passwordCredentials"] if c["keyId"] != key_id.lower()]
    if len(left) == len(record.props["passwordCredentials"]):
        raise bad_request(f"No password credential found with keyId '{key_id}'.")
    tenant.put(_without_secrets(record.with_props(passwordCredentials=left)))


def _without_secrets(record: Record) -> Record:
    """Drop the hashes of secrets that are no longer listed."""
    listed = {c["keyId"] for c in record.props["passwordCredentials"]}
    kept = {k: v for k, v in record.private.get("secrets", {}).items() if k in listed}
    return replace(record, private={**record.private, "secrets": kept})


def patched_passwords(record: Record, wanted: list[Json]) -> Record:
    """``passwordCredentials`` in a PATCH may only leave entries out.

    https://learn.microsoft.com/graph/api/application-update; that a shorter list removes is not
    verified (docs/sandbox.md).
    """
    existing = {c["keyId"]: c for c in record.props["passwordCredentials"]}
    for credential in wanted:
        old = existing.get(credential["keyId"])
        if old is None:
            text = "New password credentials must be generated using service actions."
            raise bad_request(text, Detail("CannotUpdatePasswordCredential", text, "passwordCredentials"))
        if _differs(credential, old):
            text = f"Update to existing credential with KeyId '{credential['keyId']}' is not allowed."
            raise bad_request(text, Detail("KeyNotUpdatable", text, "passwordCredentials"))
    kept = {c["keyId"] for c in wanted}
    left = [c for c in record.props["passwordCredentials"] if c["keyId"] in kept]
    return _without_secrets(record.with_props(passwordCredentials=left))


def _differs(credential: Json, old: Json) -> bool:
    """Return whether what was sent is not what was read; a client may print a time in another way."""
    told = {n: credential[n] for n in ("displayName", "secretText") if credential[n] is not None}
    times = {n: credential[n] for n in ("endDateTime", "startDateTime") if credential[n] is not None}
    return any(v != old[n] for n, v in told.items()) or any(
        parse_time(v) != parse_time(old[n]) for n, v in times.items()
    )


def new_secret() -> str:
    """Return a value of the form that the service generates: ``abc8Q~`` and 34 more characters."""
    head = "".join(secrets.choice(_ALPHABET.replace("-", "")) for _ in range(3))
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(34))
    return f"{head}8Q~{tail}"


def keys(wanted: list[Json], existing: list[Json]) -> list[Json]:
    """``keyCredentials`` as kept: thumbprint, subject and dates are read from the certificate."""
    before = {k["keyId"]: k for k in existing}
    return [_key(k, before.get(k["keyId"])) for k in wanted]


def _key(key: Json, old: Json | None) -> Json:
    if key["key"] is None:
        if old is None:
            raise invalid_value("keyCredentials", "Application")
        return old
    if key["usage"] not in ("Verify", "Sign"):
        raise invalid_value("keyCredentials", "Application")
    der = _der(key["key"])
    certificate = _certificate(der)
    out = {**key, "keyId": key["keyId"] or new_id(), "type": key["type"] or "AsymmetricX509Cert"}
    out["customKeyIdentifier"] = (
        key["customKeyIdentifier"] or hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    )
    if certificate is not None:
        out["displayName"] = key["displayName"] or distinguished_name(certificate.subject)
        out["startDateTime"] = key["startDateTime"] or wire_time(certificate.not_valid_before_utc)
        out["endDateTime"] = key["endDateTime"] or wire_time(certificate.not_valid_after_utc)
    _check_key_dates(out, certificate)
    return out


def _check_key_dates(key: Json, certificate: x509.Certificate | None) -> None:
    """A key ends after it starts, and not after its certificate does.

    The second is quoted in hashicorp/terraform-provider-azuread threads on certificates of 12 months.
    """
    start, end = parse_time(key["startDateTime"]), parse_time(key["endDateTime"])
    backwards = start is not None and end is not None and end <= start
    outlives = certificate is not None and end is not None and end > certificate.not_valid_after_utc
    if backwards or outlives:
        text = "Key credential end date is invalid."
        raise GraphError(400, "KeyCredentialsInvalidEndDate", text, (Detail("InvalidKeyEndDate", text),))


def _der(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        raw = text.encode()
    if raw.startswith(b"-----BEGIN"):
        try:
            return base64.b64decode(b"".join(raw.split(b"-----")[2].split()))
        except (binascii.Error, ValueError, IndexError):
            return raw
    return raw


def _certificate(der: bytes) -> x509.Certificate | None:
    """Return the certificate, or None: a key that is none is kept as it is (docs/sandbox.md)."""
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, TypeError):
        return None


def _ends_wrongly() -> GraphError:
    text = "Key credential end date is invalid."
    return bad_request(text, Detail("InvalidKeyEndDate", text, "EndDate"))


def _two_years(start: datetime) -> datetime:
    if start.year + 2 > MAXYEAR:
        raise _ends_wrongly()
    try:
        return start.replace(year=start.year + 2)
    except ValueError:  # 29 February
        return start.replace(year=start.year + 2, day=28)
