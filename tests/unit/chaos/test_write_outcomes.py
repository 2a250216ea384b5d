"""What the audit log adds to a run's history: the end of writes that got no answer, and every ID that was written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

import pytest

from tests.chaos.history import Fact, FactKind, History
from tests.chaos.write_outcomes import complete

Json = dict[str, Any]

START = datetime(2027, 1, 1, tzinfo=UTC)
AHEAD = START.timestamp() - 100
"""The run's clock says 100 at START."""

REVOKE = {"metadata": {"uid": "uid-1"}, "spec": {"revoked": True}}
DELETE = {"preconditions": {"uid": "uid-1"}}
LOST = Fact(FactKind.ENDED, 100, inf, "revoked")
EARLIER_END = Fact(FactKind.EXPIRED, 100, inf, "brought forward", ends_at=104)


def event(sent: Json, *, verb: str = "patch", status: int = 200, at: float = 0.5) -> Json:
    """A request that came half a second after START and took a second, unless told otherwise."""
    moments = [(START + timedelta(seconds=at + took)).isoformat().replace("+00:00", "Z") for took in (0, 1)]
    return {
        "verb": verb,
        "objectRef": {"resource": "apitokens"},
        "requestObject": sent,
        "requestReceivedTimestamp": moments[0],
        "stageTimestamp": moments[1],
        "responseStatus": {"code": status},
    }


@pytest.mark.parametrize(
    ("fact", "events", "done"),
    [
        pytest.param(LOST, [], inf, id="nothing was logged"),
        pytest.param(LOST, [event(REVOKE)], 101.5, id="it was done"),
        pytest.param(LOST, [event(DELETE, verb="delete")], 101.5, id="deleted"),
        pytest.param(LOST, [event(REVOKE, status=409)], None, id="it was refused"),
        pytest.param(LOST, [event(REVOKE, status=500)], inf, id="it failed, and may be done"),
        pytest.param(LOST, [event({**REVOKE, "metadata": {"uid": "uid-2"}})], inf, id="another object's"),
        pytest.param(LOST, [event(REVOKE, at=-1)], inf, id="an earlier one"),
        pytest.param(LOST, [event(REVOKE, at=11)], inf, id="a later one"),
        pytest.param(LOST, [event(REVOKE, at=3, status=409), event(REVOKE)], 101.5, id="the first one after it"),
        pytest.param(LOST, [event({**REVOKE, "spec": {"description": "x"}})], inf, id="another change"),
        pytest.param(Fact(FactKind.ENDED, 100, 100.2, "x"), [event(REVOKE)], 100.2, id="the answer came"),
        pytest.param(
            Fact(FactKind.HELD, 100, inf, "suspended"),
            [event({**REVOKE, "spec": {"suspended": False}}), event({**REVOKE, "spec": {"suspended": True}}, at=1)],
            102,
            id="suspended, not resumed",
        ),
        pytest.param(
            EARLIER_END, [event({**REVOKE, "spec": {"expiresAt": "2027-01-01T00:00:04Z"}})], 101.5, id="an end"
        ),
        pytest.param(
            EARLIER_END, [event({**REVOKE, "spec": {"expiresAt": "2027-01-01T00:00:09Z"}})], inf, id="another"
        ),
    ],
)
def test_the_end_of_a_write_without_an_answer(fact: Fact, events: list[Json], done: float | None) -> None:
    history = History()
    history.facts["uid-1"].append(fact)

    complete(history, events, ahead=AHEAD)

    assert [known.done for known in history.facts["uid-1"]] == ([] if done is None else [pytest.approx(done)])


def test_ids_that_a_status_showed_are_noted() -> None:
    history = History()
    written = {"kind": "ApiToken", "metadata": {"uid": "uid-1"}}
    of_status = {"verb": "patch", "objectRef": {"resource": "apitokens", "subresource": "status"}}
    events: list[Json] = [
        {**of_status, "responseObject": {**written, "status": {"tokenID": "a"}}},
        {**of_status, "responseObject": {**written, "status": {"tokenID": "b"}}},
        {**of_status, "responseObject": {**written, "status": {"phase": "Pending"}}},
        {**of_status, "responseObject": {"kind": "Status", "code": 409}},
        {**of_status},
    ]

    complete(history, events, ahead=AHEAD)

    assert history.token_ids == {"uid-1": {"a", "b"}}
