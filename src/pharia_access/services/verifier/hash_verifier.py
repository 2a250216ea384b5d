"""Verify tokens by Argon2id, where no key of the keyring covers them. Argon2id is slow, so everything has a bound.

A few threads of low priority do the work. Requests with the same text share one verification. Few texts for each ID may
wait, and few in all; further ones are refused. The verifier remembers a text that failed for a while, by its keyed
digest, so that a repeated forgery costs nothing. The caller remembers a text that holds, with the record.
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
    """Bounds of the slow work.

    Attributes:
        threads: verifications at a time; each takes the memory that its hash names.
        waiting: verifications that wait or run, over all tokens.
        per_token: the same for one ID, so that forgeries of one token leave places for the others.
    """

    threads: int = 1
    waiting: int = 40
    per_token: int = 4

    @property
    def doubtful(self) -> int:
        """The number of likely forgeries that may wait or run, one for each ID: half the places stay free."""
        return max(1, self.waiting // 2)


class HashVerifier:
    """Tells whether a text matches a hash. Use from one event loop.

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
        """The number of verifications that wait or run."""
        return len(self._flights)

    async def verify(self, phc: str, text: TokenText, *, digest: bytes, doubtful: bool = False) -> bool:
        """Tell whether the hash is of this text. `digest` stands for the text, under a key of this process.

        `doubtful`: the text is likely a forgery, since a known key does not match it. Fewer of those may wait.

        Raises:
            OverloadedError: too many verifications wait.
            HashError: the hash cannot be used.
        """
        if (phc, digest) in self._failed:
            return False
        flight = self._flights.get((phc, digest)) or self._start(phc, text, digest, doubtful=doubtful)
        # Shielded: a client that gives up must not cancel the verification for the others.
        return await asyncio.shield(flight)

    def close(self) -> None:
        """End the threads, after the verifications that run now."""
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
        flight.add_done_callback(_retrieve_error)
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


def _retrieve_error(flight: "asyncio.Task[bool]") -> None:
    """Retrieve the error: asyncio would log an error that nobody retrieves, with its traceback."""
    if not flight.cancelled():
        flight.exception()
