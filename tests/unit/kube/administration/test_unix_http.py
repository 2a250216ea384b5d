"""Requests by a Unix socket: connections are kept, shared and given up as HTTP/1.1 wants."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pharia_access.kube.administration.unix_http import UnixPool
from pharia_access.kube.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Server:
    """Answers each request with the next of the answers; b"" at the end closes the connection."""

    def __init__(self, *answers: bytes, pause: float = 0.0) -> None:
        self._answers = list(answers)
        self._pause = pause
        self.connections = self.at_once = self.most_at_once = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.readuntil(b"\r\n\r\n")
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(self._pause)
        answer = self._answers.pop(0)
        writer.write(answer.removesuffix(b"|"))
        await writer.drain()
        self.at_once -= 1
        return not answer.endswith(b"|")


@asynccontextmanager
async def pool_of(server: Server, size: int = 1) -> AsyncIterator[UnixPool]:
    with tempfile.TemporaryDirectory() as folder:  # a socket's path is short
        socket = Path(folder) / "s"
        listener = await asyncio.start_unix_server(server.serve, str(socket))
        pool = UnixPool(socket, size=size)
        yield pool
        pool.close()
        listener.close()


async def get(pool: UnixPool, silence_seconds: float | None = 2) -> bytes:
    return await (await pool.request("GET", "/x", {}, b"", silence_seconds=silence_seconds)).read()


async def test_one_connection_takes_one_request_after_the_other() -> None:
    server = Server(OK, b"HTTP/1.1 100 Continue\r\n\r\n" + OK, CHUNKED + b"1\r\no\r\n1\r\nk\r\n0\r\n\r\n", OK)
    async with pool_of(server) as pool:
        bodies = [await get(pool) for _ in range(4)]

    assert bodies == [b"ok"] * 4
    assert server.connections == 1


async def test_a_connection_that_was_closed_meanwhile_is_not_used() -> None:
    server = Server(OK + b"|", OK)
    async with pool_of(server) as pool:
        first = await get(pool)
        await asyncio.sleep(0.05)
        second = await get(pool)

    assert (first, second, server.connections) == (b"ok", b"ok", 2)


async def test_no_more_requests_are_under_way_than_said_and_all_are_answered() -> None:
    server = Server(*[OK] * 9, pause=0.01)
    async with pool_of(server, size=3) as pool:
        bodies = await asyncio.gather(*(get(pool) for _ in range(9)))

    assert bodies == [b"ok"] * 9
    assert server.most_at_once == 3
    assert server.connections == 3


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"|", id="no answer"),
        pytest.param(b"no HTTP at all\r\n\r\n|", id="not HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf|", id="half a body"),
        pytest.param(CHUNKED + b"5\r\nhalf|", id="half a chunk"),
        pytest.param(CHUNKED + b"x\r\n|", id="no chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 600_000 + b"|", id="an endless head"),
    ],
)
async def test_what_is_broken_raises_and_leaves_its_place_to_the_next(broken: bytes) -> None:
    async with pool_of(Server(broken, OK)) as pool:
        with pytest.raises((LibraryError, OSError)):
            await get(pool)

        assert await get(pool) == b"ok"


@pytest.mark.parametrize("silent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
async def test_silence_has_an_end_and_leaves_its_place_to_the_next(silent: bytes) -> None:
    async with pool_of(Server(silent, OK)) as pool:
        with pytest.raises(TimeoutError):
            await get(pool, silence_seconds=0.1)

        assert await get(pool) == b"ok"


async def test_who_gives_up_leaves_the_place_to_the_next() -> None:
    server = Server(CHUNKED + b"1\r\nx\r\n", OK, OK)
    async with pool_of(server) as pool:
        endless = await pool.request("GET", "/x", {}, b"", silence_seconds=2)
        async for _ in endless.chunks():
            break
        endless.close()
        endless.close()

        assert await get(pool) == b"ok"
        assert await get(pool) == b"ok"
    assert server.connections == 2
