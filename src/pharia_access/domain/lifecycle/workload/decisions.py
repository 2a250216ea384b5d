"""The input of a WorkloadToken's rules, and the decisions that they may return."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.model import Credential, Policy, Token
from pharia_access.domain.workload import Pending, WorkloadStatus, WorkloadToken

__all__ = [
    "Answers",
    "AskServer",
    "CollectSecret",
    "Create",
    "Decision",
    "Deliver",
    "DropChild",
    "InSync",
    "Observed",
    "Sight",
    "WriteStatus",
]


class Sight(Enum):
    """What a dry run tells of the Secret that is kept, against a revision. Its content is never shown."""

    GONE = auto()
    """There is none of that name."""
    OLDER = auto()
    """It is of our type, and holds an older revision."""
    HELD = auto()
    """It holds this revision, or a later one."""
    FOREIGN = auto()
    """It is somebody else's: of another type, or immutable."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the API server answered to the dry runs before a number is given.

    Attributes:
        refusal: why the ApiToken would be refused; empty if it would be created.
        sight: of the Secret, against the number that would be given.
    """

    refusal: str
    sight: Sight


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that the rules may look at.

    Attributes:
        children: the ApiTokens that this very object controls, by name.
        settle: how long a token is known to verifiers before it is delivered.
        rival: the WorkloadToken that keeps the same Secret and came first; empty if there is none.
        slot_free: whether `maxTokens` leaves a place.
        secret: what a look at the Secret found, against the current revision; None if nobody looked.
        answers: to the dry runs of this round; None before they were made.
        refuse_issued_before: the moment up to which a restored cluster's tokens are void.
    """

    workload: WorkloadToken
    children: Mapping[str, Token]
    credential: Credential | None
    policy: Policy
    settle: timedelta
    credential_invalid: bool = False
    guards_objection: str = ""
    rival: str = ""
    slot_free: bool = True
    secret: Sight | None = None
    answers: Answers | None = None
    refuse_issued_before: datetime | None = None

    @property
    def current_child(self) -> Token | None:
        """The ApiToken of the Secret's text; None if it is gone."""
        current = self.workload.status.current
        return None if current is None else self._child(current.name, current.uid)

    @property
    def pending_child(self) -> Token | None:
        """The ApiToken that is being made; None if it is not there, or no longer."""
        pending = self.workload.status.pending
        return None if pending is None else self._child(pending.name, pending.uid)

    def _child(self, name: str, uid: str | None) -> Token | None:
        child = self.children.get(name)
        return child if child is not None and uid in {None, child.uid} else None


@dataclass(frozen=True, slots=True)
class InSync:
    """Do nothing until `recheck_at` (None: until something changes)."""

    recheck_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AskServer:
    """Ask by dry runs whether the ApiToken of this name may be created, and whose the Secret is."""

    name: str
    revision: int


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Write this status, and tell people."""

    status: WorkloadStatus
    notices: tuple[EventMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class Create:
    """Create the ApiToken whose number is reserved, or adopt it."""

    pending: Pending


@dataclass(frozen=True, slots=True)
class Deliver:
    """Write the child's text into the Secret, and then that it is there."""

    pending: Pending
    child: Token


@dataclass(frozen=True, slots=True)
class CollectSecret:
    """Delete the one-time Secret of a text that is in the kept Secret."""

    child: Token


@dataclass(frozen=True, slots=True)
class DropChild:
    """Delete an ApiToken that ended long ago, or whose text nobody shall use; tell people of the second."""

    child: Token
    notices: tuple[EventMessage, ...] = field(default=())


Decision = InSync | AskServer | WriteStatus | Create | Deliver | CollectSecret | DropChild
