"""When peace has come after the faults: what of a WorkloadToken may be there, and what may not."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.chaos.history import History, Life
from tests.chaos.settled_workloads import unsettled_workloads
from tests.chaos.texts import shown_texts

Json = dict[str, Any]

CURRENT = {"name": "app-2", "uid": "uid-2", "revision": 2, "tokenID": "id2"}
OLD = {"name": "app-1", "uid": "uid-1"}
TEXT = "pharia_id2_zzzz"


def a_workload(*, ready: str = "True", reason: str = "Current", message: str = "", **status: object) -> Json:
    """One whose Secret holds its second token, while the first one is good still."""
    return {
        "metadata": {"name": "app", "uid": "keeper", "generation": 1},
        "status": {
            "observedGeneration": 1,
            "current": CURRENT,
            "replaced": [OLD],
            "conditions": [{"type": "Ready", "status": ready, "reason": reason, "message": message}],
            **status,
        },
    }


def a_child(number: int, *, phase: str = "Active", reason: str = "Issued", keeper: str = "keeper") -> Json:
    return {
        "metadata": {
            "name": f"app-{number}",
            "uid": f"uid-{number}",
            "ownerReferences": [{"kind": "WorkloadToken", "uid": keeper}],
        },
        "spec": {},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "reason": reason}]},
    }


def a_secret(*, revision: int = 2, text: str = TEXT, keeper: str = "keeper", name: str = "app") -> Json:
    return {
        "metadata": {
            "name": name,
            "annotations": {"access.pharia.ai/revision": f"{revision}"},
            "ownerReferences": [{"uid": keeper}],
        },
        "type": "access.pharia.ai/workload-token",
        "data": {"token": base64.b64encode(text.encode()).decode()},
    }


ONE_TIME = {"metadata": {"name": "app-2-token"}, "type": "access.pharia.ai/one-time-token"}
PENDING = {"name": "app-3", "uid": "uid-3"}
BOTH = [a_child(1), a_child(2)]
KEPT = [a_secret()]


@pytest.mark.parametrize(
    ("workload", "tokens", "secrets", "told"),
    [
        pytest.param(a_workload(), BOTH, KEPT, [], id="well"),
        pytest.param(a_workload(observedGeneration=0), BOTH, KEPT, ["app: nobody has seen its last change"], id="late"),
        pytest.param(a_workload(pending=PENDING), BOTH, KEPT, ["app: stuck in Current"], id="a pending token"),
        pytest.param(
            a_workload(reason="Rotating", pending=PENDING),
            [*BOTH, a_child(3, phase="Pending", reason="CredentialSuspended")],
            KEPT,
            [],
            id="a pending token that waits",
        ),
        pytest.param(a_workload(reason="Rotating"), BOTH, KEPT, ["app: stuck in Rotating"], id="stuck"),
        pytest.param(
            a_workload(ready="False", reason="Rotating", message="2 tokens in a row were lost before their time."),
            BOTH,
            [],
            [],
            id="waits after losses",
        ),
        pytest.param(a_workload(reason="Suspended"), BOTH, KEPT, [], id="suspended"),
        pytest.param(a_workload(), BOTH, [], ["app: Ready, and without a Secret"], id="no Secret"),
        pytest.param(
            a_workload(),
            BOTH,
            [a_secret(revision=1)],
            ["app: Ready with 2, and the Secret holds another"],
            id="an older revision",
        ),
        pytest.param(
            a_workload(),
            BOTH,
            [a_secret(text="pharia_id1_zzzz")],
            ["app: Ready, and the Secret holds another token"],
            id="an older text",
        ),
        pytest.param(
            a_workload(),
            [a_child(1), a_child(2, phase="Revoked")],
            KEPT,
            ["app: Ready, and app-2 is over"],
            id="a dead text",
        ),
        pytest.param(
            a_workload(),
            BOTH,
            [*KEPT, ONE_TIME],
            ["app: the one-time Secret of app-2 was left"],
            id="a one-time Secret",
        ),
        pytest.param(a_workload(replaced=[]), BOTH, KEPT, ["app-1 is live, and on no list"], id="an orphan"),
        pytest.param(a_workload(), [*BOTH, a_child(3)], KEPT, [], id="given up, and none later is in the Secret"),
        pytest.param(
            a_workload(),
            [*BOTH, a_child(7, keeper="gone")],
            KEPT,
            ["app-7 is live, and on no list"],
            id="a token of one that is gone",
        ),
        pytest.param(
            a_workload(),
            BOTH,
            [*KEPT, a_secret(keeper="gone", name="other")],
            ["Secret other: its WorkloadToken is gone"],
            id="a Secret of one that is gone",
        ),
    ],
)
def test_what_is_not_as_it_should_be(workload: Json, tokens: list[Json], secrets: list[Json], told: list[str]) -> None:
    assert unsettled_workloads([workload], tokens, secrets) == told


@pytest.mark.parametrize("shown", [TEXT, "zzzz", base64.b64encode(TEXT.encode()).decode()])
def test_a_text_outside_of_secrets_is_found_and_not_told(shown: str) -> None:
    history = History(lives=[Life("app-2", "uid-2", TEXT, 0, [], [])])

    told = list(shown_texts(history, {"a log": f"a line with {shown} in it", "another": "pharia_id2_…"}))

    assert told == ["a log holds the text of app-2 (uid-2)"]
