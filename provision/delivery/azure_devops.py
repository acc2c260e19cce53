"""The sink that writes a secret variable of an Azure DevOps variable group.

The service has no request for one variable: the group is read and put back whole. The values of secret
variables are read as null, and put back as null they stay as they are: so the service's documentation
has it in its sample of an update, and so Microsoft's own command line does.
Sources: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups/update and
https://github.com/Azure/azure-devops-cli-extension (dev/pipelines/variable_group.py)
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pydantic import Field, field_validator

from provision.delivery import interface
from provision.delivery.interface import Handover, Opening
from provision.delivery.ownership import Claim
from provision.delivery.place import Part, Place, web_address
from provision.delivery.refusals.azure_devops import ROLE, explain
from provision.delivery.service import (
    Connection,
    ServiceError,
    Sort,
    connected,
    one_line,
    retry,
    token_of,
    translate_errors,
)
from provision.delivery.turns import in_turn
from provision.delivery.variable_group import Variable, Variables, groups_of, put_back
from provision.errors import catalogue
from provision.secret import Secret

_VERSION = {"api-version": "7.1"}
# The resource of Azure DevOps in Entra.
# Source: https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity
_SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
_GUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_WRITE = "write azure_devops:https://dev.azure.com/ORGANIZATION/PROJECT?group=NAME&variable=NAME"


class Options(interface.EntraOptions):
    """Options of the sink ``azure_devops``."""

    organization: str = Field(
        description="Address of the organization: https://dev.azure.com/NAME. Hosts that are not Azure "
        "DevOps's own are refused without --allow sink-host."
    )
    project: str = Field(description="Name or id of the project.")
    group: str = Field(description="The variable group: its name, or its number in quotes. It must be there.")
    variable: str | None = Field(
        default=None,
        description="Name of the variable; by default made of the config's name: COLLAB_PROD_CLIENT_SECRET. "
        "NAME_KEY_ID, NAME_EXPIRES and NAME_OWNER beside it say which key it is.",
    )

    @field_validator("organization")
    @classmethod
    def _is_organization(cls, text: str) -> str:
        parts = web_address(text)
        if parts is not None and re.fullmatch(r"(?:/[A-Za-z0-9][A-Za-z0-9._ %-]*)*/?", parts.path):
            host, path = parts.netloc.lower(), parts.path.rstrip("/")
            if path or host != "dev.azure.com":
                return f"https://{host}{path}"
        raise ValueError("an organization is an address such as https://dev.azure.com/NAME")

    @field_validator("project")
    @classmethod
    def _is_project(cls, text: str) -> str:
        if not text.strip() or not text.isprintable() or set(text) & set('/\\:*?"<>|#') or text[0] in "._":
            raise ValueError("it is not the name of a project")
        return text

    @field_validator("group")
    @classmethod
    def _is_group(cls, text: str) -> str:
        if not text.strip() or not text.isprintable():
            raise ValueError("it is not the name of a variable group")
        return text

    @field_validator("variable")
    @classmethod
    def _is_variable(cls, text: str | None) -> str | None:
        """Source: https://learn.microsoft.com/azure/devops/pipelines/process/variables"""
        if text is None:
            return None
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]{0,199}", text):
            raise ValueError("a variable's name has letters, digits, '.' and '_'")
        if text.lower().startswith(("endpoint", "input", "secret", "path", "securefile")):
            raise ValueError("Azure Pipelines reserves names that begin with this word")
        return text

    @classmethod
    def from_argument(cls, text: str) -> Self:
        """Read ``azure_devops:https://dev.azure.com/ORGANIZATION/PROJECT?group=NAME&variable=NAME``."""
        address, _, query = text.partition("?")
        organization, _, project = address.rpartition("/")
        options = dict(parse_qsl(query, keep_blank_values=True))
        if not options.get("group") or not set(options) <= {"group", "variable", "tenant", "client_id"}:
            raise ValueError(_WRITE)
        try:
            group = options.pop("group")
            return cls(organization=organization, project=unquote(project), group=group, **options)
        except ValueError:
            raise ValueError(_WRITE) from None

    @property
    def foreign_host(self) -> str | None:
        """The host, unless it is Azure DevOps Services.

        Source: https://learn.microsoft.com/azure/devops/organizations/security/allow-list-ip-url
        """
        host = urlsplit(self.organization).netloc.removesuffix(":443")
        known = host == "dev.azure.com" or re.fullmatch(r"[a-z0-9-]+\.visualstudio\.com", host)
        return None if known else host

    @property
    def one_organization(self) -> str:
        """One address of the organization, which may have two.

        Source: https://learn.microsoft.com/azure/devops/release-notes/2018/sep-10-azure-devops-launch
        """
        old = r"^https://([a-z0-9-]+)\.visualstudio\.com(?::443)?"
        return re.sub(old, r"https://dev.azure.com/\1", self.organization).lower()

    def reaches(self, cloud: str) -> str:
        """Return the organization, which a config names by its address."""
        del cloud
        return self.organization

    def places(self, name: str, cloud: str) -> tuple[Place, ...]:
        """Return the variable and those beside it. Project and group may each be written as name or id."""
        del cloud
        variable = self.variable or interface.variable_name(name)
        certain = ("azure_devops", self.one_organization)
        parts = (
            Part(self.project.casefold(), re.fullmatch(_GUID, self.project) is not None),
            Part(self.group.casefold(), self.group.isdigit()),
        )
        return tuple(Place((*certain, each.lower()), parts) for each in Variable(variable).names)


