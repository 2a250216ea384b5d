"""Kubernetes conditions: metav1.Condition as a value, and the rules for changing a list of them.

The rules are those of `SetStatusCondition` in k8s.io/apimachinery and of the Kubernetes API conventions
("Typical status properties"). Which conditions there are, and why, is not decided here.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pharia_access.domain.times import whole_seconds
from pharia_access.errors import InvalidObjectError

__all__ = ["Condition", "ConditionStatus", "find", "is_true", "with_condition", "without"]

ConditionStatus = Literal["True", "False", "Unknown"]

_MAX_MESSAGE = 32768
_MAX_REASON = 1024
_REASON = re.compile(r"[A-Za-z](?:[A-Za-z0-9_,:]*[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Condition:
    """One aspect of an object's state.

    Attributes:
        reason: one CamelCase word for programs, at most 1024 characters.
        message: a sentence for people; cut to 32768 characters.
        observed_generation: the `metadata.generation` that was judged.
        last_transition_time: when the status last changed; cut to whole seconds, in UTC.

    Raises:
        InvalidObjectError: the reason is one that the API server would refuse, or the time has no zone.
    """

    type: str
    status: ConditionStatus
    reason: str
    message: str
    observed_generation: int
    last_transition_time: datetime

    def __post_init__(self) -> None:
        if len(self.reason) > _MAX_REASON or not _REASON.fullmatch(self.reason):
            msg = f"the reason of condition {self.type} must be one CamelCase word"
            raise InvalidObjectError(msg)
        object.__setattr__(self, "message", self.message[:_MAX_MESSAGE])
        object.__setattr__(self, "last_transition_time", whole_seconds(self.last_transition_time))


def with_condition(conditions: tuple[Condition, ...], new: Condition) -> tuple[Condition, ...]:
    """Return the conditions with `new` in place of the condition of its type, or at the end.

    Give `new` the present moment as its last transition. It is kept only where the status changes: otherwise
    the old time stays, so that a list in which nothing changed comes out equal and need not be written.
    """
    old = find(conditions, new.type)
    if old is None:
        return (*conditions, new)
    if old.status == new.status:
        new = replace(new, last_transition_time=old.last_transition_time)
    return tuple(new if condition.type == new.type else condition for condition in conditions)


def without(conditions: tuple[Condition, ...], type_: str) -> tuple[Condition, ...]:
    """Return the conditions without the one of this type."""
    return tuple(condition for condition in conditions if condition.type != type_)


def find(conditions: tuple[Condition, ...], type_: str) -> Condition | None:
    """Return the condition of this type, or None."""
    return next((condition for condition in conditions if condition.type == type_), None)


def is_true(conditions: tuple[Condition, ...], type_: str) -> bool:
    """Return whether the condition of this type exists and is True; Unknown is not."""
    found = find(conditions, type_)
    return found is not None and found.status == "True"
