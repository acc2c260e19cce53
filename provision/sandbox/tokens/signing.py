"""Signing and checking the sandbox's own tokens.

Tokens of the token endpoint are RS256, verifiable with ``/discovery/v2.0/keys``. A token that the
sandbox hands to its own process, and refresh tokens, which nobody but the sandbox reads, are HS256
with a key of their own: the embedded sandbox then needs neither PyJWT nor an RSA key, which
together would cost it some 100 ms at every start.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from provision.sandbox import Sandbox

Claims = dict[str, Any]
SETTING = "signing_key"  # where the state keeps the RSA key, as PEM

_parsed: dict[str, RSAPrivateKey] = {}  # PEM to key: parsing one costs more than signing with it
# Key and token to claims: a client sends one token with many requests, and a signature stays what it is.
_verified: dict[tuple[str, str], Claims] = {}
_MOST_VERIFIED = 128


class InvalidToken(Exception):
    """Not a token of this sandbox: ``reason`` says why, for the refusal's text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# -- tokens that only this sandbox reads ---------------------------------------------------------


def seal(key: str, claims: Claims) -> str:
    """Return a compact JWS of the claims, HS256."""
    head = _b64(b'{"typ":"JWT","alg":"HS256"}')
    body = f"{head}.{_b64(json.dumps(claims, separators=(',', ':')).encode())}"
    return f"{body}.{_b64(_mac(key, body))}"


def unseal(key: str, token: str) -> Claims:
    """Return the claims of a sealed token; ``InvalidToken`` if it is not ours."""
    body, _, signature = token.rpartition(".")
    try:
        given = unb64(signature)
        if not hmac.compare_digest(_mac(key, body), given):
            raise InvalidToken("signature")
        claims = json.loads(unb64(body.split(".")[1]))
    except (ValueError, IndexError) as error:
        raise InvalidToken("form") from error
    if not isinstance(claims, dict):
        raise InvalidToken("form")
    return claims


def _mac(key: str, body: str) -> bytes:
    return hmac.new(key.encode(), body.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


# -- tokens for the world ------------------------------------------------------------------------


def sign(sandbox: Sandbox, claims: Claims) -> str:
    """Return an RS256 token of the claims; the first one makes the key."""
    import jwt

    pem = _pem(sandbox)
    return jwt.encode(claims, _key(pem), "RS256", headers={"kid": key_id(pem), "x5t": key_id(pem)})


def verify(sandbox: Sandbox, token: str) -> Claims:
    """Return the claims of a token this sandbox signed, either way; times and audience are not looked at."""
    algorithm = _algorithm(token)
    if algorithm == "HS256":
        return unseal(sandbox.token_key, token)
    if algorithm != "RS256":
        raise InvalidToken("algorithm")
    pem = sandbox.store.settings.get(SETTING)
    if not isinstance(pem, str):
        raise InvalidToken("signature")  # this sandbox signed none yet
    known = _verified.get((pem, token))
    if known is not None:
        return dict(known)
    import jwt

    unchecked = {
        "verify_aud": False,
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "verify_sub": False,
        "verify_jti": False,
        "verify_iss": False,
    }
    try:
        claims = jwt.decode(token, _key(pem).public_key(), algorithms=["RS256"], options=unchecked)  # type: ignore[arg-type]
    except jwt.InvalidSignatureError as error:
        raise InvalidToken("signature") from error
    except (jwt.InvalidTokenError, ValueError) as error:
        raise InvalidToken("form") from error
    while len(_verified) >= _MOST_VERIFIED:
        del _verified[next(iter(_verified))]
    _verified[pem, token] = dict(claims)
    return dict(claims)


def published(sandbox: Sandbox) -> Claims:
    """Return the key set document: https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens."""
    pem = _pem(sandbox)
    numbers = _key(pem).public_key().public_numbers()
    return {
        "keys": [
            {
                "kty": "RSA",
                "use": "sig",
                "kid": key_id(pem),
                "x5t": key_id(pem),
                "alg": "RS256",
                "n": _b64(numbers.n.to_bytes(256, "big")),
                "e": _b64(numbers.e.to_bytes(3, "big")),
            }
        ]
    }


def key_id(pem: str) -> str:
    """Return a name for the key, which follows from it."""
    return _b64(hashlib.sha256(pem.encode()).digest()[:20])


def _pem(sandbox: Sandbox) -> str:
    pem = sandbox.store.settings.get(SETTING)
    if isinstance(pem, str):
        return pem
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    with sandbox.writing():
        if not isinstance(sandbox.store.settings.get(SETTING), str):  # another process may have been first
            sandbox.store.set(SETTING, text)
    return str(sandbox.store.settings[SETTING])


def _key(pem: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if pem not in _parsed:
        key = serialization.load_pem_private_key(pem.encode(), None)
        if not isinstance(key, RSAPrivateKey):
            raise InvalidToken("signature")
        _parsed[pem] = key
    return _parsed[pem]


def _algorithm(token: str) -> str:
    try:
        header = json.loads(unb64(token.split(".", maxsplit=1)[0]))
        return str(header["alg"])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InvalidToken("form") from error


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Base64url without padding; ``ValueError`` if it is none."""
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
