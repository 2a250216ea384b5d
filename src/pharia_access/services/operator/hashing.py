"""Argon2id off the event loop: a few threads. Who comes when they are busy waits; namespaces take turns.

Where there are two threads or more, what is patient is made at low priority, and leaves one to the rest. A single
thread keeps its priority: on a busy machine the rest would wait until a slow hash has ended.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from pharia_access.domain.argon2id import Argon2Parameters, hash_token
from pharia_access.domain.token import TokenText
from pharia_access.domain.turns import Turns
from pharia_access.services.threads import patient_pool

__all__ = ["ThreadedHasher"]

_PATIENT: Final = ""
"""All that is patient shares the turns of one namespace."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One that waits for a thread."""

    whose: str
    given: asyncio.Future[None]


class ThreadedHasher:
    """Answers the Hasher port. argon2-cffi lets go of the interpreter's lock while it works.

    Args:
        parameters: what one hash costs.
        threads: how many are made at once; each takes `parameters.memory_kib` of memory.
        observe: told the seconds of each hash.
    """

    def __init__(self, parameters: Argon2Parameters, *, threads: int, observe: Callable[[float], None]) -> None:
        self._parameters = parameters
        self._observe = observe
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="argon2")
        self._patient_pool = patient_pool(threads, name="argon2-patient") if threads > 1 else self._pool
        self._free = threads
        self._free_for_patient = max(1, threads - 1)
        self._waiting: Turns[_Turn] = Turns()

    async def hash_token(self, text: TokenText, *, namespace: str, patient: bool = False) -> str:
        """The PHC string of a token's text; `namespace` is whose turn it is."""
        whose, pool = (_PATIENT, self._patient_pool) if patient else (namespace, self._pool)
        await self._turn(whose)
        try:
            seconds, phc = await asyncio.get_running_loop().run_in_executor(pool, self._timed, text)
        finally:
            self._give_back(whose)
        self._observe(seconds)
        return phc

    def close(self) -> None:
        """End the threads; what is being made is finished, and who waits is cancelled."""
        for pool in (self._pool, self._patient_pool):
            pool.shutdown(wait=False, cancel_futures=True)
        while (waiting := self._waiting.take()) is not None:
            waiting.given.cancel()

    async def _turn(self, whose: str) -> None:
        """Wait for a thread, which is then ours."""
        turn = _Turn(whose, asyncio.get_running_loop().create_future())
        self._waiting.append(whose, turn)
        self._hand_out()
        try:
            await turn.given
        except asyncio.CancelledError:
            if turn.given.done() and not turn.given.cancelled():  # it was just given to us
                self._give_back(whose)
            raise

    def _give_back(self, whose: str) -> None:
        self._free += 1
        self._free_for_patient += whose == _PATIENT
        self._hand_out()

    def _hand_out(self) -> None:
        """Give each thread that is free to who is next."""
        while self._free and (turn := self._waiting.take(may=self._may, waits=_waits)) is not None:
            self._free -= 1
            self._free_for_patient -= turn.whose == _PATIENT
            turn.given.set_result(None)

    def _may(self, whose: str) -> bool:
        return whose != _PATIENT or self._free_for_patient > 0

    def _timed(self, text: TokenText) -> tuple[float, str]:
        began = perf_counter()
        phc = hash_token(text, self._parameters)
        return perf_counter() - began, phc


def _waits(turn: _Turn) -> bool:
    return not turn.given.done()
