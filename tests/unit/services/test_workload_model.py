"""A workload's token, whatever happens: the model of decision 0060, with the real operator on a fake API server.

Two leaders, crashes and pauses before every request, people who delete the Secret, take the one-time Secret, revoke,
delete, and ask. See `tests.support.simulation.workload_judgement` for what must hold.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.lifecycle.workload import children, refusals, workload_rules
from pharia_access.domain.lifecycle.workload.decisions import DropChild, Observed
from pharia_access.domain.workload import child_name
from pharia_access.services.operator.workloads.delivery import Delivery
from tests.support.fakes.stored_workloads import StoredWorkloads
from tests.support.simulation import workload_judgement
from tests.support.simulation.workload_run import simulate_workload

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pharia_access.domain.token import TokenText
    from pharia_access.domain.workload import Why, WorkloadStatus, WorkloadToken

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""

Fault = tuple[object, str, object]

FEW: list[Fault] = [(place, "MOST_LIVE", 3) for place in (children, refusals, workload_judgement)]
"""A bound that runs come up to."""

RUNS = 60
FAULTY_RUNS = 200
"""In how many runs a fault that was built in must show."""


def test_a_workload_always_has_one_good_token(told: Callable[[str], None]) -> None:
    counts: Counter[str] = Counter()
    broken: dict[int, tuple[str, ...]] = {}
    for seed in range(RUNS):
        outcome = simulate_workload(seed)
        counts.update(outcome.counts)
        if outcome.violations:
            broken[seed] = outcome.violations

    assert broken == {}
    assert min(counts["rotations"], counts["crashes"]) > RUNS / 2, "too little happens"
    told(f"workloads: {RUNS} generated runs, {counts['rotations']} deliveries, {counts['crashes']} crashes")


def test_no_more_are_live_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name, value in FEW:
        monkeypatch.setattr(place, name, value)

    assert {seed: found for seed in range(RUNS // 2) if (found := simulate_workload(seed).violations)} == {}


def test_a_run_can_be_had_again() -> None:
    assert simulate_workload(7) == simulate_workload(7)


# Each invariant, broken once.


async def _not_looking(*_: object) -> bool:
    """Take the object for what it was."""
    return True


def _ended_at_once(observed: Observed, _now: datetime) -> DropChild | None:
    """End what was given up before a later one is in the Secret."""
    status = observed.workload.status
    if status.pending is not None and status.pending.uid is None:
        return None
    listed = {each.uid for each in (status.current, status.pending, *status.replaced) if each is not None}
    return next((DropChild(child) for child in children.live_children(observed) if child.uid not in listed), None)


def _ended_never(*_: object) -> None:
    """Leave what was given up."""


def _ended_in_the_secret(observed: Observed, _now: datetime) -> DropChild | None:
    """End what the Secret holds, once there was one before it."""
    child = observed.current_child
    return DropChild(child) if child is not None and observed.workload.status.replaced else None


def _one_name(workload: str, revision: int) -> str:
    """Give two numbers one name."""
    return child_name(workload, (revision + 1) // 2)


def _unfenced(self: StoredWorkloads, workload: WorkloadToken, revision: int, text: TokenText) -> None:
    """Take any revision."""
    self.fenced = False
    _REPLACE(self, workload, revision, text)


def _twice(self: StoredWorkloads, workload: WorkloadToken, revision: int, text: TokenText) -> None:
    """Write one text under two numbers."""
    _REPLACE(self, workload, revision, text)
    _REPLACE(self, workload, revision + 1, text)


def _given_again(observed: Observed, why: Why, now: datetime) -> WorkloadStatus:
    """Give the number again under which nothing was delivered."""
    status, current = _NEXT_NUMBER(observed, why, now), observed.workload.status.current
    revision = 1 if current is None else current.revision + 1
    pending = status.pending and replace(status.pending, revision=revision)
    return replace(status, revision=revision, pending=pending)


def _left_there(*_: object) -> None:
    """Leave the one-time Secret of what is delivered."""


_REPLACE = StoredWorkloads.replace_kept
_NEXT_NUMBER = workload_rules.next_number
TWICE: list[Fault] = [(StoredWorkloads, "replace_kept", _twice)]
GIVEN_AGAIN: list[Fault] = [(workload_rules, "next_number", _given_again)]


@pytest.mark.parametrize(
    ("faults", "seen", "first"),
    [
        pytest.param(
            [(Delivery, "_is_unchanged", _not_looking), (workload_rules, "given_up", _ended_at_once)],
            "was dead when it was written",
            14,
            id="a dead text",
        ),
        pytest.param(
            [(workload_rules, "given_up", _ended_in_the_secret)],
            "whose token was ended by no person",
            4,
            id="a text that died in the Secret",
        ),
        pytest.param([(workload_rules, "given_up", _ended_never)], "on no list", 8, id="an orphan"),
        pytest.param(
            [*FEW, (refusals, "MOST_LIVE", 9), (children, "MOST_LIVE", 9)], "are live", 15, id="too many live"
        ),
        pytest.param([(workload_rules, "child_name", _one_name)], "was made", 8, id="one name for two numbers"),
        pytest.param(
            [(StoredWorkloads, "replace_kept", _unfenced), (Delivery, "_is_unchanged", _not_looking)],
            "revisions fell",
            18,
            id="an older text",
        ),
        pytest.param(TWICE, "one token was", 0, id="two numbers for one token"),
        pytest.param(TWICE, "at the end the Secret holds", 0, id="another number in the Secret than in the status"),
        pytest.param(GIVEN_AGAIN, " tokens", 5, id="two tokens for one number"),
        pytest.param(GIVEN_AGAIN, "nobody heard who asked", 0, id="who asked is not heard"),
        pytest.param(GIVEN_AGAIN, "the token in the Secret is not good", 3, id="no good token at the end"),
        pytest.param([(workload_rules, "spent", _left_there)], "a one-time Secret was left", 0, id="a text left over"),
    ],
)
def test_the_referee_sees(monkeypatch: pytest.MonkeyPatch, faults: list[Fault], seen: str, first: int) -> None:
    """Tries first the seed that showed the fault when this was written."""
    for place, name, fault in faults:
        monkeypatch.setattr(place, name, fault)

    runs = (simulate_workload(seed).violations for seed in (first, *range(FAULTY_RUNS)))
    assert any(seen in violation for violations in runs for violation in violations)
