"""A new token's secret on its way to a person: wait for it, read it, and, once it is safe with them, delete it.

The one-time Secret goes last, so that whatever breaks off before leaves a token that can still be collected.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, Protocol

from pharia_access.domain.administration.collection_state import Collectable, Unavailable, collection_state
from pharia_access.domain.administration.next_steps import RevokeToken, RotateToken, Step
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.backoff import Backoff
from pharia_access.domain.deletions import Deletion, Held, named
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token import TokenText
from pharia_access.errors import AccessError
from pharia_access.services.ports import Clock

__all__ = ["CollectError", "Collector", "Deliveries", "NotMintedYetError"]

_POLLING: Final = Backoff(first=0.1, longest=2.0)


class CollectError(AccessError):
    """A secret cannot be collected; the text says why, `next_steps` what can be done."""

    def __init__(self, message: str, *next_steps: Step) -> None:
        super().__init__(message)
        self.next_steps = next_steps


class NotMintedYetError(CollectError):
    """It may be collected later."""


class Deliveries(Protocol):
    """One-time Secrets, with the rights of whoever collects."""

    async def read(self, key: ObjectKey) -> OneTimeSecret | ForeignSecret | None:
        """Read what has that name."""
        ...

    async def delete(self, key: ObjectKey, uid: str) -> Deletion:
        """Delete that very Secret, and see whether it still stands."""
        ...


class Collector:
    """Collects secrets.

    Args:
        read_token: reads an ApiToken live.
    """

    def __init__(
        self, read_token: Callable[[ObjectKey], Awaitable[TokenSummary]], deliveries: Deliveries, clock: Clock
    ) -> None:
        self._read_token = read_token
        self._deliveries = deliveries
        self._clock = clock

    async def wait(self, key: ObjectKey, *, wait_timeout: timedelta, tell: Callable[[str], None]) -> TokenSummary:
        """Wait until the secret is there. `tell` hears why it is not.

        Raises CollectError where it never will be, and NotMintedYetError after `wait_timeout`.
        """
        deadline, looks = self._clock.now() + wait_timeout, 0
        while True:
            token = await self._read_token(key)
            answer = collection_state(token)
            if isinstance(answer, Collectable):
                return token
            if isinstance(answer, Unavailable):
                msg = f"The secret of token {key.name} cannot be collected: {answer.why}"
                raise CollectError(msg, *answer.next_steps)
            if self._clock.now() >= deadline:
                msg = f"Token {key.name} is not minted yet: {answer.why}"
                raise NotMintedYetError(msg)
            tell(answer.why)
            looks += 1
            await self._clock.sleep(_POLLING.after(looks))

    async def read(self, token: TokenSummary) -> tuple[OneTimeSecret, TokenText]:
        """Read its secret, if the Secret is the very one that the operator delivered. Raises CollectError."""
        key = ObjectKey(token.key.namespace, token.secret_name)
        secret = await self._deliveries.read(key)
        if secret is None:
            msg = f"The token {token.key.name} was already collected: its Secret {key.name} is gone"
            raise CollectError(msg, RotateToken(token.key))
        if isinstance(secret, ForeignSecret) or secret.uid != token.secret_uid or secret.text is None:
            msg = f"The Secret {key.name} is not the Secret that the operator delivered: do not use it"
            raise CollectError(msg, RevokeToken(token.key))
        if secret.held is not None:
            msg = (
                f"The Secret {key.name} is being deleted already: somebody collected {token.key.name}, or its window "
                f"ended. It still exists because of {named(secret.held.finalizers)}"
            )
            raise CollectError(msg, RotateToken(token.key))
        return secret, secret.text

    async def finish(self, secret: OneTimeSecret) -> Held | None:
        """Delete the one-time Secret; gone already is as good. Returns why it still stands, None where it does not."""
        return (await self._deliveries.delete(secret.key, secret.uid)).held
