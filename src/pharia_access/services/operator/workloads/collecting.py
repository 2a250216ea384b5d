"""Takes away the one-time Secret of a token whose text is in the kept Secret: we are its reader."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pharia_access.domain.model import DeliveryState, ObjectKey, Token
from pharia_access.services.operator.ports import Ports

__all__ = ["Collecting"]

REMEMBERED: Final = timedelta(days=1)
"""So long a one-time Secret may stand at most; later nobody asks any more."""


class Collecting:
    """Remembers what it took away, until the token's status says so.

    Args:
        on_collected: told of the ApiToken and of its Secret's UID.
    """

    def __init__(self, ports: Ports, on_collected: Callable[[ObjectKey, str], None]) -> None:
        self._secrets, self._clock = ports.secrets, ports.clock
        self._on_collected = on_collected
        self._taken: dict[str, datetime] = {}

    async def take(self, child: Token) -> None:
        """Delete the one-time Secret that the child's status records. Raises the leaves of ApiError."""
        delivery = child.status.delivery
        if delivery is None:
            return
        secret = ObjectKey(child.key.namespace, delivery.secret_name)
        await self._secrets.delete_secret(secret, delivery.secret_uid)
        now = self._clock.now()
        self._taken = {uid: until for uid, until in self._taken.items() if until > now}
        self._taken[delivery.secret_uid] = now + REMEMBERED
        self._on_collected(child.key, delivery.secret_uid)

    def foreseen(self, child: Token) -> Token:
        """Return the child as its status will be: its Secret is gone, and that is not noted yet."""
        delivery = child.status.delivery
        if delivery is None or delivery.secret_uid not in self._taken:
            return child
        collected = replace(delivery, state=DeliveryState.COLLECTED)
        return replace(child, status=replace(child.status, delivery=collected))
