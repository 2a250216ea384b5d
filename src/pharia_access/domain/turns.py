"""What waits, taken in turns by namespace: however much one has, another's is next but one."""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

__all__ = ["Shares", "Turns"]

T = TypeVar("T")

FEW: Final = 4
"""With more pieces of work than this, waiting or under way, a namespace is a crowd."""

HEEDED_SECONDS: Final = 2.0
"""How long crowds hold back after somebody with few asked: who creates one object mostly creates another."""

MOST_REST_SECONDS: Final = 1.0
"""A crowd rests no longer than this for each crowd there is: where requests hang, we are not what is busy."""

LIGHT_SECONDS: Final = 0.1
"""Work that took longer is not light, whatever it is: the machine, or the API server, has no room."""

LIGHT_REST: Final = 1 / 4
"""What the only crowd rests after light work, in times of what it took."""

LIGHT_WORKERS: Final = 2
"""How many workers the only crowd has at a time as long as its work is light; else it has one."""

LONGEST_REST_SECONDS: Final = 10.0
"""Nor longer than this, however many crowds there are: who shares out the workers bounds them all together."""


def _always(_: object) -> bool:
    return True


class _Line(Generic[T]):
    """What waits in one namespace. Where some goes ahead, every second one is of the others: nobody waits for ever."""

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
    """First come, first served within a namespace, but for what goes ahead."""

    def __init__(self) -> None:
        self._queues: dict[str, _Line[T]] = {}  # the first one's turn is next
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, namespace: str, item: T, *, ahead: bool = False) -> None:
        """Put it behind the others of its namespace, or of those of them that go ahead: no other namespace waits."""
        self._queues.setdefault(namespace, _Line()).append(item, ahead=ahead)
        self._length += 1

    def take(self, *, may: Callable[[str], bool] = _always, waits: Callable[[T], bool] = _always) -> T | None:
        """The next item of a namespace that `may` have its turn; what no longer `waits` is dropped on the way."""
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
        """Take off the last item of the namespace that has most: where there is no room, it is who gives way."""
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
    """Who holds back: a crowd, which is a namespace with more than `FEW` pieces of work, while one with few asks.

    Moments are seconds that only grow.
    """

    def __init__(self) -> None:
        self._has: Counter[str] = Counter()
        self._crowds: set[str] = set()
        self._light: set[str] = set()  # crowds whose last work was
        self._heeded: OrderedDict[str, float] = OrderedDict()  # no crowds; who asked last is last

    def came(self, namespace: str) -> None:
        """It has one more piece of work."""
        self._has[namespace] += 1
        if self._has[namespace] > FEW:
            self._crowds.add(namespace)
            self._heeded.pop(namespace, None)

    def went(self, namespace: str) -> None:
        """It has one less: that is done."""
        self._has[namespace] -= 1
        if self._has[namespace] <= FEW:
            self._crowds.discard(namespace)
            self._light.discard(namespace)
        if not self._has[namespace]:
            del self._has[namespace]

    def asked(self, namespace: str, now: float) -> None:
        """Somebody there waits for something. For a crowd nobody else holds back."""
        if namespace not in self._crowds:
            self._heeded[namespace] = now
            self._heeded.move_to_end(namespace)

    def holds_back(self, namespace: str, now: float) -> bool:
        """Whether it is to have few workers at most, and to rest after each piece of work."""
        return self._somebody_asked(now) and namespace in self._crowds

    def workers(self, namespace: str) -> int:
        """How many it may have at a time where it holds back."""
        return LIGHT_WORKERS if self._is_light(namespace) else 1

    def crowds_among(self, namespaces: Iterable[str]) -> int:
        """How many of these are crowds."""
        return sum(namespace in self._crowds for namespace in namespaces)

    def seconds_left(self, now: float) -> float | None:
        """In how many seconds crowds no longer hold back, if nobody asks until then; None where none does."""
        if not (self._somebody_asked(now) and self._crowds):
            return None
        return next(reversed(self._heeded.values())) + HEEDED_SECONDS - now

    def rest(self, namespace: str, took: float, now: float, *, light: bool = False) -> float:
        """Seconds that it rests after work which took so long.

        All crowds together take the time of one worker, as long as nobody rests longer than 10 s for that. After
        `light` work, low priority and no mint, a crowd that is the only one rests for less.
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
        """Whether crowds are to hold back; forgets whoever asked long ago."""
        while self._heeded and next(iter(self._heeded.values())) <= now - HEEDED_SECONDS:
            self._heeded.popitem(last=False)
        return bool(self._heeded)
