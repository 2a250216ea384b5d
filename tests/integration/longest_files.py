"""The longest files of tests."""

__all__ = ["LONGEST"]

LONGEST = (
    "test_mint_model",
    "test_operator_load",
    "test_operator_parts",
    "test_chart_lifecycle",
    "test_verifier_namespaces",
    "test_documents_of_installation",
    "test_chart_emptied",
    "test_documents",
    "test_chart_missing_namespaces",
    "test_workload_crashes",
    "test_chart_least_privilege",
    "test_console_accessibility",
    "test_service_account_issuers",
    "test_chaos",
    "test_chart_story",
    "test_guards_down",
    "test_transcript",
    "test_secrets_unread",
    "test_operator_watches",
    "test_workload_rotations",
    "test_operator_leadership",
    "test_operator_away",
    "test_verifier_trouble",
    "test_local",
    "test_gateways",
    "test_chart_values",
    "test_control_plane",
)
"""Files that are begun before all others, so that none of them keeps one process busy while the others are done."""
