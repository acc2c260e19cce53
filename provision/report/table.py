"""Which renderer draws which outcome in which format: the one table that verbs, help and docs go by.

A renderer is named as ``MODULE:FUNCTION`` of this room and imported when it is asked, so that ``--help``
stays fast. It takes the outcome and a :class:`Medium`; tests/report/test_table.py holds each to that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from provision.report.formats import Format, Medium
from provision.values import dataclass

if TYPE_CHECKING:
    from provision.outcomes.outcome import Outcome

# Text, the bytes of what has an encoding of its own, or what JSON is made of; nothing: nothing is printed.
Drawn = str | bytes | dict[str, Any]
Renderer = Callable[[Any, Medium], Drawn]


@dataclass(frozen=True, slots=True)
class Row:
    """How one kind of outcome looks: its renderers, the ``format`` of its documents, and for pipelines."""

    renderers: Mapping[Format, str]
    documents: tuple[str, ...]  # of one CONFIG that is a file, and of a list if that has another
    summary: str | None = None  # what is added to the summary of a job
    outputs: str | None = None  # what a step's outputs are made by; it takes the outcome alone


def usual(module: str, outcome: str) -> dict[Format, str]:
    """Return the three formats that most outcomes have, each by its function in one module of this room."""
    return {
        Format.TEXT: f"{module}:{outcome}_text",
        Format.JSON: f"{module}:{outcome}_json",
        Format.MARKDOWN: f"{module}:{outcome}_markdown",
    }


# kind of an outcome -> how it looks
TABLE: Mapping[str, Row] = {
    "plans": Row(
        {
            Format.TEXT: "text:plans_text",
            Format.JSON: "documents:plans_json",
            Format.MARKDOWN: "pages:plans_markdown",
            Format.HTML: "html:plans_html",
        },
        ("provision.plan/1", "provision.plans/1"),
        summary="pages:plans_markdown",
        outputs="step_outputs:of_plans",
    ),
    "results": Row(
        {
            Format.TEXT: "text:results_text",
            Format.JSON: "documents:results_json",
            Format.MARKDOWN: "pages:results_markdown",
            Format.HTML: "html:results_html",
        },
        ("provision.result/1", "provision.results/1"),
        summary="pages:results_markdown",
        outputs="step_outputs:of_results",
    ),
    "consents": Row(
        {
            Format.TEXT: "consent:consents_text",
            Format.JSON: "documents:results_json",
            Format.MARKDOWN: "consent:consents_markdown",
        },
        ("provision.result/1", "provision.results/1"),
        summary="pages:results_markdown",
        outputs="step_outputs:of_results",
    ),
    "endings": Row(
        usual("ending", "endings"),
        ("provision.ending/1", "provision.endings/1"),
        summary="ending:endings_markdown",
    ),
    "diagnoses": Row(
        usual("doctor", "diagnoses"),
        ("provision.doctor/1", "provision.doctors/1"),
    ),
    "begun": Row(
        usual("begun", "begun"),
        ("provision.init/1",),
    ),
    "candidates": Row(
        usual("candidates", "candidates"),
        ("provision.candidates/1",),
    ),
    "imports": Row(
        usual("imports", "imports"),
        ("provision.imports/1",),
    ),
    "drifts": Row(
        usual("drift", "drifts"),
        ("provision.drift/1", "provision.drifts/1"),
        summary="drift:drifts_markdown",
        outputs="step_outputs:of_attention",
    ),
    "orphans": Row(
        usual("orphans", "orphans"),
        ("provision.orphans/1",),
        summary="orphans:orphans_markdown",
        outputs="step_outputs:of_attention",
    ),
    "expiry": Row(
        {
            **usual("expiry", "expiry"),
            Format.ICAL: "calendar:expiry_calendar",
            Format.PROMETHEUS: "prometheus:expiry_prometheus",
        },
        ("provision.expiry/1",),
        summary="expiry:expiry_markdown",
        outputs="step_outputs:of_attention",
    ),
    "verification": Row(
        usual("verify", "verification"),
        ("provision.verification/1",),
    ),
    "exchange": Row(
        usual("exchange", "exchange"),
        ("provision.exchange/1",),
    ),
    "validation": Row(
        usual("validation", "validation"),
        ("provision.validation/1",),
        summary="validation:validation_summary",
    ),
    "explanation": Row(
        usual("explanation", "explanation"),
        ("provision.explanation/1", "provision.explanations/1"),
    ),
    "sandbox-contents": Row(
        usual("sandbox", "contents"),
        (),
    ),
    "sandbox-coverage": Row(
        usual("sandbox", "coverage"),
        (),
    ),
    "sandbox-clock": Row(
        {
            Format.TEXT: "sandbox:clock_text",
            Format.JSON: "sandbox:clock_json",
            Format.MARKDOWN: "sandbox:clock_text",
        },
        ("provision.sandbox-clock/1",),
    ),
    "sandbox-serving": Row(
        usual("sandbox", "serving"),
        (),
    ),
}


def formats(kind: str) -> tuple[Format, ...]:
    """Return the formats that a kind of outcome has."""
    return tuple(TABLE[kind].renderers)


def draw(outcome: Outcome, output: Format, medium: Medium) -> Drawn:
    """Return an outcome in one of the formats that it has."""
    renderer: Renderer = resolve(TABLE[outcome.kind].renderers[output])
    return renderer(outcome, medium)


def summary(outcome: Outcome, medium: Medium) -> str | None:
    """Return what an outcome adds to a job's summary, if anything."""
    drawer = TABLE[outcome.kind].summary
    return None if drawer is None else str(resolve(drawer)(outcome, medium))


def step_outputs(outcome: Outcome) -> Mapping[str, str]:
    """Return what later steps of a pipeline can read of an outcome."""
    made = TABLE[outcome.kind].outputs
    return {} if made is None else resolve(made)(outcome)


def resolve(name: str) -> Callable[..., Any]:
    """Return a function of this room by the name that the table has for it."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(f"provision.report.{module}"), function)
    return found
