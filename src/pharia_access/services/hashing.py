"""Argon2id off the event loop: a few threads. Who comes when they are busy waits; namespaces take turns."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from pharia_access.domain.proof import ProofParameters, prove
from pharia_access.domain.token import TokenText
from pharia_access.domain.turns import Turns

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
        self._free = threads
        self._waiting: Turns[asyncio.Future[None]] = Turns()

    async def prove(self, text: TokenText, *, namespace: str) -> str:
        """The PHC string of a token's text; `namespace` is whose turn it is."""
        await self._turn(namespace)
        try:
            seconds, phc = await asyncio.get_running_loop().run_in_executor(self._pool, self._timed, text)
        finally:
            self._next()
        self._observe(seconds)
        return phc

    def close(self) -> None:
        """End the threads; what is being made is finished, and who waits is cancelled."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        while (waiting := self._waiting.take()) is not None:
            waiting.cancel()

    async def _turn(self, namespace: str) -> None:
        """Wait for a thread, which is then ours."""
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(namespace, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was just given to us
                self._next()
            raise

    def _next(self) -> None:
        """Hand a thread on."""
        turn = self._waiting.take(waits=lambda waiting: not waiting.done())
        if turn is None:
            self._free += 1
        else:
            turn.set_result(None)

    def _timed(self, text: TokenText) -> tuple[float, str]:
        began = perf_counter()
        phc = prove(text, self._parameters)
        return perf_counter() - began, phc
