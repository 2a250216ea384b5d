"""Secrets with a person's rights: reads a token's one-time Secret, and stores the token in a Secret of the person.

As in `kube.secrets`, nothing that is read here may get into an error.
"""

import base64

from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.deletions import Deletion
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token import TokenText
from pharia_access.errors import NotFoundError
from pharia_access.kube import paths
from pharia_access.kube.connection import Connection
from pharia_access.kube.deletion import delete_exactly
from pharia_access.kube.http import Request

__all__ = ["PersonalSecrets"]


class PersonalSecrets:
    """Implements `services.administration.collecting.Deliveries`.

    Args:
        timeout_seconds: of a single request.
    """

    def __init__(self, connection: Connection, *, timeout_seconds: float) -> None:
        self._connection = connection
        self._timeout = timeout_seconds

    async def read(self, key: ObjectKey) -> OneTimeSecret | ForeignSecret | None:
        """Read the Secret of that name, or None. Raises ForbiddenError."""
        from pharia_access.kube.secrets import delivered

        try:
            return delivered(await self._connection.send(Request("GET", _path(key), self._timeout)))
        except NotFoundError:
            return None

    async def require_storable(self, key: ObjectKey, entry: str) -> None:
        """Try `store` by a dry run. Raises the same errors."""
        await self._create(key, entry, b"", dry_run=True)

    async def delete(self, key: ObjectKey, uid: str) -> Deletion:
        """Delete exactly this Secret, and return whether finalizers hold it."""
        return await delete_exactly(self._connection, _path(key), uid, timeout_seconds=self._timeout)

    async def store(self, key: ObjectKey, entry: str, text: TokenText) -> None:
        """Create the person's Secret with the token. Raises AlreadyExistsError, ForbiddenError."""
        await self._create(key, entry, text.reveal().encode("ascii"))

    async def _create(self, key: ObjectKey, entry: str, value: bytes, *, dry_run: bool = False) -> None:
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": key.name, "namespace": key.namespace},
            "type": "Opaque",
            "data": {entry: base64.b64encode(value).decode("ascii")},
        }
        query = {"dryRun": "All"} if dry_run else {}
        await self._connection.send(Request("POST", paths.of_secret(key.namespace), self._timeout, body, query=query))


def _path(key: ObjectKey) -> str:
    return paths.of_secret(key.namespace, key.name)
