"""Between ASGI and the protocols: read a request's token, send an `HttpAnswer`."""

from collections.abc import Iterable, Sequence

from starlette.responses import Response

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.bearer import bearer_token
from pharia_access.entrypoints.verifier.answers import HttpAnswer

__all__ = ["Reply", "authorizations", "bearer"]


class Reply(Response):
    """An answer for starlette: exactly the headers of the `HttpAnswer`, and `content-length`."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(answer.body, answer.status)
        self.raw_headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]


def authorizations(headers: Iterable[tuple[bytes, bytes]]) -> Sequence[bytes]:
    """Return the values of all `Authorization` headers. Names come in lower case."""
    return [value for name, value in headers if name == b"authorization"]


def bearer(headers: Iterable[tuple[bytes, bytes]]) -> bytes | Refusal:
    """Return the bearer token, or the refusal."""
    return bearer_token(authorizations(headers))
