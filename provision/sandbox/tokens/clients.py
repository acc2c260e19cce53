"""Who is the client, and did it prove it: secret, certificate, or a federated identity.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow and
https://learn.microsoft.com/entra/identity-platform/certificate-credentials.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from provision.sandbox import hashing
from provision.sandbox.tokens import proof_refusals, refusals
from provision.sandbox.tokens.directory import Client, display_name, find_client
from provision.sandbox.tokens.refusals import TokenError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cryptography.x509 import Certificate

    from provision.sandbox import Sandbox
    from provision.sandbox.keeping.store import Record, Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET, CERTIFICATE, NONE = "1", "2", "0"  # the values of appidacr
_TYPES = ("JWT", "http://openid.net/specs/jwt/1.0")
# PS256 by https://learn.microsoft.com/entra/identity-platform/certificate-credentials, else as refused.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256")
_KEY_NAMES = ("x5t#S256", "x5t", "kid")  # by which the header of an assertion names its key
_SKEW = 300  # seconds of clock difference that the service forgives
_MAX_HASHES = 64  # candidates tried for one request


@dataclass(frozen=True, slots=True)
class Used:
    """The credential that a client proved itself with."""

    key_id: str
    kind: str  # as the report calls it: "secret", "certificate"
    origin: str  # the object that carries it: "application", "servicePrincipal"
    end: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """A client that is who it says, how it showed that (``appidacr``), and with what."""

    client: Client
    how: str
    used: Used | None = None


def basic(headers: Mapping[str, str]) -> dict[str, str]:
    """``client_id`` and ``client_secret`` of an HTTP Basic header, form-decoded (RFC 6749, 2.3.1)."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        name, colon, value = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": unquote_plus(name), "client_secret": unquote_plus(value)} if colon else {}


def authenticate(
    sandbox: Sandbox, tenant: Tenant, form: Mapping[str, str], endpoint: str, *, may_be_public: bool
) -> Proof:
    """Return the client of a token request; ``TokenError`` unless it exists, is enabled and proves itself."""
    client_id = form.get("client_id") or _claimed(form)
    if not client_id:
        raise refusals.missing("client_id")
    client = find_client(sandbox.store, tenant, client_id)
    holders = list(_holders(client)) if client else []
    if client is None or any(sandbox.weather.hides(tenant.id, record.id) for record in holders):
        raise refusals.unknown_client(client_id, display_name(tenant))
    how, used = _prove(sandbox, tenant, client, form, endpoint, may_be_public=may_be_public)
    off = (client.application is not None and client.application.props.get("isDisabled")) or (
        client.principal is not None and client.principal.props.get("accountEnabled") is False
    )
    if off:
        raise refusals.disabled(client.id, client.name)
    return Proof(client, how, used)


def _prove(
    sandbox: Sandbox,
    tenant: Tenant,
    client: Client,
    form: Mapping[str, str],
    endpoint: str,
    *,
    may_be_public: bool,
) -> tuple[str, Used | None]:
    proves = bool(form.get("client_assertion") or form.get("client_secret"))
    if proves and may_be_public and client.public:
        raise proof_refusals.public_client()
    if form.get("client_assertion"):
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise refusals.missing("client_assertion_type")
        return CERTIFICATE, _check_assertion(sandbox, tenant, client, form["client_assertion"], endpoint)
    if form.get("client_secret"):
        return SECRET, _check_secret(sandbox, client, form["client_secret"])
    if may_be_public and client.public:
        return NONE, None
    raise proof_refusals.no_credential() if may_be_public else proof_refusals.no_proof()


def _holders(client: Client) -> Iterator[Record]:
    """Yield the objects that carry credentials: the application, and its principal."""
    yield from (record for record in (client.application, client.principal) if record is not None)


def _check_secret(sandbox: Sandbox, client: Client, value: str) -> Used:
    now = sandbox.clock.now()
    for record in _holders(client):
        hashes: dict[str, str] = record.private.get("secrets", {})
        # The hint, the first three characters, says which ones can be meant at all.
        listed = [
            c
            for c in record.props.get("passwordCredentials", ())
            if not c.get("hint") or value.startswith(str(c["hint"]))
        ][-_MAX_HASHES:]
        for credential in listed:
            kept = hashes.get(credential["keyId"])
            if kept is None or not hashing.matches(value, kept):
                continue
            if now >= _moment(credential["endDateTime"]):
                raise proof_refusals.expired_secret(client.id)
            early = credential.get("startDateTime") and now < _moment(credential["startDateTime"])
            if not early and not sandbox.weather.hides_secret(credential["keyId"]):
                return Used(credential["keyId"], "secret", record.kind, credential["endDateTime"])
    raise proof_refusals.wrong_secret(client.id)


# -- assertions ----------------------------------------------------------------------------------


def _claimed(form: Mapping[str, str]) -> str | None:
    """Return the client that an assertion speaks for, when ``client_id`` is left out."""
    if not form.get("client_assertion"):
        return None
    _, claims = _open(form["client_assertion"])
    if claims.get("iss") != claims.get("sub"):  # an issuer's own subject names no application
        raise refusals.ambiguous_client()
    return str(claims["sub"]) if claims.get("sub") else None


