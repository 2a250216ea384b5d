"""`status.lastUsedTime`, the only thing that a verifier writes; an admission policy lets it write nothing else."""

from datetime import UTC, datetime

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.kube import paths
from pharia_access.kube.client import MERGE_PATCH, Connection
from pharia_access.kube.exchange import Call

__all__ = ["KubeUses"]


class KubeUses:
    """Answers `services.usage.UseWriter`."""

    def __init__(self, connection: Connection, *, timeout_seconds: float) -> None:
        self._connection = connection
        self._timeout = timeout_seconds

    async def write_last_used(self, key: str, uid: str, at: float) -> None:
        """Write it on the token of that name and UID. Raises the leaves of ApiError."""
        namespace, _, name = key.partition("/")
        path = paths.of_object("apitokens", ObjectKey(namespace, name), subresource="status")
        body = {
            "metadata": {"uid": uid},
            "status": {"lastUsedTime": format_time(datetime.fromtimestamp(at, UTC))},
        }
        await self._connection.send(Call("PATCH", path, self._timeout, body, MERGE_PATCH))
