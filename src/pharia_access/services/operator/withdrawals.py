"""The one-time Secrets that statuses record: looked for, taken away, and not called gone while they still stand."""

import logging

from pharia_access.domain.deletions import Held, named
from pharia_access.domain.lifecycle.decisions import SecretCleanup, WriteStatus
from pharia_access.domain.lifecycle.token_status import is_withheld
from pharia_access.domain.model import DeliveryState, ObjectKey, Token
from pharia_access.errors import ForbiddenError, InvalidError
from pharia_access.services.operator.minting import Minting
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.probes import Probes

__all__ = ["Withdrawals"]

log = logging.getLogger(__name__)


class Withdrawals:
    """One call at a time per token: the work queue sees to it."""

    def __init__(self, ports: Ports, *, minting: Minting, probes: Probes) -> None:
        self._secrets, self._clock = ports.secrets, ports.clock
        self._minting = minting
        self._probes = probes
        self._own_deletions: dict[ObjectKey, str] = {}  # UIDs of Secrets that we deleted, until statuses say so
        self._held: dict[ObjectKey, Held] = {}

    def begin(self, key: ObjectKey) -> None:
        """A token is looked at anew: what still stood before may be gone."""
        self._held.pop(key, None)

    def held(self, key: ObjectKey) -> Held | None:
        """Why the Secret that was taken away since `begin` still stands; None where it does not."""
        return self._held.get(key)

    def status_was_written(self, key: ObjectKey) -> None:
        """A token's status says what became of its Secret, or the token is gone."""
        self._own_deletions.pop(key, None)

    def end(self, key: ObjectKey) -> Held | None:
        """Nothing is left to do or to say of a token: forget it. Returns why its Secret still stands, if it does."""
        self.status_was_written(key)
        return self._held.pop(key, None)

    async def is_missing(self, token: Token) -> bool:
        """Looked for where a probe missed it, and once more when its window ends. What we deleted, no reader did."""
        delivery = token.status.delivery
        if delivery is None or delivery.state is not DeliveryState.AVAILABLE or is_withheld(token.status):
            return False
        if delivery.secret_uid == self._own_deletions.get(token.key):
            return False
        over = delivery.deadline <= self._clock.now()
        if not over and not self._probes.is_missing(delivery.secret_uid):
            return False
        secret = ObjectKey(token.key.namespace, delivery.secret_name)
        try:
            return not await self.is_there(secret, delivery.secret_uid)
        except (ForbiddenError, InvalidError):
            # It may be refused for good, as by a webhook that takes no dry run: no Secret outlives its window by that.
            if not over:
                raise
            return False

    async def is_there(self, secret: ObjectKey, uid: str) -> bool:
        """Whether that very one-time Secret exists."""
        sighting = await self._secrets.inspect_secret(secret)
        return getattr(sighting, "uid", None) == uid

    async def take_away(self, token: Token, decision: WriteStatus) -> bool:
        """Delete what must go; False where it still stands, and the decision is not so: `held` says why then.

        Where the recorded Secret is gone, a leader that lost a race may have left another.
        """
        delivery, after = token.status.delivery, decision.status.delivery
        leftover = decision.cleanup is SecretCleanup.DELETE_LEFTOVER
        held = None
        if decision.cleanup is SecretCleanup.DELETE_RECORDED and delivery is not None:
            secret = ObjectKey(token.key.namespace, delivery.secret_name)
            self._own_deletions[token.key] = delivery.secret_uid
            deletion = await self._secrets.delete_secret(secret, delivery.secret_uid)
            held, leftover = deletion.held, not deletion.found
        elif delivery is not None and after is not None:
            leftover = leftover or delivery.state is not after.state is DeliveryState.COLLECTED
        if leftover:
            stray = await self.delete_leftover(token)
            held = stray if decision.cleanup is SecretCleanup.DELETE_LEFTOVER else None
        if held is not None:
            self._held[token.key] = held
        return held is None

    async def delete_leftover(self, token: Token) -> Held | None:
        """As `Minting` does; what still stands is told in the log, too: maybe no status is left to say so."""
        held = await self._minting.delete_leftover(token)
        if held is not None:
            _log_held(ObjectKey(token.key.namespace, token.spec.secret_name), held)
        return held

    async def delete_orphan(self, secret: ObjectKey, uid: str) -> None:
        """Delete the Secret of a token that is gone; what still stands goes with its last finalizer."""
        deletion = await self._secrets.delete_secret(secret, uid)
        if deletion.held is not None:
            _log_held(secret, deletion.held)


def _log_held(secret: ObjectKey, held: Held) -> None:
    log.warning(
        "the Secret of a token that is over was deleted and still stands",
        extra={"object": str(secret), "heldBy": named(held.finalizers)},
    )
