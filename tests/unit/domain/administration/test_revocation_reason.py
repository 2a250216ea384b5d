"""A reason is one short line; it is no place for a token, and what is refused is not repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.administration.revocation_reason import LONGEST_REASON, is_reason, reason_objection
from tests.support.builders.domain_objects import TEXT


@pytest.mark.parametrize("text", ["leaked", "in the log of build 4711: see SEC-12", "Lärm, 100 %", TEXT.token_id])
def test_a_line_is_a_reason(text: str) -> None:
    assert is_reason(text)


@pytest.mark.parametrize(
    ("text", "objection"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("x" * (LONGEST_REASON + 1), "it has more than 256 characters"),
        ("a\nb", "it has control characters or more than one line"),
        ("a\x1b[2J", "it has control characters or more than one line"),
        ("a\x9b2J", "it has control characters or more than one line"),
        ("a\u2028b", "it has control characters or more than one line"),
        (f"see {TEXT.reveal()}", "it holds a token's text or a part of one"),
        (TEXT.reveal()[:-20], "it holds a token's text or a part of one"),
    ],
)
def test_what_is_none_is_refused(text: str, objection: str) -> None:
    assert reason_objection(text) == objection


@given(st.text())
def test_what_is_taken_has_one_printable_line(text: str) -> None:
    assert not is_reason(text) or text.splitlines() == [text]
