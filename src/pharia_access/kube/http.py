"""A request to the API server and its answer: whole, by line, or in pieces."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, Protocol

from pharia_access.errors import UnavailableError
from pharia_access.kube.errors import TRANSPORT_ERRORS, refusal, unreachable

__all__ = ["JSON", "MOST_LINE_BYTES", "Answer", "Request", "Response", "Stream"]

JSON: Final = "application/json"

MOST_LINE_BYTES: Final = 4 * 2**20
"""The longest line of a watch: etcd's objects have at most 1.5 MiB."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        path: from `kube.paths`.
        timeout_seconds: for the whole request, including a wait for a free connection.
        body: a JSON value; never shown.
    """

    method: str
    path: str
    timeout_seconds: float
    body: object = field(default=None, repr=False)
    content_type: str = JSON
    query: Mapping[str, str] = field(default_factory=dict)
    accept: str = JSON


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def date(self) -> datetime | None:
        """Return the server's time when it answered, cut to whole seconds."""
        return _date(self.headers)

    def require_success(self, call: Request) -> None:
        """Raise the leaf of ApiError that a status of 300 or more means."""
        if not HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES:
            after = self.headers.get("retry-after")
            raise refusal(self.status, self.body, method=call.method, path=call.path, retry_after=after)


class Answer(Protocol):
    """An answer whose body has not arrived yet, as a transport gives it.

    Attributes:
        headers: found in any case, or by their names in lower case.
    """

    status: int
    headers: Mapping[str, str]

    async def read(self) -> bytes:
        """Return the whole body; may be called again. Raises TRANSPORT_ERRORS."""
        ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the body as it arrives. Raises TRANSPORT_ERRORS."""
        ...

    def close(self) -> None:
        """Give up what has not arrived; nothing to do after the end."""
        ...


class Stream:
    """A streamed answer."""

    def __init__(self, answer: Answer, call: Request) -> None:
        self._answer = answer
        self._call = call

    @property
    def date(self) -> datetime | None:
        """Return the server's time when it began to answer."""
        return _date(self._answer.headers)

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """Yield each line as it arrives, up to the clean end. Raises UnavailableError if the stream breaks."""
        rest = b""
        async with aclosing(self.chunks()) as chunks:
            async for chunk in chunks:
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield line
                self._require(len(rest) <= MOST_LINE_BYTES, f"a line of more than {MOST_LINE_BYTES} bytes")
        self._require(not rest, "ended within a line")

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the bytes as they arrive, up to the clean end. Raises UnavailableError if the stream breaks."""
        try:
            async with aclosing(self._answer.chunks()) as chunks:
                async for chunk in chunks:
                    yield chunk
        except TRANSPORT_ERRORS as error:
            raise unreachable(error, method=self._call.method, path=self._call.path) from error

    def _require(self, good: bool, why: str) -> None:  # noqa: FBT001 - what is required comes first
        if not good:
            message = f"{self._call.method} {self._call.path}: {why}"
            raise UnavailableError(message)


def _date(headers: Mapping[str, str]) -> datetime | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to import, and the command line needs no date

    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
