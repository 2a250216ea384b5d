"""An answer that goes on: its lines, its clean end, and every other end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pharia_access.errors import ApiError, ForbiddenError, ResourceExpiredError, UnavailableError
from pharia_access.kube.client import Connection, Request, connect
from pharia_access.kube.http import MOST_LINE_BYTES
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATH = "/apis/access.pharia.ai/v1alpha1/apitokens"
HEAD = b"HTTP/1.1 200 OK\r\ndate: Tue, 24 Nov 2026 12:00:00 GMT\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunks(*parts: bytes) -> bytes:
    """As Go's server sends what is flushed."""
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


async def lines_of(tmp_path: Path, answer: Callable[[ReceivedRequest], bytes | None]) -> list[bytes]:
    """Read a stream to its end."""
    async with (
        hostile_api(answer) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
        connection.stream(Request("GET", PATH, 5, query={"watch": "1"}), silence_seconds=5) as stream,
    ):
        return [line async for line in stream.lines()]


async def collect(connection: Connection, seen: list[bytes]) -> None:
    """What came before the error counts too."""
    async with connection.stream(Request("GET", PATH, 5), silence_seconds=0.3) as stream:
        async for line in stream.lines():
            seen.append(line)  # noqa: PERF401 - the error would take the list along


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([b"one\n", b"two\n"], [b"one", b"two"], id="a line in each piece"),
        pytest.param([b"one\ntwo\nth", b"r", b"ee\n"], [b"one", b"two", b"three"], id="cut anywhere"),
        pytest.param([b"x" * 65_000] * 32 + [b"\n"], [b"x" * 65_000 * 32], id="a line of two megabytes"),
    ],
)
async def test_lines_come_whole_however_they_are_cut(tmp_path: Path, parts: list[bytes], expected: list[bytes]) -> None:
    assert await lines_of(tmp_path, lambda _: HEAD + chunks(*parts) + END) == expected


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        pytest.param(b"", "no answer", id="the connection ends between two pieces"),
        pytest.param(b"40\r\nhalf a piece", "no answer", id="the connection ends within a piece"),
        pytest.param(b"what\r\n", "no answer", id="no piece at all"),
        pytest.param(chunks(b"half a line") + END, "ended within a line", id="a good end within a line"),
        pytest.param(chunks(b"x" * (MOST_LINE_BYTES + 1)), "a line of more than", id="a line without an end"),
    ],
)
async def test_any_other_end_is_a_broken_one(tmp_path: Path, rest: bytes, why: str) -> None:
    with pytest.raises(UnavailableError, match=f"^GET {PATH}: {why}"):
        await lines_of(tmp_path, lambda _: HEAD + chunks(b"one\n") + rest)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(reply(403, {"kind": "Status", "reason": "Forbidden"}), ForbiddenError, id="403"),
        pytest.param(reply(410, {"kind": "Status", "reason": "Expired"}), ResourceExpiredError, id="410"),
        pytest.param(reply(503, b""), UnavailableError, id="503"),
        pytest.param(reply(302, b"", location="https://elsewhere.invalid/"), UnavailableError, id="elsewhere"),
        pytest.param(b"HTTP/1.1 500 X\r\ncontent-length: 9\r\n\r\nhalf", UnavailableError, id="half a refusal"),
        pytest.param(b"", UnavailableError, id="nothing"),
        pytest.param(b"what\r\n\r\n", UnavailableError, id="no HTTP"),
    ],
)
async def test_what_is_no_stream_is_an_error_of_ours(tmp_path: Path, answer: bytes, kind: type[ApiError]) -> None:
    with pytest.raises(kind, match=f"^GET {PATH}: "):
        await lines_of(tmp_path, lambda _: answer)


async def test_a_server_that_sends_retry_after_is_heeded(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        await lines_of(tmp_path, lambda _: reply(429, b"", retry_after="7"))

    assert caught.value.retry_after == 7


async def test_a_stream_that_does_not_begin_is_given_up_at_the_calls_own_deadline(tmp_path: Path) -> None:
    async with (
        hostile_api(lambda _: None) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        with pytest.raises(UnavailableError, match="no answer in time"):
            async with asyncio.timeout(5), connection.stream(Request("GET", PATH, 0.2), silence_seconds=60):
                pass


async def test_a_stream_that_falls_silent_is_given_up_and_its_server_is_let_go(tmp_path: Path) -> None:
    hung_up = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + chunks(b"one\n"))
        await reader.read()
        hung_up.set()
        writer.close()

    seen: list[bytes] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, connect(plain_kubeconfig(tmp_path / "kubeconfig", url), pool_size=2) as connection:
        with pytest.raises(UnavailableError, match="no answer in time"):
            await collect(connection, seen)
        async with asyncio.timeout(5):
            await hung_up.wait()

    assert seen == [b"one"]


async def test_the_servers_time_comes_with_the_beginning(tmp_path: Path) -> None:
    async with (
        hostile_api(lambda _: HEAD + END) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
        connection.stream(Request("GET", PATH, 5), silence_seconds=5) as stream,
    ):
        assert stream.date == datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 31 Dec 9999 23:59:59 -2300"])
async def test_a_time_that_is_none_is_not_told(tmp_path: Path, date: str) -> None:
    head = HEAD.replace(b"Tue, 24 Nov 2026 12:00:00 GMT", date.encode())
    async with (
        hostile_api(lambda _: head + END) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
        connection.stream(Request("GET", PATH, 5), silence_seconds=5) as stream,
    ):
        assert stream.date is None


async def test_a_stream_can_be_left_at_any_time_and_its_place_in_the_pool_is_free(tmp_path: Path) -> None:
    async with (
        hostile_api(lambda _: HEAD + chunks(b"one\n", b"two\n") + END) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=1) as connection,
    ):
        for _ in range(3):
            async with connection.stream(Request("GET", PATH, 2), silence_seconds=5) as stream:
                assert await anext(stream.lines()) == b"one"
