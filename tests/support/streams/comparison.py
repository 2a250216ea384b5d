"""A stream to both: the listener may do as h11 does, or as a row of the table says; never more, never another token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.streams.differences import DIFFERENCES, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.streams.h11_reference import Reading
    from tests.support.streams.stream_talk import Heard, Told

__all__ = ["Departure", "DisagreementError", "departure", "row_of"]


class DisagreementError(AssertionError):
    """The listener did what neither h11 does nor the table has."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the listener stopped reading, and h11 did not or for another reason.

    Attributes:
        at: how many requests were answered before.
        status: the listener's last words; 0 for none.
    """

    at: int
    status: int


def departure(reading: Reading, shoulds: Sequence[Told], heard: Heard) -> Departure | None:
    """How the listener differs from h11, if it does. Raises DisagreementError where it answers anything else or more.

    Args:
        shoulds: the answers to the requests that h11 reads.
    """
    answered = _agreeing(shoulds, heard)
    more = heard.answers[answered:]
    if len(more) > 1:
        msg = f"another answer to request {answered}: {more[0]}, not {shoulds[answered : answered + 1]}"
        raise DisagreementError(msg)
    last_words = more[0].status if more else 0
    _require_an_end(heard, answered)
    if answered == len(shoulds) and _ends_alike(reading, heard, last_words):
        return None
    if not heard.closed:
        msg = f"{answered} of {len(shoulds)} requests are answered, and the connection stays open: {reading.rest!r}"
        raise DisagreementError(msg)
    return Departure(answered, last_words)


def _agreeing(shoulds: Sequence[Told], heard: Heard) -> int:
    """How many answers are those that should come, at the beginning. Whether one is the last is seen by the next."""
    count = 0
    for should, told in zip(shoulds, heard.answers, strict=False):
        if (should.status, should.says) != (told.status, told.says):
            break
        if should.last and not told.last:
            msg = f"answer {count} does not say that it is the last"
            raise DisagreementError(msg)
        count += 1
    return count


def _require_an_end(heard: Heard, answered: int) -> None:
    """Who says that an answer is the last closes behind it; and a refusal is the last answer."""
    lasts = [told.last for told in heard.answers]
    if any(lasts[:-1]) or (any(lasts) and not heard.closed) or (len(lasts) > answered and not lasts[-1]):
        msg = f"{answered} requests are answered, and the end is not where it is said: {heard.answers}"
        raise DisagreementError(msg)


def _ends_alike(reading: Reading, heard: Heard, last_words: int) -> bool:
    if reading.refused:
        return last_words in reading.refused
    return not last_words and heard.closed == reading.closed


def row_of(found: Departure, reading: Reading, packets: Sequence[bytes]) -> str:
    """The first row of the table that has the difference. Raises DisagreementError."""
    place = _place(found, reading, packets)
    for name, row in DIFFERENCES.items():
        if found.status in row.statuses and row.looks(place):
            return name
    msg = f"{found} has no row: {place}"
    raise DisagreementError(msg)


def _place(found: Departure, reading: Reading, packets: Sequence[bytes]) -> Place:
    items = reading.items
    begins = items[found.at].start if found.at < len(items) else sum(map(len, packets)) - len(reading.rest)
    packet = 0
    for size in map(len, packets):
        if packet + size > begins:
            break
        packet += size
    before = sum(packet < item.end <= begins for item in items)
    previous = items[found.at - 1] if found.at else None
    if found.at < len(items):
        item = items[found.at]
        return Place(item.head, item.body, previous, len(item.asked.body), before, whole=True)
    head, end, body = reading.rest.lstrip(b"\r\n").partition(b"\r\n\r\n")
    return Place(head + end, body, previous, 0, before, whole=False)
