"""Deleting just the object that was meant: gone already, or another of its name, is no error."""

from pharia_access.errors import ConflictError, NotFoundError
from pharia_access.kube import manifests
from pharia_access.kube.client import Call, Connection

__all__ = ["delete_exactly"]


async def delete_exactly(connection: Connection, path: str, uid: str, *, timeout_seconds: float) -> bool:
    """Delete what has that path and UID, and what it owns after it; False if it is gone or another."""
    try:
        await connection.send(Call("DELETE", path, timeout_seconds, manifests.delete_options(uid)))
    except (NotFoundError, ConflictError):
        return False
    return True
