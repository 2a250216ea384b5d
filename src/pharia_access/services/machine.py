"""The services' view of their machine: time, randomness and hashing. Tests use fakes."""

from datetime import datetime
from typing import Protocol

from pharia_access.domain.token import TokenText

__all__ = ["Clock", "Entropy", "Hasher"]


class Clock(Protocol):
    """Source of time."""

    def now(self) -> datetime:
        """Return the wall clock in UTC."""
        ...

    def monotonic(self) -> float:
        """Return monotonic seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Entropy(Protocol):
    """Random bytes of the system's generator."""

    def __call__(self, count: int, /) -> bytes:
        """Return `count` random bytes."""
        ...


class Hasher(Protocol):
    """Argon2id off the event loop, bounded."""

    async def hash_token(self, text: TokenText, *, namespace: str, patient: bool = False) -> str:
        """Return the PHC string of a token's text. Namespaces take turns; `patient` callers leave room to others."""
        ...
