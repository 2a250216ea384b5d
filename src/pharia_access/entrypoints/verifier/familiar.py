"""Requests that came before, byte for byte: what they say need not be parsed and proved again, only judged again.

A gateway's connection says the same for each request with the same token: nginx, set up as the how-to has it, sends
nothing else that varies. What is remembered is what bytes mean, and what they rested on when they were accepted;
whether that still holds is asked of the index each time. Nothing that was refused is remembered.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from pharia_access.domain.keyring import KEY_BYTES, Digester
from pharia_access.services.gate import Contract
from pharia_access.services.verifier import Accepted

__all__ = ["LONGEST", "Familiar", "FamiliarRequests"]

LONGEST: Final = 2048
"""Bytes of a request that is remembered; the digest of a longer one would cost as much as its parsing."""

_MOST: Final = 16_384
"""How many of each generation: some megabytes, where each is of another token."""


@dataclass(frozen=True, slots=True)
class Familiar:
    """A request that was accepted.

    Attributes:
        wire: the answer, which says nothing but what `accepted` does.
    """

    contract: Contract
    accepted: Accepted
    wire: bytes

    @property
    def last_wire(self) -> bytes:
        """The answer, where it is the connection's last. It has no body."""
        return self.wire.removesuffix(b"\r\n") + b"connection: close\r\n\r\n"


class FamiliarRequests:
    """Finds a request by a keyed digest of its bytes, so that no token is kept and nobody can make two alike.

    Bounded by two generations: when the younger is full, the older is dropped whole.
    """

    def __init__(self, *, most: int = _MOST) -> None:
        self._most = most
        self.digest = Digester(secrets.token_bytes(KEY_BYTES)).digest
        """Of a request's bytes, for the other methods."""
        self._young: dict[bytes, Familiar] = {}
        self._old: dict[bytes, Familiar] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, digest: bytes) -> Familiar | None:
        """What is known of the request."""
        known = self._young.get(digest)
        if known is None and digest in self._old:
            known = self._old[digest]
            self.remember(digest, known)
        return known

    def remember(self, digest: bytes, familiar: Familiar) -> None:
        """Keep it in place of what was known of the request."""
        self._old.pop(digest, None)
        if len(self._young) >= self._most:
            self._young, self._old = {}, self._young
        self._young[digest] = familiar
