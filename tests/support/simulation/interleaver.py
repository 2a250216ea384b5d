"""Holds back the calls of several processes and lets them go on one at a time, in any order."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.support.fakes.scripted_faults import Call

__all__ = ["Interleaver"]

CALL_SECONDS = 0.02
"""How long half a call takes when nobody waits: or two leaders that disagree would quarrel until the end of time."""

_PASSES = dict.fromkeys(("read_keyring", "list_roles", "list_credentials", "write_credential_status"), 0.8)
"""How often a call need not wait for its turn: those that mint and deliver nothing mostly need not."""


@dataclass(slots=True)
class Interleaver:
    """Closed until `open_for_all`."""

    rng: random.Random
    passes: Mapping[str, float] = field(default_factory=lambda: _PASSES)
    calls: int = 0
    is_open: bool = False
    _waiting: list[tuple[str, asyncio.Future[None]]] = field(default_factory=list)
    _stalled: list[tuple[str, asyncio.Future[None]]] = field(default_factory=list)

    def turn(self, process: str) -> Callable[[Call], "asyncio.Future[None]"]:
        """What a process awaits before and after each call takes effect."""

        def wait(call: Call) -> "asyncio.Future[None]":
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.calls += 1
            if self.is_open:
                asyncio.get_running_loop().call_later(CALL_SECONDS, _go, turn)
            elif self.rng.random() < self.passes.get(call.verb, 0.3):
                turn.set_result(None)
            else:
                self._waiting.append((f"{process}: {call.verb} {call.target}", turn))
            return turn

        return wait

    def let_one_go(self) -> str | None:
        """Some call goes on; says which, None where none waits."""
        self._waiting = [(name, turn) for name, turn in self._waiting if not turn.done()]
        if not self._waiting:
            return None
        name, turn = self._waiting.pop(self.rng.randrange(len(self._waiting)))
        turn.set_result(None)
        return name

    def stall(self, verb: str) -> str | None:
        """A process stands still before or after such a call, until `resume`; says which, None where none waits."""
        for entry in self._waiting:
            if f" {verb} " in entry[0] and not entry[1].done():
                self._waiting.remove(entry)
                self._stalled.append(entry)
                return entry[0]
        return None

    def resume(self) -> None:
        """Whoever stands still may go on, in its turn."""
        self._waiting += self._stalled
        self._stalled.clear()

    def open_for_all(self) -> None:
        """From now on nobody waits."""
        self.is_open = True
        self.resume()
        while self.let_one_go() is not None:
            pass


def _go(turn: "asyncio.Future[None]") -> None:
    if not turn.done():
        turn.set_result(None)
