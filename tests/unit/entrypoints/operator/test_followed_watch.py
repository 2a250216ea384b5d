"""One watch of Kopf as it goes: whether it says nothing, hangs or breaks off, and what Kopf sees then."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import pytest

from pharia_access.entrypoints.operator.followed_watch import FollowedWatch
from pharia_access.kube.watch_rules import GRACE_SECONDS, went_back
from tests.support.fakes.virtual_time import FakeClock, simulated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECONDS = 60.0
ENDS, HANGS = "ends", "hangs"
Piece = float | str | bytes | Exception


@pytest.fixture
def clock() -> FakeClock:
    """Time that passes only while everybody waits."""
    return FakeClock()


@dataclass
class Content:
    """What comes: a piece, after so many seconds another, an error; or nothing any more."""

    script: list[Piece]
    name: str = "aiohttp's"

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        for step in self.script:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, bytes):
                yield step
            else:
                await asyncio.sleep(step if isinstance(step, float) else 10_000)


@dataclass
class Kopf:
    """Reads a watch to its end."""

    script: list[Piece]
    rewound: bool = False
    told: list[str] = field(default_factory=list)
    read: list[bytes] = field(default_factory=list)

    async def reads(self) -> list[str]:
        """What was told in that time."""
        watch = FollowedWatch(
            Content(self.script),
            seconds=SECONDS,
            on_piece=lambda: self.told.append("piece"),
            on_silent=lambda: self.told.append("silent"),
            on_broken=lambda: self.told.append("broken"),
            hang_up=lambda: self.told.append("hung up"),
        )
        watch.over = self.rewound
        assert watch.name == "aiohttp's"
        async for chunk in watch.iter_chunked(7):
            self.read.append(chunk)
        return self.told

    @property
    def begins_anew(self) -> bool:
        """Whether it was made to list again."""
        last = json.loads(self.read[-1]) if self.read else {}
        return bool(last) and (last["type"], last["object"]["code"]) == ("ERROR", 410)


@pytest.mark.parametrize(
    ("script", "told", "begins_anew"),
    [
        pytest.param([b"{}", SECONDS], ["piece"], False, id="it ends in time"),
        pytest.param([SECONDS, b"{}"], ["piece"], False, id="one bookmark at its end is enough"),
        pytest.param([SECONDS], ["silent"], True, id="it says nothing"),
        pytest.param([], ["broken"], False, id="it ends at once"),
        pytest.param([b"{}", SECONDS / 2], ["piece", "broken"], False, id="it ends early"),
        pytest.param([HANGS], ["hung up", "silent"], True, id="it hangs and never said anything"),
    ],
)
@simulated
async def test_a_watch_is_told_by_what_it_said_until_its_end(
    clock: FakeClock, script: list[Piece], told: list[str], *, begins_anew: bool
) -> None:
    kopf = Kopf(script)

    assert await kopf.reads() == told
    assert kopf.begins_anew == begins_anew


@simulated
async def test_a_watch_that_hangs_is_noticed_a_little_after_its_time(clock: FakeClock) -> None:
    kopf = Kopf([b"{}", HANGS])

    with pytest.raises(aiohttp.ClientPayloadError, match="hangs"):
        await kopf.reads()

    assert kopf.told == ["piece", "hung up", "broken"]
    assert clock.monotonic() == pytest.approx(SECONDS + GRACE_SECONDS, abs=0.1)


@pytest.mark.parametrize("error", [aiohttp.ClientPayloadError("cut"), ConnectionResetError("cut")])
@simulated
async def test_a_watch_that_breaks_off_is_told_and_kopf_sees_it(clock: FakeClock, error: Exception) -> None:
    kopf = Kopf([b"{}", error])

    with pytest.raises(type(error)):
        await kopf.reads()

    assert kopf.told == ["piece", "broken"]


@simulated
async def test_where_the_cluster_went_back_the_watch_is_over_at_once(clock: FakeClock) -> None:
    kopf = Kopf([HANGS], rewound=True)

    assert await kopf.reads() == []
    assert kopf.begins_anew
    assert clock.monotonic() == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [("10", "9", True), ("9", "10", False), ("9", "9", False), ("x", "9", True), ("9", "x", True)],
)
def test_a_cluster_went_back_unless_its_version_is_ours_or_later(ours: str, theirs: str, *, expected: bool) -> None:
    assert went_back(ours, theirs) is expected
