"""The sink that writes a new version of an Azure Key Vault secret.

Value, end, content type and tags travel in one request, so a version never has the tags of another.
The library is the extra ``key-vault``.
Source: https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret/set-secret
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, field_validator

from provision.delivery import interface, service
from provision.delivery.interface import Handover, Opening
from provision.delivery.ownership import FORMAT, Claim, Earlier, Owner, from_tag
from provision.delivery.place import Place, web_address
from provision.delivery.refusals import judge
from provision.delivery.refusals.key_vault import MOST_TAGS, RULES, deleted
from provision.delivery.service import ServiceError, Sort, one_line, retry, translate_errors
from provision.errors import catalogue
from provision.network import current
from provision.secret import Secret
from provision.values import dataclass

if TYPE_CHECKING:
    from azure.keyvault.secrets import KeyVaultSecret, SecretClient

T = TypeVar("T")

# The suffix of each cloud's vaults.
# Source: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
SUFFIXES = {
    "global": "vault.azure.net",
    "gcc": "vault.azure.net",
    "gcc-high": "vault.usgovcloudapi.net",
    "dod": "vault.usgovcloudapi.net",
    "china": "vault.azure.cn",
}
# Known to every cloud's vaults; the library's own default is newer than some may be.
_API = "7.4"
_CONTENT_TYPE = "Microsoft Entra client secret"
_MARK, _CONFIG, _OWNER = "provision", "provision-config", "provision-owner"
_KEY, _HINT = "provision-key-id", "provision-hint"
_OURS = frozenset({_MARK, _CONFIG, _OWNER, _KEY, _HINT})
_VAULT = r"(?=[A-Za-z0-9-]{3,24}(?![A-Za-z0-9-]))[A-Za-z](?:-?[A-Za-z0-9]){2,23}"
_SECRET = r"[0-9A-Za-z-]{1,127}"  # noqa: S105 - the pattern of a name


class Options(interface.EntraOptions):
    """Options of the sink ``key_vault``."""

    vault: str = Field(
        description="The vault: its name, or its address such as https://NAME.vault.azure.net. Hosts that "
        "are not Azure's are refused without --allow sink-host.",
    )
    secret: str | None = Field(
        default=None,
        description="Name of the secret in the vault; by default the config's name.",
    )

    @field_validator("vault")
    @classmethod
    def _is_vault(cls, text: str) -> str:
        if re.fullmatch(_VAULT, text):
            return text
        parts = web_address(text)
        if not parts or parts.path not in ("", "/"):
            raise ValueError("a vault is its name, or an address such as https://NAME.vault.azure.net")
        return f"https://{parts.netloc.lower()}"

    @field_validator("secret")
    @classmethod
    def _is_secret(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(_SECRET, text):
            raise ValueError("the name of a vault's secret has 1 to 127 letters, digits and hyphens")
        return text

    @classmethod
    def from_argument(cls, text: str) -> Self:
        """Read ``key_vault:https://NAME.vault.azure.net/secrets/SECRET``, or the vault alone.

        ``?tenant=GUID&client_id=GUID`` may stand behind it.
        """
        address, mark, query = text.partition("?")
        options = dict(parse_qsl(query, keep_blank_values=True))
        written = re.fullmatch(rf"(https://[^/]+|{_VAULT})/?(?:(?<=/)secrets/({_SECRET})/?)?", address)
        if written is None or not set(options) <= {"tenant", "client_id"} or (mark and not options):
            raise ValueError("write key_vault:https://NAME.vault.azure.net/secrets/SECRET")
        return cls(vault=written[1], secret=written[2], **options)

    @property
    def foreign_host(self) -> str | None:
        """The host, unless it is a vault in one of Azure's clouds."""
        if not self.vault.startswith("https://"):
            return None
        host = urlsplit(self.vault).netloc.removesuffix(":443")
        known = any(re.fullmatch(rf"{_VAULT}\.{re.escape(suffix)}", host) for suffix in SUFFIXES.values())
        return None if known else host

    def reaches(self, cloud: str) -> str:
        """Return the vault's address; empty if the cloud's vaults have no host that is known."""
        if self.vault.startswith("https://"):
            return self.vault
        suffix = SUFFIXES.get(cloud)
        return f"https://{self.vault}.{suffix}" if suffix else ""

    def places(self, name: str, cloud: str) -> tuple[Place, ...]:
        """Return the secret in the vault; neither minds case.

        Source: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
        """
        vault = (self.reaches(cloud) or self.vault).lower().removesuffix(":443")
        return (Place(("key_vault", vault, (self.secret or name).lower())),)


