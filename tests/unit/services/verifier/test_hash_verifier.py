"""Slow proofs, bounded in every direction."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.token import TokenText, mint
from pharia_access.errors import HashError, OverloadedError
from pharia_access.services.threads import NICE
from pharia_access.services.verifier.hash_verifier import HashVerifier, HashVerifierLimits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class SlowHash:
    """Holds for the phc "good", once it is let go."""

    def __init__(self, *, going: bool = True) -> None:
        self.asked: list[str] = []
        self.go = threading.Event()
        if going:
            self.go.set()

    def __call__(self, phc: str, text: TokenText) -> bool:
        self.asked.append(phc)
        assert self.go.wait(10)
        if phc == "broken":
            raise HashError
        return phc == "good"


@asynccontextmanager
async def proving(hashing: SlowHash, **limits: int) -> AsyncIterator[HashVerifier]:
    hash_verifier = HashVerifier(hashing, HashVerifierLimits(**limits))
    try:
        yield hash_verifier
    finally:
        hashing.go.set()
        hash_verifier.close()


def token() -> TokenText:
    return mint("pharia", secrets.token_bytes)


async def test_a_text_holds_or_does_not() -> None:
    async with proving(SlowHash()) as hash_verifier:
        assert await hash_verifier.verify("good", token(), digest=b"1") is True
        assert await hash_verifier.verify("bad", token(), digest=b"1") is False
        assert hash_verifier.waiting == 0


async def test_a_failure_is_remembered_for_that_text_and_hash() -> None:
    hashing, text = SlowHash(), token()
    async with proving(hashing) as hash_verifier:
        for digest in (b"1", b"1", b"2"):
            assert not await hash_verifier.verify("bad", text, digest=digest)

    assert hashing.asked == ["bad", "bad"]


async def test_only_so_many_failures_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pharia_access.services.verifier.hash_verifier._REMEMBERED_FAILURES", 1)
    hashing, text = SlowHash(), token()
    async with proving(hashing) as hash_verifier:
        for digest in (b"1", b"2", b"1"):
            await hash_verifier.verify("bad", text, digest=digest)

    assert len(hashing.asked) == 3


async def test_the_same_text_is_proved_once_however_many_ask() -> None:
    hashing, text = SlowHash(going=False), token()
    async with proving(hashing) as hash_verifier:
        asking = [asyncio.create_task(hash_verifier.verify("good", text, digest=b"1")) for _ in range(20)]
        await asyncio.sleep(0.02)
        assert hash_verifier.waiting == 1
        hashing.go.set()

        assert await asyncio.gather(*asking) == [True] * 20
    assert hashing.asked == ["good"]


async def test_proofs_leave_the_core_to_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    lowered: list[tuple[int, int, int]] = []
    proved: list[int] = []

    def matches(_phc: str, _text: TokenText) -> bool:
        proved.append(threading.get_native_id())
        return True

    monkeypatch.setattr(os, "setpriority", lambda *asked: lowered.append(asked))
    hash_verifier = HashVerifier(matches, HashVerifierLimits())
    await hash_verifier.verify("good", token(), digest=b"1")
    hash_verifier.close()

    assert lowered == [(os.PRIO_PROCESS, proved[0], NICE)]


async def test_who_gives_up_waiting_ends_it_for_nobody_else() -> None:
    hashing, text = SlowHash(going=False), token()
    async with proving(hashing) as hash_verifier:
        first, second = (asyncio.create_task(hash_verifier.verify("good", text, digest=b"1")) for _ in range(2))
        await asyncio.sleep(0.02)
        first.cancel()
        hashing.go.set()

        assert await second is True


async def test_what_nobody_waits_for_any_more_fails_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    hashing = SlowHash(going=False)
    async with proving(hashing) as hash_verifier:
        lonely = asyncio.create_task(hash_verifier.verify("broken", token(), digest=b"1"))
        await asyncio.sleep(0.02)
        lonely.cancel()
        hashing.go.set()
        async with asyncio.timeout(5):
            while hash_verifier.waiting:  # noqa: ASYNC110 - the end of a thread
                await asyncio.sleep(0.01)
    del lonely
    await asyncio.sleep(0)
    gc.collect()  # asyncio tells of an error that nobody looked at when its task goes

    assert hashing.asked == ["broken"]
    assert caplog.records == []


async def test_a_hash_that_cannot_be_used_is_told() -> None:
    async with proving(SlowHash()) as hash_verifier:
        with pytest.raises(HashError):
            await hash_verifier.verify("broken", token(), digest=b"1")
        assert hash_verifier.waiting == 0


async def test_texts_for_one_id_leave_room_for_the_others() -> None:
    hashing, text = SlowHash(going=False), token()
    async with proving(hashing, waiting=3, per_token=2) as hash_verifier:
        waiting = [asyncio.create_task(hash_verifier.verify("bad", text, digest=bytes([n]))) for n in range(2)]
        await asyncio.sleep(0.02)
        with pytest.raises(OverloadedError):
            await hash_verifier.verify("bad", text, digest=b"3")
        other = asyncio.create_task(hash_verifier.verify("good", token(), digest=b"1"))
        await asyncio.sleep(0.02)
        with pytest.raises(OverloadedError):
            await hash_verifier.verify("good", token(), digest=b"2")
        hashing.go.set()

        assert await asyncio.gather(*waiting, other) == [False, False, True]


async def test_a_proof_that_ends_makes_room_for_one_of_its_id() -> None:
    one_may_go, text = threading.Semaphore(0), token()

    def matches(_phc: str, _text: TokenText) -> bool:
        assert one_may_go.acquire(timeout=10)
        return False

    hash_verifier = HashVerifier(matches, HashVerifierLimits(per_token=2))
    first, second = (asyncio.create_task(hash_verifier.verify("bad", text, digest=bytes([n]))) for n in range(2))
    await asyncio.sleep(0)
    one_may_go.release()
    assert await first is False

    third = asyncio.create_task(hash_verifier.verify("bad", text, digest=b"3"))
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await hash_verifier.verify("bad", text, digest=b"4")

    one_may_go.release(2)
    assert await asyncio.gather(*[second, third]) == [False, False]
    hash_verifier.close()
