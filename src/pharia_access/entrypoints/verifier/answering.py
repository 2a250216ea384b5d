"""Send the application's answers in the order of their requests, each once."""

import asyncio
from math import inf

from pharia_access.entrypoints.verifier.connection import Connection
from pharia_access.entrypoints.verifier.ports import Port
from pharia_access.entrypoints.verifier.turns import Turn

__all__ = ["AnsweringConnection"]


class AnsweringConnection(Connection):
    """A connection whose requests the application answers."""

    def __init__(self, port: Port, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(port, loop)
        self.latest: Turn | None = None
        """The request that was read last, perhaps not wholly."""
        self._last_words = b""

    def eof_received(self) -> bool:
        """Note that the client sends no more. Pending requests still get answers, but TLS cannot do that."""
        self.at_end = True
        self.discard_input()
        return bool(self.turns) and not self.is_secure

    def begin_turn(self, turn: Turn) -> None:
        """Have a request answered after the requests before it."""
        self.latest = turn
        self.turns.append(turn)
        if len(self.turns) == 1:
            self._start(turn)
        else:
            self.deadline = inf
            self.flow.hold_reading()

    def may_go_on(self, status: int) -> bool:
        """Tell whether the connection may stay open after an answer with this status."""
        return self.may_stay(status, more=len(self.turns) > 1 or self.half_read)

    def answered(self, answer: bytes, *, keep_alive: bool) -> None:
        """Send an answer. The next request's turn comes, or the client's."""
        self.write(answer)
        if not keep_alive:
            self.end()
        if not self.turns:
            return
        self.turns.popleft()
        if self.turns:
            self._start(self.turns[0])
            self.deadline = self.loop.time() + self.limits.request_seconds if self.turns[0].more_body else inf
        elif not self.half_read:
            self.deadline = self.loop.time() + self.limits.idle_seconds
        if not self.deaf:
            self.flow.release_reading()
        elif not self.turns:
            self.end(self._last_words)

    def discard_input(self, last_words: bytes = b"") -> None:
        """Drop further bytes. Pending requests get answers, then `last_words` go out, and the connection ends.

        A request that is half read gets no other answer than `last_words`.
        """
        if self.deaf:
            return
        self.deaf = True
        self.flow.hold_reading()
        turn = self.latest
        if turn is not None and turn.more_body:
            if turn.started:
                last_words = b""
            else:
                turn.give_up()
                self.turns.remove(turn)
        self._last_words = last_words
        if not self.turns:
            self.end(last_words)
        elif not last_words:
            self.turns[-1].keep_alive = False

    def _start(self, turn: Turn) -> None:
        task = self.loop.create_task(turn.run(self.port.app))
        self.port.tasks.add(task)
        task.add_done_callback(self.port.tasks.discard)
