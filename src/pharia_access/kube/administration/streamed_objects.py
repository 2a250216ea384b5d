"""Our kinds, summed up, for a face that looks at all tokens: those are one streamed list, and only summaries stay."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final, TypeVar

from pharia_access.domain.administration.stored import Stored, StoredPage
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.errors import InvalidObjectError, UnavailableError
from pharia_access.kube import paths
from pharia_access.kube.administration.summarized_objects import JsonObjects, SummarizedObjects
from pharia_access.kube.administration.token_reading import read_token
from pharia_access.kube.connection import Connection
from pharia_access.kube.listing import Lists

__all__ = ["StreamedObjects"]

_PATH: Final = paths.of_kind(paths.PLURALS["ApiToken"], None)

S = TypeVar("S", TokenSummary, CredentialSummary, RoleSummary, WorkloadSummary)


class StreamedObjects(SummarizedObjects):
    """The same as its base. Of the tokens of all namespaces each has its summary only, and an empty body.

    Args:
        connection: by which they are listed.
    """

    def __init__(self, objects: JsonObjects, connection: Connection) -> None:
        super().__init__(objects)
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
        try:
            async with aclosing(self._lists.portions(_PATH)) as portions:
                async for portion in portions:
                    yield StoredPage([_stored(read_token(item)) for item in portion.items])
                    await asyncio.sleep(0)  # requests are answered
        except InvalidObjectError as error:
            msg = f"{_PATH}: the answer is not a list"
            raise UnavailableError(msg) from error


def _stored(token: TokenSummary) -> Stored[TokenSummary]:
    return Stored({}, lambda _: token)
