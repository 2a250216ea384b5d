"""What the administration shows and judges of a WorkloadToken: total, so that one which breaks a rule can be listed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import Reason

__all__ = ["HeldToken", "PendingToken", "WorkloadSummary"]

_AT_WORK: Final = frozenset({"", Reason.CURRENT, Reason.ROTATING, Reason.RENEWAL_OVERDUE, Reason.TOKEN_ENDED})
"""What does not keep it from making a token: that one is late or over is what it works on."""


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A token that is in the Secret, or was there and has not ended yet."""

    name: str
    revision: int = 0
    token_id: str = ""
    delivered: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class PendingToken:
    """A token that is on its way into the Secret. `why`: what made the operator begin, such as `Renewal`."""

    name: str
    why: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class WorkloadSummary:
    """A WorkloadToken at a glance.

    Attributes:
        seen: the generation of the spec that the operator has worked on; `generation` is the one that is there.
        secret: the name of the Secret that holds the current token, under `entry`.
        ttl: of each token, as it is written; `renew_before` too. Empty where the defaults hold.
        rotate: the text whose change asks for a new token; `obeyed` is the one that the operator last obeyed.
        replaced: tokens that were in the Secret and have not ended yet, the latest first.
        lost: how many tokens were lost on their way, or with the Secret.
        reason: of its condition Ready; `message` is that condition's sentence.
        in_use: what the condition PreviousInUse says where it is true: a replaced token is still used.
        stalled: what the condition Stalled says where it is true: waiting does not help.
        git: what declares it from Git; empty for nothing.
    """

    key: ObjectKey
    uid: str
    credential: str
    created: datetime | None
    generation: int = 0
    seen: int = 0
    secret: str = ""
    entry: str = "token"
    ttl: str = ""
    renew_before: str = ""
    rotate: str = ""
    obeyed: str = ""
    suspended: bool = False
    deleting: bool = False
    revision: int = 0
    current: HeldToken | None = None
    pending: PendingToken | None = None
    replaced: tuple[HeldToken, ...] = ()
    renews: datetime | None = None
    lost: int = 0
    ready: str = ""
    reason: str = ""
    message: str = ""
    in_use: str = ""
    stalled: str = ""
    git: str = ""

    @property
    def state(self) -> str:
        """In a word: what its condition Ready says, or that it is leaving or not seen yet."""
        if self.deleting:
            return "Deleting"
        return self.reason or ("Suspended" if self.suspended else "Pending")

    @property
    def hindered(self) -> bool:
        """Whether the operator says that it makes no new token now."""
        return bool(self.stalled) or self.reason not in _AT_WORK

    @property
    def held(self) -> int:
        """The revision that the Secret holds; 0 for none."""
        return 0 if self.current is None else self.current.revision
