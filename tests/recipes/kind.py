"""A toy kind: an attribute that the application defines for the tenant's users (an extension property)."""

from __future__ import annotations

from tests.recipes.addition import Addition, Edit

PURE = '''"""A toy: an attribute that the application defines for users."""

from __future__ import annotations

from dataclasses import dataclass

from provision.change import Action, Change

ADDRESS = "attribute"


@dataclass(frozen=True, slots=True)
class Desired:
    """Its name; None: not managed."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Observed:
    """The names of those that are there."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Create:
    """``POST /applications/{id}/extensionProperties``."""

    name: str


def diff(desired: Desired, observed: Observed) -> tuple[Change, ...]:
    """Return the change that makes it, if it is wanted."""
    if desired.name is None:
        return ()
    if desired.name in observed.names:
        return (Change(ADDRESS, Action.NO_OP, "as declared"),)
    why = "there is no attribute of that name"
    return (Change(ADDRESS, Action.CREATE, why, None, {"name": desired.name}, Create(desired.name)),)
'''

EFFECTS = '''"""A toy: see which attributes an application defines, and define one."""

from __future__ import annotations

from provision.graph.answers import Failure
from provision.graph.application import READ, WRITE
from provision.graph.client import Graph, body
from provision.graph.listing import fetch_list
from provision.graph.records import text
from provision.graph.refusals import translated
from provision.resources.attribute import Create, Observed


async def of_application(graph: Graph, object_id: str) -> Observed:
    """Return what is there; Graph puts ``extension_APPID_`` before each name."""
    builder = graph.sdk.applications.by_application_id(object_id).extension_properties
    items = await fetch_list(graph, builder, what="attributes", needs=READ)
    return Observed(tuple(text(item, "name").split("_", 2)[2] for item in items))


async def create(graph: Graph, object_id: str, step: Create) -> None:
    """Define it."""
    builder = graph.sdk.applications.by_application_id(object_id).extension_properties
    wanted = {"name": step.name, "dataType": "String", "targetObjects": ["User"]}
    try:
        await graph.send(builder.to_post_request_information(body(wanted)), fresh=True)
    except Failure as failure:
        raise translated(failure, "defining the attribute", needs=WRITE) from failure
'''

_PURE = (
    Edit("resources/__init__.py", "from provision.resources import (\n", "    attribute,\n"),
    Edit("resources/__init__.py", "    mailbox: mailbox.Desired\n", "    attribute: attribute.Desired\n"),
    Edit(
        "resources/__init__.py",
        "    mailbox: mailbox.Observed\n",
        "    attribute: attribute.Observed = attribute.Observed()\n",
    ),
    Edit("plan/build.py", "    app_management_policy,\n", "    attribute,\n"),
    Edit(
        "plan/build.py",
        "        *limit.changes,\n",
        "        *attribute.diff(desired.attribute, observed.attribute),\n",
    ),
)
_READ = (
    Edit("engine/observe.py", "from provision.graph import (\n", "    attribute,\n"),
    Edit("engine/observe.py", "    record, grants, custom, owners, tables, _", ", attributes"),
    Edit(
        "engine/observe.py",
        "        shared.owns(app.id) if shared.reads_ownership else _nothing(),\n",
        "        attribute.of_application(graph, app.id),\n",
    ),
    Edit("engine/observe.py", "        service_principal=principal,\n", "        attribute=attributes,\n"),
)
_CARRIED_OUT = (
    Edit("engine/execute.py", "from provision.graph import application, ", "attribute, "),
    Edit(
        "engine/execute.py",
        "from provision.resources import application as applications\n",
        "from provision.resources import attribute as attributes\n",
    ),
    Edit(
        "engine/execute.py",
        "        await self._attempt(consents.ADDRESS, self._grant)\n        return True\n",
        "\n    async def _attribute(self, step: attributes.Create) -> None:\n"
        "        assert self.holder is not None\n"
        "        await attribute.create(self.tools.graph, self.holder.object_id, step)\n",
    ),
    Edit(
        "engine/execute.py",
        "    scopes.ADDRESS: Execution._limit,\n",
        "    attributes.ADDRESS: Execution._attribute,\n",
    ),
)
_RIGHT = (
    Edit("outcomes/rights.py", '    OWNERS = "add-owners"\n', '    ATTRIBUTE = "define-attribute"\n'),
    Edit("checks/rights.py", "from provision.resources import (\n    application,\n", "    attribute,\n"),
    Edit(
        "checks/rights.py",
        "NEEDS = (\n",
        "    Need(\n"
        "        step=Step.ATTRIBUTE,\n"
        '        what="define an attribute",\n'
        "        application=_CHANGE_APPLICATION,\n"
        "        person=_CHANGE_PERSON,\n"
        "        roles=_APP_ADMINISTRATORS,\n"
        "        owned=True,\n"
        '        least_application="Application.ReadWrite.OwnedBy",\n'
        '        least_person="to own the application",\n'
        '        source="https://learn.microsoft.com/graph/api/application-post-extensionproperty",\n'
        "    ),\n",
    ),
    Edit(
        "checks/rights.py",
        "                steps.add(Step.PRINCIPAL)\n",
        "            case attribute.Create():\n                steps.add(Step.ATTRIBUTE)\n",
    ),
)
_KEY = (
    Edit(
        "config/models.py",
        '        default=None, description="Notes on the registration; null: notes are not managed."\n'
        "    )\n",
        "    attribute: Annotated[_Text, AfterValidator(rules.name), _UNSET] | None = Field(\n"
        '        default=None, description="Name of an attribute to define; null: none is."\n    )\n',
    ),
    Edit("config/build.py", "from provision.resources import Desired, Ignore, application, ", "attribute, "),
    Edit(
        "config/build.py",
        "        product=document.product,\n",
        "        attribute=attribute.Desired(app.attribute),\n",
    ),
)

KIND = Addition(
    "a managed kind",
    {"resources/attribute.py": PURE, "graph/attribute.py": EFFECTS},
    (*_PURE, *_READ, *_CARRIED_OUT, *_RIGHT, *_KEY),
)
