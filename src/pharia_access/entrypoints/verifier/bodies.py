"""What the endpoints read of a request beside its token: the media type and the body."""

from http import HTTPStatus
from typing import Final

from starlette.requests import ClientDisconnect, Request

from pharia_access.entrypoints.verifier.answers import HttpAnswer

__all__ = ["TOO_LARGE", "declared_length", "may_exceed", "media_type", "read_body"]

TOO_LARGE: Final = HttpAnswer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value)


def media_type(request: Request) -> str:
    """Return the media type of the body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def may_exceed(request: Request, count: int) -> bool:
    """Tell whether the body may be longer than so many bytes, by the request's head."""
    if "transfer-encoding" in request.headers:
        return True
    return declared_length(request) > count


def declared_length(request: Request) -> int:
    """Return how long the head says that the body is; 0 where it does not say so."""
    return int(request.headers.get("content-length", "").lstrip("0") or "0")  # `int` takes few digits


async def read_body(request: Request, *, limit: int) -> bytes | None:
    """Read the body. Return None where it is longer than `limit` bytes, or where the client went away."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)
