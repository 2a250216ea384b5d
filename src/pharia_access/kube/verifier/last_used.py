"""The times of last use: an admission policy lets a verifier write nothing else."""

from datetime import UTC, datetime
from typing import Any, Final

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.errors import InvalidError
from pharia_access.kube import paths
from pharia_access.kube.connection import JSON_PATCH, Connection
from pharia_access.kube.http import Request

__all__ = ["KubeLastUsedWriter"]

_TIMES: Final = "/status/lastUsedTimes"


class KubeLastUsedWriter:
    """Answers `services.verifier.last_used.LastUsedWriter`."""

    def __init__(self, connection: Connection, *, timeout_seconds: float) -> None:
        self._connection = connection
        self._timeout = timeout_seconds

    async def write_last_used(self, key: str, uid: str, at: float) -> None:
        """Write when the token was last accepted. Raises the leaves of ApiError."""
        await self._write("apitokens", key, uid, {"op": "add", "path": "/status/lastUsedTime", "value": _moment(at)})

    async def write_last_inspected(self, key: str, uid: str, at: float) -> None:
        """Write when somebody last asked about the token. Raises the leaves of ApiError."""
        change = {"op": "add", "path": "/status/lastInspectedTime", "value": _moment(at)}
        await self._write("apitokens", key, uid, change)

    async def write_held(self, key: str, uid: str, at: float, *, holder: str, instead_of: str = "") -> None:
        """Write when the ServiceAccount last used the credential, instead of another's time where there is no room.

        Raises the leaves of ApiError.
        """
        change = {"op": "add", "path": f"{_TIMES}/{holder}", "value": _moment(at)}
        room = [{"op": "remove", "path": f"{_TIMES}/{instead_of}"}] if instead_of else []
        try:
            await self._write("apicredentials", key, uid, *room, change)
        except InvalidError:
            # A patch makes no parent: the first time of all brings it, unless another verifier was faster.
            absent = {"op": "test", "path": _TIMES, "value": None}
            first = {"op": "add", "path": _TIMES, "value": {holder: _moment(at)}}
            await self._write("apicredentials", key, uid, absent, first)

    async def _write(self, plural: str, key: str, uid: str, *changes: dict[str, Any]) -> None:
        """Change the status of the object of that name and UID. Raises the leaves of ApiError.

        Raises InvalidError where another object has the name: so the API server answers a test that fails. A merge
        patch could not ask: of a write to status, the API server ignores metadata, but for resourceVersion.
        """
        namespace, _, name = key.partition("/")
        path = paths.of_object(plural, ObjectKey(namespace, name), subresource="status")
        body = [{"op": "test", "path": "/metadata/uid", "value": uid}, *changes]
        await self._connection.send(Request("PATCH", path, self._timeout, body, JSON_PATCH))


def _moment(at: float) -> str:
    return format_time(datetime.fromtimestamp(at, UTC))
