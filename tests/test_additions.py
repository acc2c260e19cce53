"""What CONTRIBUTING's table says of additions: a place that is forgotten is found out."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
import pytest

from provision.change import Action
from provision.cli import completion
from provision.delivery import SINKS, parse_option
from provision.graph import application as graph
from provision.resources import application
from tests.support import Program, write_config
from tools.docs.program import commands

ROOT = Path(__file__).parents[1]

# -- a sink ----------------------------------------------------------------------------------

# Each as it is written behind --deliver, and the service that `doctor` then looks whether it can be reached.
REACHED = {
    "terminal": ("terminal", ""),
    "file": ("file:out.secret", ""),
    "command": ("command:true", ""),
    "key_vault": ("key_vault:https://agency.vault.azure.net", "https://agency.vault.azure.net"),
    "github": ("github:agency/mail", "https://api.github.com"),
    "azure_devops": ("azure_devops:https://dev.azure.com/agency/p?group=g", "https://dev.azure.com/agency"),
}


def test_every_sink_tells_what_it_reaches() -> None:
    """A service that is not told is one whose proxy and certificates nobody tries."""
    told = {
        name: parse_option(argument).reaches("global").rstrip("/") for name, (argument, _) in REACHED.items()
    }
    assert told == {name: address for name, (_, address) in REACHED.items()}
    assert told.keys() == SINKS.keys(), "a sink has a row in REACHED, above"


def test_every_sink_is_completed_and_in_the_docs() -> None:
    """In the shell, and in the table of docs/commands.md in its two forms."""
    completed = completion.sinks(click.Context(click.Command("apply")), click.Option(["--deliver"]), "")
    assert sorted(item.value.partition(":")[0] for item in completed) == sorted(SINKS)
    assert {"file:", "terminal", "key_vault:https://"} <= {item.value for item in completed}
    table = (ROOT / "docs" / "commands.md").read_text().split("| `secret.delivery` |")[1].split("\n\n")[0]
    listed = re.findall(r"^\| `\{?(\w+)[^`]*` \| `(\w+)", table, re.MULTILINE)
    assert listed == [(name, name) for name in SINKS], "rows of docs/commands.md, in the order of SINKS"


# -- an output format, or a verb -------------------------------------------------------------

DELIVERED = ("--yes", "--deliver", "file:out.secret", "--allow", "consent-pending")
ASKED: dict[str, tuple[str, ...]] = {
    "validate": ("prod.yaml",),
    "doctor": ("prod.yaml", "--sandbox"),
    "plan": ("prod.yaml", "--sandbox"),
    "apply": ("prod.yaml", "--sandbox", *DELIVERED),
    "show": ("prod.yaml", "--sandbox"),
    "rotate": ("prod.yaml", "--sandbox", *DELIVERED),
    "consent": ("prod.yaml", "--sandbox", "--yes"),
    "verify": ("prod.yaml", "--sandbox", "--secret-from", "file:out.secret"),
    "drift": ("prod.yaml", "--sandbox"),
    "expiry": ("prod.yaml", "--sandbox"),
    "orphans": ("prod.yaml", "--sandbox"),
    "exchange": ("scoped.yaml", "--sandbox"),
    "explain": ("PRV400",),
    "destroy": ("prod.yaml", "--sandbox", "--yes", "--allow", "destroy"),
    "restore": ("prod.yaml", "--sandbox", "--yes"),
    "init": (
        "--admin-url",
        "https://a.example",
        "--address",
        "a@agency.example",
        "--tenant",
        "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690",
        "--sandbox",
        "--out",
        "begun.yaml",
    ),
    "import": ("--search", "--tenant", "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690", "--sandbox"),
}


def formats(command: click.Command) -> tuple[str, ...]:
    """Return the formats that a command offers; none if it has no choice of them."""
    for one in command.params:
        if one.name == "output" and isinstance(one.type, click.Choice):
            return tuple(one.type.choices)
    return ()


TAKEN = {words: formats(command) for words, command in commands().items() if formats(command)}


def test_every_verb_with_formats_is_asked_here() -> None:
    """One that is added must be, too."""
    assert {words for words in TAKEN if not words.startswith("sandbox ")} == ASKED.keys()


@pytest.mark.parametrize("verb", ASKED)
def test_each_format_that_a_verb_takes_is_its_own(provision: Program, verb: str) -> None:
    """A branch that was forgotten would print text under the format's name."""
    write_config()
    shutil.copy(ROOT / "configs" / "least-privilege.yaml", "scoped.yaml")
    for config in ("prod.yaml", "scoped.yaml"):
        made = provision(
            "apply",
            config,
            "--sandbox",
            "--yes",
            "--deliver",
            f"file:{'out' if config[0] == 'p' else 'o2'}.secret",
        )
        assert made.code == 0, made.err
    shown = {}
    for name in TAKEN[verb]:
        Path("begun.yaml").unlink(missing_ok=True)
        shown[name] = provision(verb, *ASKED[verb], "-o", name).out
    assert all(shown.values()), {name: text for name, text in shown.items() if not text}
    for (first, one), (second, other) in itertools.combinations(shown.items(), 2):
        assert one != other, f"-o {first} is -o {second}"
    for name, text in shown.items():
        assert text.startswith("{") == (name == "json"), name
        assert text.lower().startswith("<!doctype html") == (name == "html"), name
    assert json.loads(shown["json"])["format"].startswith("provision.")


