"""The port to the Events about an object, with the rights of whoever asks."""

from collections.abc import Sequence
from typing import Protocol

from pharia_access.domain.administration.object_event import ObjectEvent
from pharia_access.domain.model import ObjectKey

__all__ = ["Events"]


class Events(Protocol):
    """Events, as long as Kubernetes keeps them: an hour, unless the cluster says otherwise."""

    async def about(self, key: ObjectKey, uid: str) -> Sequence[ObjectEvent]:
        """Those about the very object of that UID, the oldest first. Raises ForbiddenError."""
        ...
