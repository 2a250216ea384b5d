"""Texts that were accepted before: what they rested on need not be looked up and proved again, only judged again.

Found by a keyed digest of what was asked and of the value of `Authorization`, so that no token is kept. What is
remembered is which token the text is, and the answer; whether that still holds is asked of the index each time. Nothing
that was refused is remembered.
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
"""How many of each generation."""
_MOST_BYTES: Final = 8 * 1024 * 1024
"""Of the answers of each generation, as they are sent: one with the names of 16 roles may have 1.4 KiB."""


@dataclass(slots=True)
class EarlyAnswer:
    """An answer, and what it rests on. Not frozen, since it may be made for each request, and that costs.

    Attributes:
        accepted: None where the request was refused; else the answer says nothing but what this does.
    """

    answer: HttpAnswer
    contract: Contract
    accepted: Allowed | None = None


class AcceptedTexts:
    """Bounded by two generations: when the younger is full, the older is dropped whole.

    One token has more spellings than may be remembered (blanks, the scheme's case), so answers are bounded in bytes.

    Args:
        most: texts of each generation.
        most_bytes: of their answers.
    """

    def __init__(self, *, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._young_bytes = 0
        self.digest = Digester(secrets.token_bytes(KEY_BYTES)).digest
        """Of what is asked and who asks, for the other methods."""
        self._young: dict[bytes, EarlyAnswer] = {}
        self._old: dict[bytes, EarlyAnswer] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, digest: bytes) -> EarlyAnswer | None:
        """What is known of the text."""
        known = self._young.get(digest)
        if known is None and digest in self._old:
            known = self._old[digest]
            self.remember(digest, known)
        return known

    def remember(self, digest: bytes, text: EarlyAnswer) -> None:
        """Keep it in place of what was known of the text."""
        self._old.pop(digest, None)
        if len(self._young) >= self._most or self._young_bytes >= self._most_bytes:
            self._young, self._old, self._young_bytes = {}, self._young, 0
        self._young[digest] = text
        self._young_bytes += len(text.answer.wire)
