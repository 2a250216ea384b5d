"""Tokens that ask for the places of one credential, all at once or one after the other."""

import asyncio

from tests.support.fakes.scripted_faults import Call
from tests.support.harness.operator_harness import OperatorHarness, drained

__all__ = ["hesitate", "hesitate_longer", "phases", "work_off"]


def phases(harness: OperatorHarness) -> dict[str, str | None]:
    return {key.name: token.status.phase for key, token in sorted(harness.store.tokens.items())}


async def hesitate(_call: Call) -> None:
    """Let the others go first."""
    await asyncio.sleep(0.001)


async def hesitate_longer() -> None:
    """As long as another's read of a token and a half."""
    await asyncio.sleep(0.003)


async def work_off(harness: OperatorHarness) -> None:
    """Reconcile all tokens that are queued, until none is."""
    while works := await drained(harness.replica.queue):
        for work in works:
            if work.kind == "token":
                await harness.reconcile(work.key)