@dataclass(frozen=True, slots=True)
class _Version:
    """The current version of the secret."""

    tags: dict[str, str]
    owner: Owner | Earlier | None  # None: provision did not write it
    key_id: str  # whose value it holds, if provision wrote it
    value: Secret
    managed: bool  # it is the private half of a certificate in the vault


class KeyVault:
    """Writes a version for each secret; older versions stay, as the vault keeps them."""

    interactive = False

    def __init__(self, options: Options, opening: Opening) -> None:
        self._opening = opening
        self._secret = options.secret or opening.name
        self._claim = Claim(opening.owner)
        self._url = options.reaches(opening.cloud)
        self._identity = options.identity
        self._vault = self._url or options.vault
        self._credential: Any = None

    @property
    def label(self) -> str:
        """The address of the secret in the vault."""
        return f"key_vault:{self._vault}/secrets/{self._secret}{self._identity}"

    def probe(self, known: Collection[str] = ()) -> str:
        """See that the vault lets us read the secret, that its version is ours, and that its name is free.

        A vault has no dry run: whether we may write shows when we do.
        """
        self._claim = self._claim.with_known(known)
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as vault:
            version = self._look(vault)
            if version is None:
                self._refuse_deleted(vault)
            elif (count := len(version.tags.keys() | _OURS)) > MOST_TAGS:
                raise ServiceError(
                    f"the secret would have {count} tags with ours, and a vault takes {MOST_TAGS}",
                    fix="Remove tags from the secret's current version, or choose another name (secret).",
                    sort=Sort.STATE,
                )
        return (
            "the vault answers and lets this identity read the secret; whether it may write shows on delivery"
        )

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Write the version. Repeated after a lost answer, it makes a second one like it, which harms nobody.

        Killed before the request, the current version and its tags are still the former ones; after
        it, both are the new ones. There is no state between.
        """
        with translate_errors(catalogue.DELIVERY_FAILED, self.label), self._connected() as vault:
            version = self._look(vault)
            tags = {
                **(version.tags if version else {}),  # a team's own, which its policy may demand
                _MARK: FORMAT,
                _CONFIG: handover.name,
                _OWNER: self._claim.owner.text,
                _KEY: handover.key_id,
                _HINT: secret.hint,
            }
            _ask(
                lambda: vault.set_secret(
                    self._secret,
                    secret.reveal(),
                    enabled=True,
                    tags=tags,
                    content_type=_CONTENT_TYPE,
                    not_before=handover.starts,
                    expires_on=handover.expires,
                )
            )

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """Return the key that the current version's tags name, if its value begins as they say."""
        self._claim = self._claim.with_known(known)
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as vault:
            try:
                version = self._read(vault)
            except ServiceError as trouble:
                if trouble.code == "SecretDisabled":  # nobody can use it, so it holds nothing
                    return frozenset()
                raise
        if version is None or version.owner is None or not self._claim.has(version.owner, {version.key_id}):
            return frozenset()
        return frozenset({version.key_id})

    def lies(self, known: Collection[str] = ()) -> bool:
        """Say whether the current version is enabled, and holds a value of the owner's."""
        return bool(self.recall(known))

    def forget(self, known: Collection[str] = ()) -> None:
        """Disable the current version: its value is kept by the vault, and nobody can read it."""
        if self.recall(known):
            with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as vault:
                _ask(lambda: vault.update_secret_properties(self._secret, enabled=False))

    def retrieve(self) -> Secret:
        """Return the value of the current version, if it is ours."""
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as vault:
            version = self._read(vault)
            if version is None:
                raise ServiceError("there is no such secret in the vault")
            if version.owner != Earlier(self._opening.name):  # one of the first form is proved next
                self._refuse_others(version)
            return version.value

    def _look(self, vault: SecretClient) -> _Version | None:
        """Return the current version if it is ours, ``None`` if there is none; refuse anybody else's."""
        version = self._read(vault)
        if version is not None and version.managed:
            raise ServiceError(
                "the secret belongs to a certificate in the vault, which alone changes it",
                fix="Choose another name (secret).",
                sort=Sort.STATE,
            )
        if version is not None:
            self._refuse_others(version)
        return version

    def _refuse_others(self, version: _Version) -> None:
        if version.owner is None:
            raise ServiceError(
                f"the secret's current version was not written by provision for '{self._opening.name}'",
                fix="Choose another name (secret), or delete and purge the secret if nobody needs it.",
                sort=Sort.STATE,
            )
        self._claim.refuse_others(
            self.label, version.owner, {version.key_id}, remove="delete and purge the secret"
        )

    def _read(self, vault: SecretClient) -> _Version | None:
        try:
            found = _ask(lambda: vault.get_secret(self._secret))
        except ServiceError as trouble:
            if trouble.status == 404:
                return None
            raise
        tags = found.properties.tags or {}
        key_id = (tags.get(_KEY) or "").lower()
        managed = bool(getattr(found.properties, "managed", None))
        return _Version(tags, _owner(found) if key_id else None, key_id, Secret(found.value or ""), managed)

    def _refuse_deleted(self, vault: SecretClient) -> None:
        """A deleted secret keeps its name until it is purged, and a write is refused with 409.

        Source: https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
        """
        try:
            found = _ask(lambda: vault.get_deleted_secret(self._secret))
        except ServiceError as trouble:
            # 403: no right to look; a write will tell
            if trouble.status == 404 or (trouble.status == 403 and trouble.sort is Sort.RIGHTS):
                return
            raise
        raise deleted(found.scheduled_purge_date, found.properties.recovery_level)

    @contextmanager
    def _connected(self) -> Iterator[SecretClient]:
        """Open the library's client; its own retries are switched off, for they know no bound."""
        try:
            from azure.keyvault.secrets import SecretClient
        except ImportError:
            raise interface.lacking("key-vault", "key_vault") from None
        from provision.network.clients import for_azure

        if not self._url:
            raise ServiceError("this cloud's vaults have no host that is known; write the vault's address")
        if self._credential is None:
            self._credential = self._opening.credential()
        with SecretClient(
            self._url,
            self._credential,
            api_version=_API,
            retry_total=0,
            permit_redirects=False,  # a redirect would take the value elsewhere
            transport=for_azure(current(), connect=service.CONNECT, answer=service.ANSWER),
        ) as vault:
            yield vault


