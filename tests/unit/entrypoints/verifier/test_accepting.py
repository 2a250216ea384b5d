"""Connections are counted from the moment they are accepted, and never take the last descriptors."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import time
from typing import TYPE_CHECKING

import pytest
import trustme

from pharia_access.entrypoints.verifier.accepting import Acceptor
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.room import Guest, Room
from tests.support.verifier.verifier_server import open_verifier_server
from tests.unit.entrypoints.verifier.test_bounds import pem

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.entrypoints.verifier.conftest import Run

FEW = Limits(connections=4, request_seconds=30)
DRAIN = 3.0
BEYOND = 32


def test_handshakes_that_are_never_finished_give_way_to_new_ones(run: Run, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)

    async def main() -> tuple[int, bytes]:
        async with open_verifier_server(limits=FEW, tls=pem(tmp_path, authority)) as server:
            token = server.issue().reveal()
            silent = [
                await asyncio.open_connection("127.0.0.1", server.port) for _ in range(FEW.connections + BEYOND + 9)
            ]
            async with asyncio.timeout(10):
                closed = [await reader.read() for reader, _ in silent[:9]]
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
                writer.write(f"GET /auth/nginx HTTP/1.1\r\nhost: v\r\nauthorization: Bearer {token}\r\n\r\n".encode())
                status = await reader.readline()
            for _, one in [*silent, (reader, writer)]:
                one.close()
            return len(closed), status

    assert run(main()) == (9, b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(("secure", "bounds"), [(True, (16384, 81920)), (False, (98304, 262_144))])
def test_what_comes_at_once_is_less_behind_tls(
    run: Run, tmp_path: Path, *, secure: bool, bounds: tuple[int, int]
) -> None:
    """TLS keeps two buffers as large as that, until the connection ends: else strangers would take a pod's memory."""

    async def main() -> int:
        async with open_verifier_server(tls=pem(tmp_path, trustme.CA()) if secure else None) as server:
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
                client.connect(("127.0.0.1", server.port))
                return sent_while_nobody_reads(client)

    assert bounds[0] <= run(main()) <= bounds[1]


def sent_while_nobody_reads(client: socket.socket) -> int:
    client.settimeout(0.1)
    sent = 0
    try:
        while True:
            sent += client.send(bytes(4096))
    except TimeoutError:
        return sent


def test_what_is_no_tls_takes_no_place(run: Run, tmp_path: Path) -> None:
    async def main() -> int:
        async with open_verifier_server(limits=FEW, tls=pem(tmp_path, trustme.CA())) as server:
            for _ in range(3 * BEYOND):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                async with asyncio.timeout(10):
                    await reader.read()
                writer.close()
            return server.connections()

    assert run(main()) == 0


def test_where_none_can_be_accepted_it_is_said_once_and_tried_again(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = 0

    def refuse(_: object) -> None:
        nonlocal tries
        tries += 1
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async def main() -> int:
        async with open_verifier_server() as server:
            token = server.issue().reveal()
            with monkeypatch.context() as patch:
                patch.setattr("socket.socket.accept", refuse)
                asking = asyncio.create_task(server.ask("GET", "/auth/nginx", f"authorization: Bearer {token}"))
                await asyncio.sleep(1)
            return (await asking).status

    assert run(main()) == 200
    assert 2 <= tries <= 10
    assert [record.getMessage() for record in caplog.records] == ["no connection can be taken; tried again"]


def test_what_waits_while_the_door_closes_is_closed(run: Run, tmp_path: Path) -> None:
    async def main() -> list[bytes]:
        async with open_verifier_server(limits=FEW, tls=pem(tmp_path, trustme.CA())) as server:
            silent = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(5)]
            await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            ends = [await reader.read() for reader, _ in silent]
        for _, writer in silent:
            writer.close()
        return ends

    assert run(main()) == [b""] * 5


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_each_has_a_place_before_the_next_is_accepted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, secure: bool
) -> None:
    entered: list[object] = []
    counted: list[int] = []
    enter, admit = Room.enter, Acceptor._admit

    def note(room: Room, guest: Guest, *, shakes_hands: bool) -> None:
        entered.append(guest)
        enter(room, guest, shakes_hands=shakes_hands)

    def admitted(acceptor: Acceptor, connection: socket.socket) -> None:
        before = len(entered)
        admit(acceptor, connection)
        counted.append(len(entered) - before)

    monkeypatch.setattr(Room, "enter", note)
    monkeypatch.setattr(Acceptor, "_admit", admitted)

    async def main() -> None:
        async with open_verifier_server(limits=FEW, tls=pem(tmp_path, trustme.CA()) if secure else None) as server:
            several = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3 * BEYOND)]
            await asyncio.sleep(0.2)
            assert server.connections() <= FEW.connections
            for _, writer in several:
                writer.close()

    run(main())
    assert counted == [1] * 3 * BEYOND
    assert len(entered) == len(set(entered)) == 3 * BEYOND


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("rounds", range(8))
def test_who_comes_while_the_door_closes_does_not_hold_it_open(
    run: Run, tmp_path: Path, rounds: int, *, secure: bool
) -> None:
    async def main() -> float:
        async with open_verifier_server(tls=pem(tmp_path, trustme.CA()) if secure else None) as server:
            with socket.create_connection(("127.0.0.1", server.port)):
                for _ in range(rounds):
                    await asyncio.sleep(0)
                began = time.monotonic()
                await server.stop(DRAIN)
                return time.monotonic() - began

    assert run(main()) < DRAIN  # else it was held open for all of that
