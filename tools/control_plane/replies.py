"""What the API server answered, as a value: refusals too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

__all__ = ["Answer", "Reply", "body_of"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API server answered: the HTTP status, and the object or the Status that came with it."""

    status: int
    body: Json

    @property
    def ok(self) -> bool:
        """Whether the request was accepted."""
        return self.status < HTTPStatus.BAD_REQUEST

    @property
    def message(self) -> str:
        """What a person is told of a refusal; empty where the request was accepted."""
        return "" if self.ok else str(self.body.get("message", ""))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, byte for byte: `content` is headers and body."""

    status: int
    content: bytes

    @property
    def ok(self) -> bool:
        """Whether the request was accepted."""
        return self.status < HTTPStatus.BAD_REQUEST


def body_of(content: bytes) -> Json:
    """A refusal can be plain text: of a path that is not served yet, or of too many requests at once."""
    try:
        body: Json = json.loads(content)
    except ValueError:
        return {"message": content.decode(errors="replace")}
    return body
