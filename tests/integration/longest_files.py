"""The longest files of tests."""

__all__ = ["LONGEST"]

LONGEST = (
    "test_mint_model",
    "test_operator_load",
    "test_operator_parts",
    "test_documents_of_installation",
    "test_documents",
    "test_chaos",
    "test_chart_lifecycle",
    "test_chart_story",
    "test_operator_away",
    "test_operator_crashes",
    "test_verifier_trouble",
    "test_local",
    "test_operator_leadership",
    "test_gateways",
    "test_chart_values",
    "test_control_plane",
)
"""Files that are begun before all others, so that none of them keeps one process busy while the others are done."""
