"""What the services need of the machine they run on: the time, randomness and a hash. Tests bring fakes."""

from datetime import datetime
from typing import Protocol

from pharia_access.domain.token import TokenText

__all__ = ["Clock", "Entropy", "Hasher"]


class Clock(Protocol):
    """The only way to the time."""

    def now(self) -> datetime:
        """The wall clock in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Entropy(Protocol):
    """Random bytes of the system's generator."""

    def __call__(self, count: int, /) -> bytes:
        """`count` random bytes."""
        ...


class Hasher(Protocol):
    """Argon2id off the event loop, bounded."""

    async def hash_token(self, text: TokenText, *, namespace: str, patient: bool = False) -> str:
        """The PHC string of a token's text. Where many wait, namespaces take turns; `patient` leaves room to others."""
        ...
