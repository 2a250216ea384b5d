"""A bounded memory of what was noted lately."""

from collections import OrderedDict

__all__ = ["Lately"]


class Lately:
    """When what was noted last. Beyond `most` the one noted longest ago is forgotten.

    Args:
        most: entries.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._noted: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._noted)

    def is_over(self, name: str, now: float, interval: float) -> bool:
        """Note `name`, unless it was noted within the interval before `now`. Tell whether it was noted now."""
        if 0 <= now - self._noted.get(name, float("-inf")) < interval:
            return False
        self._noted[name] = now
        self._noted.move_to_end(name)
        if len(self._noted) > self._most:
            self._noted.popitem(last=False)
        return True
