"""What stands in the way of another token, in order: the reason and a word of the sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pharia_access.domain.lifecycle.workload.decisions import Answers, Observed, Sight
from pharia_access.domain.lifecycle.workload.refusals import REFUSAL_RULES, RefusalRule, refusal
from pharia_access.domain.model import Reason, TokenPolicy
from pharia_access.domain.workload import Losses
from tests.support.builders.domain_objects import NOW, a_credential
from tests.support.builders.workload_observations import a_child, a_workload, observed, replaced, with_current

HOUR = timedelta(hours=1)
NEW = a_workload()
FIVE = a_workload(status=with_current(5, replaced=tuple(replaced(number) for number in (1, 2, 3, 4))), rotate="now")
BOTH = a_workload(suspended=True, labels={"velero.io/restore-name": "x"})


def five(*, used: datetime) -> Observed:
    """All five are live, and were used then."""
    return observed(FIVE, *(a_child(number, used=used) for number in (1, 2, 3, 4, 5)))


@pytest.mark.parametrize(
    ("seen", "reason", "word"),
    [
        pytest.param(observed(BOTH), Reason.RESTORED, "restored from a backup", id="restored, and suspended"),
        pytest.param(observed(a_workload(suspended=True)), Reason.SUSPENDED, "spec.suspended", id="suspended"),
        pytest.param(observed(NEW, no_credential=True), Reason.CREDENTIAL_NOT_FOUND, "not found", id="no credential"),
        pytest.param(
            observed(NEW, credential_invalid=True), Reason.CREDENTIAL_MALFORMED, "is invalid", id="an invalid one"
        ),
        pytest.param(
            observed(NEW, credential=replace(a_credential(), deleting=True)),
            Reason.CREDENTIAL_DELETING,
            "being deleted",
            id="one on its way out",
        ),
        pytest.param(
            observed(NEW, credential=a_credential(suspended=True)),
            Reason.CREDENTIAL_SUSPENDED,
            "set its spec.suspended to false",
            id="a suspended one",
        ),
        pytest.param(observed(NEW, guards_objection="x is gone"), Reason.GUARDS_DOWN, "x is gone", id="no guards"),
        pytest.param(
            observed(a_workload(ttl=2 * HOUR), credential=replace(a_credential(), policy=TokenPolicy(max_ttl=HOUR))),
            Reason.TTL_TOO_LONG,
            "1 hour longer than the 1 hour",
            id="a life too long",
        ),
        pytest.param(observed(NEW, rival="first"), Reason.SECRET_CONFLICT, "WorkloadToken first keeps", id="a rival"),
        pytest.param(
            observed(NEW, answers=Answers("", Sight.FOREIGN)),
            Reason.SECRET_CONFLICT,
            "left alone",
            id="a foreign Secret",
        ),
        pytest.param(
            observed(NEW, answers=Answers("", Sight.HELD)),
            Reason.SECRET_CONFLICT,
            "left alone",
            id="a Secret with a later number than was ever given",
        ),
        pytest.param(
            observed(a_workload(status=with_current(lost=Losses(2, NOW - timedelta(seconds=90))))),
            Reason.ROTATING,
            "2 tokens in a row were lost",
            id="a third loss, and no two minutes have passed",
        ),
        pytest.param(observed(NEW, slot_free=False), Reason.TOKEN_LIMIT_REACHED, "maxTokens", id="no place"),
        pytest.param(five(used=NOW - HOUR / 2), Reason.TOO_MANY_LIVE, "5 live tokens", id="five, all in use"),
        pytest.param(
            observed(NEW, answers=Answers("you need the verb create", Sight.GONE)),
            Reason.NOT_DELEGATED,
            "kubectl access workload allow app --namespace finance",
            id="nobody lets the operator mint here",
        ),
    ],
)
def test_nothing_is_made(seen: Observed, reason: Reason, word: str) -> None:
    answer = refusal(seen, NOW)

    assert answer is not None
    assert answer.reason is reason
    assert word in answer.message


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(observed(NEW), id="the first one"),
        pytest.param(observed(NEW, answers=Answers("", Sight.GONE)), id="asked, and free"),
        pytest.param(observed(NEW, answers=Answers("", Sight.OLDER)), id="a Secret of ours with an earlier number"),
        pytest.param(five(used=NOW - 2 * HOUR), id="five, of which one was not used for an hour"),
        pytest.param(observed(a_workload(status=with_current())), id="a first loss"),
        pytest.param(
            observed(a_workload(status=with_current(lost=Losses(2, NOW - 2 * HOUR)))), id="a third one, hours later"
        ),
        pytest.param(
            observed(a_workload(status=with_current(lost=Losses(9, NOW)), rotate="now"), a_child(1)),
            id="asked for, after losses",
        ),
        pytest.param(
            observed(replace(a_workload(status=with_current()), labels={"velero.io/restore-name": "x"})),
            id="a mark of a restore, and a status that says what is out",
        ),
    ],
)
def test_nothing_stands_in_the_way(seen: Observed) -> None:
    assert refusal(seen, NOW) is None


@pytest.mark.parametrize("rule", REFUSAL_RULES, ids=lambda rule: rule.__name__)
def test_each_rule_takes_any_input(rule: RefusalRule) -> None:
    for seen in (observed(NEW, no_credential=True), five(used=NOW), observed(BOTH, credential_invalid=True)):
        answer = rule(seen, NOW)
        assert answer is None or answer.message
