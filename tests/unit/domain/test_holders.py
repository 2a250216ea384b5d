"""Holders of a credential: whose times of last use are kept."""

from __future__ import annotations

import pytest

from pharia_access.domain.holders import MOST_HOLDERS, superseded_use

FULL = {f"bot-{number:02}": 100.0 + number for number in range(MOST_HOLDERS)}


@pytest.mark.parametrize(
    ("name", "last_used", "holders", "expected"),
    [
        pytest.param("new", {}, {"new"}, "", id="nobody used it"),
        pytest.param("new", dict(list(FULL.items())[:-1]), {"new"}, "", id="there is room for one more"),
        pytest.param("bot-03", FULL, {"bot-03"}, "", id="it has its place"),
        pytest.param("new", FULL, {"new"}, "bot-00", id="the former holder who used it longest ago goes"),
        pytest.param("new", FULL, {"new", "bot-00", "bot-01"}, "bot-02", id="who holds it stays"),
        pytest.param("new", dict.fromkeys(FULL, 1.0), {"new"}, "bot-00", id="of two at one moment, the first by name"),
        pytest.param("new", FULL, FULL.keys(), "", id="all hold it: it is no holder any more"),
    ],
)
def test_sixteen_times_are_kept(name: str, last_used: dict[str, float], holders: set[str], expected: str) -> None:
    assert superseded_use(name, last_used=last_used, holders=holders) == expected
