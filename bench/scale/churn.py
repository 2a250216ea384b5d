"""Changes at a steady pace, as people make them: edits, and tokens that are created, revoked, and deleted."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from itertools import cycle
from time import monotonic
from typing import TYPE_CHECKING

from bench.client import Channel, Server
from bench.tokens import CREDENTIAL, NAMESPACE, TOKENS, Json
from tools.control_plane.api import MERGE
from tools.control_plane.resources import api_token

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

__all__ = ["PER_SECOND", "Churn"]

PER_SECOND = 10.0

_ALIVE = 20
"""So many tokens are created before the first of them is revoked, and revoked before it is deleted."""


class Churn:
    """Of five changes two are edits of what is there; the others create a token, revoke one, delete one.

    `there`: the names of tokens that stay.
    """

    def __init__(self, server: Server, there: Sequence[str], rng: random.Random) -> None:
        self._server = server
        self._there = there
        self._rng = rng
        self._serial = 0
        self._created: deque[str] = deque()
        self._revoked: deque[str] = deque()

    async def run(self, seconds: float) -> float:
        """Go on for so long; the changes per second that it came to. Raises ClientError."""
        channel = await Channel.open(self._server)
        steps = cycle((self._edit, self._create, self._edit, self._revoke, self._delete))
        began, done = monotonic(), 0
        try:
            while monotonic() < began + seconds:
                await next(steps)(channel)
                done += 1
                await asyncio.sleep(max(0.0, began + done / PER_SECOND - monotonic()))
        finally:
            channel.close()
        return done / (monotonic() - began)

    async def _edit(self, channel: Channel) -> None:
        self._serial += 1
        await self._patch(channel, self._rng.choice(self._there), {"description": f"edit {self._serial}"})

    async def _create(self, channel: Channel) -> None:
        self._serial += 1
        name = f"churn-{self._serial}"
        body = json.dumps(api_token(NAMESPACE, name, credentialRef={"name": CREDENTIAL})).encode()
        await channel.send("POST", TOKENS, body)
        self._created.append(name)

    async def _revoke(self, channel: Channel) -> None:
        if len(self._created) > _ALIVE:
            self._revoked.append(self._created.popleft())
            await self._patch(channel, self._revoked[-1], {"revoked": True})

    async def _delete(self, channel: Channel) -> None:
        if len(self._revoked) > _ALIVE:
            await channel.send("DELETE", f"{TOKENS}/{self._revoked.popleft()}")

    async def _patch(self, channel: Channel, name: str, spec: Json) -> None:
        await channel.send("PATCH", f"{TOKENS}/{name}", json.dumps({"spec": spec}).encode(), form=MERGE)
