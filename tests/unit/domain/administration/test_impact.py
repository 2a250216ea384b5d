"""What breaks when access is taken away."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pharia_access.domain.administration.impact import affected_holders, affected_users, last_use, refused_holders
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from tests.support.builders.domain_objects import NOW


def a_summary(name: str = "ci", *, phase: str = "Active", last_used: datetime | None = None) -> TokenSummary:
    return TokenSummary(ObjectKey("finance", name), f"uid-{name}", "invoice-bot", NOW, phase=phase, last_used=last_used)


@pytest.mark.parametrize(
    ("last_used", "told"),
    [
        pytest.param(None, "never seen in use", id="never"),
        pytest.param(NOW - timedelta(hours=3), "last used 3 hours ago", id="hours ago"),
        pytest.param(NOW + timedelta(seconds=5), "last used 0 seconds ago", id="by a clock that is ahead"),
    ],
)
def test_the_use_of_a_token_is_told(last_used: datetime | None, told: str) -> None:
    assert last_use(a_summary(last_used=last_used), NOW) == told


def test_active_tokens_are_named_those_used_last_first() -> None:
    tokens = [
        a_summary("unused"),
        a_summary("old", last_used=NOW - timedelta(days=9)),
        a_summary("gone", phase="Revoked", last_used=NOW),
        a_summary("busy", last_used=NOW - timedelta(minutes=1)),
    ]

    assert affected_users(tokens, NOW) == [
        "Users of the token busy (last used 1 minute ago) are affected.",
        "Users of the token old (last used 9 days ago) are affected.",
        "Users of the token unused (never seen in use) are affected.",
    ]


def test_of_many_the_rest_is_counted() -> None:
    told = affected_users([a_summary(f"t{number}") for number in range(13)], NOW)

    assert (len(told), told[-1]) == (11, "Users of 3 more active tokens are affected.")


def test_where_none_is_active_nothing_breaks() -> None:
    assert affected_users([a_summary(phase="Expired")], NOW) == []


def test_holders_are_named_with_their_last_use() -> None:
    used = {"app": NOW - timedelta(minutes=1), "gone": NOW}
    held = CredentialSummary(
        ObjectKey("finance", "invoice-bot"), "uid", NOW, service_accounts=("app", "batch"), last_used=used
    )

    assert affected_holders(held, NOW) == [
        "Pods of the ServiceAccount app (last used 1 minute ago) are affected.",
        "Pods of the ServiceAccount batch (never seen in use) are affected.",
    ]
    assert refused_holders(held, NOW, ["batch", "gone"]) == [
        "Pods of the ServiceAccount batch (never seen in use) will be refused immediately."
    ]
