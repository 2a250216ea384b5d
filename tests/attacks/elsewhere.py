"""Goals that no sequence of moves is judged by: each needs a world of its own, and so a test of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["TRIED_ELSEWHERE", "Elsewhere"]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A goal, the tests that try it (pytest's names, without `tests/`), and the findings that reached it once."""

    name: str
    tests: tuple[str, ...]
    sources: tuple[str, ...] = ()


_NAMESPACES: Final = "integration/test_verifier_namespaces.py"

TRIED_ELSEWHERE: Final = (
    Elsewhere(
        "a second token beside the one that is checked",
        (
            "integration/test_gateway_token_headers.py::test_two_tokens_pass_nobody_even_if_both_are_good",
            "integration/test_gateway_token_headers.py::test_of_a_header_that_comes_twice_the_service_sees_neither",
            "unit/entrypoints/verifier/test_fuzzed_headers.py::test_every_answer_is_that_of_the_reference",
        ),
    ),
    Elsewhere(
        "another model than the one that is checked",
        (
            "integration/test_gateway_models.py::test_a_clients_own_header_changes_nothing",
            "integration/test_gateway_models.py::test_a_model_that_is_none_lets_nobody_in",
        ),
    ),
    Elsewhere(
        "a way in without a token",
        (
            "integration/test_attack_doors.py::test_a_request_in_the_body_of_another_is_none",
            "unit/entrypoints/verifier/test_smuggling.py",
            "integration/test_shared_upstream.py",
        ),
        ("faults.md 1",),
    ),
    Elsewhere(
        "a mint let go without the right",
        (
            "integration/test_mint_model.py::test_in_every_sequence_each_answer_and_each_mint_is_what_the_model_says",
            "integration/test_mint_rights_taken_away.py",
        ),
        ("attacks.md 1", "attacks.md 2"),
    ),
    Elsewhere("a verifier's memory", ("unit/entrypoints/verifier/test_pipelines.py",)),
    Elsewhere(
        "no room for a newcomer",
        (
            "integration/test_attack_others.py::test_connections_that_show_no_token_keep_nobody_out",
            "unit/entrypoints/verifier/test_crowds.py",
            "unit/entrypoints/verifier/test_crowds_tls.py",
        ),
        ("attacks.md 6",),
    ),
    Elsewhere(
        "others' checks made slow",
        (
            "unit/domain/test_granting.py",
            "unit/entrypoints/verifier/test_long_work.py",
            "unit/entrypoints/verifier/test_long_work_requests.py",
        ),
        ("attacks.md 4",),
    ),
    Elsewhere(
        "others' checks stopped",
        (
            f"{_NAMESPACES}::test_a_namespace_that_is_forbidden_refuses_its_own_tokens_and_comes_back_by_itself",
            f"{_NAMESPACES}::test_a_namespace_that_is_deleted_takes_nobody_along_and_may_be_made_again",
        ),
        ("faults.md 2",),
    ),
    Elsewhere(
        "policies gone, yet minting",
        ("integration/test_attack_others.py::test_without_the_guards_nothing_is_minted_for_long",),
        ("attacks.md 5",),
    ),
    Elsewhere(
        "what a restored cluster issued",
        ("integration/test_verifier_trouble.py::test_what_was_issued_before_a_restore_is_refused",),
    ),
    Elsewhere(
        "a text in what remains",
        (
            "integration/test_operator_secrecy.py::test_a_minted_token_is_found_nowhere_but_in_its_secret",
            "integration/test_verifier_trouble.py::test_neither_log_nor_metrics_hold_a_token",
        ),
    ),
    Elsewhere(
        "what a stolen token of a process can do",
        (
            "integration/test_stolen_tokens.py::test_a_stolen_token_does_what_the_table_says_and_no_more",
            "integration/test_secrets_unread.py::test_no_request_of_a_process_shows_a_foreign_secret",
        ),
    ),
    Elsewhere(
        "more rights than one chose",
        ("integration/test_attack_clients.py::test_who_chose_to_be_less_is_less",),
        ("faults.md 3",),
    ),
    Elsewhere(
        "an identity header taken away",
        ("integration/test_gateway_headers.py::test_no_client_adds_or_takes_away_an_identity_header",),
        ("faults.md 4",),
    ),
    Elsewhere(
        "an escape sequence at a terminal",
        (
            "integration/test_attack_clients.py::test_a_description_says_nothing_to_a_terminal",
            "unit/entrypoints/kubectl/test_hostile_texts.py::test_the_screen_shows_what_a_harmless_text_would_show",
        ),
        ("faults.md 9",),
    ),
)
