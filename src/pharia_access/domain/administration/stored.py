"""Objects of ours as the API server has them, and the rights to them: values that cross the administration's port."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

__all__ = ["Json", "Right", "Stored", "StoredPage"]

S = TypeVar("S")
Json = dict[str, Any]

_NOUNS: Final = {"WorkloadToken": "workload token"}


@dataclass(frozen=True, slots=True)
class Stored(Generic[S]):
    """An object: its body as it is stored, and what is understood of it.

    Attributes:
        sum_up: from the body to the summary. Not done before somebody asks: long lists may only be printed.
    """

    body: Json
    sum_up: Callable[[Json], S]

    @property
    def summary(self) -> S:
        """What is understood of it."""
        return self.sum_up(self.body)

    @property
    def finalizers(self) -> tuple[str, ...]:
        """What holds it after it was deleted."""
        return tuple(self.body.get("metadata", {}).get("finalizers") or ())

    @property
    def label(self) -> str:
        """The object in a sentence: `token ci`, `workload token app`."""
        kind = self.body["kind"]
        return f"{_NOUNS.get(kind, kind.removeprefix('Api').lower())} {self.body['metadata']['name']}"


@dataclass(frozen=True, slots=True)
class StoredPage(Generic[S]):
    """A part of a list.

    Attributes:
        left: how many objects are still to come, as far as the API server tells.
    """

    items: list[Stored[S]]
    left: int = 0


@dataclass(frozen=True, slots=True)
class Right:
    """A verb on one of our resources: `bind` on `apiroles/studio-user`, `create` on `apicredentials/token`.

    Attributes:
        core: whether the resource is one of Kubernetes' own instead, such as `secrets`.
    """

    verb: str
    resource: str
    name: str = ""
    subresource: str = ""
    core: bool = False
