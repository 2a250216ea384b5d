"""What answers a list in the API server's place is an error to try again after, not an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.errors import UnavailableError
from pharia_access.kube import listing
from pharia_access.kube.client import connect
from pharia_access.kube.gateway import KubeCluster
from tests.support.builders.domain_objects import WINDOW
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(b"<html>Sign in</html>", "not JSON", id="a proxy's page"),
        pytest.param(b"", "not JSON", id="nothing"),
        pytest.param([], "Expected `object`", id="another kind of JSON"),
        pytest.param({"kind": "ApiToken", "metadata": {}}, "Object missing", id="a single object"),
        pytest.param({"metadata": None, "items": []}, "Expected `object`", id="a list without metadata"),
        pytest.param({"metadata": {}, "items": []}, "Object missing", id="a list without a version"),
        pytest.param({"metadata": {"resourceVersion": "1"}, "items": None}, "Expected `array`", id="no items"),
        pytest.param({"metadata": {"resourceVersion": "1"}, "items": ["no"]}, "an item is", id="a list of words"),
    ],
)
async def test_what_is_no_list_is_tried_again(tmp_path: Path, answer: object, why: str) -> None:
    async with (
        hostile_api(lambda _: reply(200, answer)) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=1) as connection,
    ):
        with pytest.raises(UnavailableError, match=f"GET /apis/.*/apitokens: the answer is not a list: {why}"):
            async for _ in KubeCluster(connection, default_window=WINDOW).token_pages():
                pass


async def test_tokens_are_listed_in_pages_after_they_broke_off_whatever_was_listed_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LIST_SECONDS", 0.5)
    asked: list[tuple[str, bool]] = []

    def answer(request: ReceivedRequest) -> bytes | None:
        kind, paged = request.path.rpartition("/")[2], "limit" in request.query
        asked.append((kind, paged))
        broken_off = asked == [("apitokens", False)]
        return None if broken_off else reply(200, {"metadata": {"resourceVersion": "9"}, "items": []})

    async with (
        hostile_api(answer) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=1) as connection,
    ):
        cluster = KubeCluster(connection, default_window=WINDOW)
        with pytest.raises(UnavailableError):
            _ = [page async for page in cluster.token_pages()]
        for pages in (cluster.role_pages(), cluster.token_pages(), cluster.token_pages()):
            _ = [page async for page in pages]

    assert asked == [("apitokens", False), ("apiroles", False), ("apitokens", True), ("apitokens", False)]
