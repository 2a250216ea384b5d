"""The clients of a siege: honest ones on connections that they keep, and those who send streams of any bytes."""

from __future__ import annotations

import asyncio
import http.client
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Final

from tests.attacks.siege import HONEST
from tests.support.gateways.honest_line import Line
from tests.support.streams.http_streams import cuts, make_stream
from tests.support.streams.stream_grammar import GOOD
from tools.gateways.witness import Seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.attacks.siege import Siege

__all__ = ["besieged"]

_CLIENTS: Final = 6
"""Honest connections."""
_ATTACKERS: Final = 24
_ASKED_WITHOUT: Final = 8
"""One in so many honest requests has no good token."""
_WITH_BODY: Final = 0.25
_PATIENCE: Final = (0.0, 0.03, 0.15, 0.15)
"""How long somebody who sent a stream waits for more of an answer, in seconds: some go away at once."""
_READ_BYTES: Final = 65536


async def besieged(siege: Siege, ports: Sequence[int], *, count: int, first: int = 0) -> None:
    """So many streams, at these ports by turns, beside as many honest requests at the first of them.

    What reached the service is not judged yet: more may follow.
    """
    numbers = iter(range(first, first + count))
    asked = iter(range(first, first + count))
    async with asyncio.TaskGroup() as group:
        for _ in range(_ATTACKERS):
            group.create_task(_attack(siege, ports, numbers))
        for _ in range(_CLIENTS):
            group.create_task(_ask(siege, ports[0], asked))


async def _attack(siege: Siege, ports: Sequence[int], numbers: Iterator[int]) -> None:
    for number in numbers:
        random = Random(number)  # noqa: S311 - repeatable
        has_token = random.random() < 0.5
        texts = [person.token for person in siege.attackers] if has_token else siege.strangers
        packets = _packets(number, [text.encode() for text in texts], random)
        received = await _sent(ports[number % len(ports)], packets, random.choice(_PATIENCE))
        siege.judge_answers(number, b"".join(packets), received, has_token=has_token)


def _packets(number: int, texts: Sequence[bytes], random: Random) -> list[bytes]:
    """The stream of that number with these tokens, cut into packets. All tokens are equally long, so lengths hold."""
    stream = make_stream(number)
    data = stream.data
    for shown, text in zip(GOOD, texts, strict=True):
        assert len(shown) == len(text)
        data = data.replace(shown, text)
    _, packets = random.choice(list(cuts(replace(stream, data=data))))
    return packets


async def _sent(port: int, packets: Sequence[bytes], patience: float) -> bytes:
    """What comes back until nothing more does, or the connection ends."""
    received = b""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return received
    try:
        for packet in packets:
            writer.write(packet)
            await writer.drain()
            await asyncio.sleep(0)
        while more := await _more(reader, patience):
            received += more
    except (OSError, TimeoutError):
        pass
    finally:
        writer.close()
    return received


async def _more(reader: asyncio.StreamReader, patience: float) -> bytes:
    async with asyncio.timeout(patience):
        return await reader.read(_READ_BYTES)


async def _ask(siege: Siege, port: int, numbers: Iterator[int]) -> None:
    line = Line(port)
    for number in numbers:
        random = Random(-number)  # noqa: S311 - repeatable
        person = None if number % _ASKED_WITHOUT == 0 else random.choice(siege.honest)
        stranger = random.choice((None, *siege.strangers))
        target = f"{HONEST}{number}"
        if person is not None:
            siege.asked.add(target)
        body = b"%d" % number if random.random() < _WITH_BODY else b""
        status, answer = await line.ask(target, stranger if person is None else person.token, body)
        seen = Seen.read(answer) if status == http.client.OK and answer.startswith(b"{") else None
        siege.judge_honest(target, person, status, seen)
    line.close()