def _open(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unverified."""
    import jwt

    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False, "verify_aud": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise proof_refusals.bad_assertion() from error
    return header, claims


def _check_assertion(
    sandbox: Sandbox, tenant: Tenant, client: Client, assertion: str, endpoint: str
) -> Used | None:
    """Check in the order in which the service was seen to refuse: claims, header, times, whose, key."""
    header, claims = _open(assertion)
    for name in ("iss", "aud"):
        if not claims.get(name):
            raise refusals.missing_field(name)
    _check_header(header)
    own = claims["iss"] == claims.get("sub") or str(claims["iss"]).lower() == client.id
    if own and not any(header.get(name) for name in _KEY_NAMES):
        raise proof_refusals.no_key_named()
    _check_times(sandbox, claims)
    if not own:
        _check_federated(sandbox, tenant, client, claims)
        return None
    if str(claims["iss"]).lower() != client.id or str(claims.get("sub")).lower() != client.id:
        raise proof_refusals.assertion_of_another()
    used = _check_certificate(sandbox, client, assertion, header)
    if not _is_our_audience(claims["aud"], endpoint, tenant.id):
        raise proof_refusals.bad_assertion()
    return used


def _check_times(sandbox: Sandbox, claims: dict[str, Any]) -> None:
    now = sandbox.clock.real()
    start, end = claims.get("nbf", claims.get("iat")), claims.get("exp")
    if (
        not isinstance(end, int | float)
        or now.timestamp() > end + _SKEW
        or (isinstance(start, int | float) and now.timestamp() < start - _SKEW)
    ):
        raise proof_refusals.assertion_expired(now, start, end)


def _check_header(header: dict[str, Any]) -> None:
    """What is refused before anybody looks for a key."""
    if str(header.get("typ", "JWT")) not in _TYPES:
        raise proof_refusals.wrong_assertion_type()
    if header.get("alg") not in _ALGORITHMS:
        raise proof_refusals.wrong_algorithm(str(header.get("alg")))


def _check_certificate(sandbox: Sandbox, client: Client, assertion: str, header: dict[str, Any]) -> Used:
    import jwt

    thumbprint = header.get("x5t#S256") or header.get("x5t")
    expired: TokenError | None = None
    for origin, credential, certificate in _certificates(client):
        if thumbprint and thumbprint not in _thumbprints(certificate):
            continue
        try:
            jwt.decode(
                assertion,
                certificate.public_key(),  # type: ignore[arg-type]
                algorithms=["RS256", "PS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False},
            )
        except (jwt.InvalidTokenError, ValueError, TypeError):
            continue
        end = credential.get("endDateTime")
        if not end or sandbox.clock.now() < _moment(end):
            return Used(str(credential["keyId"]), "certificate", origin, end)
        start = credential.get("startDateTime") or end
        expired = proof_refusals.expired_key(client.id, _hex(thumbprint), _moment(start), _moment(end))
    raise expired or proof_refusals.wrong_key(client.id, _hex(thumbprint))


def _certificates(client: Client) -> Iterator[tuple[str, dict[str, Any], Certificate]]:
    from cryptography import x509

    for record in _holders(client):
        for credential in record.props.get("keyCredentials", ()):
            try:
                der = base64.b64decode(str(credential.get("key") or ""))
                yield record.kind, credential, x509.load_der_x509_certificate(der)
            except ValueError:
                continue  # a key of another type, or one that is no certificate


def _thumbprints(certificate: Certificate) -> set[str]:
    from cryptography.hazmat.primitives import hashes

    prints = (certificate.fingerprint(hashes.SHA256()), certificate.fingerprint(hashes.SHA1()))  # noqa: S303
    return {base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in prints}


def _hex(thumbprint: object) -> str | None:
    try:
        return base64.urlsafe_b64decode(f"{thumbprint}==").hex().upper() if thumbprint else None
    except (binascii.Error, ValueError):
        return str(thumbprint)


def _is_our_audience(audience: object, endpoint: str, tenant_id: str) -> bool:
    """Return the token endpoint, by whatever host it was reached, or the tenant's issuer."""
    given = audience if isinstance(audience, list) else [audience]
    tails = (endpoint.split("://", 1)[1].partition("/")[2], f"{tenant_id}/v2.0", f"{tenant_id}/", tenant_id)
    return any(
        str(a).split("://", 1)[-1].partition("/")[2].lower() in {t.lower() for t in tails} for a in given
    )


def _check_federated(sandbox: Sandbox, tenant: Tenant, client: Client, claims: dict[str, Any]) -> None:
    """Issuer, subject and audience must match one federated credential exactly, case included.

    https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations. The
    signature is not checked: that would mean fetching the issuer's keys from the network.
    """
    home = client.application
    owner = next(
        (t for t in sandbox.store.tenants.values() if home and t.get("application", home.id)), tenant
    )
    records = owner.find("federatedIdentityCredential", "parentId", home.id) if home else []
    issuer, subject = str(claims.get("iss")), str(claims.get("sub"))
    audience = claims.get("aud")
    audiences = {str(a) for a in (audience if isinstance(audience, list) else [audience])}
    of_issuer = [r for r in records if str(r.props["issuer"]).rstrip("/") == issuer.rstrip("/")]
    if not of_issuer:
        raise proof_refusals.no_federation(700211, "issuer", issuer)
    of_subject = [r for r in of_issuer if r.props.get("subject") == subject]
    if not of_subject:
        raise proof_refusals.no_federation(700213, "subject", subject)
    if not any(audiences & set(r.props["audiences"]) for r in of_subject):
        raise proof_refusals.no_federation(700212, "audience", ", ".join(sorted(audiences)))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
