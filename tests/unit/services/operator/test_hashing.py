"""Hashing in threads: a real proof, off the event loop, so many at once and no more."""

import asyncio
import os
import sys
import threading

import pytest

from pharia_access.domain.argon2id import CHEAPEST, Argon2Parameters, verify_hash
from pharia_access.domain.token import mint
from pharia_access.services.operator.hashing import ThreadedHasher
from tests.support.builders.domain_objects import TEXT
from tests.support.fakes.ports import seeded_entropy

SLOWER = Argon2Parameters(memory_kib=8192, time_cost=2)
"""Some milliseconds: long enough for several to meet."""


class Seconds(list[float]):
    """Keeps what it is told, and on which thread it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def __call__(self, seconds: float) -> None:
        self.append(seconds)
        self.threads.add(threading.get_ident())


def hashing_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("argon2")}


async def test_it_proves_a_token_and_tells_how_long_that_took() -> None:
    seconds = Seconds()
    hasher = ThreadedHasher(CHEAPEST, threads=1, observe=seconds)

    phc = await hasher.hash_token(TEXT, namespace="finance")
    hasher.close()

    assert verify_hash(phc, TEXT)
    assert phc.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert len(seconds) == 1
    assert 0 < seconds[0] < 60
    assert seconds.threads == {threading.get_ident()}


async def test_the_event_loop_goes_on_meanwhile() -> None:
    hasher = ThreadedHasher(CHEAPEST, threads=1, observe=Seconds())
    proof = asyncio.create_task(hasher.hash_token(TEXT, namespace="finance"))

    await asyncio.sleep(0)

    assert not proof.done()
    assert verify_hash(await proof, TEXT)
    hasher.close()


async def test_whoever_comes_when_the_threads_are_busy_waits_in_line() -> None:
    before = hashing_threads()
    seconds = Seconds()
    hasher = ThreadedHasher(SLOWER, threads=2, observe=seconds)
    entropy = seeded_entropy()
    texts = [mint("pharia", entropy) for _ in range(6)]

    proofs = [asyncio.create_task(hasher.hash_token(text, namespace="finance")) for text in texts]
    await asyncio.sleep(0)
    during = hashing_threads()
    made = await asyncio.gather(*proofs)
    hasher.close()

    assert len(during - before) == 2
    assert len(set(made)) == len(seconds) == 6
    assert all(verify_hash(phc, text) for phc, text in zip(made, texts, strict=True))


async def test_closing_gives_up_what_waits_in_line() -> None:
    hasher = ThreadedHasher(SLOWER, threads=1, observe=Seconds())
    proofs = [asyncio.create_task(hasher.hash_token(TEXT, namespace="finance")) for _ in range(4)]
    await asyncio.sleep(0)

    hasher.close()
    done = await asyncio.wait_for(asyncio.gather(*proofs, return_exceptions=True), 10)

    assert isinstance(done[-1], asyncio.CancelledError)


async def test_a_closed_hasher_refuses() -> None:
    hasher = ThreadedHasher(CHEAPEST, threads=1, observe=Seconds())
    hasher.close()

    with pytest.raises(RuntimeError):
        await hasher.hash_token(TEXT, namespace="finance")


async def test_namespaces_take_turns() -> None:
    hasher, done = ThreadedHasher(SLOWER, threads=1, observe=Seconds()), []

    async def prove(namespace: str) -> None:
        await hasher.hash_token(TEXT, namespace=namespace)
        done.append(namespace)

    proofs = [asyncio.create_task(prove("noisy")) for _ in range(12)]
    proofs.append(asyncio.create_task(prove("quiet")))
    await asyncio.gather(*proofs)
    hasher.close()

    assert done[:4] == ["noisy", "noisy", "quiet", "noisy"]
    assert len(done) == 13


async def test_who_gives_up_leaves_the_threads_to_the_others() -> None:
    hasher = ThreadedHasher(SLOWER, threads=1, observe=Seconds())
    proofs = [asyncio.create_task(hasher.hash_token(TEXT, namespace="finance")) for _ in range(6)]
    await asyncio.sleep(0)
    for proof in proofs[:5]:
        proof.cancel()

    assert verify_hash(await asyncio.wait_for(proofs[5], 60), TEXT)
    assert verify_hash(await asyncio.wait_for(hasher.hash_token(TEXT, namespace="finance"), 60), TEXT)
    hasher.close()


async def test_patient_hashes_are_made_one_at_a_time_and_leave_a_thread_to_the_others() -> None:
    hasher, done = ThreadedHasher(SLOWER, threads=2, observe=Seconds()), []

    async def prove(namespace: str, *, patient: bool) -> None:
        await hasher.hash_token(TEXT, namespace=namespace, patient=patient)
        done.append(namespace)

    proofs = [asyncio.create_task(prove(f"crowd {number % 2}", patient=True)) for number in range(8)]
    await asyncio.sleep(0)
    patient = [thread for thread in hashing_threads() if thread.name.startswith("argon2-patient")]
    await prove("quiet", patient=False)

    assert len(patient) == 1
    assert len(done) < 8  # the other thread was free, and not given to the crowds
    await asyncio.gather(*proofs)
    assert len(done) == 9
    hasher.close()


@pytest.mark.parametrize("threads", [1, 2])
async def test_patient_ones_are_served_also_while_others_come_without_end(threads: int) -> None:
    hasher = ThreadedHasher(SLOWER, threads=threads, observe=Seconds())
    patient = asyncio.create_task(hasher.hash_token(TEXT, namespace="crowd", patient=True))

    async def ask_until_that_is_done() -> None:
        while not patient.done():
            await hasher.hash_token(TEXT, namespace="quiet")

    await asyncio.wait_for(asyncio.gather(*(ask_until_that_is_done() for _ in range(4))), 60)

    assert verify_hash(await patient, TEXT)
    hasher.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has a priority of its own")
@pytest.mark.parametrize(
    ("threads", "lower"),
    [
        pytest.param(1, {}, id="not on the only thread: others would wait for it"),
        pytest.param(2, {"argon2-patient_0": 10}, id="where another thread is left to the others"),
    ],
)
async def test_patient_hashes_are_made_at_low_priority(threads: int, lower: dict[str, int]) -> None:
    before = hashing_threads()
    hasher = ThreadedHasher(CHEAPEST, threads=threads, observe=Seconds())

    for patient in (False, True):
        await hasher.hash_token(TEXT, namespace="finance", patient=patient)
    made = hashing_threads() - before
    priorities = {thread.name: os.getpriority(os.PRIO_PROCESS, thread.native_id or 0) for thread in made}
    hasher.close()

    assert priorities == {"argon2_0": os.getpriority(os.PRIO_PROCESS, 0), **lower}


async def test_where_priorities_may_not_be_changed_hashes_are_made_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbid(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", forbid)
    hasher = ThreadedHasher(CHEAPEST, threads=2, observe=Seconds())

    assert verify_hash(await hasher.hash_token(TEXT, namespace="finance", patient=True), TEXT)
    hasher.close()