def _ask(call: Callable[[], T]) -> T:
    """Call the library, again while the trouble is transient."""
    return retry(lambda: _ask_once(call))


def _ask_once(call: Callable[[], T]) -> T:
    from azure.core.exceptions import AzureError

    try:
        return call()
    except AzureError as error:
        trouble = _trouble(error)
    except ValueError as error:  # the vault's challenge asks for a token for somebody else's resource
        trouble = ServiceError(one_line(str(error)))
    raise trouble


def _owner(found: KeyVaultSecret) -> Owner | Earlier | None:
    """Return whose a version is that provision wrote; ``None`` if its value is another than its tags say.

    Whoever copies our tags onto another value is found out by its first characters.
    """
    tags = found.properties.tags or {}
    begins = tags.get(_HINT)
    if not begins or not (found.value or "").startswith(begins):
        return None
    return from_tag(tags.get(_MARK), tags.get(_CONFIG), tags.get(_OWNER))


def _trouble(error: Any) -> ServiceError:
    """Put an exception of Azure's SDK into words; nothing of it is kept.

    Source of the codes: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
    """
    from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

    if isinstance(error, (ServiceRequestError, ServiceResponseError)):
        words = one_line(str(error))
        unknown = "NameResolutionError" in words or "Failed to resolve" in words
        return ServiceError(
            f"the vault cannot be reached: {words}",
            fix="See that the vault's name is right and the vault not deleted; one that only has a private "
            "endpoint is found in its own network."
            if unknown
            else None,
            transient="CERTIFICATE_VERIFY_FAILED" not in words and "not permitted for non-TLS" not in words,
            sort=Sort.NETWORK,
        )
    response: Any = error.response if isinstance(error, HttpResponseError) else None
    if response is None:
        return ServiceError(
            f"sign-in to the vault failed: {one_line(str(error))}",
            fix="A vault of another tenant than the config's is named with key_vault.tenant and client_id "
            "(docs/delivery.md); see --auth for the ways to sign in.",
            sort=Sort.SIGN_IN,
        )
    status, headers = int(response.status_code), response.headers
    code, words = _said(error)
    trouble = ServiceError(
        f"{status} {code}: {words}",
        status=status,
        code=code,
        request_id=headers.get("x-ms-request-id"),
        transient=status in service.TRANSIENT or code == "ObjectIsBeingRecovered",
        wait=service.asked_wait(headers),
    )
    judge(RULES, trouble)
    return deleted() if code == "ObjectIsDeletedButRecoverable" else trouble


def _said(error: Any) -> tuple[str, str]:
    """Return the innermost code of a Key Vault error, and its message."""
    said = error.error
    code, words = getattr(said, "code", None), getattr(said, "message", None)
    inner = getattr(said, "innererror", None)
    while isinstance(inner, dict):
        code, inner = inner.get("code") or code, inner.get("innererror")
    return one_line(str(code or "")) or "no code", one_line(str(words or error.reason or "no reason given"))
