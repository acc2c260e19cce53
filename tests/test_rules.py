"""The rules that must never break, and the tests that would find a breach of each.

A test that is renamed or removed is missed here.
"""

from __future__ import annotations

import pytest

from tests.test_kept import HERE, names_in

RULES = {
    "0 every answer and every write is about the object of this config": [
        "crash/test_many.py::test_no_config_reads_or_writes_what_is_anothers",
        "crash/test_other_object.py::test_an_answer_about_another_object_ends_the_run_of_that_config",
        "graph/test_client.py::test_an_address_is_the_same_at_each_try",
        "graph/test_identity.py::test_a_context_names_the_object_of_the_address",
        "plan/test_digest.py::test_a_write_names_the_object_that_was_read",
    ],
    "1 a second apply makes no write, and who looks never writes": [
        "test_apply.py::test_second_apply_makes_no_write",
        "test_generated.py::test_apply_then_plan_is_empty",
        "test_untouched.py::test_who_looks_never_writes",
    ],
    "2 identity is uniqueName or a client_id, never a display name": [
        "test_refusals.py::test_a_unique_name_that_another_tool_holds",
        "test_refusals.py::test_client_id_and_name_that_name_two",
        "test_requests.py::test_a_display_name_is_nobodys_identity",
        "test_requests.py::test_an_adopted_one_keeps_its_unique_name",
    ],
    "3 what we did not declare or make is neither changed nor removed": [
        "test_untouched.py::test_everything_undeclared_survives_an_update",
        "test_rotate.py::test_foreign_secrets_survive_everything",
        "test_drift.py::test_what_nobody_declared_is_found_and_left",
        "crash/test_matrix.py::test_struck_anywhere_the_next_run_converges",
    ],
    "4 a valid delivered secret exists at every instant of a rotation": [
        "crash/test_matrix.py::test_struck_anywhere_the_next_run_converges",
        "crash/test_lives.py::test_whatever_happens_a_value_in_use_is_alive",
        "crash/test_years.py::test_who_is_obedient_has_no_outage",
        "crash/test_two.py::test_what_a_killed_run_was_to_replace_is_known_everywhere",
        "plan/test_rotation.py::test_what_each_mode_does",
        "plan/test_generation.py::test_what_must_be_there_is_missed",
    ],
    "5 a value leaves by the chosen delivery alone, which is probed; a failed one is revoked": [
        "test_canary.py::test_no_verb_and_no_output_tells_the_value",
        "test_canary.py::test_no_failure_tells_the_value",
        "test_canary.py::test_no_weather_tells_the_value",
        "test_canary.py::test_a_crash_report_does_not_hold_it",
        "test_secret.py::test_a_traceback_with_locals_shows_none_of_it",
        "test_secret_life.py::test_an_unusable_sink_is_found_before_minting",
        "test_secret_life.py::test_a_failed_delivery_revokes_the_secret",
    ],
    "6 end and audience are always sent, and credentials are never patched": [
        "test_requests.py::test_what_must_be_sent_is_and_what_must_not_is_not",
    ],
    "7 killed anywhere, the next run converges": [
        "crash/test_matrix.py::test_struck_anywhere_the_next_run_converges",
        "crash/test_two.py::test_from_two_machines_nothing_is_lost",
        "crash/test_worst.py::test_it_ends_converged_or_with_a_clear_error",
    ],
    "8 an approved plan is applied as approved or not at all": [
        "test_saved_plans.py::test_a_changed_config_is_refused",
        "test_saved_plans.py::test_a_changed_tenant_is_refused",
        "test_saved_plans.py::test_every_field_of_the_file_is_guarded",
        "plan/test_digest.py::test_an_approval_is_for_the_object_that_was_read",
    ],
    "9 not being allowed to consent is no failure": [
        "test_apply.py::test_consent_handed_over_exits_3",
        "test_consent.py::test_apply_hands_the_message_over_too",
        "test_doctor.py::test_a_new_application",
    ],
    "10 a message that was accepted is not called delivered": ["test_verify.py::test_every_rung"],
    "11 bad input gets a catalogued error, and nothing is written": [
        "test_odd_inputs.py::test_a_config",
        "test_odd_inputs.py::test_a_plan_file",
        "test_odd_inputs.py::test_a_state",
        "test_cli.py::test_damaged_state_is_refused_and_kept",
        "test_generated.py::test_broken_configs_are_refused_in_words",
        "graph/test_client.py::test_a_list_that_is_none_is_not_an_empty_one",
        "test_errors.py::test_nothing_is_raised_that_has_no_entry",
    ],
    "12 remote text is escaped in every output": [
        "report/test_hostile.py::test_a_plan_and_a_result_of_an_application_with_such_a_name",
        "report/test_hostile.py::test_an_error_that_names_such_an_application",
        "report/test_hostile.py::test_any_text_is_inert",
        "report/test_html.py::test_plan_result_and_refusal_with_such_a_name",
        "test_drift.py::test_hostile_names_come_through_harmless",
        "test_expiry.py::test_hostile_names_are_harmless",
    ],
    "13 a tenant is its GUID, and a delivered value has one owner": [
        "test_tenant_names.py::test_one_application_declared_twice",
        "test_tenant_names.py::test_everything_goes_by_the_id",
        "delivery/test_ownership.py::test_somebody_elses_value_stays",
        "delivery/test_ownership.py::test_two_tenants_with_one_name_and_one_place",
        "delivery/test_pairs.py::test_what_was_delivered_is_there",
        "first_wave/test_left.py::test_another_tenants_config_of_that_name_is_refused",
    ],
    "14 one value is handed over in one generation": [
        "crash/test_meetings.py::test_one_value_is_handed_over_in_a_generation",
        "crash/test_meetings.py::test_real_processes_against_a_served_sandbox",
        "plan/test_generation.py::test_what_a_look_shows_of_others",
        "plan/test_generation.py::test_two_of_one_generation",
    ],
    "15 a config chooses neither who signs in nor another tenant's vault": [
        "delivery/test_tenants.py::test_a_config_alone_cannot_choose_the_tenant",
        "delivery/test_tenants.py::test_the_configs_vault_gets_no_token_of_another_tenant",
        "test_canary.py::test_a_config_cannot_read_a_credential",
        "test_refusals.py::test_custom_hosts_need_leave",
    ],
    "16 a rehearsal calls nothing ok that it made up": [
        "test_rehearsal.py::test_nothing_that_was_made_up_is_called_ok",
        "test_verify.py::test_every_rung",
    ],
}


@pytest.mark.parametrize("rule", RULES)
def test_a_breach_would_be_found(rule: str) -> None:
    """Each test that is named is there."""
    assert RULES[rule]
    for named in RULES[rule]:
        module, _, name = named.partition("::")
        assert name in names_in(HERE / module), named


def test_every_rule_is_listed() -> None:
    """In their order."""
    assert [int(rule.split()[0]) for rule in RULES] == list(range(17))
