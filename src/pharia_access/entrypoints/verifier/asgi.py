"""Between ASGI and the protocols: what of a request is read, and an `HttpAnswer` sent."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pharia_access.entrypoints.verifier.answers import HttpAnswer

__all__ = ["TOO_LARGE", "Reply", "authorizations", "may_exceed", "media_type", "read_body"]

TOO_LARGE: Final = HttpAnswer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value)


class Reply(Response):
    """An answer for starlette, which sends exactly its headers and `content-length`."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(answer.body, answer.status)
        self.raw_headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]


def authorizations(headers: Iterable[tuple[bytes, bytes]]) -> Sequence[bytes]:
    """The values of all `Authorization` headers; names come in lower case."""
    return [value for name, value in headers if name == b"authorization"]


def media_type(request: Request) -> str:
    """What the body says it is, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def may_exceed(request: Request, count: int) -> bool:
    """Whether the body may be longer than so many bytes, by what its head says."""
    if "transfer-encoding" in request.headers:
        return True
    return int(request.headers.get("content-length", "").lstrip("0") or "0") > count  # `int` takes few digits


async def read_body(request: Request, *, limit: int) -> bytes | None:
    """The body; None where it is longer than `limit` bytes, or its sender went away."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)
