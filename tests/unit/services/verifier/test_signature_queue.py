"""One signature in each iteration of the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pharia_access.services.verifier.signature_queue import SignatureQueue
from pharia_access.services.verifier.verifier import Denied
from tests.support.verifier.service_account_tokens import PlayedIssuer, base64url, claims_of_pod
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from pytest_mock import MockerFixture


class Clock:
    """Counts the iterations of the event loop."""

    def __init__(self) -> None:
        self.iteration = 0
        self._tick()

    def _tick(self) -> None:
        self.iteration += 1
        asyncio.get_running_loop().call_soon(self._tick)


async def test_each_iteration_is_taken_once_and_by_who_asked_first() -> None:
    queue, clock, taken = SignatureQueue(), Clock(), list[tuple[int, int]]()

    async def step(number: int) -> None:
        await queue.wait()
        taken.append((clock.iteration, number))

    await asyncio.wait_for(asyncio.gather(*map(step, range(20))), timeout=10)

    assert len({iteration for iteration, _ in taken}) == 20
    assert [number for _, number in taken] == list(range(20))


async def test_nobody_is_overtaken_by_one_who_does_not_wait() -> None:
    queue = SignatureQueue()
    assert queue.take()
    waiting = asyncio.create_task(queue.wait())
    await asyncio.sleep(0)

    overtakes = [queue.take() for _ in range(3)]
    await asyncio.wait_for(waiting, timeout=10)

    assert overtakes == [False] * 3


async def test_who_gave_up_holds_up_nobody() -> None:
    queue = SignatureQueue()
    assert queue.take()
    waiting = [asyncio.create_task(queue.wait()) for _ in range(5)]
    await asyncio.sleep(0)
    for one in waiting[:4]:
        one.cancel()

    await asyncio.wait_for(waiting[4], timeout=10)
    for _ in range(3):
        await asyncio.sleep(0)

    assert queue.is_free


async def test_who_fails_or_needs_nothing_any_more_holds_up_nobody() -> None:
    queue, called = SignatureQueue(), list[str]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, told: called.append(str(told["exception"])))

    def fail() -> None:
        raise ValueError(len(called))

    for proceed in (fail, lambda: called.append("nothing"), fail, lambda: called.append("last")):
        queue.call(proceed)
    for _ in range(10):
        await asyncio.sleep(0)

    assert called == ["0", "nothing", "2", "last"]
    assert queue.is_free


async def test_signatures_are_verified_one_in_an_iteration_however_many_come_together(mocker: MockerFixture) -> None:
    issuer, queue = PlayedIssuer(), SignatureQueue()
    jwts = VerifierServer(service_accounts=issuer, queue=queue).jwts
    assert jwts is not None
    assert issuer.issuer is not None
    clock, verified = Clock(), list[int]()

    def note(*_args: object, **_kwargs: object) -> bool:
        verified.append(clock.iteration)
        return False

    mocker.patch.object(issuer.issuer.keys, "verify", side_effect=note)
    forged = base64url(b"\x01" * 256).encode()
    texts = [
        b".".join((*issuer.sign(claims_of_pod(jti=f"id-{number}")).split(b".")[:2], forged)) for number in range(10)
    ]

    at_once = [jwts.check(text) for text in texts]
    found = await asyncio.wait_for(asyncio.gather(*map(jwts.verify, texts)), timeout=10)

    assert [answer is queue for answer in at_once] == [False] + [True] * 9
    assert all(isinstance(answer, Denied) for answer in found)
    assert len(verified) == len(set(verified)) == 11
