"""From what a watch sees to the index."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from pharia_access.domain.permissions import Role
from pharia_access.domain.sightings import Kind
from pharia_access.services.feed import Feed, View, part_name
from pharia_access.services.freshness import Freshness
from pharia_access.services.index import Index


@dataclass
class Meter:
    counted: list[str] = field(default_factory=list)

    def interrupted(self, kind: Kind, cause: str) -> None:
        self.counted.append(f"{kind} {cause}")

    def malformed(self, kind: Kind) -> None:
        self.counted.append(f"{kind} malformed")


def test_a_feed_fills_the_index_and_says_how_fresh_it_is(caplog: pytest.LogCaptureFixture) -> None:
    view, meter = View(Index(), Freshness(("ApiRole",), bound=10)), Meter()
    feed: Feed[Role] = Feed(view, "ApiRole", view.index.put_role, namespace=None, meter=meter)

    feed.put(Role("a", frozenset(), ()))
    feed.put(Role("b", frozenset(), ()))
    feed.put(Role("c", frozenset(), ()))
    feed.drop("a")
    feed.malformed("b", "spec: wrong")
    feed.listed({"c"}, None, 100.0)
    feed.heard(101.0)
    feed.interrupted("broken")

    assert view.index.sizes()["ApiRole"] == 1
    assert view.freshness.fresh_until == 111.0
    assert meter.counted == ["ApiRole malformed", "ApiRole broken"]
    assert caplog.records[0].__dict__["problem"] == "spec: wrong"


def test_a_part_is_called_by_its_kind_and_namespace() -> None:
    assert (part_name("ApiToken", None), part_name("ApiToken", "finance")) == ("ApiToken", "ApiToken/finance")
