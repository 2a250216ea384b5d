"""How much a part of the operator holds in memory, counted over everything that it keeps."""

from collections import deque
from collections.abc import Iterator, Mapping, MutableMapping, Sized
from types import ModuleType

__all__ = ["remembered"]

_OURS = "pharia_access.services."
_KEPT = (MutableMapping, set, list, deque)


def remembered(part: object) -> int:
    """The entries of all collections that this object of ours holds, and that objects of ours in it hold."""
    return sum(map(len, _kept_by(part, set())))


def _kept_by(part: object, seen: set[int]) -> Iterator[Sized]:
    if id(part) in seen or isinstance(part, type | ModuleType):
        return
    seen.add(id(part))
    if isinstance(part, _KEPT):
        yield part
    elif type(part).__module__.startswith(_OURS):
        for value in _attributes(part).values():
            yield from _kept_by(value, seen)


def _attributes(part: object) -> Mapping[str, object]:
    slots = {name: getattr(part, name) for name in getattr(type(part), "__slots__", ()) if hasattr(part, name)}
    return {**slots, **getattr(part, "__dict__", {})}
