"""What is left to do once the text in a Secret is another token's: who must restart, and when the token before ends."""

from dataclasses import dataclass
from typing import Protocol

from pharia_access.domain.administration.next_steps import EndToken, RestartWorkloads, Step
from pharia_access.domain.administration.secret_workloads import SecretWorkloads
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.token_rotation import USUAL_OVERLAP, is_later
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ApiError
from pharia_access.services.administration.context import Context

__all__ = ["Overwritten", "Workloads", "after_overwriting"]


class Workloads(Protocol):
    """The workloads of namespaces, as far as whoever asks may list them."""

    async def readers_of(self, secret: ObjectKey) -> SecretWorkloads:
        """Find the workloads that read the Secret. Never fails."""
        ...


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A Secret whose token was replaced.

    Attributes:
        before: the token that it held; None if that is gone, or may not be read.
    """

    secret: ObjectKey
    before: TokenSummary | None
    next_steps: tuple[Step, ...]


async def after_overwriting(context: Context, workloads: Workloads, secret: ObjectKey, before: str) -> Overwritten:
    """Look who reads the Secret, and when the token ends that it held. Never fails: the token is handed over."""
    readers = await workloads.readers_of(secret)
    old = await _token(context, ObjectKey(secret.namespace, before))
    steps: tuple[Step, ...] = (RestartWorkloads(secret, readers.workloads, readers.certain),)
    if old is not None and old.active and is_later(old, context.clock.now() + USUAL_OVERLAP):
        steps = (*steps, EndToken(old.key, USUAL_OVERLAP))
    return Overwritten(secret, old, steps)


async def _token(context: Context, key: ObjectKey) -> TokenSummary | None:
    try:
        return (await context.objects.read(TokenSummary, key)).summary
    except ApiError:
        return None
