"""Whether peace has come: every object says what it should, no Secret is left over, verifiers are right and agree."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tests.chaos.history import History, Life, Standing
from tests.chaos.settled_workloads import unsettled_workloads

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Found", "unsettled"]

Json = dict[str, Any]

_ENDS = frozenset({"Active", "Expired", "Revoked", "Failed"})
_WAITS = frozenset({"CredentialSuspended", "CredentialNotFound", "TokenLimitReached"})
_ONE_TIME = "access.pharia.ai/one-time-token"
_RECENT = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What there is at a moment: `now` on the run's clock, `date` on the wall."""

    tokens: Sequence[Json]
    secrets: Sequence[Json]
    now: float
    date: datetime
    workloads: Sequence[Json] = ()


def unsettled(found: Found, history: History, *, verifiers: Sequence[str]) -> list[str]:
    """What is not as it should be in the end."""
    by_uid = {token["metadata"]["uid"]: token for token in found.tokens}
    left = [told for token in found.tokens if (told := _stuck(token))]
    left += [told for secret in found.secrets if (told := _left_over(secret, by_uid, found.date))]
    left += unsettled_workloads(found.workloads, found.tokens, found.secrets)
    return left + [told for life in history.lives for name in verifiers if (told := _misjudged(life, name, found.now))]


def _stuck(token: Json) -> str:
    metadata, spec, status = token["metadata"], token["spec"], token.get("status", {})
    phase, name = status.get("phase"), metadata["name"]
    reason = _ready_reason(token)
    if status.get("observedGeneration") != metadata["generation"]:
        return f"{name}: nobody has seen its last change"
    if spec.get("revoked") and phase not in {"Revoked", "Expired", "Failed"}:
        return f"{name}: revoked, and says {phase}"
    if phase not in _ENDS and reason not in _WAITS:
        return f"{name}: stuck in {phase} ({reason})"
    return ""


def _ready_reason(token: Json) -> str:
    conditions = token.get("status", {}).get("conditions", ())
    return next((str(condition["reason"]) for condition in conditions if condition["type"] == "Ready"), "")


def _left_over(secret: Json, tokens: dict[str, Json], date: datetime) -> str:
    if secret.get("type") != _ONE_TIME:
        return ""
    name = secret["metadata"]["name"]
    token = tokens.get(base64.b64decode(secret["data"]["tokenUID"]).decode())
    if token is None:
        return f"Secret {name}: its token is gone"
    status, reason = token.get("status", {}), _ready_reason(token)
    delivery = status.get("delivery")
    if delivery is None and reason in _WAITS:
        return ""  # of a mint that a crash cut short, and that is finished with this Secret once it may go on
    if delivery is None or delivery["secretUID"] != secret["metadata"]["uid"] or delivery["state"] != "Available":
        return f"Secret {name}: its token says {status.get('phase')} ({reason}), {delivery}"
    if datetime.fromisoformat(delivery["deadline"]) < date:
        return f"Secret {name}: its window ended at {delivery['deadline']}"
    return ""


def _misjudged(life: Life, verifier: str, now: float) -> str:
    recent = [answer.status for answer in life.answers if answer.verifier == verifier][-_RECENT:]
    standing = life.standing(now, bound=0)
    wanted = {Standing.GOOD: HTTPStatus.OK, Standing.DEAD: HTTPStatus.UNAUTHORIZED}.get(standing)
    if wanted is None or (len(recent) == _RECENT and set(recent) == {wanted}):
        return ""
    return f"{life.name} ({life.uid}) is {standing.name}, and {verifier} answers {recent}"
