"""Answer gateways' checks as they come in: authorize a plain request (`plain_requests`) at once.

The connection hands everything else over to the parser, which reads all requests, and then stays with the parser. One
table of requests tests both.
"""

import asyncio
from http import HTTPStatus
from re import Match
from typing import Any, Final

from pharia_access.entrypoints.verifier.accepted_texts import EarlyAnswer
from pharia_access.entrypoints.verifier.answers import HttpAnswer, render
from pharia_access.entrypoints.verifier.early_answers import EarlyAnswers
from pharia_access.entrypoints.verifier.limited_protocol import LimitedProtocol
from pharia_access.entrypoints.verifier.plain_requests import may_become_plain
from pharia_access.entrypoints.verifier.ports import Port
from pharia_access.services.verifier.signature_queue import SignatureQueue

__all__ = ["ChecksConnection", "EarlyAnswers"]

_OK: Final = HTTPStatus.OK.value
_MOST_IN_ONE_READ: Final = 16
"""The most requests to answer from one read, since other clients wait. The last answer closes the connection."""
_REPETITIONS: Final = 8
"""Equal answers in a row that make it likely that the next request repeats the last one, byte for byte. As many
accepted tokens, each another than the one before, make it likely that the next request differs in its token alone."""
_REST_AFTER_MISS: Final = 1000
"""Requests that go by after a wrong guess, before the connection guesses again: where no two requests are alike, each
guess costs time for nothing."""
_MAX_FRAME_BYTES: Final = 1024
"""The longest frame that a connection keeps: thousands of connections may keep one."""
_MOST_PIECES: Final = 4
"""Packets in which one head may come here: each packet is matched together with those before it."""


