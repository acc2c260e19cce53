"""Values in, string out: outcomes and errors in every format. Which draws what is in :mod:`table`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision.report.calendar import expiry_calendar
    from provision.report.consent import consent_markdown, consent_text
    from provision.report.doctor import doctor_json, doctor_markdown, doctor_text
    from provision.report.documents import error_json, plan_json, plans_json, result_json, results_json
    from provision.report.drift import drift_json, drift_markdown, drift_text, drifts_json
    from provision.report.escape import document
    from provision.report.expiry import expiry_json, expiry_markdown, expiry_text
    from provision.report.fold import fold
    from provision.report.html import plans_html, results_html
    from provision.report.orphans import orphans_json, orphans_markdown, orphans_text
    from provision.report.pages import (
        LIMIT,
        SUMMARY_LIMIT,
        cut,
        error_markdown,
        plans_markdown,
        results_markdown,
        summary_markdown,
    )
    from provision.report.prometheus import expiry_prometheus
    from provision.report.text import error_text, failed_text, plan_text, result_text, together_text
    from provision.report.verify import verification_json, verification_markdown, verification_text

# What is named here is imported when it is asked for, so that ``--help`` needs none of it.
_MODULES = {
    "LIMIT": "pages",
    "SUMMARY_LIMIT": "pages",
    "consent_markdown": "consent",
    "consent_text": "consent",
    "cut": "pages",
    "doctor_json": "doctor",
    "doctor_markdown": "doctor",
    "doctor_text": "doctor",
    "document": "escape",
    "drift_json": "drift",
    "drift_markdown": "drift",
    "drift_text": "drift",
    "drifts_json": "drift",
    "error_json": "documents",
    "error_markdown": "pages",
    "error_text": "text",
    "expiry_calendar": "calendar",
    "expiry_json": "expiry",
    "expiry_markdown": "expiry",
    "expiry_prometheus": "prometheus",
    "expiry_text": "expiry",
    "failed_text": "text",
    "fold": "fold",
    "orphans_json": "orphans",
    "orphans_markdown": "orphans",
    "orphans_text": "orphans",
    "plan_json": "documents",
    "plan_text": "text",
    "plans_html": "html",
    "plans_json": "documents",
    "plans_markdown": "pages",
    "result_json": "documents",
    "result_text": "text",
    "results_html": "html",
    "results_json": "documents",
    "results_markdown": "pages",
    "summary_markdown": "pages",
    "together_text": "text",
    "verification_json": "verify",
    "verification_markdown": "verify",
    "verification_text": "verify",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"provision.report.{_MODULES[name]}"), name)


__all__ = [
    "LIMIT",
    "SUMMARY_LIMIT",
    "consent_markdown",
    "consent_text",
    "cut",
    "doctor_json",
    "doctor_markdown",
    "doctor_text",
    "document",
    "drift_json",
    "drift_markdown",
    "drift_text",
    "drifts_json",
    "error_json",
    "error_markdown",
    "error_text",
    "expiry_calendar",
    "expiry_json",
    "expiry_markdown",
    "expiry_prometheus",
    "expiry_text",
    "failed_text",
    "fold",
    "orphans_json",
    "orphans_markdown",
    "orphans_text",
    "plan_json",
    "plan_text",
    "plans_html",
    "plans_json",
    "plans_markdown",
    "result_json",
    "result_text",
    "results_html",
    "results_json",
    "results_markdown",
    "summary_markdown",
    "together_text",
    "verification_json",
    "verification_markdown",
    "verification_text",
]
