"""How connections end on real sockets, on both event loops: answers arrive, nothing is held, the log stays empty."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import time
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.entrypoints.verifier.limits import Limits
from tests.support.verifier.memory_transport import read_replies
from tests.support.verifier.messages import AUTH, CASES, END, QUESTION, filled, message
from tests.support.verifier.verifier_server import open_verifier_server

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.support.verifier.verifier_server import VerifierServer

    Run = Callable[[Coroutine[Any, Any, Any]], Any]

PATIENT = 10.0
SHORT = Limits(request_seconds=0.3, body_bytes=65536)


async def connected(server: VerifierServer) -> socket.socket:
    connection = socket.socket()
    connection.setblocking(False)  # noqa: FBT003 - the library's signature
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", server.port))
    return connection


async def all_that_comes(connection: socket.socket) -> bytes:
    """Up to the end. Raises ConnectionResetError where the connection is reset before."""
    received = b""
    async with asyncio.timeout(PATIENT):
        while chunk := await asyncio.get_running_loop().sock_recv(connection, 65536):
            received += chunk
    return received


async def until_nobody_is_connected(server: VerifierServer, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while server.connections():  # noqa: ASYNC110 - the door tells nobody when one ends
            await asyncio.sleep(0.02)


def test_a_client_that_sends_on_gets_the_answer_that_ends_it(run: Run) -> None:
    async def main() -> tuple[list[int], bool]:
        async with open_verifier_server() as server:
            connection = await connected(server)
            head = message("POST /check_user", "Expect: x", "Content-Length: 900000").encode()
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(connection, head)
            await asyncio.sleep(0.05)
            await loop.sock_sendall(connection, b"x" * 900_000)
            received = await all_that_comes(connection)
            connection.close()
            await until_nobody_is_connected(server, 2)
            return [reply.status for reply in read_replies(received)], True

    assert run(main()) == ([417], True)


def test_a_client_that_sends_for_ever_after_the_last_answer_is_cut(run: Run) -> None:
    async def main() -> None:
        async with open_verifier_server() as server:
            connection = await connected(server)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(connection, b"nonsense\r\n\r\n")
            with suppress(ConnectionResetError, BrokenPipeError):
                async with asyncio.timeout(PATIENT):
                    while True:
                        await loop.sock_sendall(connection, b"x" * 65536)
            assert server.connections() == 0
            connection.close()

    run(main())


@pytest.mark.parametrize("target", ["/whoami", "/auth/nginx", "/x"])
def test_a_client_that_reads_nothing_is_cut_and_its_requests_are_not_read(run: Run, target: str) -> None:
    async def main() -> int:
        async with open_verifier_server(limits=SHORT) as server:
            connection = await connected(server)
            sent, many = 0, filled(message(f"GET {target}", AUTH) * 500, server)
            async with asyncio.timeout(PATIENT):
                with suppress(ConnectionResetError, BrokenPipeError):
                    while server.connections() or not sent:
                        with suppress(BlockingIOError):
                            sent += connection.send(many)
                        await asyncio.sleep(0.001)
            connection.close()
            return len(server.journal.decided_)

    assert run(main()) <= 16


def test_a_pause_of_the_process_is_not_charged_to_its_clients(run: Run) -> None:
    """As a throttled pod has: what came meanwhile is read before anybody is late."""

    async def main() -> list[int]:
        async with open_verifier_server(limits=SHORT) as server:
            half, silent = await connected(server), await connected(server)
            sent = filled(message("GET /whoami", AUTH), server)
            half.send(sent[:20])
            await asyncio.sleep(0.1)
            half.send(sent[20:])
            silent.send(sent)
            time.sleep(1.5)  # noqa: ASYNC251 - the pause
            await asyncio.sleep(0.2)
            replies = [read_replies(connection.recv(65536)) for connection in (half, silent)]
            half.close()
            silent.close()
            return [reply.status for found in replies for reply in found]

    assert run(main()) == [200, 200]


def test_a_client_that_leaves_little_of_its_answers_is_cut_too(run: Run) -> None:
    """Less than what a transport holds back by itself before it says that nobody takes it."""

    async def main() -> None:
        async with open_verifier_server(limits=SHORT) as server:
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            connection.setblocking(False)  # noqa: FBT003 - the library's signature
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", server.port))
            some = filled(message("GET /auth/nginx", AUTH) * 8, server)
            for _ in range(40):
                with suppress(BlockingIOError):
                    connection.send(some)
                await asyncio.sleep(0.002)
            await until_nobody_is_connected(server, 3)
            connection.close()

    run(main())


def test_a_client_that_takes_no_answers_is_cut(run: Run) -> None:
    """One request after the other, so that none is too many, until no buffer takes another answer."""

    async def main() -> None:
        async with open_verifier_server(limits=SHORT) as server:
            connection = await connected(server)
            asked = filled(message("POST /check_user", AUTH, body=_long_question()), server)
            await asyncio.sleep(0)
            async with asyncio.timeout(PATIENT):
                with suppress(ConnectionResetError, BrokenPipeError):
                    while True:
                        await asyncio.get_running_loop().sock_sendall(connection, asked)
                        await asyncio.sleep(0.001)
            await until_nobody_is_connected(server, 2)
            connection.close()

    run(main())


def _long_question() -> str:
    entries = ", ".join('{"permission": "AccessModel", "model": "' + "x" * 300 + '"}' for _ in range(150))
    return f'{{"permissions": [{entries}]}}'


def test_a_client_that_has_sent_all_gets_its_answers(run: Run) -> None:
    async def main() -> list[int]:
        async with open_verifier_server() as server:
            connection = await connected(server)
            sent = filled(message("POST /check_user", AUTH, body=QUESTION) * 2, server)
            await asyncio.get_running_loop().sock_sendall(connection, sent)
            connection.shutdown(socket.SHUT_WR)
            received = await all_that_comes(connection)
            connection.close()
            return [reply.status for reply in read_replies(received)]

    assert run(main()) == [200, 200]


SAMPLE = dict(list(CASES.items())[::3])


@pytest.mark.parametrize("name", SAMPLE)
def test_a_message_is_read_as_what_it_is_on_a_real_socket(run: Run, name: str) -> None:
    case = CASES[name]

    async def main() -> tuple[int, ...]:
        async with open_verifier_server() as server:
            connection = await connected(server)
            sent = filled(case.sent, server)
            at = sent.find(b"\r\n\r\n") + 4
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(connection, sent[:at])
            await asyncio.sleep(0.01)
            await loop.sock_sendall(connection, sent[at:])
            if case.statuses[-1] != END:
                connection.shutdown(socket.SHUT_WR)
            received = await all_that_comes(connection)
            connection.close()
            return tuple(reply.status for reply in read_replies(received))

    assert run(main()) == tuple(status for status in case.statuses if status != END)


HOSTILE = [*(case.sent for case in CASES.values()), message("GET /whoami", AUTH) * 40, message("GET /%ff%00/x?\x7f")]


def test_whatever_clients_do_the_log_stays_empty(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """They send, read or do not, and go away in the midst of it, by an end or by a reset."""
    random = Random(20261129)  # noqa: S311 - repeatable

    async def client(server: VerifierServer) -> None:
        connection = await connected(server)
        loop = asyncio.get_running_loop()
        sent = filled("".join(random.choices(HOSTILE, k=2)), server)
        sent = sent[: random.randint(1, len(sent))] if random.random() < 0.7 else sent
        step = random.choice([len(sent), 7, 60])
        with suppress(OSError):
            for at in range(0, len(sent), step):
                await loop.sock_sendall(connection, sent[at : at + step])
                await asyncio.sleep(random.choice([0, 0, 0.001]))
        if random.random() < 0.5:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    async def main() -> None:
        async with open_verifier_server(limits=Limits(request_seconds=0.3)) as server:
            for _ in range(12):
                await asyncio.gather(*(client(server) for _ in range(25)))
            await until_nobody_is_connected(server, 5)

    with caplog.at_level(logging.INFO):
        run(main())

    assert [record.getMessage() for record in caplog.records if record.name != "asyncio"] == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
