"""What signs in as an application beside the secrets that are made here: on it, or on its service principal.

Sources: https://learn.microsoft.com/graph/api/resources/serviceprincipal (passwordCredentials,
keyCredentials), https://learn.microsoft.com/cli/azure/ad/app/credential,
https://learn.microsoft.com/cli/azure/ad/sp/credential and
https://learn.microsoft.com/cli/azure/ad/app/federated-credential
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from provision.errors import Finding, Severity, catalogue
from provision.quoting import quoted
from provision.resources import client_secret
from provision.resources.undeclared import Certificate, FederatedCredential
from provision.values import dataclass

APPLICATION, PRINCIPAL = "application", "service principal"


@dataclass(frozen=True, slots=True)
class Holder:
    """What one of the two objects holds; ``federated`` is the application's alone."""

    kind: str  # APPLICATION or PRINCIPAL
    id: str  # as a command names it: the client id of the application, the object id of the principal
    secrets: tuple[client_secret.Observed, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    federated: tuple[FederatedCredential, ...] = ()


@dataclass(frozen=True, slots=True)
class Other:
    """One thing that signs in, in words, and the command that ends it."""

    what: str
    remove: str


def others(holders: Iterable[Holder], ours: Collection[str], *, now: datetime) -> Iterator[Other]:
    """Yield what is alive on these objects but for the secrets whose key ids are ``ours``."""
    for holder in holders:
        noun = "app" if holder.kind == APPLICATION else "sp"
        command = f"az ad {noun} credential delete --id {quoted(holder.id)} --key-id"
        for secret in holder.secrets:
            if secret.key_id not in ours and secret.end > now:
                begins = f" (begins with {secret.hint})" if secret.hint else ""
                what = f"secret '{secret.display_name or 'without a name'}'{begins}"
                yield Other(_told(what, holder, secret.end), f"{command} {quoted(secret.key_id)}")
        for item in holder.certificates:
            if item.end > now:
                what = f"certificate '{item.display_name or 'without a name'}'"
                yield Other(_told(what, holder, item.end), f"{command} {quoted(item.key_id)} --cert")
        for trust in holder.federated:
            yield Other(
                f"federated credential '{trust.name}' of the {holder.kind} (issuer {trust.issuer}, subject "
                f"{trust.subject})",
                f"az ad app federated-credential delete --id {quoted(holder.id)} "
                f"--federated-credential-id {quoted(trust.name)}",
            )


def _told(what: str, holder: Holder, end: datetime) -> str:
    return f"{what} of the {holder.kind}, until {end:%Y-%m-%d}"


def check(found: Iterable[Other]) -> Iterator[Finding]:
    """Yield a finding for each: after an emergency it still signs in."""
    for item in found:
        yield Finding(
            catalogue.STILL_SIGNS_IN,
            Severity.WARNING,
            f"still signs in afterwards: {item.what}",
            f"If it is to end, too: {item.remove}",
            value=item.what,
        )
