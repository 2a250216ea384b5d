"""What a use case of the administration is given: its context, a listener and a destination that keep what they get."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.deletions import Deletion
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AccessError
from pharia_access.kube.administration.summarized_objects import SummarizedObjects
from pharia_access.services.administration.context import Context
from tests.support.administration.fake_objects import FakeObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pharia_access.domain.administration.summaries import TokenSummary
    from pharia_access.domain.token import TokenText
    from pharia_access.services.administration.progress import Event

__all__ = ["FakeDestination", "Heard", "context_of"]


class _Secrets:
    """The Secrets of these objects: its `read` is another."""

    def __init__(self, objects: FakeObjects) -> None:
        self._objects = objects

    async def read(self, key: ObjectKey) -> OneTimeSecret | ForeignSecret | None:
        return self._objects.secrets.get(key)

    async def delete(self, key: ObjectKey, uid: str) -> Deletion:
        deletion: Deletion = await self._objects.delete(key, uid)
        return deletion


@dataclass(slots=True)
class Heard:
    """Answers `Progress`: keeps what it hears."""

    events: list[Event] = field(default_factory=list)
    lists: list[tuple[str, int, int]] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)

    @contextmanager
    def listing(self, noun: str) -> Iterator[Callable[[int, int], None]]:
        yield lambda found, left: self.lists.append((noun, found, left))

    @contextmanager
    def waiting(self, token: ObjectKey) -> Iterator[Callable[[str], None]]:
        yield self.waits.append

    def happened(self, event: Event) -> None:
        self.events.append(event)


@dataclass(slots=True)
class FakeDestination:
    """Takes secrets, unless it fails."""

    taken: list[tuple[str, TokenText]] = field(default_factory=list)
    failing: AccessError | None = None

    async def check(self) -> None:
        """Always takes one."""

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        if self.failing is not None:
            raise self.failing
        self.taken.append((token.key.name, text))


def context_of(objects: FakeObjects, progress: Heard | None = None, *, dry_run: bool = False) -> Context:
    """The use cases' place, in the namespace finance; new names end in e4f5a."""
    json: Any = objects
    return Context(
        objects=SummarizedObjects(json),
        deliveries=_Secrets(objects),
        clock=objects,
        namespace="finance",
        letters=lambda: "e4f5a",
        progress=progress or Heard(),
        dry_run=dry_run,
    )
