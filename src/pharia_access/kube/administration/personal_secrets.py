"""Secrets with a person's rights: reads a token's one-time Secret, and stores the token in a Secret of the person.

As in `kube.secrets`, nothing that is read here may get into an error.

Unlike there, a PATCH overwrites: the person needs the right to `get` the Secret anyway, and no policy hides it.
A PUT would send every other entry of the Secret back, and would take a field away that this client does not know.
"""

from typing import TYPE_CHECKING

from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.deletions import Deletion
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token import TokenText
from pharia_access.errors import NotFoundError
from pharia_access.kube import paths
from pharia_access.kube.connection import MERGE_PATCH, Connection
from pharia_access.kube.deletion import delete_exactly
from pharia_access.kube.http import Request

if TYPE_CHECKING:
    from pharia_access.domain.administration.own_secret import OwnSecret, SecretMark

__all__ = ["PersonalSecrets"]


class PersonalSecrets:
    """Implements `services.administration.collecting.Deliveries` and `services.administration.own_secrets.OwnSecrets`.

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

    async def delete(self, key: ObjectKey, uid: str) -> Deletion:
        """Delete exactly this Secret, and return whether finalizers hold it."""
        return await delete_exactly(self._connection, _path(key), uid, timeout_seconds=self._timeout)

    async def inspect_own(self, key: ObjectKey) -> "OwnSecret | None":
        """Read the Secret of that name without its data, or None. Raises ForbiddenError."""
        from pharia_access.kube.administration.own_secrets import own_secret

        try:
            return own_secret(key, await self._connection.send(Request("GET", _path(key), self._timeout)))
        except NotFoundError:
            return None

    async def create_own(self, key: ObjectKey, mark: "SecretMark", text: TokenText | None) -> None:
        """Create the person's Secret with the token; without a text only try. Raises AlreadyExistsError."""
        from pharia_access.kube.administration.own_secrets import new_secret

        body = new_secret(key, mark, text)
        path, query = paths.of_secret(key.namespace), _dry(text)
        await self._connection.send(Request("POST", path, self._timeout, body, query=query))

    async def overwrite_own(self, secret: "OwnSecret", mark: "SecretMark", text: TokenText | None) -> None:
        """Write the token into that very Secret as it was read; without a text only try. Raises ConflictError."""
        from pharia_access.kube.administration.own_secrets import overwriting_patch

        patch = overwriting_patch(secret, mark, text)
        call = Request("PATCH", _path(secret.key), self._timeout, patch, MERGE_PATCH, _dry(text))
        await self._connection.send(call)


def _dry(text: TokenText | None) -> dict[str, str]:
    return {"dryRun": "All"} if text is None else {}


def _path(key: ObjectKey) -> str:
    return paths.of_secret(key.namespace, key.name)
