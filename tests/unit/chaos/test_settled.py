"""When peace has come after the faults: what may be there, and what may not."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.chaos.history import Answer, Fact, FactKind, History, Life
from tests.chaos.settled import Found, unsettled

Json = dict[str, Any]

DATE = datetime(2027, 1, 1, tzinfo=UTC)
DELIVERY = {"secretUID": "secret-1", "state": "Available", "deadline": "2027-01-01T00:00:01Z"}


def a_token(*, spec: Json | None = None, generation: int = 1, reason: str = "Issued", **status: object) -> Json:
    """An active token whose Secret is there."""
    return {
        "metadata": {"name": "ci", "uid": "uid-1", "generation": generation},
        "spec": spec or {},
        "status": {
            "observedGeneration": 1,
            "phase": "Active",
            "delivery": DELIVERY,
            "conditions": [{"type": "Ready", "reason": reason}],
            **status,
        },
    }


def a_secret(*, token_uid: str = "uid-1", uid: str = "secret-1", kind: str = "one-time-token") -> Json:
    return {
        "metadata": {"name": "ci-token", "uid": uid},
        "type": f"access.pharia.ai/{kind}",
        "data": {"tokenUID": base64.b64encode(token_uid.encode()).decode()},
    }


def found(tokens: list[Json], secrets: list[Json] | None = None) -> list[str]:
    return unsettled(Found(tokens, secrets or [], 100, DATE), History(), verifiers=["verifier-1"])


@pytest.mark.parametrize(
    ("token", "told"),
    [
        pytest.param(a_token(), [], id="active"),
        pytest.param(a_token(generation=2), ["ci: nobody has seen its last change"], id="not seen"),
        pytest.param(a_token(spec={"revoked": True}), ["ci: revoked, and says Active"], id="revoked"),
        pytest.param(a_token(spec={"revoked": True}, phase="Revoked"), [], id="revoked, and says so"),
        pytest.param(a_token(spec={"revoked": True}, phase="Expired"), [], id="revoked after its end"),
        pytest.param(a_token(phase="Pending"), ["ci: stuck in Pending (Issued)"], id="stuck"),
        pytest.param(a_token(phase=None, conditions=[]), ["ci: stuck in None ()"], id="never worked on"),
        pytest.param(a_token(phase="Pending", reason="CredentialSuspended"), [], id="waits for its credential"),
        pytest.param(a_token(phase="Failed", reason="CredentialReplaced"), [], id="failed for good"),
    ],
)
def test_every_token_says_what_it_should(token: Json, told: list[str]) -> None:
    assert found([token]) == told


@pytest.mark.parametrize(
    ("tokens", "secret", "told"),
    [
        pytest.param([a_token()], a_secret(), "", id="its token says so"),
        pytest.param([], a_secret(kind="keyring", token_uid="x"), "", id="another type"),
        pytest.param([a_token()], a_secret(token_uid="uid-0"), "its token is gone", id="of an earlier token"),
        pytest.param([a_token()], a_secret(uid="secret-2"), "its token says", id="not the one that is recorded"),
        pytest.param(
            [a_token(delivery={**DELIVERY, "state": "Withdrawn"})], a_secret(), "its token says", id="withdrawn"
        ),
        pytest.param([a_token(delivery=None)], a_secret(), "its token says Active", id="never recorded"),
        pytest.param(
            [a_token(phase="Pending", reason="CredentialNotFound", delivery=None)],
            a_secret(),
            "",
            id="of a mint that waits to be finished",
        ),
        pytest.param(
            [a_token(delivery={**DELIVERY, "deadline": "2026-12-31T23:59:59Z"})],
            a_secret(),
            "its window ended at 2026-12-31T23:59:59Z",
            id="outlived its window",
        ),
    ],
)
def test_no_secret_is_left_over(tokens: list[Json], secret: Json, told: str) -> None:
    left = found(tokens, [secret])

    assert [told in line for line in left] == ([True] if told else [])


@pytest.mark.parametrize(
    ("facts", "answers", "settled"),
    [
        pytest.param([], [200, 200, 200], True, id="good, and accepted"),
        pytest.param([], [503, 200, 200, 200], True, id="only the last answers count"),
        pytest.param([], [200, 200], False, id="too few answers to tell"),
        pytest.param([], [200, 200, 503], False, id="good, and not decided on"),
        pytest.param([FactKind.ENDED], [401, 401, 401], True, id="dead, and refused"),
        pytest.param([FactKind.ENDED], [401, 401, 200], False, id="dead, and accepted"),
    ],
)
def test_verifiers_are_right_about_every_token(facts: list[FactKind], answers: list[int], *, settled: bool) -> None:
    life = Life("ci", "uid-1", "text", 0, [Fact(kind, 1, 2, "changed") for kind in facts], [])
    life.answers[:] = [Answer("verifier-1", 50, 50.1, status) for status in answers]

    left = unsettled(Found([], [], 100, DATE), History(lives=[life]), verifiers=["verifier-1"])

    assert (left == []) is settled


def test_where_nobody_knows_what_became_of_a_token_any_answer_is_right() -> None:
    life = Life("ci", "uid-1", "text", 0, [Fact(FactKind.ENDED, 1, float("inf"), "deleted")], [])
    life.answers[:] = [Answer("verifier-1", 50, 50.1, status) for status in (200, 401, 200)]

    assert unsettled(Found([], [], 100, DATE), History(lives=[life]), verifiers=["verifier-1"]) == []
