"""Streams to the listener, by both ways in, and to h11; and what a run of them has seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pharia_access.domain.verification.bearer import bearer_token
from pharia_access.entrypoints.verifier.check_headers import USUAL
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.services.verifier.verifier import Allowed, Denied
from tests.support.fakes.step_loop import StepLoop
from tests.support.streams.comparison import DisagreementError, departure, row_of
from tests.support.streams.differences import DIFFERENCES, TOO_FAST
from tests.support.streams.h11_reference import read_stream
from tests.support.streams.http_streams import BY_MESSAGE, cuts, make_stream
from tests.support.streams.stream_grammar import TOKENS
from tests.support.streams.stream_talk import TOO_LARGE, Told, mark, talk
from tests.support.streams.stream_writer import BODY_BYTES
from tests.support.streams.ways_in import APPLICATION, CHECKS_FIRST, listener
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.streams.h11_reference import Reading
    from tests.support.streams.http_streams import Stream
    from tests.support.streams.stream_talk import Asked, Heard
    from tests.support.streams.ways_in import Ways

__all__ = ["Run", "Tally"]


@dataclass(slots=True)
class Tally:
    """What a run has seen.

    Attributes:
        whole: streams of which the listener answered every request, and ended as h11 does, however they were cut.
        requests: that h11 reads.
        talks: streams times the ways in which each was cut.
    """

    streams: int = 0
    well_formed: int = 0
    whole: int = 0
    whole_well_formed: int = 0
    requests: int = 0
    talks: int = 0
    whole_talks: int = 0
    tags: Counter[str] = field(default_factory=Counter)
    differences: Counter[str] = field(default_factory=Counter)
    leniences: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Count what another run has seen."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class _Talk:
    """A stream, cut in one way, by one way in; and the difference, if there is one."""

    way: str
    heard: Heard
    answered: int
    row: str | None


class Run:
    """Feeds streams, each by its number, and keeps the tally.

    Args:
        ways: factories of connections, by the name of the way in: `APPLICATION`, `CHECKS_FIRST`.
    """

    def __init__(self, ways: Ways = listener) -> None:
        self.tally = Tally()
        self._loop, self._door = StepLoop(), VerifierServer()
        for number, token in enumerate(TOKENS):
            self._door.issue(f"good-{number}", text=token)
        self._ways = list(ways(self._loop, Limits(body_bytes=BODY_BYTES), self._door).items())
        self._answers = {APPLICATION: _recorded, CHECKS_FIRST: self._checked}

    def feed(self, numbers: Iterable[int]) -> None:
        """Compare these streams. Raises DisagreementError."""
        for number in numbers:
            self.compare(make_stream(number))

    def compare(self, stream: Stream) -> None:
        """Compare one. Raises DisagreementError."""
        reading, tally = read_stream(stream.data), self.tally
        talks = list(self._talks(stream, reading))
        _require_alike(stream, talks)
        rows = [one.row for one in talks if one.row]
        tally.streams += 1
        tally.well_formed += stream.well_formed
        tally.whole += not rows
        tally.whole_well_formed += stream.well_formed and not rows
        tally.requests += len(reading.items)
        tally.talks += len(talks)
        tally.whole_talks += len(talks) - len(rows)
        tally.tags.update(stream.tags)
        tally.differences.update(rows)
        for item in reading.items:
            tally.leniences.update(item.given)

    def _talks(self, stream: Stream, reading: Reading) -> Iterator[_Talk]:
        """The stream in all its cuts; the ways in take turns."""
        for at, (cut, packets) in enumerate(cuts(stream), start=stream.number):
            way, connect = self._ways[at % len(self._ways)]
            shoulds = [replace(self._answers[way](item.asked), last=not item.stays) for item in reading.items]
            try:
                heard = talk(connect, self._loop, packets)
                found = departure(reading, shoulds, heard)
                row = None if found is None else row_of(found, reading, packets)
                _require_well_formed(stream, cut, row)
            except AssertionError as error:
                msg = f"stream {stream.number}, {cut}, by {way}: {error}\n{stream.data!r}"
                raise DisagreementError(msg) from error
            yield _Talk(way, heard, len(shoulds) if found is None else found.at, row)

    def _checked(self, asked: Asked) -> Told:
        """The answer to a check; of other requests as of the application's."""
        found = USUAL.find(asked.path, asked.query)
        if found is None:
            return _recorded(asked)
        gateway, requirement = found
        if gateway.methods is not None and asked.method not in gateway.methods:
            return Told(405, (("cache-control", "no-store"), ("allow", "GET, HEAD")), last=False)
        decision = self._door.authorizer.authorize_nowait(gateway.contract, bearer_token(asked.tokens), requirement)
        assert isinstance(decision, Allowed | Denied)
        answer = gateway.answer(decision)
        return Told(answer.status, tuple((name.decode(), value.decode()) for name, value in answer.headers), last=False)


def _recorded(asked: Asked) -> Told:
    if len(asked.body) > BODY_BYTES:
        return Told(TOO_LARGE, (("x-seen", "too-large"),), last=False)
    return Told(200, (("x-seen", mark(asked).decode()),), last=False)


def _require_well_formed(stream: Stream, cut: str, row: str | None) -> None:
    """On well-formed streams both are equal, but for what is sent too fast."""
    if row is not None and stream.well_formed and (cut == BY_MESSAGE or row != TOO_FAST):
        msg = f"the stream is well-formed, and differs: {row}"
        raise DisagreementError(msg)


def _require_alike(stream: Stream, talks: list[_Talk]) -> None:
    """However a stream is cut, by the same way the same comes back; but for differences that depend on it.

    The last words may be others: where a head has two faults, it depends on the cut which is found first.
    """
    for way in {one.way for one in talks}:
        fixed = [one for one in talks if one.way == way and not (one.row and DIFFERENCES[one.row].by_cut)]
        seen = {(one.heard.answers[: one.answered], one.heard.closed) for one in fixed}
        if len(seen) > 1:
            msg = f"stream {stream.number}, by {way}: cuts matter: {seen}\n{stream.data!r}"
            raise DisagreementError(msg)
