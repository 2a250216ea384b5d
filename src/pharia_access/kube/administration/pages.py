"""Lists of other projects' kinds by pages, each decoded into the few fields that are read."""

from collections.abc import AsyncIterator
from typing import Final, TypeVar

import msgspec

from pharia_access.errors import UnavailableError
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request

__all__ = ["Metadata", "Page", "pages"]

_PAGE_SIZE: Final = "500"


class Metadata(msgspec.Struct):
    """Of an item its name, of a page where the next one begins."""

    name: str = ""
    more: str = msgspec.field(name="continue", default="")


class Page(msgspec.Struct):
    """What every page has. A subclass says what its items are."""

    metadata: Metadata


P = TypeVar("P", bound=Page)


async def pages(
    connection: Connection, path: str, decoder: "msgspec.json.Decoder[P]", *, timeout_seconds: float, fields: str = ""
) -> AsyncIterator[P]:
    """Yield the pages of a list. Raises the leaves of ApiError, UnavailableError for what is no such list too."""
    query = {"limit": _PAGE_SIZE, **({"fieldSelector": fields} if fields else {})}
    while True:
        page = _decoded(await connection.send(Request("GET", path, timeout_seconds, query=query)), decoder, path)
        yield page
        if not page.metadata.more:
            return
        query = {**query, "continue": page.metadata.more}


def _decoded(answer: bytes, decoder: "msgspec.json.Decoder[P]", path: str) -> P:
    try:
        return decoder.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        message = f"GET {path}: the list cannot be read"
        raise UnavailableError(message) from None
