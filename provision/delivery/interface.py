"""What a sink is: probed before a secret is minted, handed the value once, asked later what it holds."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Protocol, Self, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, field_validator

from provision.delivery.ownership import Owner
from provision.delivery.place import Place
from provision.errors import ProvisionError, catalogue
from provision.secret import Secret
from provision.values import dataclass


class Options(BaseModel):
    """The options of a sink, as they stand below its name in a config."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    @abstractmethod
    def from_argument(cls, text: str) -> Self:
        """Read what stands behind ``--deliver KIND:``; ``ValueError`` in words for a person."""

    @property
    @abstractmethod
    def foreign_host(self) -> str | None:
        """The host that secrets would go to, if it is not one of the service's own; ``None`` if it is.

        A config may name such a host only with ``--allow``.
        """

    def within(self, folder: str) -> Self:
        """Return the options with their paths meant from a folder; the command line's are from here."""
        del folder
        return self

    @abstractmethod
    def reaches(self, cloud: str) -> str:
        """Return the address of the service that is asked; empty if none is, or none is known."""

    @abstractmethod
    def places(self, name: str, cloud: str) -> tuple[Place, ...]:
        """Return what would be written for a config of that name in that cloud; empty: it cannot be told."""


_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class EntraOptions(Options):
    """The options of a sink that Entra signs in to: it may be in another tenant than the config's."""

    tenant: str | None = Field(
        default=None,
        description="The tenant of the sink, a GUID; by default the config's. Another one is used only if "
        "PROVISION_SINK_TENANTS names it, too.",
    )
    client_id: str | None = Field(
        default=None,
        description="The application that signs in to the sink, a GUID; by default who --auth says. Used "
        "only if PROVISION_SINK_TENANTS names it, too.",
    )

    @field_validator("tenant", "client_id")
    @classmethod
    def _is_guid(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(_GUID, text.lower()):
            raise ValueError("it is not a GUID, such as 3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690")
        return None if text is None else text.lower()

    @property
    def identity(self) -> str:
        """How a tenant and an identity of its own stand behind the sink's label; empty if it has none."""
        named = (("in the tenant", self.tenant), ("signed in as", self.client_id))
        said = ", ".join(f"{how} {what}" for how, what in named if what)
        return f" ({said})" if said else ""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a sink is opened with, beside its own options."""

    owner: Owner  # whose the values are
    cloud: str  # the name of the tenant's cloud
    credential: Callable[[], Any]  # makes azure-identity's credential of this run, as --auth says

    @property
    def name(self) -> str:
        """The config's name."""
        return self.owner.name


def _always() -> None:
    """The value may be handed over, however long it took."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What is known of a secret beside its value; none of it is confidential."""

    name: str  # the config's
    key_id: str
    expires: datetime
    starts: datetime | None = None  # None: not known
    # Called right before the value is shown by a sink that waits for a person: ``ProvisionError`` if late.
    in_time: Callable[[], None] = field(default=_always, compare=False, repr=False)


class Sink(Protocol):
    """A place where a secret may go. Every method raises ``ProvisionError`` alone.

    ``known`` are the ids of the keys that the config's application has, or had delivered: a record of the
    first form, which names no tenant, counts as its own only if it names one of them.
    """

    @property
    def label(self) -> str:
        """How the place is called in reports, such as ``file:out.secret``."""

    @property
    def interactive(self) -> bool:
        """Whether delivering needs a person's attention, and so the main thread."""

    def probe(self, known: Collection[str] = ()) -> str:
        """Check as far as possible that a delivery would work, and return in words what was checked.

        Raises ``SINK_UNUSABLE`` or ``TERMINAL_SINK`` if it would not, ``PLACE_TAKEN`` if somebody
        else's value is there. What is ``known`` is remembered for the delivery.
        """

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Hand the value over; returns once it is safely there, else raises ``DELIVERY_FAILED``."""

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """Return the owner's key ids that the sink can tell it holds; none without a record."""


@runtime_checkable
class Retrieving(Protocol):
    """A sink that can also give the value back, for ``--secret-from``."""

    def retrieve(self) -> Secret:
        """Return the value that it holds; ``SINK_UNUSABLE`` if it holds none of ours."""


@runtime_checkable
class Forgetting(Protocol):
    """A sink that can remove the value again, for ``destroy --forget``."""

    def lies(self, known: Collection[str] = ()) -> bool:
        """Say whether a value of the owner, or what is left of one, is there."""

    def forget(self, known: Collection[str] = ()) -> None:
        """Remove the owner's value and its record; that there is none is no error.

        Raises ``SINK_UNUSABLE`` if it cannot, ``PLACE_TAKEN`` if somebody else's value is there.
        """


def forgetting(sink: object) -> Forgetting | None:
    """Return what can remove the value: the sink, or the one that others stand before."""
    inner = sink
    while (behind := getattr(inner, "sink", None)) is not None:
        inner = behind
    return inner if isinstance(inner, Forgetting) else None


class Undeliverable(ProvisionError):
    """A sink refused for a reason that lasts until a person changes something there.

    The engine remembers it, so that no value is made for that place again before somebody says so.
    """


@runtime_checkable
class Recalling(Protocol):
    """A source that can tell whose key its value is."""

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """Return the owner's key ids that it can tell it holds, as ``Sink.recall`` does."""


def unusable(message: str, fix: str | None = None) -> ProvisionError:
    """Return the error of a probe that failed."""
    return ProvisionError(catalogue.SINK_UNUSABLE, message, fix=fix)


def failed(message: str) -> ProvisionError:
    """Return the error of a delivery that failed."""
    return ProvisionError(catalogue.DELIVERY_FAILED, message)


def lacking(extra: str, sink: str) -> ProvisionError:
    """Return the error of a sink whose library is an extra that is not installed."""
    return unusable(
        f"the sink '{sink}' needs a library that is not installed",
        f"Install provision-entra-mail as docs/install.md says, which brings what {extra} needs; in a "
        "checkout: make install. (The package 'provision' of the public index is another project's.)",
    )


def variable_name(name: str) -> str:
    """Return the name of a pipeline's variable for the secret of a config: ``COLLAB_PROD_CLIENT_SECRET``.

    It gets ``APP_`` in front where GitHub or Azure Pipelines reserve how it begins.
    Sources: https://docs.github.com/actions/reference/security/secrets and
    https://learn.microsoft.com/azure/devops/pipelines/process/variables
    """
    upper = name.upper().replace("-", "_")
    reserved = re.match(r"[0-9]|GITHUB_|ENDPOINT|INPUT|SECRET|PATH|SECUREFILE", upper)
    return f"{'APP_' if reserved else ''}{upper}_CLIENT_SECRET"


def one_of(names: Sequence[str]) -> str:
    """Return names as a person lists them."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
