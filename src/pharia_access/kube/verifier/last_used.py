"""`status.lastUsedTime` and `status.lastInspectedTime`: an admission policy lets a verifier write nothing else."""

from datetime import UTC, datetime

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.kube import paths
from pharia_access.kube.connection import JSON_PATCH, Connection
from pharia_access.kube.http import Request

__all__ = ["KubeLastUsedWriter"]


class KubeLastUsedWriter:
    """Answers `services.verifier.last_used.LastUsedWriter`."""

    def __init__(self, connection: Connection, *, timeout_seconds: float) -> None:
        self._connection = connection
        self._timeout = timeout_seconds

    async def write_last_used(self, key: str, uid: str, at: float) -> None:
        """Write when the token was last accepted. Raises the leaves of ApiError."""
        await self._write("lastUsedTime", key, uid, at)

    async def write_last_inspected(self, key: str, uid: str, at: float) -> None:
        """Write when somebody last asked about the token. Raises the leaves of ApiError."""
        await self._write("lastInspectedTime", key, uid, at)

    async def _write(self, field: str, key: str, uid: str, at: float) -> None:
        """Write the time on the token of that name and UID. Raises the leaves of ApiError.

        Raises InvalidError where another token has the name: so the API server answers a test that fails. A merge patch
        could not ask: of a write to status, the API server ignores metadata, but for resourceVersion.
        """
        namespace, _, name = key.partition("/")
        path = paths.of_object("apitokens", ObjectKey(namespace, name), subresource="status")
        moment = format_time(datetime.fromtimestamp(at, UTC))
        body = [
            {"op": "test", "path": "/metadata/uid", "value": uid},
            {"op": "add", "path": f"/status/{field}", "value": moment},
        ]
        await self._connection.send(Request("PATCH", path, self._timeout, body, JSON_PATCH))
