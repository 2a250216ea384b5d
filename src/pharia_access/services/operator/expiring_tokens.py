"""The tokens that end soon and have no successor, counted by namespace as they come and go.

A successor is a token that was created later, is active, and names the other one in a label. It counts as well once it
ends soon itself.
"""

from collections import Counter
from collections.abc import Mapping

from pharia_access.domain.model import ObjectKey

__all__ = ["ExpiringTokens"]


class ExpiringTokens:
    """Each token is put in once, and removed as it was put in. Times are POSIX times of creation."""

    def __init__(self) -> None:
        self._soon: dict[ObjectKey, float] = {}
        self._successors: dict[ObjectKey, dict[ObjectKey, float]] = {}
        self._unattended: set[ObjectKey] = set()
        self._counts: Counter[str] = Counter()

    def counts(self) -> Mapping[str, int]:
        """Count them by namespace; a namespace that has none is left out."""
        return dict(self._counts)

    def put(self, key: ObjectKey, created: float, *, replaces: str, soon: bool) -> None:
        """Take an active token. `replaces`: the name of the token that this one is to replace, or empty."""
        if soon:
            self._soon[key] = created
            self._settle(key)
        if replaces:
            old = ObjectKey(key.namespace, replaces)
            self._successors.setdefault(old, {})[key] = created
            self._settle(old)

    def remove(self, key: ObjectKey, *, replaces: str) -> None:
        """Forget a token."""
        if self._soon.pop(key, None) is not None:
            self._settle(key)
        if replaces:
            old = ObjectKey(key.namespace, replaces)
            self._successors[old].pop(key)
            if not self._successors[old]:
                del self._successors[old]
            self._settle(old)

    def is_succeeded(self, key: ObjectKey, created: float) -> bool:
        """Whether a token that was created then has a successor."""
        return any(later > created for later in self._successors.get(key, {}).values())

    def _settle(self, key: ObjectKey) -> None:
        """Count the token, or no longer, as things stand now."""
        created = self._soon.get(key)
        unattended = created is not None and not self.is_succeeded(key, created)
        if unattended is (key in self._unattended):
            return
        if unattended:
            self._unattended.add(key)
            self._counts[key.namespace] += 1
            return
        self._unattended.remove(key)
        self._counts[key.namespace] -= 1
        if not self._counts[key.namespace]:
            del self._counts[key.namespace]
