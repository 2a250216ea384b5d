"""From what a watch sees to the index."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from pharia_access.domain.api_values import Kind
from pharia_access.domain.permissions import Role
from pharia_access.services.verifier.freshness import Bounds, Freshness, Part
from pharia_access.services.verifier.index import Index
from pharia_access.services.verifier.index_updater import IndexUpdater, VerifierState


@dataclass
class Meter:
    counted: list[str] = field(default_factory=list)

    def interrupted(self, kind: Kind, cause: str) -> None:
        self.counted.append(f"{kind} {cause}")

    def malformed(self, kind: Kind) -> None:
        self.counted.append(f"{kind} malformed")


def an_updater(metrics: Meter) -> tuple[VerifierState, IndexUpdater[Role]]:
    view = VerifierState(Index(), Freshness((Part("ApiRole"),), Bounds(view=10)))
    return view, IndexUpdater(view, Part("ApiRole"), view.index.put_role, metrics=metrics)


def test_a_feed_fills_the_index_and_says_how_fresh_it_is(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Meter()
    view, updater = an_updater(metrics)

    updater.put(Role("a", frozenset(), ()))
    updater.put(Role("b", frozenset(), ()))
    updater.put(Role("c", frozenset(), ()))
    updater.drop("a")
    updater.invalid("b", "spec: wrong")
    updater.listed({"c"}, None, 100.0)
    updater.mark_fresh(101.0)
    updater.interrupted("broken", 102.0)

    assert view.index.sizes()["ApiRole"] == 1
    assert (view.freshness.is_fresh("finance", 111.0), view.freshness.is_fresh("finance", 111.1)) == (True, False)
    assert metrics.counted == ["ApiRole malformed", "ApiRole broken"]
    assert caplog.records[0].__dict__["problem"] == "spec: wrong"


def test_a_part_that_is_lost_is_told_once_and_once_that_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    view, updater = an_updater(Meter())
    updater.listed(set(), None, 100.0)

    for at in (101.0, 103.0, 105.0):
        updater.denied(at)
    assert not view.freshness.is_fresh("finance", 105.0)
    for at in (106.0, 107.0):
        updater.alive(at)

    assert [(record.levelname, record.__dict__["part"]) for record in caplog.records] == [
        ("WARNING", "ApiRole"),
        ("INFO", "ApiRole"),
    ]


def test_a_part_is_called_by_its_kind_and_namespace() -> None:
    assert (str(Part("ApiToken")), str(Part("ApiToken", "finance"))) == ("ApiToken", "ApiToken/finance")
