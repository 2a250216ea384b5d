"""Argon2id off the event loop: a few threads, and whoever comes when they are busy waits in line."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from pharia_access.domain.proof import ProofParameters, prove
from pharia_access.domain.token import TokenText

__all__ = ["ThreadedHasher"]


class ThreadedHasher:
    """Answers the Hasher port. argon2-cffi lets go of the interpreter's lock while it works.

    Args:
        parameters: what one hash costs.
        threads: how many are made at once; each takes `parameters.memory_kib` of memory.
        observe: told the seconds of each hash.
    """

    def __init__(self, parameters: ProofParameters, *, threads: int, observe: Callable[[float], None]) -> None:
        self._parameters = parameters
        self._observe = observe
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="argon2")

    async def prove(self, text: TokenText) -> str:
        """The PHC string of a token's text."""
        seconds, phc = await asyncio.get_running_loop().run_in_executor(self._pool, self._timed, text)
        self._observe(seconds)
        return phc

    def close(self) -> None:
        """End the threads; what is being made is finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _timed(self, text: TokenText) -> tuple[float, str]:
        began = perf_counter()
        phc = prove(text, self._parameters)
        return perf_counter() - began, phc
