"""Values in, string out: plans, results and errors as text, JSON and Markdown. No decisions in here."""

from __future__ import annotations

from provision.report.calendar import expiry_calendar
from provision.report.consent import consent_markdown, consent_text
from provision.report.doctor import doctor_json, doctor_markdown, doctor_text, doctors_json
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

__all__ = [
    "LIMIT",
    "SUMMARY_LIMIT",
    "consent_markdown",
    "consent_text",
    "cut",
    "doctor_json",
    "doctor_markdown",
    "doctor_text",
    "doctors_json",
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
