"""A plan: what a use case is about to do, before anything is changed. A face shows it, asks, and has it carried out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pharia_access.errors import AccessError

if TYPE_CHECKING:
    from pharia_access.domain.administration.next_steps import Step

__all__ = ["BlockedError", "MalformedError", "MissingError", "Plan"]


class BlockedError(AccessError):
    """Something stands in the way, and nothing was changed; the text says what, `next_steps` what to do."""

    def __init__(self, message: str, *next_steps: "Step") -> None:
        super().__init__(message)
        self.next_steps = next_steps


class MalformedError(BlockedError):
    """What was asked has not the form that it must have, whatever the cluster holds."""


class MissingError(BlockedError):
    """What was named is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a person should see before it is carried out.

    Attributes:
        notes: what is as it should be already, and stays.
        warnings: what to mind, and nothing to ask about.
        consequences: what will break.
        question: to be answered with yes first; empty where nothing is to be asked.
        next_steps: what mends that of which `warnings` warn.
    """

    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    question: str = ""
    next_steps: tuple["Step", ...] = ()
