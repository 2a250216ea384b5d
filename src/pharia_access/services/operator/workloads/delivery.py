"""Writes a token's text into the Secret that a workload reads: blind, as a whole, and never an older one.

Before the write the status is read once more: a leader that stood still must see that others went on without it. What a
look and that read cannot see, admission refuses: a revision that is not later than the one in the Secret.
"""

from enum import Enum, auto

from pharia_access.domain.api_values import OneTimeSecret
from pharia_access.domain.lifecycle.workload.decisions import Deliver, Sight
from pharia_access.domain.model import ObjectKey, Token
from pharia_access.domain.token import TokenText
from pharia_access.domain.workload import WorkloadToken
from pharia_access.services.operator.workloads.ports import Workloads
from pharia_access.services.ports import Secrets

__all__ = ["Delivery", "Outcome"]


class Outcome(Enum):
    """How a delivery went."""

    THERE = auto()
    """The text is in the Secret."""
    TEXT_GONE = auto()
    """Nobody can have the text any more: others took the one-time Secret, or its window closed."""
    CHANGED = auto()
    """Somebody wrote the object meanwhile: begin anew."""
    FOREIGN = auto()
    """The Secret is somebody else's."""


class Delivery:
    """Use from the reconciler, one delivery a WorkloadToken at a time."""

    def __init__(self, workloads: Workloads, secrets: Secrets) -> None:
        self._workloads = workloads
        self._secrets = secrets

    async def deliver(self, workload: WorkloadToken, decision: Deliver) -> Outcome:
        """Write the child's text, unless it is there already.

        Raises AlreadyExistsError, NotFoundError: the Secret came or went meanwhile, so begin anew; ForbiddenError,
        InvalidError: it is refused.
        """
        revision = decision.pending.revision
        sight = await self._workloads.look(workload, revision)
        if sight is Sight.HELD:
            exact = await self._workloads.look(workload, revision + 1) is Sight.OLDER
            return Outcome.THERE if exact else Outcome.FOREIGN
        if sight is Sight.FOREIGN:
            return Outcome.FOREIGN
        text = await self._text_of(decision.child)
        if text is None:
            return Outcome.TEXT_GONE
        if not await self._is_unchanged(workload):
            return Outcome.CHANGED
        if sight is Sight.GONE:
            await self._workloads.create_kept(workload, revision, text)
        else:
            await self._workloads.replace_kept(workload, revision, text)
        return Outcome.THERE

    async def _text_of(self, child: Token) -> TokenText | None:
        """The text in the child's one-time Secret; None if that is gone, or another's."""
        delivery = child.status.delivery
        if delivery is None:
            return None
        sighting = await self._secrets.inspect_secret(ObjectKey(child.key.namespace, delivery.secret_name))
        if not isinstance(sighting, OneTimeSecret) or not sighting.immutable or sighting.text is None:
            return None
        is_its_own = (sighting.uid, sighting.token_uid) == (delivery.secret_uid, child.uid)
        return sighting.text if is_its_own and sighting.text.token_id == child.status.token_id else None

    async def _is_unchanged(self, workload: WorkloadToken) -> bool:
        again = await self._workloads.read_workload(workload.key)
        return (again.uid, again.resource_version) == (workload.uid, workload.resource_version)
