"""Whether a secret can be collected, by what the status says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pharia_access.domain.administration.collection_state import (
    UNSEEN,
    Collectable,
    CollectionState,
    Pending,
    Unavailable,
    collection_state,
)
from pharia_access.domain.administration.next_steps import RotateToken, ShowToken
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.model import ObjectKey
from tests.support.builders.domain_objects import NOW

FRESH = TokenSummary(ObjectKey("finance", "ci"), "uid", "invoice-bot", NOW)
READY = replace(FRESH, phase="Active", ready="True", delivery="Available")
SEE = (ShowToken(FRESH.key),)
AGAIN = (RotateToken(FRESH.key),)


@pytest.mark.parametrize(
    ("token", "answer"),
    [
        pytest.param(READY, Collectable(), id="there"),
        pytest.param(FRESH, Pending(UNSEEN), id="unseen"),
        pytest.param(replace(FRESH, phase="Pending", message="no credential"), Pending("no credential"), id="waiting"),
        pytest.param(replace(READY, ready="False", message="soon"), Pending("soon"), id="a Secret, but not Ready"),
        pytest.param(replace(READY, phase="Revoked"), Unavailable("the token is revoked"), id="revoked"),
        pytest.param(
            replace(READY, phase="Expired", delivery="Collected"),
            Unavailable("the token is expired"),
            id="expired, collected",
        ),
        pytest.param(replace(FRESH, phase="Failed", message="too long"), Unavailable("too long", SEE), id="failed"),
        pytest.param(replace(FRESH, phase="Failed"), Unavailable("minting failed", SEE), id="failed without a word"),
        pytest.param(replace(FRESH, stalled=True, message="a conflict"), Unavailable("a conflict", SEE), id="stalled"),
        pytest.param(
            replace(READY, delivery="Collected"), Unavailable("it was already collected", AGAIN), id="collected"
        ),
        pytest.param(
            replace(READY, delivery="Withdrawn", deadline=NOW),
            Unavailable("it was withdrawn unread at 2026-11-23T12:00:00Z", AGAIN),
            id="withdrawn",
        ),
        pytest.param(
            replace(READY, delivery="Withdrawn"),
            Unavailable("it was withdrawn unread", AGAIN),
            id="withdrawn, no deadline",
        ),
    ],
)
def test_the_status_says_whether_it_can_be_collected(token: TokenSummary, answer: CollectionState) -> None:
    assert collection_state(token) == answer