class AzureDevOps:
    """Puts a group back with one secret variable set, and with what says which key it is."""

    interactive = False

    def __init__(self, options: Options, opening: Opening) -> None:
        self._opening = opening
        self._tokens: list[Secret] = []  # as long as they live, no message repeats one
        self._foreign = options.foreign_host
        self._options = options
        self._root = options.organization
        self._project = quote(options.project, safe="")
        self._shown = f"{options.organization}/{options.project}?group={options.group}"
        self._group = options.group
        self._variable = Variable(options.variable or interface.variable_name(opening.name))
        self._claim = Claim(opening.owner)

    @property
    def label(self) -> str:
        """Organization, project, group and variable."""
        return f"azure_devops:{self._shown}&variable={self._variable.name}{self._options.identity}"

    def probe(self, known: Collection[str] = ()) -> str:
        """See that the group can be read, that the variable is ours, and that we may manage the group.

        The service can be asked for the groups that the caller may manage, so this goes far.
        Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups/get-variable-groups
        """
        self._claim = self._claim.with_known(known)
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as devops:
            group = retry(lambda: self._read(devops))
            self._refuse_foreign(group)
            mine = devops.ask(
                "GET", self._groups, query={**self._named(group["name"]), "actionFilter": "manage"}
            )
            if group["id"] not in [item.get("id") for item in groups_of(mine.body)]:
                raise ServiceError(
                    "this identity may read the group, but not manage it", fix=ROLE, sort=Sort.RIGHTS
                )
            self._refuse_locked(group)
        return "the group can be read, and the service lists it among those that this identity may manage"

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Read the group and put it back with the variable set.

        Value and record are in one request: killed before it, both are the old ones; after it, both are the
        new ones. Each repetition reads the group anew, so that what others changed meanwhile stays. The
        service offers no condition on a write, so a change that another machine, or a person, makes in the
        instant between is lost; runs on this machine take turns.
        """
        with translate_errors(catalogue.DELIVERY_FAILED, self.label), self._connected() as devops:
            # By the organization, for a group has a name in each of its projects, and a number.
            put = in_turn("azure_devops", self._options.one_organization)(self._put)
            retry(lambda: put(devops, secret, handover))

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """Return the key that the variables beside the secret one name.

        Somebody who sets the secret by hand and leaves those alone is not found out: the service shows
        neither a value nor a variable's own time.
        """
        self._claim = self._claim.with_known(known)
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as devops:
            group = retry(lambda: self._seen(devops))
        if group is None:
            return frozenset()
        owner, key_id = self._variable.standing(group)
        ours = owner is not None and self._claim.has(owner, {key_id})
        return frozenset({key_id}) if ours and key_id and self._variable.is_secret(group) else frozenset()

    def lies(self, known: Collection[str] = ()) -> bool:
        """Say whether the variable, or what says which key it is, is there and ours; refuse others'."""
        self._claim = self._claim.with_known(known)
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as devops:
            group = retry(lambda: self._seen(devops))
            if group is not None:
                self._refuse_foreign(group)
        return group is not None and self._variable.is_left(group)

    def forget(self, known: Collection[str] = ()) -> None:
        """Put the group back without the variable and those beside it.

        A group that had no others would be empty, which the service refuses, as users of Terraform's provider
        say (https://github.com/microsoft/terraform-provider-azuredevops/pull/650): then the one that says
        whose the place is stays.
        Somebody who set the secret by hand and left those beside it alone is not found out, as in ``recall``.
        """
        self._claim = self._claim.with_known(known)
        with translate_errors(catalogue.SINK_UNUSABLE, self.label), self._connected() as devops:
            take = in_turn("azure_devops", self._options.one_organization)(self._take)
            retry(lambda: take(devops))

    def _take(self, devops: Connection) -> None:
        group = self._seen(devops)
        if group is None:
            return
        self._refuse_foreign(group)
        if self._variable.is_left(group):
            self._refuse_locked(group)
            left = self._variable.others(group) or self._variable.mark(self._claim.owner)
            self._write(devops, group, lambda: left)

    def _seen(self, devops: Connection) -> dict[str, Any] | None:
        """Return the group; ``None`` if there is none."""
        try:
            return self._read(devops)
        except ServiceError as trouble:
            if trouble.status == 404:
                return None
            raise

    @property
    def _groups(self) -> str:
        return f"/{self._project}/_apis/distributedtask/variablegroups"

    def _named(self, name: str) -> dict[str, str]:
        return {"groupName": name, **_VERSION}

    def _read(self, devops: Connection) -> dict[str, Any]:
        number = self._group
        if not number.isdigit():
            found = devops.ask_once("GET", self._groups, query=self._named(self._group))
            same = [g for g in groups_of(found.body) if str(g.get("name")).lower() == self._group.lower()]
            if not same:
                raise _no_group()
            number = str(same[0]["id"])
        group = devops.ask_once("GET", f"{self._groups}/{number}", query=_VERSION).body
        if not isinstance(group, dict):  # an unknown number is answered with null
            raise _no_group()
        # Who may not look into a group gets its name and number, and nothing else of it: putting that back
        # would empty it.
        if not group.get("variableGroupProjectReferences"):
            unseen = "this identity sees that the group is there, and not what is in it"
            raise ServiceError(unseen, fix=ROLE, sort=Sort.RIGHTS)
        if group.get("type") != "Vsts" or not isinstance(group.get("variables"), dict):
            raise ServiceError(
                "the group takes its variables from elsewhere (a key vault), so none can be set here",
                fix="Choose another group, or the sink key_vault.",
                sort=Sort.STATE,
            )
        return group

    def _refuse_locked(self, group: Mapping[str, Any]) -> None:
        """Refuse variables of ours that somebody made read-only.

        Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups/get
        """
        locked = [name for name, item in self._variable.found(group).items() if item.get("isReadOnly")]
        if locked:
            raise ServiceError(
                f"the variable {locked[0].upper()} is read-only",
                fix="Make it writable, or choose another name (variable).",
                sort=Sort.STATE,
            )

    def _refuse_foreign(self, group: Mapping[str, Any]) -> None:
        there = list(self._variable.found(group))
        owner, key_id = self._variable.standing(group)
        if there and owner is not None:
            self._claim.refuse_others(
                self.label,
                owner,
                {key_id},
                remove=f"remove the variable and those named {self._variable.name}_*",
            )
        elif there:
            raise ServiceError(
                f"the variable {there[0].upper()} is there, and provision did not write it for "
                f"'{self._opening.name}'",
                fix="Choose another name (variable), or remove it if nobody needs it.",
                sort=Sort.STATE,
            )

    def _put(self, devops: Connection, secret: Secret, handover: Handover) -> None:
        group = self._read(devops)
        self._refuse_foreign(group)
        variable, owner = self._variable, self._claim.owner
        self._write(
            devops,
            group,
            lambda: {
                **variable.others(group),
                **variable.record(handover, owner),
                variable.name: {"value": secret.reveal(), "isSecret": True},
            },
        )

    def _write(self, devops: Connection, group: Mapping[str, Any], made: Callable[[], Variables]) -> None:
        devops.ask_once(
            "PUT",
            f"/_apis/distributedtask/variablegroups/{group['id']}",
            query=_VERSION,
            body=lambda: put_back(group, made()),
        )

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with connected(self._root, self._headers, request_id="x-vss-e2eid", explain=explain) as devops:
            yield devops

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self._authorization(), "Accept": "application/json"}

    def _authorization(self) -> str:
        """A personal access token goes as the password of nobody; the others are bearer tokens.

        Sources: https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
        and https://learn.microsoft.com/azure/devops/pipelines/build/variables (System.AccessToken)
        """
        pat = None if self._options.client_id else token_of("AZURE_DEVOPS_EXT_PAT")
        if pat is not None:
            basic = Secret(base64.b64encode(b":" + pat.reveal().encode()).decode())
            self._tokens += [pat, basic]
            return f"Basic {basic.reveal()}"
        # A pipeline's own token is for the pipeline's own organization.
        bearer = None if self._options.identity else token_of("SYSTEM_ACCESSTOKEN")
        if bearer is None and self._foreign is not None:  # a token of Entra is for Microsoft's hosts alone
            raise ServiceError(
                f"{self._foreign} is not Azure DevOps Services, and no token of its own is set",
                fix="Set AZURE_DEVOPS_EXT_PAT.",
                sort=Sort.SIGN_IN,
            )
        bearer = bearer or _entra_token(self._opening.credential())
        self._tokens += [bearer]
        return f"Bearer {bearer.reveal()}"


def _entra_token(credential: Any) -> Secret:
    from azure.core.exceptions import AzureError

    try:
        return Secret(credential.get_token(_SCOPE).token)
    except (AzureError, ValueError) as error:
        trouble = ServiceError(
            f"sign-in to Azure DevOps failed: {one_line(str(error))}",
            fix="Set AZURE_DEVOPS_EXT_PAT or SYSTEM_ACCESSTOKEN, or see --auth for the ways to sign in.",
            sort=Sort.SIGN_IN,
        )
    raise trouble


def _no_group() -> ServiceError:
    return ServiceError(
        "there is no such variable group, or it may not be seen", fix=ROLE, status=404, sort=Sort.RIGHTS
    )