# -- a property of the application -----------------------------------------------------------

ROLE = application.Permission("00000003-0000-0000-c000-000000000000", "b633e1c5-b582-4048-a93e-9f11b44c7e96")
WHOLE = application.Desired(
    unique_name="collab-prod",
    display_name="Mail",
    redirect_uris=("https://a.example/x",),
    sign_in_audience="PersonalMicrosoftAccount",
    client_id="0207ee96-a077-4654-8e47-f71f608a9dd2",
    owners=("e1fe6dd8-ba31-4d61-89e7-88639da4683d",),
    notes="n",
    service_management_reference="r",
    permission=ROLE,
)
OTHER: dict[str, Any] = {
    "display_name": "Post",
    "redirect_uris": ("https://a.example/y",),
    "sign_in_audience": "AzureADMyOrg",
    "owners": ("11111111-ba31-4d61-89e7-88639da4683d",),
    "notes": "m",
    "service_management_reference": "s",
    "permission": replace(ROLE, role_id="11111111-c582-4048-a93e-9f11b44c7e96"),
}


def made(desired: application.Desired) -> application.Observed:
    """Return the registration that Graph shows after it was created as declared."""
    step = application.diff(desired, None).step
    assert isinstance(step, application.Create)
    record = {"id": "686d736f-a077-4654-8e47-f71f608a9dd2", "appId": desired.client_id, **step.body}
    record["uniqueName"] = step.unique_name
    assert record.keys() <= set(graph.FIELDS)  # or a read would not show it
    return replace(graph.observed(record), owners=desired.owners)


def test_a_registration_is_as_declared_once_it_is_created() -> None:
    """Each property that is declared is sent, asked for, read back, and then no difference any more."""
    assert all(getattr(WHOLE, field.name) for field in fields(application.Desired))
    assert application.diff(WHOLE, made(WHOLE)).action is Action.NO_OP


def test_every_property_has_another_value_here() -> None:
    """But what it is found by, and whether that is written."""
    assert OTHER.keys() == {field.name for field in fields(application.Desired)} - {
        "unique_name",
        "client_id",
        "stamp",
    }


@pytest.mark.parametrize("name", OTHER)
def test_a_property_that_differs_is_changed_and_shown(name: str) -> None:
    """In the plan with both its values; what is sent makes it as declared."""
    change = application.diff(replace(WHOLE, **{name: OTHER[name]}), made(WHOLE))
    assert change.action is Action.UPDATE
    assert isinstance(change.step, application.Update)
    assert change.step.body or change.step.add_owners
    assert change.before is not None
    assert change.after is not None
    assert change.before.keys() == change.after.keys()
    assert all(change.before[label] != change.after[label] for label in change.after)
