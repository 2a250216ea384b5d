"""Fairness between namespaces: they take turns, so that much work in one does not delay the work of another."""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

__all__ = ["Shares", "Turns"]

T = TypeVar("T")

FEW: Final = 4
"""A namespace with more work than this, waiting or in progress, is a crowd."""

HEEDED_SECONDS: Final = 2.0
"""How long crowds hold back after a request of a small namespace. A second request often follows the first."""

MOST_REST_SECONDS: Final = 1.0
"""The longest rest of a crowd, for each crowd there is. Work that takes longer waits for answers and is not busy."""

LIGHT_SECONDS: Final = 0.1
"""Work that took longer is never light: the machine or the API server is busy."""

LIGHT_REST: Final = 1 / 4
"""The rest of the only crowd after light work, as a share of the time that the work took."""

LIGHT_WORKERS: Final = 2
"""The number of workers of the only crowd while its work is light. Otherwise a crowd has one."""

LONGEST_REST_SECONDS: Final = 10.0
"""The longest rest, however many crowds there are. The work queue bounds the workers of all crowds together."""


def _always(_: object) -> bool:
    return True


class _Line(Generic[T]):
    """The items of one namespace. If some go ahead, every second item is another one: no item waits for ever."""

    def __init__(self) -> None:
        self._ahead: deque[T] = deque()
        self._others: deque[T] = deque()
        self._last_was_ahead = False

    def __len__(self) -> int:
        return len(self._ahead) + len(self._others)

    def append(self, item: T, *, ahead: bool) -> None:
        (self._ahead if ahead else self._others).append(item)

    def popleft(self) -> T:
        self._last_was_ahead = bool(self._ahead) and not (self._last_was_ahead and self._others)
        return (self._ahead if self._last_was_ahead else self._others).popleft()

    def pop(self) -> T:
        return (self._others or self._ahead).pop()


class Turns(Generic[T]):
    """Items by namespace. Namespaces take turns; within one, items go first in, first out, except those `ahead`."""

    def __init__(self) -> None:
        self._queues: dict[str, _Line[T]] = {}  # the first namespace has the next turn
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, namespace: str, item: T, *, ahead: bool = False) -> None:
        """Add an item at the end of its namespace, or with `ahead` behind the others that go ahead there."""
        self._queues.setdefault(namespace, _Line()).append(item, ahead=ahead)
        self._length += 1

    def take(self, *, may: Callable[[str], bool] = _always, waits: Callable[[T], bool] = _always) -> T | None:
        """Take the next item of a namespace that `may` have a turn. Items that no longer `waits` are dropped."""
        while (namespace := next(filter(may, self._queues), None)) is not None:
            queue = self._queues.pop(namespace)
            while queue:
                item = queue.popleft()
                self._length -= 1
                if waits(item):
                    if queue:
                        self._queues[namespace] = queue
                    return item
        return None

    def shorten_the_longest(self) -> T | None:
        """Remove the last item of the namespace with the most items, to make room."""
        if not self._queues:
            return None
        namespace = max(self._queues, key=lambda name: len(self._queues[name]))
        queue = self._queues[namespace]
        item = queue.pop()
        self._length -= 1
        if not queue:
            del self._queues[namespace]
        return item


class Shares:
    """Decides which namespaces hold back: crowds do, while a small namespace asks for something. See `FEW`.

    `now` is in seconds of a clock that never goes back.
    """

    def __init__(self) -> None:
        self._has: Counter[str] = Counter()
        self._crowds: set[str] = set()
        self._light: set[str] = set()  # crowds whose last work was light
        self._heeded: OrderedDict[str, float] = (
            OrderedDict()
        )  # when each small namespace asked last; the latest at the end

    def came(self, namespace: str) -> None:
        """Note that the namespace has one more piece of work."""
        self._has[namespace] += 1
        if self._has[namespace] > FEW:
            self._crowds.add(namespace)
            self._heeded.pop(namespace, None)

    def went(self, namespace: str) -> None:
        """Note that a piece of work of the namespace is done."""
        self._has[namespace] -= 1
        if self._has[namespace] <= FEW:
            self._crowds.discard(namespace)
            self._light.discard(namespace)
        if not self._has[namespace]:
            del self._has[namespace]

    def asked(self, namespace: str, now: float) -> None:
        """Note that somebody in the namespace waits for something. Nobody holds back for a crowd."""
        if namespace not in self._crowds:
            self._heeded[namespace] = now
            self._heeded.move_to_end(namespace)

    def holds_back(self, namespace: str, now: float) -> bool:
        """Return whether the namespace must hold back: few workers, and a rest after each piece of work."""
        return self._somebody_asked(now) and namespace in self._crowds

    def workers(self, namespace: str) -> int:
        """Return how many workers the namespace may have while it holds back."""
        return LIGHT_WORKERS if self._is_light(namespace) else 1

    def crowds_among(self, namespaces: Iterable[str]) -> int:
        """Return how many of these namespaces are crowds."""
        return sum(namespace in self._crowds for namespace in namespaces)

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds until crowds stop holding back, if nobody asks until then. None if no crowd holds back."""
        if not (self._somebody_asked(now) and self._crowds):
            return None
        return next(reversed(self._heeded.values())) + HEEDED_SECONDS - now

    def rest(self, namespace: str, took: float, now: float, *, light: bool = False) -> float:
        """Return the seconds that the namespace rests after work that `took` so long.

        All crowds together use the time of one worker, unless that takes rests of more than 10 s. The only crowd
        rests for less after `light` work, which has low priority and is no mint.
        """
        if not self.holds_back(namespace, now):
            return 0.0
        (self._light.add if light and took <= LIGHT_SECONDS else self._light.discard)(namespace)
        if self._is_light(namespace):
            return took * LIGHT_REST
        return min(LONGEST_REST_SECONDS, min(MOST_REST_SECONDS, took) * len(self._crowds))

    def _is_light(self, namespace: str) -> bool:
        return namespace in self._light and len(self._crowds) == 1

    def _somebody_asked(self, now: float) -> bool:
        """Return whether crowds hold back, and forget old requests."""
        while self._heeded and next(iter(self._heeded.values())) <= now - HEEDED_SECONDS:
            self._heeded.popitem(last=False)
        return bool(self._heeded)
