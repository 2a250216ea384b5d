"""Deletes exactly the object of a UID, and inspects one by a dry run. An object that is gone or replaced is no error.

Options are sent in the query, which audit logs record, and in the body, which the API server prefers: a proxy that
drops one of them must not turn a dry run into a deletion.
"""

from typing import Final

import msgspec

from pharia_access.domain.deletions import GONE, NOT_THERE, Deletion, Held
from pharia_access.errors import ConflictError, NotFoundError, UnavailableError
from pharia_access.kube import manifests
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request

__all__ = ["delete_exactly", "deleted_as_dry_run", "what_holds"]

_QUERY: Final = {"dryRun": "All", "propagationPolicy": "Foreground"}
_BODY: Final = {"apiVersion": "v1", "kind": "DeleteOptions", "dryRun": ["All"], "propagationPolicy": "Foreground"}


class _Metadata(msgspec.Struct):
    finalizers: tuple[str, ...] | None = None


class _Answer(msgspec.Struct):
    """A Status, or the object that still exists."""

    kind: str
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


async def delete_exactly(
    connection: Connection, path: str, uid: str, *, timeout_seconds: float, resource_version: str = ""
) -> Deletion:
    """Delete the object with this path and UID, then its dependents. Raises UnavailableError if the outcome is unknown.

    With a `resource_version` the object is deleted only if it has not changed since; one that has is not found.

    Such a request removes the finalizers of garbage collection. With other finalizers the answer is the object.
    """
    try:
        options = manifests.delete_options(uid, resource_version=resource_version)
        answer = await connection.send(Request("DELETE", path, timeout_seconds, options))
    except (NotFoundError, ConflictError):
        return NOT_THERE
    held = what_holds(answer)
    return GONE if held is None else Deletion(found=True, held=held)


def what_holds(answer: bytes) -> Held | None:
    """Return the finalizers that hold the object after this answer to a deletion; None if the object is gone.

    Raises UnavailableError for an answer that no API server gives; the caller asks again.
    """
    try:
        read = msgspec.json.decode(answer, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        read = None
    # Outside of `except`: a parser's error may quote what it read, and would come along as the context.
    if read is None:
        message = "the answer to a deletion cannot be understood"
        raise UnavailableError(message)
    return None if read.kind == "Status" else Held(read.metadata.finalizers or ())


async def deleted_as_dry_run(connection: Connection, path: str, *, timeout_seconds: float) -> bytes:
    """Return the object as a deletion would leave it, by a dry run. Admission judges it like a real deletion.

    A deletion that waits for dependents answers with the object, any other with a Status; so does this one where the
    API server collects no garbage. Raises NotFoundError, ForbiddenError.
    """
    return await connection.send(Request("DELETE", path, timeout_seconds, _BODY, query=_QUERY))
