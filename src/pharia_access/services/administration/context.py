"""What a use case works with: the two ports, the clock, and whoever listens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pharia_access.services.administration.objects import Objects
from pharia_access.services.administration.progress import Progress, SilentProgress
from pharia_access.services.ports import Clock

if TYPE_CHECKING:
    from pharia_access.services.administration.collecting import Deliveries

__all__ = ["Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """The place of a use case.

    Attributes:
        namespace: the one that it is about.
        letters: five random letters for the end of a new name.
        dry_run: whether the API server judges every write, and keeps none.
    """

    objects: Objects
    deliveries: "Deliveries"
    clock: Clock
    namespace: str
    letters: Callable[[], str]
    progress: Progress = field(default_factory=SilentProgress)
    dry_run: bool = False
