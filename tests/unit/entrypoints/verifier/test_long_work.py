"""What takes long is done in pieces: one between two looks at the sockets, and checks come first."""

from __future__ import annotations

import asyncio
import json

import pytest

from pharia_access.domain.permissions import Permission, Role
from pharia_access.entrypoints.verifier.app import Protocols, VerifierApp
from pharia_access.entrypoints.verifier.long_work import REST_SECONDS, LongWork
from tests.support.http_door import Door
from tests.support.wires import Wire, request

ASKED = [{"permission": "AccessModel", "model": f"x{number}"} for number in range(256)]


def wide_roles(door: Door) -> tuple[str, ...]:
    names = tuple(f"wide-{number}" for number in range(16))
    for number, name in enumerate(names):
        models = range(128 * number, 128 * number + 128)
        held = tuple(Permission.of("AccessModel", model=f"m{model}", size="*") for model in models)
        door.index.put_role(Role(name, frozenset({"*"}), held))
    return names


async def test_pieces_of_several_are_done_one_in_a_round_and_in_turn() -> None:
    work = LongWork(lambda: 0)
    done: list[tuple[int, str]] = []
    rounds = 0

    async def requests(name: str) -> None:
        for _ in range(3):
            await work.piece()
            done.append((rounds, name))

    async def count() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    async with asyncio.timeout(10):
        await asyncio.gather(*(requests(name) for name in "abcd"))
    counting.cancel()

    assert len({number for number, _ in done}) == len(done) == 12
    assert [name for _, name in done] == list("abcd") * 3


async def test_while_checks_come_pieces_rest() -> None:
    checks = 0
    work = LongWork(lambda: checks)
    loop = asyncio.get_running_loop()

    began = loop.time()
    for _ in range(10):
        checks += 1
        await work.piece()

    assert loop.time() - began >= 10 * REST_SECONDS * 0.9


async def test_where_no_checks_come_nothing_rests() -> None:
    work = LongWork(lambda: 0)
    loop = asyncio.get_running_loop()

    async with asyncio.timeout(10):
        for _ in range(2000):
            await work.piece()

    assert loop.time() > 0


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
    original = LongWork.piece

    async def piece(work: LongWork) -> None:
        await original(work)
        pieces.append(work._checks())

    monkeypatch.setattr(LongWork, "piece", piece)
    door = Door()
    app = VerifierApp(Protocols(door.gate, 65536))
    rich, poor = door.issue("rich", roles=wide_roles(door)).reveal(), request(door.issue())
    busy, quick = Wire(door, app=app), Wire(door, app=app)
    length = f"content-length: {len(body)}\r\n" if body else ""
    busy.feed(f"{method} {target} HTTP/1.1\r\nauthorization: Bearer {rich}\r\n{length}\r\n".encode() + body)
    async with asyncio.timeout(20):
        while not busy.written:
            assert quick.send(poor).status == 200
            await asyncio.sleep(0)

    assert busy.statuses()[0] in {200, 422}
    assert pieces
    assert len(set(pieces)) == len(pieces)


def test_each_verifier_has_one_queue_for_all_that_takes_long() -> None:
    protocols = Protocols(Door().gate, 65536)

    assert protocols.work is protocols.work
