"""What Kubernetes noted about an object: an Event, in the few words that a person reads."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["ObjectEvent"]


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    """An Event.

    Attributes:
        reason: such as `Issued`.
        message: its sentence.
        at: when it happened last; None where nobody noted that.
        count: how often.
    """

    reason: str
    message: str
    at: datetime | None = None
    count: int = 1
