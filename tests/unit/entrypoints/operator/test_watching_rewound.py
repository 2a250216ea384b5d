"""A watch by Kopf that broke off: whether the cluster went back in time meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.operator.watching import Watcher
from pharia_access.kube.client import connect
from pharia_access.settings.operator import OperatorSettings
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply
from tests.support.fakes.watched_kinds import OBJECTS, Post, nobody, served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def post() -> Post:
    return Post()


def versions(*, restored: bool) -> Callable[[ReceivedRequest], bytes | None]:
    """Watches break off at once, or say nothing and end; what is listed is at version 5 after a restore, else at 9."""

    def answer(request: ReceivedRequest) -> bytes | None:
        last = request.path.rpartition("/")[2]
        if last in OBJECTS and "watch" not in request.query:
            asked_for_the_version = request.query.get("limit") == ["1"]
            version = "5" if restored and asked_for_the_version else "9"
            return reply(200, {"metadata": {"resourceVersion": version}, "items": []})
        return served(request)

    return answer


@pytest.mark.parametrize("restored", [True, False], ids=["the cluster went back", "it did not"])
async def test_after_a_watch_that_broke_off_it_is_asked_whether_the_cluster_went_back(
    tmp_path: Path, post: Post, caplog: pytest.LogCaptureFixture, *, restored: bool
) -> None:
    """As where etcd was restored while the API server was away: such a watch would say nothing."""
    listed: list[str] = []
    post.health.request_resync = listed.append
    asked = 0
    async with (
        hostile_api(versions(restored=restored)) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(post.store_of, connection, OperatorSettings())
        watcher.start(nobody)
        async with asyncio.timeout(20):
            while asked < len(OBJECTS) or (restored and len(listed) < 2 * len(OBJECTS)):
                await asyncio.sleep(0.1)
                asked = sum(request.query.get("limit") == ["1"] for request in api.requests)
        watcher.stop()
        await asyncio.to_thread(watcher._thread.join, 15)

    causes = {record.__dict__["cause"] for record in caplog.records if "cause" in record.__dict__}
    assert causes == ({"rewound"} if restored else set())
    assert (len(listed) > len(OBJECTS)) is restored
