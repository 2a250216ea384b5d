"""Remember accepted texts, so that a repeated text is judged again without being parsed and verified again.

The key is a keyed digest of the question and of the value of `Authorization`, so that the cache holds no token. The
entry is the token's record and the answer. The index tells each time whether the answer still holds. The cache holds
no denied text.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from pharia_access.entrypoints.verifier.answers import HttpAnswer
from pharia_access.services.verifier.authorizer import Contract
from pharia_access.services.verifier.generations import Generations
from pharia_access.services.verifier.verifier import Allowed

__all__ = ["AcceptedTexts", "EarlyAnswer"]

_KEY_BYTES: Final = 64
"""A whole block of SHA-256, which is worked off once."""
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


class AcceptedTexts(Generations[EarlyAnswer]):
    """The accepted texts. One token has many spellings (blanks, the scheme's case), so the answers' bytes are bounded.

    Args:
        most: texts of each generation.
        most_bytes: of their answers.
    """

    def __init__(self, *, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        super().__init__(most=most, most_weight=most_bytes)
        self._template = hashlib.sha256(secrets.token_bytes(_KEY_BYTES))

    def digest(self, data: bytes) -> bytes:
        """Make the key for the other methods: SHA-256 of a secret block and the bytes.

        With a processor's instructions for it, the kilobyte of a ServiceAccount's token takes a third less time than by
        BLAKE2b. Nobody sees a digest, so that one cannot be extended.
        """
        keyed = self._template.copy()
        keyed.update(data)
        return keyed.digest()

    def weight(self, entry: EarlyAnswer) -> int:
        """Return the bytes of its answer."""
        return len(entry.answer.wire)
