"""What a form sends: bounded, and read whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from pharia_access.errors import AccessError

__all__ = ["MOST_BYTES", "MOST_FIELDS", "Form", "FormError", "parse_form", "read_form"]

MOST_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 120
"""A hundred tokens may be ticked on a page."""

_TYPE: Final = "application/x-www-form-urlencoded"


class FormError(AccessError):
    """A body is no form of ours; `status` is what HTTP calls that."""

    def __init__(self, message: str, status: HTTPStatus) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Form:
    """The fields that were sent, each with its values in their order. A field that was not sent is empty."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The field's text, without space around it."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the field, each once."""
        return tuple(dict.fromkeys(self.fields.get(name, ())))


async def read_form(request: Request) -> Form:
    """Read a request's body as a form. Raises FormError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        msg = f"A form is sent as {_TYPE}"
        raise FormError(msg, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            msg = f"The form is larger than {MOST_BYTES // 1024} KiB"
            raise FormError(msg, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return parse_form(body)


def parse_form(body: bytes) -> Form:
    """Read the fields of a form. Raises FormError."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:  # UnicodeError is one
        msg = f"The form is malformed, or has more than {MOST_FIELDS} fields"
        raise FormError(msg, HTTPStatus.BAD_REQUEST) from error
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    return Form(fields)
