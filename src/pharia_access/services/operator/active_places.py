"""Which places of `maxTokens` are taken: one by each active token, but one by all of a WorkloadToken together.

A token that replaces another one is active beside it until that one ends; counted apart, a credential with one place
could never have its token replaced.
"""

from collections import Counter

from pharia_access.domain.model import ObjectKey

__all__ = ["ActivePlaces"]

_ALONE = ""


class ActivePlaces:
    """Each active token takes once, and frees as it took. `keeper`: the UID of its WorkloadToken, or empty."""

    def __init__(self) -> None:
        self._tokens: dict[ObjectKey, Counter[str]] = {}  # by credential: active tokens by WorkloadToken

    def take(self, credential: ObjectKey, keeper: str) -> None:
        """Count a token that became active."""
        self._tokens.setdefault(credential, Counter())[keeper] += 1

    def free(self, credential: ObjectKey, keeper: str) -> None:
        """Count it no longer."""
        tokens = self._tokens[credential]
        tokens[keeper] -= 1
        if not tokens[keeper]:
            del tokens[keeper]
        if not tokens:
            del self._tokens[credential]

    def taken(self, credential: ObjectKey) -> int:
        """Count the places that are taken."""
        tokens = self._tokens.get(credential, Counter())
        alone = tokens[_ALONE]
        return alone + len(tokens) - (alone > 0)

    def has(self, credential: ObjectKey, keeper: str) -> bool:
        """Whether this WorkloadToken has one of them."""
        return keeper != _ALONE and keeper in self._tokens.get(credential, Counter())
