"""Our kinds, summed up, for a face that looks at all tokens: those are one streamed list, and only summaries stay."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final, TypeVar

from pharia_access.domain.administration.stored import Stored, StoredPage
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.errors import ApiError, InvalidObjectError, UnavailableError
from pharia_access.kube import paths
from pharia_access.kube.administration.summarized_objects import JsonObjects, SummarizedObjects
from pharia_access.kube.administration.token_reading import read_token
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request
from pharia_access.kube.list_decoding import read_listing
from pharia_access.kube.listing import Lists

__all__ = ["StreamedObjects"]

_COUNT_SECONDS: Final = 10.0
_PATH: Final = paths.of_kind(paths.PLURALS["ApiToken"], None)

S = TypeVar("S", TokenSummary, CredentialSummary, RoleSummary, WorkloadSummary)


class StreamedObjects(SummarizedObjects):
    """The same as its base. Of the tokens of all namespaces each has its summary only, and an empty body.

    Args:
        connection: by which they are listed.
    """

    def __init__(self, objects: JsonObjects, connection: Connection) -> None:
        super().__init__(objects)
        self._connection = connection
        self._lists = Lists(connection)

    async def pages(
        self, kind: type[S], namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> AsyncIterator[StoredPage[S]]:
        """List a kind in one namespace or in all, by parts. Raises ResourceExpiredError if one came too late."""
        if kind is not TokenSummary or namespace is not None or labels or fields:
            async for page in super().pages(kind, namespace, labels=labels, fields=fields):
                yield page
            return
        async with aclosing(self._streamed()) as pages:
            async for found in pages:
                yield found

    async def _streamed(self) -> AsyncGenerator[StoredPage[Any], None]:
        counting, found = asyncio.create_task(self._count()), 0
        try:
            async with aclosing(self._lists.portions(_PATH)) as portions:
                async for portion in portions:
                    items = [_stored(read_token(item)) for item in portion.items]
                    found += len(items)
                    yield StoredPage(items, max(counting.result() - found, 0) if counting.done() else 0)
                    await asyncio.sleep(0)  # requests are answered
        except InvalidObjectError as error:
            msg = f"{_PATH}: the answer is not a list"
            raise UnavailableError(msg) from error
        finally:
            counting.cancel()

    async def _count(self) -> int:
        """How many there are, as far as the API server tells: a streamed list does not say it before its end."""
        try:
            answer = await self._connection.send(Request("GET", _PATH, _COUNT_SECONDS, query={"limit": "1"}))
            return 1 + (read_listing(answer).metadata.remaining_item_count or 0)
        except (ApiError, InvalidObjectError):
            return 0


def _stored(token: TokenSummary) -> Stored[TokenSummary]:
    return Stored({}, lambda _: token)
