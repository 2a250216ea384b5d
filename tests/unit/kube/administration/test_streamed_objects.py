"""All tokens of all namespaces come as one list, and only what is understood of them."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.errors import ForbiddenError, UnavailableError
from pharia_access.kube.administration.streamed_objects import StreamedObjects
from tests.support.administration.fake_objects import FakeObjects
from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pharia_access.kube.administration.summarized_objects import JsonObjects
    from pharia_access.kube.connection import Connection
    from pharia_access.kube.http import Request

COUNT = 300
LISTING = {
    "apiVersion": "access.pharia.ai/v1alpha1",
    "items": [{**api_token("finance", f"ci-{number}"), "padding": "x" * 1000} for number in range(COUNT)],
    "metadata": {"resourceVersion": "10"},
}


@dataclass(slots=True)
class Server:
    """Answers one list in small pieces."""

    body: bytes
    refusal: ForbiddenError | None = None
    asked: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def stream(self, call: Request, *, silence_seconds: float) -> AsyncIterator[Server]:
        assert silence_seconds
        self.asked.append(call.path)
        if self.refusal is not None:
            raise self.refusal
        yield self

    date = None

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), 50_000):
            yield self.body[start : start + 50_000]
            await asyncio.sleep(0)


def over(server: Server) -> StreamedObjects:
    objects = FakeObjects().put(api_credential("finance"), api_token("hr", "other"))
    return StreamedObjects(cast("JsonObjects", objects), cast("Connection", server))


async def test_all_tokens_come_by_parts_and_no_object_stays() -> None:
    server = Server(json.dumps(LISTING, separators=(",", ":")).encode())

    pages = [page async for page in over(server).pages(TokenSummary, None)]

    assert [item.summary.key.name for page in pages for item in page.items] == [f"ci-{n}" for n in range(COUNT)]
    assert len(pages) > 1
    assert all(item.body == {} for page in pages for item in page.items)
    assert server.asked == ["/apis/access.pharia.ai/v1alpha1/apitokens"]


async def test_whatever_else_is_listed_comes_as_objects() -> None:
    objects = over(Server(b""))

    (tokens,) = [page async for page in objects.pages(TokenSummary, "hr")]
    (credentials,) = [page async for page in objects.pages(CredentialSummary, None)]

    assert tokens.items[0].body["metadata"]["name"] == "other"
    assert credentials.items[0].body["kind"] == "ApiCredential"


async def test_who_may_not_list_is_refused_and_a_strange_answer_is_told_as_that() -> None:
    with pytest.raises(ForbiddenError):
        _ = [page async for page in over(Server(b"", refusal=ForbiddenError("no"))).pages(TokenSummary, None)]
    with pytest.raises(UnavailableError, match="the answer is not a list"):
        _ = [page async for page in over(Server(b'{"kind":"Status"}')).pages(TokenSummary, None)]
