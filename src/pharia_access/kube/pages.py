"""Lists of our kinds as pages of values: an object that cannot be understood is told beside the others."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

import msgspec

from pharia_access.domain.api_values import Kind, Page
from pharia_access.errors import InvalidObjectError, UnavailableError
from pharia_access.kube import paths
from pharia_access.kube.listing import ListChunk, Lists
from pharia_access.kube.schema import invalid_object

__all__ = ["object_pages"]

T = TypeVar("T")


async def object_pages(
    lists: Lists,
    kind: Kind,
    read: Callable[[bytes], T],
    namespace: str | None,
    selector: Mapping[str, str] | None = None,
) -> AsyncIterator[Page[T]]:
    """List the objects of a kind, of a namespace or all, some at a time. Raises the leaves of ApiError."""
    path = paths.of_kind(paths.PLURALS[kind], namespace)
    try:
        async with aclosing(lists.portions(path, selector)) as portions:
            async for portion in portions:
                yield _page(kind, portion, read)
    except InvalidObjectError as error:
        # Something between us and the API server answered in its place: no reason to end.
        message = f"GET {path}: the answer is not a list: {error}"
        raise UnavailableError(message) from None


def _page(kind: Kind, portion: ListChunk, read: Callable[[bytes], T]) -> Page[T]:
    understood, not_understood = [], []
    for item in portion.items:
        try:
            understood.append(read(bytes(item)))
        except InvalidObjectError as error:
            not_understood.append(invalid_object(kind, _object(item), str(error)))
    return Page(resource_version=portion.version, items=tuple(understood), invalid=tuple(not_understood))


def _object(item: msgspec.Raw) -> Mapping[str, Any]:
    body = json.loads(bytes(item))
    if not isinstance(body, dict):
        message = "an item is no object"
        raise InvalidObjectError(message)
    return body
