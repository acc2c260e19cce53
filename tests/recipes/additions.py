"""Toy additions, each made as CONTRIBUTING's table says: new files, and lines put behind others."""

from __future__ import annotations

from tests.recipes.addition import Addition, Edit
from tests.recipes.kind import KIND

SINK = Addition(
    "a sink",
    {
        "delivery/drawer.py": '''"""A toy: a drawer that takes everything and keeps nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from provision.delivery import interface
from provision.delivery.interface import Handover
from provision.delivery.place import Place
from provision.secret import Secret


class Options(interface.Options):
    """Which drawer."""

    number: str

    @classmethod
    def from_argument(cls, text: str) -> Self:
        """Read a number."""
        return cls(number=text)

    @property
    def foreign_host(self) -> str | None:
        """No host at all."""
        return None

    def reaches(self, cloud: str) -> str:
        """No service."""
        return ""

    def places(self, name: str, cloud: str) -> tuple[Place, ...]:
        """It cannot be told."""
        return ()


class Drawer:
    """Takes a value, and forgets it."""

    interactive = False

    def __init__(self, options: Options) -> None:
        self.label = f"drawer:{options.number}"

    def probe(self, known: Collection[str] = ()) -> str:
        """There is always room."""
        return "there is room"

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Forget it."""

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """No record is kept."""
        return frozenset()
''',
    },
    (
        Edit("delivery/__init__.py", "import azure_devops, command, ", "drawer, "),
        Edit(
            "delivery/__init__.py",
            "SINKS: dict[str, Kind] = {\n",
            '    "drawer": Kind(\n'
            "        drawer.Options,\n"
            "        lambda options, _: drawer.Drawer(options),\n"
            '        "drawer:NUMBER",\n'
            '        "{drawer: {number: NUMBER}}",\n'
            "    ),\n",
        ),
        Edit("delivery/__init__.py", "_CALLED: likeness.Meanings = {\n", '    "desk": ("drawer",),\n'),
    ),
)

FINDING = Addition(
    "a finding",
    {},
    (
        Edit(
            "errors/catalogue/prv6_findings.py",
            "from provision.errors.catalogue.table import entry, finding\n",
            "\nTITLE_TOO_PLAIN = finding(\n"
            '    "PRV699", "title-too-plain", Exit.DONE, "the title is plain", "Toys are colourful.",\n'
            '    "Paint it.", key="application.display_name", address="application.displayName",\n'
            ")\n",
        ),
        Edit(
            "plan/rules.py",
            "def examples(desired: Desired) -> Iterator[Finding]:\n",
            '    """A toy before it."""\n'
            "    title = desired.application.display_name\n"
            '    yield Finding(catalogue.TITLE_TOO_PLAIN, Severity.WARNING, "a plain title", value=title)\n',
        ),
        Edit(
            "plan/build.py",
            "        *rules.check(desired, observed),\n",
            "        *rules.examples(desired),\n",
        ),
    ),
)

FORMAT = Addition(
    "an output format",
    {
        "report/csv_rows.py": '''"""A toy: the ends of secrets as lines with commas."""

from __future__ import annotations

from provision.outcomes.expiry import Expiry
from provision.report.formats import Medium


def expiry_csv(expiry: Expiry, _: Medium) -> str:
    """Return a line a row."""
    return "\\n".join(["config,state", *(f"{row.config},{row.state.value}" for row in expiry.rows)])
''',
    },
    (
        Edit("report/formats.py", '    PROMETHEUS = "prometheus"\n', '    CSV = "csv"\n'),
        Edit(
            "report/table.py",
            '            Format.PROMETHEUS: "prometheus:expiry_prometheus",\n',
            '            Format.CSV: "csv_rows:expiry_csv",\n',
        ),
    ),
)

PRODUCT = Addition(
    "a product",
    {
        "products/toybox.yaml": """title: Toybox
guide: https://toys.example/guide
redirect_path: /toys
permission: Mail.Send
screens:
  - screen: Mail
    boxes:
      Toy client: "{oauth_client_id}"
      Toy secret: "{secret_key}"
""",
    },
)

PROPERTY = Addition(
    "a property of the application",
    {},
    (
        Edit(
            "resources/application.py",
            "PROPERTIES = (\n",
            '    _plain("description", lambda wanted: wanted.description, lambda it: it.description),\n',
        ),
        Edit(
            "resources/application.py",
            "    service_management_reference: str | None = None\n",
            '    description: str | None = "a toy"\n',
        ),
        Edit(
            "resources/application.py",
            "    required_resource_access: tuple[Any, ...] = ()\n",
            "    description: str | None = None\n",
        ),
        Edit(
            "graph/application.py",
            '        service_management_reference=maybe(record, "serviceManagementReference"),\n',
            '        description=maybe(record, "description"),\n',
        ),
    ),
)

ADDITIONS = (KIND, SINK, FINDING, FORMAT, PRODUCT, PROPERTY)
