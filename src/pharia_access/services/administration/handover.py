"""How far a token came on its way to a person: what is left to do depends on it, wherever it breaks off."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from pharia_access.domain.administration.next_steps import CollectToken, CollectUncertain, DeleteSecret, Step
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AccessError, NotFoundError
from pharia_access.services.administration.collecting import CollectError, NotMintedYetError
from pharia_access.services.administration.progress import BrokenOff, Progress

__all__ = ["Handover", "Stage", "leaving_steps"]


class Stage(Enum):
    """How far it came."""

    NOTHING = auto()
    """Nothing was asked of the API server."""
    REQUESTED = auto()
    """The token was sent, and no answer came."""
    CREATED = auto()
    """The token is there, and its secret is not handed over."""
    HANDED_OVER = auto()
    """The secret is where it was to go; the one-time Secret may still be there."""
    DONE = auto()
    """The one-time Secret was deleted."""


@dataclass(slots=True)
class Handover:
    """A token on its way.

    Attributes:
        deadline: until when its secret can be collected.
        afterwards: what is left to do once the secret is collected.
    """

    token: ObjectKey
    stage: Stage = Stage.NOTHING
    secret_name: str = ""
    deadline: datetime | None = None
    afterwards: tuple[Step, ...] = ()

    def next_steps(self) -> tuple[Step, ...]:
        """What goes on from here; nothing where nothing was begun."""
        return () if self.stage is Stage.NOTHING else (*self._of_secret(), *self.afterwards)

    def _of_secret(self) -> tuple[Step, ...]:
        match self.stage:
            case Stage.REQUESTED:
                return (CollectUncertain(self.token),)
            case Stage.CREATED:
                return (CollectToken(self.token, self.deadline),)
            case Stage.HANDED_OVER:
                secret = ObjectKey(self.token.namespace, self.secret_name)
                return (DeleteSecret(secret, self.token, self.deadline),)
            case Stage.NOTHING | Stage.DONE:
                return ()


@contextmanager
def leaving_steps(handover: Handover, progress: Progress) -> Iterator[None]:
    """Let whatever breaks off say what is left to do: an error by its `next_steps`, an interruption by an event."""
    try:
        yield
    except NotFoundError:
        raise  # there is no token: nothing to go on with
    except AccessError as error:
        if not isinstance(error, CollectError) or isinstance(error, NotMintedYetError):
            error.next_steps = (*error.next_steps, *handover.next_steps())
        raise
    except asyncio.CancelledError:
        if left := handover.next_steps():
            progress.happened(BrokenOff(left))
        raise
