"""What the conditions of a WorkloadToken say, and which Events there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.conditions import find
from pharia_access.domain.lifecycle.workload.conditions import state_of
from pharia_access.domain.lifecycle.workload.decisions import (
    Answers,
    InSync,
    Observed,
    Sight,
    WriteStatus,
)
from pharia_access.domain.lifecycle.workload.workload_rules import decide
from pharia_access.domain.model import Reason
from pharia_access.domain.workload import WorkloadToken
from tests.support.builders.domain_objects import NOW, a_credential
from tests.support.builders.workload_observations import (
    BORN,
    END,
    a_child,
    a_workload,
    observed,
    ready,
    replaced,
    settled,
    with_current,
)

if TYPE_CHECKING:
    from datetime import datetime


HOUR = timedelta(hours=1)
UNDELEGATED = Answers("no such right", Sight.OLDER)


@pytest.mark.parametrize(
    ("seen", "now", "said", "state"),
    [
        pytest.param(
            observed(a_workload(status=with_current()), a_child(1)), NOW, ("True", "Current"), "current", id="good"
        ),
        pytest.param(
            observed(a_workload(status=with_current(), suspended=True), a_child(1)),
            NOW,
            ("True", "Suspended"),
            "current",
            id="suspended, and good",
        ),
        pytest.param(
            observed(a_workload(status=with_current()), a_child(1), no_credential=True),
            END - timedelta(days=9, hours=20),
            ("False", "CredentialNotFound"),
            "ended",
            id="its credential is gone",
        ),
        pytest.param(
            observed(a_workload(status=with_current()), a_child(1), guards_objection="x"),
            END - timedelta(days=8),
            ("False", "RenewalOverdue"),
            "overdue",
            id="good, and its renewal is late",
        ),
        pytest.param(
            observed(a_workload(status=with_current(), suspended=True), a_child(1, revoked=True)),
            NOW,
            ("False", "Suspended"),
            "ended",
            id="over, and suspended",
        ),
        pytest.param(
            observed(a_workload(status=with_current()), a_child(1), rival="first", secret=Sight.FOREIGN),
            NOW,
            ("False", "SecretConflict"),
            "ended",
            id="its Secret is somebody else's now",
        ),
        pytest.param(
            observed(a_workload(), credential=a_credential(suspended=True)),
            NOW,
            ("False", "CredentialSuspended"),
            "stalled",
            id="new, and its credential is suspended",
        ),
        pytest.param(
            observed(a_workload(status=with_current()), a_child(1), credential=a_credential(suspended=True)),
            NOW,
            ("False", "CredentialSuspended"),
            "stalled",
            id="good, and its credential is suspended, on purpose",
        ),
        pytest.param(
            observed(a_workload(status=with_current()), a_child(1), answers=UNDELEGATED),
            END - timedelta(days=8),
            ("False", "RenewalOverdue"),
            "overdue",
            id="late, since the operator may not mint there any more",
        ),
        pytest.param(
            observed(a_workload(status=with_current()), a_child(1, revoked=True), answers=UNDELEGATED),
            NOW,
            ("False", "NotDelegated"),
            "ended",
            id="over, and the operator may not mint there any more",
        ),
    ],
)
def test_ready_says_whether_the_token_in_the_secret_is_good(
    seen: Observed, now: datetime, said: tuple[str, str], state: str
) -> None:
    status = settled(seen, now)

    assert ready(status) == said
    assert state_of(replace(seen.workload, status=status)) == state


@pytest.mark.parametrize(
    ("used", "holds", "events"),
    [
        pytest.param(None, "False", [], id="never used"),
        pytest.param(BORN + HOUR, "False", [], id="used an hour after the delivery"),
        pytest.param(BORN + 2 * HOUR, "True", [Reason.PREVIOUS_IN_USE], id="used later"),
    ],
)
def test_a_replaced_token_that_is_still_used_is_told_once(
    used: datetime | None, holds: str, events: list[Reason]
) -> None:
    workload = a_workload(status=with_current(2, replaced=(replaced(1),)))
    seen = observed(workload, a_child(1, used=used), a_child(2))

    answer = decide(seen, NOW)

    assert isinstance(answer, WriteStatus)
    found = find(answer.status.conditions, "PreviousInUse")
    assert found is not None
    assert found.status == holds
    assert [notice.reason for notice in answer.notices] == events
    again = replace(seen, workload=replace(workload, status=answer.status))
    assert isinstance(decide(again, NOW + HOUR), InSync)


def test_what_is_said_already_is_not_written_again() -> None:
    seen = observed(a_workload(status=with_current()), a_child(1))
    status = settled(seen)

    workload: WorkloadToken = replace(seen.workload, status=status)
    assert isinstance(decide(replace(seen, workload=workload), NOW + HOUR), InSync)
