"""The keys of a config, as pydantic models: types, rules, descriptions. The JSON Schema is made from them.

Texts are checked by :mod:`provision.config.rules` and :mod:`provision.config.urls`; what concerns several
keys at once, by :mod:`provision.config.build`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    Tag,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    create_model,
)

from provision import delivery, likeness, products
from provision.clouds import CLOUDS
from provision.config import meant, rules, urls
from provision.config.node import Unset
from provision.resources.mailbox import Scope

AUDIENCES = (
    "AzureADMyOrg",
    "AzureADMultipleOrgs",
    "AzureADandPersonalMicrosoftAccount",
    "PersonalMicrosoftAccount",
)


def _pass_unset(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
    return value if isinstance(value, Unset) else inner(value)


_Text = Annotated[str, Strict()]
_UNSET = WrapValidator(_pass_unset)


def _pattern(pattern: str) -> Any:
    return Field(json_schema_extra={"pattern": f"^(?:{pattern})$"})


def _enum(*names: str) -> Any:
    return Field(json_schema_extra={"enum": list(names)})


def _lengths(longest: int) -> Any:
    return Field(json_schema_extra={"minLength": 1, "maxLength": longest})


Guid = Annotated[_Text, AfterValidator(rules.guid), _pattern(rules.GUID), _UNSET]
Owner = Annotated[_Text, AfterValidator(rules.owner), _pattern(rules.GUID), _UNSET]
_WEB = _pattern(r"https://.+|http://(?:localhost|127\.0\.0\.1).*")
RedirectUri = Annotated[_Text, AfterValidator(urls.redirect_uri), _WEB, _UNSET]
Host = Annotated[_Text, AfterValidator(urls.origin), _pattern("https://[^/]+/?"), _UNSET]


def _version(value: int) -> int:
    if value != 1:
        raise rules.Fault("this program knows version 1 alone", "Write version: 1.")
    return value


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CloudHosts(_Model):
    """Hosts of a cloud of your own; refused without --allow custom-cloud."""

    graph: Host = Field(description="Address of Microsoft Graph.")
    login: Host = Field(description="Address that tokens are asked from.")
    portal: Host = Field(description="Address of the portal, for links.")


def _form(value: object) -> str:
    """Tell a choice written as one word from one written as a map; names in <> never are keys."""
    return "<map>" if isinstance(value, (dict, BaseModel)) else "<word>"


_CloudName = Annotated[_Text, AfterValidator(rules.cloud), _enum(*CLOUDS), _UNSET]
Cloud = Annotated[
    Annotated[_CloudName, Tag("<word>")] | Annotated[CloudHosts, Tag("<map>")], Discriminator(_form)
]


class Tenant(_Model):
    """The Microsoft Entra tenant that the application is made in."""

    id: Annotated[_Text, AfterValidator(rules.tenant), _pattern(f"{rules.GUID}|{rules.DOMAIN}"), _UNSET] = (
        Field(description="The tenant's id (a GUID), or one of its verified domains.")
    )
    cloud: Cloud = Field(
        default="global",
        description="The tenant's cloud. gcc has the same hosts as global; a map of hosts is refused "
        "without --allow custom-cloud.",
    )
    auth: Annotated[_Text, AfterValidator(rules.name), _pattern(rules.NAME), _UNSET] | None = Field(
        default=None,
        description="Which of the identities that the run was given (--identities) signs in; null: the one "
        "that is for this tenant.",
    )


class Application(_Model):
    """The app registration."""

    admin_url: Annotated[_Text, AfterValidator(urls.admin_url), _WEB, _UNSET] = Field(
        description="The product's admin address; the redirect URI is this and /connectors/SMTP.aspx, or the "
        "product's own path. Left out for a product that has no redirect URI."
    )
    display_name: Annotated[_Text, AfterValidator(rules.line(120)), _lengths(120), _UNSET] | None = Field(
        default=None, description="Name shown in Entra; by default the product's name and 'Mail'."
    )
    redirect_uris: tuple[RedirectUri, ...] = Field(
        default=(),
        description="Further redirect URIs. Those that are there and not named here are left alone.",
    )
    sign_in_audience: Annotated[
        _Text, AfterValidator(rules.choice(AUDIENCES, meant.AUDIENCES)), _enum(*AUDIENCES), _UNSET
    ] = Field(default="AzureADMyOrg", description="Whose accounts may sign in; this tenant's by default.")
    client_id: Guid | None = Field(
        default=None,
        description="Application (client) id of an existing registration to adopt instead of making one.",
    )
    stamp: bool | None = Field(
        default=None,
        description="Whether the registration that client_id names gets the config's name as its uniqueName "
        "and the tag 'provision'. null: yes, unless secret.adopt is set.",
    )
    owners: tuple[Owner, ...] | None = Field(
        default=None, description="Object ids of owners to have; null: owners are not managed."
    )
    notes: Annotated[_Text, AfterValidator(rules.notes), _lengths(1024), _UNSET] | None = Field(
        default=None, description="Notes on the registration; null: notes are not managed."
    )
    service_management_reference: Guid | None = Field(
        default=None,
        description="Id in the tenant's service catalogue, where policy wants one; null: not managed.",
    )


_SCOPES = tuple(scope.value for scope in Scope)
_SCOPED_BY = ("script", "graph")


class Mail(_Model):
    """The mailbox that mail is sent from, or read in."""

    address: Annotated[_Text, AfterValidator(rules.address), _pattern(rules.ADDRESS), _UNSET] = Field(
        description="Address of the mailbox; it must be there already."
    )
    scope: Annotated[
        _Text,
        AfterValidator(rules.choice(_SCOPES, meant.SCOPES)),
        _enum(*_SCOPES),
        _UNSET,
    ] = Field(
        default="organization",
        description="organization: Mail.Send, or what the product needs, is granted in Entra, as its "
        "manual says. mailbox: Exchange (RBAC for Applications) limits it to this one mailbox; nothing is "
        "granted in Entra.",
    )
    scope_by: Annotated[_Text, AfterValidator(rules.choice(_SCOPED_BY)), _enum(*_SCOPED_BY), _UNSET] = Field(
        default="script",
        description="Who sets Exchange's limit where mail.scope is mailbox. script: an administrator, "
        "by the script of 'provision exchange'. graph: 'provision apply', through Graph's beta.",
    )


class _Sinks(_Model):
    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})


def _one_sink(value: Any) -> Any:
    if isinstance(value, dict) and len(value) != 1:
        raise rules.Fault("a delivery is one sink, with its options below it: {file: {path: ...}}")
    return value


def _plain_sink(text: str) -> str:
    """Check a sink that is written as one word: it has no options."""
    if text in _PLAIN_SINKS:
        return text
    near = delivery.meant(text.partition(":")[0] or text)
    asked = likeness.question(tuple(name for name in near if name in _PLAIN_SINKS))
    if asked or not near:
        forms = [kind.in_config for kind in delivery.SINKS.values()]
        raise rules.Fault("there is no such sink", asked or f"Write {delivery.one_of(forms)}.")
    forms = [delivery.SINKS[name].in_config for name in near]
    raise rules.Fault("a sink that has options is written as a map", f"Write {delivery.one_of(forms)}.")


_PLAIN_SINKS = tuple(name for name, kind in delivery.SINKS.items() if kind.options is None)
_OPTIONS: dict[str, Any] = {
    name: (kind.options, None) for name, kind in delivery.SINKS.items() if kind.options is not None
}

if TYPE_CHECKING:

    class DeliveryMap(_Model):
        """One sink and its options: a key for each sink that has any."""

else:  # the sinks are the room delivery's to list
    DeliveryMap = create_model(
        "DeliveryMap", __base__=_Sinks, __doc__="One sink and its options.", **_OPTIONS
    )

Delivery = Annotated[
    Annotated[_Text, AfterValidator(_plain_sink), _enum(*_PLAIN_SINKS), _UNSET, Tag("<word>")]
    | Annotated[DeliveryMap, BeforeValidator(_one_sink), Tag("<map>")],
    Discriminator(_form),
]


class ClientSecret(_Model):
    """The client secret, and where it goes."""

    description: Annotated[_Text, AfterValidator(rules.description), _lengths(120), _UNSET] | None = Field(
        default=None, description="Its description in Entra; by default the product's name and 'SMTP'."
    )
    lifetime: Annotated[_Text, AfterValidator(rules.lifetime), _pattern(rules.SPAN), _UNSET] = Field(
        default="180d",
        description="How long a new secret lives: 180d, 26w, 6mo, 1y or max; 24 months at most.",
    )
    renew_before: Annotated[_Text, AfterValidator(rules.renew_before), _pattern(rules.SPAN), _UNSET] = Field(
        default="30d", description="How long before its end it is renewed."
    )
    adopt: Guid | None = Field(
        default=None,
        description="Key id of a secret that was made by hand and is in the product. It counts as the "
        "delivered one until its own renewal is due; rotate --confirm removes it.",
    )
    delivery: Delivery = Field(
        default="terminal",
        description="Where a new secret goes. Paths are relative to the file that names it.",
    )


_PRODUCT: dict[str, Any] = {
    "anyOf": [{"enum": list(products.NAMES)}, {"type": "string", "pattern": r"\.ya?ml$"}]
}


def _product(text: str) -> str:
    """Check the name of a product; that of a file is read later, for it is meant from where it is written."""
    if text.endswith((".yaml", ".yml")):
        return text
    return rules.choice((*products.NAMES, "./FILE.yaml"), meant.PRODUCTS)(text)


class Ignore(_Model):
    """One thing that drift is to show as known instead of counting it."""

    finding: Annotated[_Text, AfterValidator(rules.finding), _pattern("[a-z0-9-]+"), _UNSET] = Field(
        description="Name of the finding, such as undeclared-secret."
    )
    value: Annotated[_Text, AfterValidator(rules.line(1024)), _lengths(1024), _UNSET] = Field(
        description="What was found, as drift shows it; * and ? stand for any text and any character."
    )
    reason: Annotated[_Text, AfterValidator(rules.line(256)), _lengths(256), _UNSET] = Field(
        description="Why it may be there; drift shows it."
    )


class Drift(_Model):
    """What a look at drift lets pass."""

    ignore: tuple[Ignore, ...] = Field(
        default=(), description="What is known and does not count, each with a reason."
    )


class Document(_Model):
    """One application for sending mail: its registration, mailbox and client secret."""

    version: Annotated[int, Strict(), AfterValidator(_version), Field(json_schema_extra={"const": 1})] = (
        Field(description="Version of this format: 1.")
    )
    extends: str | None = Field(
        default=None,
        description="A file whose values hold where this one says nothing; relative to this file. Maps "
        "merge, lists and single values replace.",
    )
    name: Annotated[_Text, AfterValidator(rules.name), _pattern(rules.NAME), _UNSET] = Field(
        description="The application's identity, its uniqueName: 3 to 64 of a-z, 0-9 and '-'. Keep it."
    )
    product: Annotated[_Text, AfterValidator(_product), Field(json_schema_extra=_PRODUCT), _UNSET] = Field(
        default=products.DEFAULT,
        description="Whose screens the values are printed for: a product that is known, or the path of a "
        "file that describes yours, relative to this one.",
    )
    tenant: Tenant = Field(description=Tenant.__doc__)
    application: Application = Field(description=Application.__doc__)
    mail: Mail = Field(description=Mail.__doc__)
    consent: Annotated[
        _Text,
        AfterValidator(rules.choice(("grant", "handoff"), meant.CONSENTS)),
        _enum("grant", "handoff"),
        _UNSET,
    ] = Field(
        default="grant",
        description="grant: gives admin consent if this identity may give it, else prints the link for an "
        "administrator. handoff: always prints the link. Without effect where mail.scope is mailbox.",
    )
    secret: ClientSecret = Field(default=ClientSecret(), description=ClientSecret.__doc__)
    drift: Drift = Field(default=Drift(), description=Drift.__doc__)