class ChecksConnection(LimitedProtocol):
    """One connection of a gateway."""

    def __init__(self, port: Port, early: EarlyAnswers, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(port, loop)
        self._match, self._answer, self._digest = early.match, early.answer, early.digest
        self._answer_known, self._reauthorize, self._frame_of = early.answer_known, early.reauthorize, early.frame_of
        self._answered = early.busy_poll.answered
        self._longest = port.limits.head_bytes
        self._handed_over = False
        self._begun = b""
        """The bytes of an incomplete head."""
        self._pieces = 0
        self._latest: EarlyAnswer | None = None
        self._times = 0
        """How often in a row the answer was `_latest`."""
        self._repeated = b""
        """The digest of the request that is repeated, and answered by `_latest`; empty if no request is."""
        self._open = b""
        """What stands before the digested bytes."""
        self._before, self._after, self._mark = b"", b"", b""
        """The frame: the bytes around the token's value, and their mark. Empty: there is none."""
        self._other_tokens = 0
        """Accepted requests with another token than the one before; less than nothing while no frame is tried."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's transports are no asyncio.Transport
        """Take a connection."""
        super().connection_made(transport)
        self._write = transport.write

    def data_received(self, data: bytes) -> None:
        """Answer a packet. Most packets are one check."""
        if self._handed_over or self.deaf or self.flow.write_paused or self._begun or self.turns:
            self._go_on(data)
            return
        if self._repeated and self._is_repeated(data):
            return
        found: EarlyAnswer | SignatureQueue | None = self._answer_framed(data) if self._before else None
        request = None
        if found is None:
            request = self._match(data) if len(data) <= self._longest else None
            if request is None or request.end() != len(data):
                self._read_several(data)
                return
            found = self._answer(request)
        if not isinstance(found, EarlyAnswer):
            self._lend(data) if found is None else self._queue_up(data, found)
            return
        self._send(found.answer)
        if found is self._latest:
            self._notice_repetition(data, request)
            return
        self._latest, self._times = found, 0
        if request is not None and found.accepted is not None:
            self._notice_frame(data, request)

    def _decide(self, request: Match[bytes]) -> HttpAnswer | None:
        found = self._answer(request)
        return found.answer if isinstance(found, EarlyAnswer) else None

    def _notice_frame(self, data: bytes, request: Match[bytes]) -> None:
        self._other_tokens += 1
        if self._other_tokens >= _REPETITIONS and not self._before:
            (start, end), self._mark = self._frame_of(request)
            # Without a mark, a value that begins like one would be taken for another question's.
            if self._mark and start + len(data) - end <= _MAX_FRAME_BYTES:
                self._before, self._after = data[:start], data[end:]

    def _answer_framed(self, data: bytes) -> EarlyAnswer | None:
        """Answer a request that differs from an accepted one in the value of the token's header alone.

        The value was accepted before, so it is the value of one header: the request is as plain as the one before it.
        """
        before, after = self._before, self._after
        if data.startswith(before) and data.endswith(after) and len(data) <= self._longest:
            return self._answer_known(self._digest(self._mark + data[len(before) : -len(after)]))
        self._before, self._other_tokens = b"", -_REST_AFTER_MISS
        return None

    def _notice_repetition(self, data: bytes, request: Match[bytes] | None) -> None:
        self._times += 1
        if self._times == _REPETITIONS:
            self._open = b"" if request is None else self._open_part(data, request)
            self._repeated = self._digest(data[len(self._open) :])

    def _open_part(self, data: bytes, request: Match[bytes]) -> bytes:
        """Return what stands before the signature of an accepted JWT: long, and no secret. Other tokens have no dot.

        The connection keeps and compares it, which takes a tenth of the time that a digest of it takes.
        """
        latest = self._latest
        if latest is None or latest.accepted is None:
            return b""
        begin = data.rfind(b".", *self._frame_of(request)[0]) + 1
        return data[:begin] if begin <= _MAX_FRAME_BYTES else b""

    def _is_repeated(self, data: bytes) -> bool:
        """Answer a request that repeats the last one byte for byte: judge it again, without reading it again."""
        latest, begin = self._latest, self._open
        if (
            latest is not None
            and data.startswith(begin)
            and self._digest(data[len(begin) :]) == self._repeated
            and self._reauthorize(latest)
        ):
            self._send(latest.answer)
            return True
        self._repeated, self._open, self._times = b"", b"", -_REST_AFTER_MISS
        return False

    def _send(self, answer: HttpAnswer) -> None:
        self.active = True
        self._answered()
        if answer.status == _OK:
            self.shown = True
            stays = self.kept or self.may_stay(_OK)
        else:
            stays = not self.port.draining
        if stays:
            self._write(answer.wire)
        else:
            self.end(render(answer, keep_alive=False))

    # --- a signature that others wait for, too

    def _queue_up(self, data: bytes, queue: SignatureQueue) -> None:
        """Keep a request until its signature is the next one, and read nothing meanwhile."""
        self._begun, self.half_read = data, True
        self.deadline = self.loop.time() + self.limits.request_seconds
        self.flow.hold_reading()
        queue.call(self._proceed)

    def _proceed(self) -> None:
        if self.deaf or self.is_over or self._handed_over:
            return
        data, self._begun, self.half_read = self._begun, b"", False
        self.flow.release_reading()
        self.data_received(data)

    # --- what is not one request in one packet

    def _go_on(self, data: bytes) -> None:
        """Take bytes that are no beginning, or that must not be answered now."""
        if self._handed_over or self.deaf or self.flow.write_paused or self.turns:
            self.hand_over(data)
        else:
            self._pieces += 1
            self._read_several(self._begun + data)

    def _read_several(self, data: bytes) -> None:
        """Answer one request after the other. Wait for the rest of an incomplete one; leave others to the parser."""
        self._begun, self.half_read = b"", False
        answers, at, stays, whole = list[bytes](), 0, True, False
        while stays and at < len(data):
            request = self._match(data, at, at + self._longest)  # do not scan the bytes beyond for each request
            answer = None if request is None else self._decide(request)
            if request is None or answer is None:
                whole = request is not None and request.end() == len(data)
                break
            at, self._pieces = request.end(), 0
            is_last = at == len(data)
            stays = self.may_stay(answer.status, more=not is_last) and (is_last or len(answers) + 1 < _MOST_IN_ONE_READ)
            answers.append(answer.wire if stays else render(answer, keep_alive=False))
        if answers:
            self.active = True
            self._answered()
        if not stays:
            self.end(b"".join(answers))
            self.drop(len(data) - at)
            return
        self.write(b"".join(answers))
        if whole:
            self._lend(data[at:])
        elif at < len(data):
            self._wait_or_hand_over(data[at:])

    def _lend(self, data: bytes) -> None:
        """Have the application answer one plain request, as where only Argon2id can tell, and return."""
        self._pieces = 0
        super().data_received(data)
        self._handed_over = self.half_read  # never, where the parser takes for whole what is

    def _wait_or_hand_over(self, data: bytes) -> None:
        if self._pieces == _MOST_PIECES or len(data) > self._longest or not may_become_plain(data):
            self._hand_over(data)
            return
        self._begun, self.half_read = data, True
        if not self._pieces:
            self.deadline = self.loop.time() + self.limits.request_seconds

    def hand_over(self, data: bytes) -> None:
        """Leave these bytes, and all that come after them, to the parser."""
        if self._handed_over or self.deaf:
            super().data_received(data)
        else:
            self._hand_over(self._begun + data)

    def _hand_over(self, data: bytes) -> None:
        """Hand over for good. The request that has begun keeps its deadline."""
        had = self.deadline if self._pieces else None
        self._handed_over, self._begun, self.half_read = True, b"", False
        super().data_received(data)
        if had is not None and self.half_read:
            self.deadline = min(self.deadline, had)
