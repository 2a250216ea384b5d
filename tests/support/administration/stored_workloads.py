"""WorkloadTokens and their tokens as they are stored, and an operator that is played while somebody waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pharia_access.domain.times import format_time
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW, TEXT
from tools.control_plane.resources import api_token

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEPT", "PlayedOperator", "a_child", "a_workload", "delivered", "refused"]

Json = dict[str, Any]

KEPT = "invoice-bot-app"
"""Its name."""


def a_workload(name: str = KEPT, *, status: Json | None = None, generation: int = 1, **spec: object) -> Json:
    """A WorkloadToken under invoice-bot whose Secret is invoice-bot; as it was delivered, unless `status` says else."""
    wanted = {"credentialRef": {"name": "invoice-bot"}, "secret": {"name": "invoice-bot"}, **spec}
    return {
        "apiVersion": "access.pharia.ai/v1alpha1",
        "kind": "WorkloadToken",
        "metadata": {"name": name, "namespace": "finance", "generation": generation},
        "spec": wanted,
        "status": delivered(name, 7) if status is None else status,
    }


def delivered(name: str, revision: int, **status: object) -> Json:
    """Its status with that revision in the Secret, and the one before still good."""
    token = {"tokenID": TEXT.token_id, "expiresAt": format_time(NOW + timedelta(days=30))}
    before = {**token, "name": f"{name}-{revision - 1}", "revision": revision - 1, "uid": "u"}
    before["expiresAt"] = format_time(NOW + timedelta(days=8))
    current = {**token, "name": f"{name}-{revision}", "revision": revision, "uid": f"uid-of-{name}-{revision}"}
    return {
        "observedGeneration": 1,
        "revision": revision,
        "current": {**current, "deliveredAt": format_time(NOW - timedelta(hours=2)), "issuedAt": format_time(NOW)},
        "replaced": [before] if revision > 1 else [],
        "renewsAt": format_time(NOW + timedelta(days=20)),
        "binding": {"name": "invoice-bot"},
        "conditions": [_condition("Ready", "True", "Current", "the Secret holds a good token")],
        **status,
    }


def a_child(revision: int, name: str = KEPT, **status: Any) -> Json:  # noqa: ANN401 - a field each
    """An active ApiToken that the WorkloadToken keeps."""
    child = an_active_token(api_token("finance", f"{name}-{revision}"), **status)
    child["metadata"] |= {
        "labels": {"access.pharia.ai/workload-token": name},
        "ownerReferences": [
            {
                "apiVersion": "access.pharia.ai/v1alpha1",
                "kind": "WorkloadToken",
                "name": name,
                "uid": "w",
                "controller": True,
            }
        ],
    }
    return child


def refused(name: str, reason: str, message: str, revision: int = 7) -> Json:
    """Its status where the operator makes no token, and why."""
    return delivered(name, revision, conditions=[_condition("Ready", "True", reason, message)])


@dataclass(slots=True)
class PlayedOperator(FakeObjects):
    """Objects beside which an operator writes a WorkloadToken's status, a step each time somebody sleeps.

    Attributes:
        steps: each from the object as it is to the status that is written.
    """

    steps: list[Callable[[Json], Json]] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        await FakeObjects.sleep(self, seconds)
        if self.steps:
            body = self.body("WorkloadToken", KEPT)
            self.put({**body, "status": self.steps.pop(0)(body)})


def _condition(kind: str, status: str, reason: str, message: str) -> Json:
    said = {"type": kind, "status": status, "reason": reason, "message": message}
    return {**said, "lastTransitionTime": format_time(NOW)}
