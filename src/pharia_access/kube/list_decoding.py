"""The envelopes of lists and watches, typed with msgspec.

The objects stay bytes: `kube.verifier.decoding` reads them one by one.

Errors name fields, never values.
"""

from collections.abc import Callable
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, field

from pharia_access.errors import ApiError, InvalidObjectError, ResourceExpiredError

__all__ = ["ListBody", "Struct", "WatchEvent", "decoded", "error_of", "read_event", "read_key", "read_listing"]

T = TypeVar("T")


class Struct(msgspec.Struct, gc=False, rename="camel"):
    """Skip the cyclic collector: these objects are never part of a cycle."""


class _KeyMetadata(Struct):
    name: str = ""
    namespace: str = ""
    resource_version: str = ""


class _Keyed(Struct):
    metadata: _KeyMetadata


class _Status(Struct):
    code: int = 0
    reason: str = ""


class _ListMetadata(Struct):
    resource_version: Annotated[str, Meta(min_length=1)]
    continue_: str | None = field(default=None, name="continue")
    remaining_item_count: int | None = None


class ListBody(Struct):
    """A page of a list with undecoded items."""

    metadata: _ListMetadata
    items: list[msgspec.Raw]


class WatchEvent(Struct):
    """An event of a watch with an undecoded object."""

    type: str
    object: msgspec.Raw


_keys: Final = msgspec.json.Decoder(_Keyed)
_listings: Final = msgspec.json.Decoder(ListBody)
_statuses: Final = msgspec.json.Decoder(_Status)
_events: Final = msgspec.json.Decoder(WatchEvent)


def read_listing(body: bytes) -> ListBody:
    """Decode a page. Raises InvalidObjectError if it is not a list."""
    return decoded(_listings.decode, body)


def read_event(line: bytes) -> WatchEvent:
    """Decode an event. Raises InvalidObjectError if it is not an event."""
    return decoded(_events.decode, line)


def error_of(event: WatchEvent) -> ApiError:
    """Return the message of an ERROR event, usually that the version is too old. A new list resolves every cause."""
    try:
        status = decoded(_statuses.decode, event.object)
    except InvalidObjectError:
        status = _Status()
    return ResourceExpiredError(f"the watch ended with {event.type[:16]} {status.code} {status.reason[:64]}".rstrip())


def read_key(body: msgspec.Raw) -> tuple[str, str]:
    """Return an object's `namespace/name` (or name, if cluster-scoped) and its resourceVersion, each empty if missing.

    Raises InvalidObjectError.
    """
    metadata = decoded(_keys.decode, body).metadata
    key = f"{metadata.namespace}/{metadata.name}" if metadata.namespace else metadata.name
    return key, metadata.resource_version


def decoded(decode: Callable[[bytes | msgspec.Raw], T], body: bytes | msgspec.Raw) -> T:
    """Decode, or raise InvalidObjectError without any part of the input."""
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = str(error) if isinstance(error, msgspec.ValidationError) else "not JSON"
    # Outside of `except`, so that nothing of the library's comes along.
    raise InvalidObjectError(why.replace("`$.", "`"))
