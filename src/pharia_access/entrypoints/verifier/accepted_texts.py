"""Texts that were accepted before: what they rested on need not be looked up and proved again, only judged again.

Found by a keyed digest of the value of `Authorization`, so that no token is kept. What is remembered is which token the
text is, and the answers that it got; whether that still holds is asked of the index each time. Nothing that was refused
is remembered.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from pharia_access.domain.keyring import KEY_BYTES, Digester
from pharia_access.entrypoints.verifier.answers import Answer
from pharia_access.services.verifier import Accepted

__all__ = ["AcceptedText", "AcceptedTexts"]

_MOST: Final = 16_384
"""How many of each generation: some megabytes, where each is of another token."""
_MOST_ANSWERS: Final = 8
"""Of a text; further ones are made each time."""


@dataclass(frozen=True, slots=True)
class AcceptedText:
    """A text that was accepted.

    Attributes:
        answers: by what was asked; each says nothing but what `accepted` does.
    """

    accepted: Accepted
    answers: dict[object, Answer] = field(default_factory=dict)

    def answer_by(self, asked: object, answer: Answer) -> None:
        """Give this answer when the same is asked again."""
        if len(self.answers) < _MOST_ANSWERS:
            self.answers[asked] = answer


class AcceptedTexts:
    """Bounded by two generations: when the younger is full, the older is dropped whole."""

    def __init__(self, *, most: int = _MOST) -> None:
        self._most = most
        self.digest = Digester(secrets.token_bytes(KEY_BYTES)).digest
        """Of a value, for the other methods."""
        self._young: dict[bytes, AcceptedText] = {}
        self._old: dict[bytes, AcceptedText] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, digest: bytes) -> AcceptedText | None:
        """What is known of the text."""
        known = self._young.get(digest)
        if known is None and digest in self._old:
            known = self._old[digest]
            self.remember(digest, known)
        return known

    def remember(self, digest: bytes, text: AcceptedText) -> None:
        """Keep it in place of what was known of the text."""
        self._old.pop(digest, None)
        if len(self._young) >= self._most:
            self._young, self._old = {}, self._young
        self._young[digest] = text
