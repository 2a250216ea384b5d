"""What of Kopf's requests is changed: lists of our kinds, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from yarl import URL

from pharia_access.entrypoints.first_lists import Requests

if TYPE_CHECKING:
    import aiohttp

OURS = "https://api/apis/access.pharia.ai/v1alpha1"


async def sent(method: str, url: str) -> tuple[str, int]:
    """The URL that went out, and how often something began."""
    begun: list[None] = []
    request = cast("aiohttp.ClientRequest", SimpleNamespace(method=method, url=URL(url)))

    async def send(_: object) -> aiohttp.ClientResponse:
        return cast("aiohttp.ClientResponse", SimpleNamespace(ok=True))

    await Requests(begun=lambda: begun.append(None), goes=lambda _: None)(request, send)
    return str(request.url), len(begun)


@pytest.mark.parametrize(
    "path", ["apitokens", "apicredentials?limit=500", "apiroles", "namespaces/a/apitokens?limit=500&continue=x"]
)
async def test_a_list_of_ours_asks_for_nothing_and_begins_a_watch(path: str) -> None:
    plain = path.partition("?")[0]

    assert await sent("GET", f"{OURS}/{path}") == (f"{OURS}/{plain}?fieldSelector=metadata.name%3D-", 1)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        pytest.param("GET", f"{OURS}/apitokens?watch=true&resourceVersion=9", id="a watch"),
        pytest.param("GET", OURS, id="which kinds there are"),
        pytest.param("GET", f"{OURS}/namespaces/a/apitokens/ci", id="one object"),
        pytest.param("GET", "https://api/apis/another.group/v1/apitokens", id="of another group"),
        pytest.param("PATCH", f"{OURS}/apitokens", id="another verb"),
    ],
)
async def test_all_else_is_sent_as_it_is(method: str, url: str) -> None:
    assert await sent(method, url) == (url, 0)
