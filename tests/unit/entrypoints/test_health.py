import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest

from pharia_access.entrypoints.health import HealthServer
from tests.support.fakes.told_process import Process


@pytest.fixture
async def process() -> AsyncIterator[Process]:
    process = Process()
    await process.server.start()
    yield process
    await process.server.stop()


async def ask(process: Process, path: str, **options: object) -> tuple[int, str, aiohttp.ClientResponse]:
    method = str(options.pop("method", "GET"))
    url = f"http://127.0.0.1:{process.server.port}{path}"
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session,
        session.request(method, url, **options) as answer,  # type: ignore[arg-type] # whatever the case needs
    ):
        return answer.status, await answer.text(), answer


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_where_nothing_is_wrong_the_answer_is_ok(process: Process, path: str) -> None:
    status, text, _ = await ask(process, path)

    assert (status, text) == (200, "ok\n")


async def test_what_is_wrong_is_told_in_sentences_with_503(process: Process) -> None:
    process.broken = ["The schedule stands still."]
    process.missing = ["The tokens are not listed yet.", "The roles are not listed yet."]

    assert (await ask(process, "/healthz"))[:2] == (503, "The schedule stands still.\n")
    assert (await ask(process, "/readyz"))[:2] == (
        503,
        "The tokens are not listed yet.\nThe roles are not listed yet.\n",
    )


async def test_metrics_are_served_in_prometheus_text_format(process: Process) -> None:
    status, text, answer = await ask(process, "/metrics")

    assert (status, text) == (200, "up 1\n")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        pytest.param("/", {}, 404, id="another path"),
        pytest.param("/healthz", {"method": "POST", "data": b"x" * 100_000}, 405, id="another method"),
        pytest.param("/healthz?" + "x" * 4000, {}, 400, id="an overlong request line"),
        pytest.param("/healthz", {"headers": {"X-Long": "x" * 4000}}, 400, id="an overlong header"),
    ],
)
async def test_what_no_kubelet_asks_is_refused(
    process: Process, path: str, options: dict[str, object], status: int
) -> None:
    assert (await ask(process, path, **options))[0] == status


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/nowhere"])
async def test_no_answer_tells_what_runs_here(process: Process, path: str) -> None:
    _, text, answer = await ask(process, path)

    assert "Server" not in answer.headers
    assert "aiohttp" not in text


async def test_a_callback_that_fails_gives_500_without_its_reason(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> list[str]:
        message = "inner detail"
        raise RuntimeError(message)

    process.server._live = fail

    status, text, _ = await ask(process, "/healthz")

    assert status == 500
    assert "inner detail" not in text
    assert "inner detail" in caplog.text


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        pytest.param("GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "", id="two hosts"),
        pytest.param("POST /healthz HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "", id="no host"),
        pytest.param("GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: v\r\n\r\n", "", id="a long target"),
        pytest.param("GET /healthz HTTP/1.1\r\nHost: v\r\nTransfer-Encoding: chunked\r\n\r\n", "zz\r\n", id="chunks"),
        pytest.param(
            "GET /healthz HTTP/1.1\r\nHost: v\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n", "abc", id="gzip"
        ),
    ],
)
async def test_a_clients_mistakes_do_not_fill_the_log(
    process: Process, head: str, rest: str, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", process.server.port)
    writer.write((head + rest).encode())
    writer.write_eof()
    async with asyncio.timeout(5):
        await reader.read()
    writer.close()

    assert caplog.text == ""


HALF = b"GET /he"


async def half_requests(process: Process, count: int) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connections of clients that send no more than the beginning of a request."""
    streams = [await asyncio.open_connection("127.0.0.1", process.server.port) for _ in range(count)]
    for _, writer in streams:
        writer.write(HALF)
    return streams


def hang_up(streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
    for _, writer in streams:
        writer.close()


async def are_closed(streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
    """Wait until the server has closed them all. Raises TimeoutError."""
    async with asyncio.timeout(4):
        for reader, _ in streams:
            with suppress(ConnectionError):
                assert await reader.read() == b""


async def test_whoever_keeps_many_connections_open_shuts_no_probe_out(process: Process) -> None:
    streams = await half_requests(process, 200)

    async with asyncio.timeout(1):
        status, _, _ = await ask(process, "/healthz")

    await are_closed(streams[: 200 + 1 - 64])
    still_open = [reader for reader, _ in streams if not reader.at_eof() and reader.exception() is None]
    hang_up(streams)
    assert status == 200
    assert len(still_open) == 63


@pytest.mark.parametrize("before", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["at once", "as the second"])
@pytest.mark.parametrize("sent", [b"", HALF], ids=["nothing", "half a request"])
async def test_who_does_not_ask_in_time_is_let_go(before: bytes, sent: bytes) -> None:
    server = HealthServer("127.0.0.1", 0, live=list, ready=list, metrics=bytes, idle_seconds=0.2)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(before + sent)

    async with asyncio.timeout(4):
        answers = await reader.read()

    writer.close()
    await server.stop()
    assert answers.count(b"HTTP/1.1 200") == bool(before)


async def test_a_head_that_comes_byte_by_byte_has_no_more_time() -> None:
    server = HealthServer("127.0.0.1", 0, live=list, ready=list, metrics=bytes, idle_seconds=0.2)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nX: ")
    ended = asyncio.create_task(reader.read())

    async with asyncio.timeout(4):
        while not ended.done():
            writer.write(b"a")
            await asyncio.sleep(0.02)

    writer.close()
    answers, *_ = await asyncio.gather(ended, return_exceptions=True)
    await server.stop()
    assert answers == b"" or isinstance(answers, ConnectionError)


async def test_a_body_that_does_not_come_keeps_no_connection(process: Process) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", process.server.port)
    writer.write(b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")

    async with asyncio.timeout(4):
        answers = await reader.read()

    writer.close()
    assert answers.startswith(b"HTTP/1.1 405")


async def test_a_taken_port_is_an_error_and_leaves_nothing_behind(process: Process) -> None:
    second = HealthServer("127.0.0.1", process.server.port, live=list, ready=list, metrics=bytes)

    with pytest.raises(OSError, match="address already in use"):
        await second.start()

    await second.stop()


async def test_a_client_that_keeps_its_connection_does_not_delay_the_stop(process: Process) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", process.server.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"ok\n")

    await asyncio.wait_for(process.server.stop(), 3)

    writer.close()
