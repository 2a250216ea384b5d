"""Argon2id for the verifier: where no key of the keyring covers a token. Slow, so bounded in every direction.

A few threads of low priority; the same text is proved once however many ask; few different texts for one ID and few
in all may wait, the others are turned away. A text that failed is remembered for a while, by its keyed digest, so that
repeating a forgery costs nothing; a text that holds is remembered by the caller, with the record.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from pharia_access.domain.token import TokenText
from pharia_access.errors import OverloadedError
from pharia_access.services.threads import patient_pool

__all__ = ["HashVerifier", "HashVerifierLimits"]

_REMEMBERED_FAILURES = 4096


@dataclass(frozen=True, slots=True)
class HashVerifierLimits:
    """How much slow work there may be.

    Attributes:
        threads: proofs at a time; each takes the memory that its hash names.
        waiting: proofs that wait or run, over all tokens.
        per_token: the same for one ID, so that forgeries of one token leave room for the others.
    """

    threads: int = 1
    waiting: int = 40
    per_token: int = 4

    @property
    def doubtful(self) -> int:
        """How many texts that are likely forgeries may wait or run, one for each ID: they leave room for the others."""
        return max(1, self.waiting // 2)


class HashVerifier:
    """Answers whether a text is a record's. Use from one event loop.

    Args:
        matches: `domain.argon2id.verify_hash`.
    """

    def __init__(self, matches: Callable[[str, TokenText], bool], limits: HashVerifierLimits) -> None:
        self._matches = matches
        self._limits = limits
        self._pool = patient_pool(limits.threads, name="argon2")
        self._flights: dict[tuple[str, bytes], asyncio.Task[bool]] = {}
        self._per_token: Counter[str] = Counter()
        self._failed: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many proofs wait or run."""
        return len(self._flights)

    async def verify(self, phc: str, text: TokenText, *, digest: bytes, doubtful: bool = False) -> bool:
        """Whether the hash is of this text. `digest` stands for the text, under a key of this process.

        `doubtful`: it is likely a forgery, since a key at hand does not prove it; fewer of those may wait.

        Raises:
            OverloadedError: too much waits already.
            HashError: the hash cannot be used.
        """
        if (phc, digest) in self._failed:
            return False
        flight = self._flights.get((phc, digest)) or self._start(phc, text, digest, doubtful=doubtful)
        # Shielded: who gives up waiting must not end it for the others.
        return await asyncio.shield(flight)

    def close(self) -> None:
        """End the threads; what is being proved is finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self, phc: str, text: TokenText, digest: bytes, *, doubtful: bool) -> "asyncio.Task[bool]":
        most, each = self._limits.waiting, self._limits.per_token
        if doubtful:
            most, each = self._limits.doubtful, 1
        if len(self._flights) >= most or self._per_token[text.token_id] >= each:
            msg = "too many slow checks wait"
            raise OverloadedError(msg)
        self._per_token[text.token_id] += 1
        flight = asyncio.create_task(self._verify_hash(phc, text, digest))
        self._flights[phc, digest] = flight
        flight.add_done_callback(_look_at)
        return flight

    async def _verify_hash(self, phc: str, text: TokenText, digest: bytes) -> bool:
        try:
            holds = await asyncio.get_running_loop().run_in_executor(self._pool, self._matches, phc, text)
        finally:
            del self._flights[phc, digest]
            self._per_token -= Counter({text.token_id: 1})
        if not holds:
            self._failed[phc, digest] = None
            if len(self._failed) > _REMEMBERED_FAILURES:
                self._failed.popitem(last=False)
        return holds


def _look_at(flight: "asyncio.Task[bool]") -> None:
    """Nobody may be waiting any more: an error that nobody looks at would be logged, with its traceback."""
    if not flight.cancelled():
        flight.exception()
