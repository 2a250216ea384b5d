"""Deleting just the object that was meant: gone already, or another of its name, is no error. And looking at one.

Options go out in the query, which audit logs tell, and in the body, which the API server believes where there are both:
no proxy that drops one of them may turn a look into a deletion.
"""

from typing import Final

from pharia_access.errors import ConflictError, NotFoundError
from pharia_access.kube import manifests
from pharia_access.kube.client import Call, Connection

__all__ = ["delete_exactly", "deleted_as_dry_run"]

_QUERY: Final = {"dryRun": "All", "propagationPolicy": "Foreground"}
_BODY: Final = {"apiVersion": "v1", "kind": "DeleteOptions", "dryRun": ["All"], "propagationPolicy": "Foreground"}


async def delete_exactly(connection: Connection, path: str, uid: str, *, timeout_seconds: float) -> bool:
    """Delete what has that path and UID, and what it owns after it; False if it is gone or another."""
    try:
        await connection.send(Call("DELETE", path, timeout_seconds, manifests.delete_options(uid)))
    except (NotFoundError, ConflictError):
        return False
    return True


async def deleted_as_dry_run(connection: Connection, path: str, *, timeout_seconds: float) -> bytes:
    """The object of that path, as its deletion would leave it: nothing is changed. Admission judges it as if it were.

    A deletion that waits for dependents answers with the object, any other with a Status; so does this one where the
    API server collects no garbage. Raises NotFoundError, DeniedError.
    """
    return await connection.send(Call("DELETE", path, timeout_seconds, _BODY, query=_QUERY))
