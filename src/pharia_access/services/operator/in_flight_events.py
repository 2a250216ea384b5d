"""What events show of a token while it is worked on: it waits until the work is done, but for its end."""

from pharia_access.domain.model import ObjectKey, Token
from pharia_access.services.operator.cluster_cache import is_newer
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue

__all__ = ["InFlightEvents"]


class InFlightEvents:
    """Mostly it is an echo of our own write, ahead of its answer: it would ask for work that is being done."""

    def __init__(self, queue: WorkQueue) -> None:
        self._queue = queue
        self._held: dict[ObjectKey, Token] = {}
        self._gone: dict[ObjectKey, set[str]] = {}

    def hold(self, token: Token) -> bool:
        """Whether the token is worked on; then its newest state is kept for `release`."""
        if not self._queue.is_running(WorkItem("token", token.key)):
            return False
        held = self._held.get(token.key)
        if held is None or is_newer(token.resource_version, held.resource_version):
            self._held[token.key] = token
        return True

    def note_gone(self, key: ObjectKey, uid: str | None) -> None:
        """A token was deleted; where a read found none (None), one created since may be held."""
        if uid is None:
            return
        held = self._held.get(key)
        if held is not None and held.uid == uid:
            del self._held[key]
        if self._queue.is_running(WorkItem("token", key)):
            self._gone.setdefault(key, set()).add(uid)

    def is_gone(self, token: Token) -> bool:
        """Whether the token was deleted since the work on it began: an answer to a write may come after that news."""
        return token.uid in self._gone.get(token.key, ())

    def release(self, key: ObjectKey) -> Token | None:
        """What was held of a token, now that the work on it is done."""
        self._gone.pop(key, None)
        return self._held.pop(key, None)
