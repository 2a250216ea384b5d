"""What takes long is done in pieces: one between two looks at the sockets, and checks come first."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.permissions import Permission, Role
from pharia_access.entrypoints.verifier.app import VerifierApp
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.entrypoints.verifier.long_work import PLACES, LongRequest, LongWork
from pharia_access.entrypoints.verifier.pace import RESTS, Pace
from pharia_access.errors import OverloadedError
from tests.support.verifier.memory_transport import MemoryTransport, request
from tests.support.verifier.verifier_server import Reply, VerifierServer, open_verifier_server

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

ASKED = [{"permission": "AccessModel", "model": f"x{number}"} for number in range(256)]


def wide_roles(server: VerifierServer) -> tuple[str, ...]:
    names = tuple(f"wide-{number}" for number in range(16))
    for number, name in enumerate(names):
        models = range(128 * number, 128 * number + 128)
        held = tuple(Permission.of("AccessModel", model=f"m{model}", size="*") for model in models)
        server.index.put_role(Role(name, frozenset({"*"}), held))
    return names


async def test_pieces_of_several_are_done_one_in_a_round_and_in_turn() -> None:
    work = LongWork(lambda: 0)
    done: list[tuple[int, str]] = []
    rounds = 0

    async def requests(name: str) -> None:
        with work.request(name) as request:
            for _ in range(3):
                await request.piece()
                done.append((rounds, name))

    async def count_rounds() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_rounds())
    async with asyncio.timeout(10):
        await asyncio.gather(*(requests(name) for name in "abcd"))
    counting.cancel()

    assert len({number for number, _ in done}) == len(done) == 12
    assert [name for _, name in done] == list("abcd") * 3


async def test_holders_take_turns_and_of_each_the_oldest_request_goes_on() -> None:
    work = LongWork(lambda: 0)
    done: list[str] = []

    async def asked(client: str, name: str) -> None:
        with work.request(client) as request:
            for _ in range(4):
                await request.piece()
                done.append(name)

    async with asyncio.timeout(10):
        await asyncio.gather(*(asked("greedy", f"g{number}") for number in range(20)), asked("other", "o"))

    assert done[:10].count("o") == 4
    ends = [len(done) - 1 - done[::-1].index(f"g{number}") for number in range(20)]
    assert ends == sorted(ends)


async def test_while_checks_come_pieces_rest() -> None:
    work = LongWork(itertools.count().__next__)
    loop = asyncio.get_running_loop()

    began, worked = loop.time(), 0.0
    with work.request("a") as request:
        for _ in range(4):
            worked += spin()
            await request.piece()

    assert loop.time() - began >= RESTS * (worked - spin()) * 0.5


async def test_where_no_checks_come_nothing_rests(mocker: MockerFixture) -> None:
    rest = mocker.spy(Pace, "rest")
    work, rests = LongWork(lambda: 0), []

    with work.request("a") as request:
        for _ in range(2000):
            await request.piece()
            rests.append(rest.spy_return)

    assert rests == [0] * rest.call_count


async def test_a_request_costs_what_is_done_beside_its_pieces_too() -> None:
    work = LongWork(itertools.count().__next__)
    loop = asyncio.get_running_loop()

    began = loop.time()
    for _ in range(5):
        with work.request("a") as request:
            await request.piece()

    assert loop.time() - began >= 4 * RESTS * 0.001 * 0.9


async def test_who_waited_too_long_is_told_so_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pharia_access.entrypoints.verifier.long_work.MOST_SECONDS", 0.2)
    work = LongWork(itertools.count().__next__)

    async def asked(client: str) -> str:
        with work.request(client) as request:
            try:
                for _ in range(6):
                    await request.piece()
                    spin()
            except OverloadedError:
                return "overloaded"
        return "answered"

    async with asyncio.timeout(20):
        ends = await asyncio.gather(*(asked("greedy") for _ in range(PLACES // 2)), asked("other"))
        monkeypatch.setattr("pharia_access.entrypoints.verifier.long_work.MOST_SECONDS", 20.0)
        afterwards = await asked("other")

    assert set(ends) == {"overloaded"}
    assert afterwards == "answered"
    assert work._taken.total() == 0


@pytest.mark.parametrize("rounds", range(6))
async def test_who_gives_up_keeps_nobody_waiting(rounds: int) -> None:
    work = LongWork(lambda: 0)

    async def asked(client: str, pieces: int) -> None:
        with work.request(client) as request:
            for _ in range(pieces):
                await request.piece()

    given_up = [asyncio.create_task(asked(name, 1000)) for name in "aab"]
    for _ in range(rounds):
        await asyncio.sleep(0)
    for task in given_up:
        task.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(*(asked(name, 3) for name in "abc"))
        await asyncio.gather(*given_up, return_exceptions=True)

    assert not work._waiting
    assert work._taken.total() == 0


def spin() -> float:
    """A millisecond of work; how many seconds."""
    began = time.thread_time()
    while time.thread_time() - began < 0.001:
        pass
    return 0.001


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        pytest.param("POST", "/check_user", json.dumps({"permissions": ASKED}).encode(), id="check_user"),
        pytest.param("POST", "/check_user", b'{"permissions":[' + b"{}," * 1000 + b"{}]}", id="junk"),
        pytest.param("GET", "/whoami", b"", id="whoami"),
    ],
)
async def test_between_the_pieces_of_a_request_others_checks_are_answered(
    method: str, target: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[int] = []
    original = LongRequest.piece

    async def piece(long: LongRequest) -> None:
        await original(long)
        pieces.append(server.authorizer.checks)

    monkeypatch.setattr(LongRequest, "piece", piece)
    server = VerifierServer()
    app = VerifierApp(Protocols(server.authorizer, 65536))
    rich, poor = server.issue("rich", roles=wide_roles(server)).reveal(), request(server.issue())
    busy, quick = MemoryTransport(server, app=app), MemoryTransport(server, app=app)
    length = f"content-length: {len(body)}\r\n" if body else ""
    busy.feed(f"{method} {target} HTTP/1.1\r\nhost: v\r\nauthorization: Bearer {rich}\r\n{length}\r\n".encode() + body)
    async with asyncio.timeout(20):
        while not busy.written:
            assert quick.send(poor).status == 200
            await asyncio.sleep(0)

    assert busy.statuses()[0] in {200, 422}
    assert pieces
    assert len(set(pieces)) == len(pieces)


def test_each_verifier_has_one_queue_for_all_that_takes_long() -> None:
    protocols = Protocols(VerifierServer().authorizer, 65536)

    assert protocols.work is protocols.work


def places_of(work: LongWork, stack: ExitStack, client: str) -> int:
    """How many it gets that takes all it can."""
    for count in range(PLACES + 1):
        try:
            stack.enter_context(work.request(client)).take_place()
        except OverloadedError:
            return count
    return PLACES + 1


def test_one_holder_leaves_places_to_others() -> None:
    work = LongWork(lambda: 0)
    with ExitStack() as stack:
        taken = [places_of(work, stack, f"finance/bot-{number}") for number in range(5)]

    assert taken == [PLACES // 2, PLACES // 4, PLACES // 8, PLACES // 16, PLACES // 32]
    with ExitStack() as stack:
        assert places_of(work, stack, "finance/bot-0") == PLACES // 2


@pytest.mark.parametrize("target", ["/check_user", "/oauth2/introspect"])
async def test_bodies_that_one_holder_lets_wait_are_few_and_end_with_their_clients(target: str) -> None:
    ready = Role("resource-server", frozenset({"*"}), (Permission.of("IntrospectTokens"),))
    async with open_verifier_server() as server:
        server.index.put_role(ready)
        greedy, other = (server.issue(name, roles=(ready.name,)).reveal() for name in ("greedy", "other"))
        writers, replies = [], []
        for _ in range(PLACES):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writers.append(writer)
            writer.write(head_of(target, greedy, 60_000))
            replies.append(asyncio.create_task(reader.readuntil(b"\r\n\r\n")))
        async with asyncio.timeout(10):
            while sum(reply.done() for reply in replies) < PLACES // 2:  # noqa: ASYNC110 - the door tells nobody
                await asyncio.sleep(0.01)
        refused = {Reply.read(reply.result()) for reply in replies if reply.done()}
        others = [(await long_body(server, target, other)).status for _ in range(3)]
        short = (await server.ask("POST", target, f"authorization: Bearer {greedy}", body=b"{}")).status
        for writer in writers:
            writer.transport.abort()
        async with asyncio.timeout(10):
            while (afterwards := await long_body(server, target, greedy)).status == 503:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        await asyncio.gather(*replies, return_exceptions=True)

    answered = 200 if target == "/check_user" else 400
    assert {(reply.status, reply.header("retry-after")) for reply in refused} == {(503, "1")}
    assert (others, afterwards.status) == ([answered] * 3, answered)
    assert short == (422 if target == "/check_user" else 400)


def head_of(target: str, token: str, length: int) -> bytes:
    head = f"POST {target} HTTP/1.1\r\nhost: v\r\nauthorization: Bearer {token}\r\ncontent-length: {length}\r\n\r\n"
    return head.encode()


async def long_body(server: VerifierServer, target: str, token: str) -> Reply:
    body = json.dumps({"permissions": ASKED}).encode()
    return Reply.read(await server.send(head_of(target, token, len(body)) + body))


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("target", ["/auth/nginx", "/auth/forward", "/auth/envoy/any/-/"])
async def test_each_check_counts_by_whichever_way_it_comes(target: str, version: str, *, fast: bool) -> None:
    async with open_verifier_server(fast=fast) as server:
        token = server.issue().reveal()
        await server.send(f"GET {target} HTTP/{version}\r\nhost: v\r\nauthorization: Bearer {token}\r\n\r\n".encode())
        checks = server.authorizer.checks
        await server.ask("GET", "/whoami", f"authorization: Bearer {token}")

    assert (checks, server.authorizer.checks) == (1, 1)
