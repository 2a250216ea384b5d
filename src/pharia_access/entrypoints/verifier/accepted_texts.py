"""Remember accepted texts, so that a repeated text is judged again without being parsed and verified again.

The key is a keyed digest of the question and of the value of `Authorization`, so that the cache holds no token. The
entry is the token's record and the answer. The index tells each time whether the answer still holds. The cache holds
no denied text.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from pharia_access.domain.keyring import KEY_BYTES, Digester
from pharia_access.entrypoints.verifier.answers import HttpAnswer
from pharia_access.services.verifier.authorizer import Contract
from pharia_access.services.verifier.verifier import Allowed

__all__ = ["AcceptedTexts", "EarlyAnswer"]

_MOST: Final = 16_384
"""The most texts in each generation."""
_MOST_BYTES: Final = 8 * 1024 * 1024
"""The most bytes of answers in each generation: an answer with the names of 16 roles may have 1.4 KiB."""


@dataclass(slots=True)
class EarlyAnswer:
    """An answer, and the verdict that it rests on. Not frozen: a request may make one, and `frozen` costs time.

    Attributes:
        accepted: None where the request was denied.
    """

    answer: HttpAnswer
    contract: Contract
    accepted: Allowed | None = None


class AcceptedTexts:
    """A cache of two generations. When the younger is full, the cache drops the older.

    One token has many spellings (blanks, the scheme's case), so the bytes of answers are bounded too.

    Args:
        most: texts of each generation.
        most_bytes: of their answers.
    """

    def __init__(self, *, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._young_bytes = 0
        self.digest = Digester(secrets.token_bytes(KEY_BYTES)).digest
        """Makes the keys for the other methods."""
        self._young: dict[bytes, EarlyAnswer] = {}
        self._old: dict[bytes, EarlyAnswer] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, digest: bytes) -> EarlyAnswer | None:
        """Return the entry of the text."""
        known = self._young.get(digest)
        if known is None and digest in self._old:
            known = self._old[digest]
            self.remember(digest, known)
        return known

    def remember(self, digest: bytes, text: EarlyAnswer) -> None:
        """Replace the entry of the text."""
        self._old.pop(digest, None)
        if len(self._young) >= self._most or self._young_bytes >= self._most_bytes:
            self._young, self._old, self._young_bytes = {}, self._young, 0
        self._young[digest] = text
        self._young_bytes += len(text.answer.wire)
