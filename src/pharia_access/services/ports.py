"""The ports that several audiences share, as protocols. `pharia_access.kube` implements them; tests use fakes.

A port with one user is beside that user; the operator's own ports are in `services.operator.ports`.

Every method that talks to the API server may raise the leaves of `errors.ApiError`; `UnavailableError` leaves
open whether a write took effect, and a cancelled call does too.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from pharia_access.domain.api_values import ForeignSecret, InvalidObject, OneTimeSecret, Page
from pharia_access.domain.deletions import Deletion
from pharia_access.domain.model import Credential, CredentialStatus, ObjectKey, OwnerReference, Token, TokenStatus
from pharia_access.domain.permissions import Role
from pharia_access.domain.token import TokenText

__all__ = ["Clock", "Cluster", "Entropy", "Secrets"]


class Clock(Protocol):
    """Source of time."""

    def now(self) -> datetime:
        """Return the wall clock in UTC."""
        ...

    def monotonic(self) -> float:
        """Return monotonic seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Entropy(Protocol):
    """Random bytes of the system's generator."""

    def __call__(self, count: int, /) -> bytes:
        """Return `count` random bytes."""
        ...


class Cluster(Protocol):
    """Our three kinds in the API server."""

    async def read_token(self, key: ObjectKey) -> Token:
        """Read a token live. Raises NotFoundError, InvalidObjectError."""
        ...

    async def read_credential(self, key: ObjectKey) -> Credential:
        """Read a credential live. Raises NotFoundError, InvalidObjectError."""
        ...

    async def write_token_status(self, token: Token, status: TokenStatus) -> Token:
        """Replace our status fields if the token is unchanged since it was read; unknown fields are kept.

        Raises ConflictError if it changed or is another object of that name, NotFoundError if it is gone.
        """
        ...

    async def write_credential_status(self, credential: Credential, status: CredentialStatus) -> Credential:
        """Replace our status fields if the credential is unchanged since it was read."""
        ...

    async def write_invalid_status(self, invalid: InvalidObject, *, now: datetime) -> None:
        """Write into an invalid object's status why it is invalid.

        Ready=False and Stalled=True, both with reason InvalidSpec; other conditions and fields are kept.
        """
        ...

    async def set_owners(self, token: Token, owners: tuple[OwnerReference, ...]) -> Token:
        """Replace the owner references if the token is unchanged since then. Raises ConflictError, NotFoundError."""
        ...

    async def delete_token(self, key: ObjectKey, uid: str, *, resource_version: str = "") -> Deletion:
        """Delete exactly this token (only as it was read, if given), and return whether finalizers hold it."""
        ...

    def token_pages(
        self, *, namespace: str | None = None, credential: ObjectKey | None = None
    ) -> AsyncIterator[Page[Token]]:
        """List the tokens of a namespace, of a credential, or all, some at a time. Raises the leaves of ApiError."""
        ...

    def credential_pages(self, *, namespace: str | None = None) -> AsyncIterator[Page[Credential]]:
        """List the credentials of a namespace, or all, some at a time."""
        ...

    async def try_lists(self, namespace: str | None) -> None:
        """List one credential and one token at most: raises what a whole list would raise at its beginning."""
        ...

    def role_pages(self) -> AsyncIterator[Page[Role]]:
        """List the catalog."""
        ...

    async def server_time_offset(self, now: Callable[[], datetime]) -> timedelta:
        """Return how far the API server's clock is ahead of `now`, to about a second."""
        ...


class Secrets(Protocol):
    """The one-time Secrets and the keyring.

    There is no right to get, list, watch or patch one-time Secrets: a look is a deletion as a dry run.
    """

    async def create_one_time_secret(self, token: Token, text: TokenText) -> OneTimeSecret:
        """Create the token's immutable Secret, owned by the token. Raises AlreadyExistsError."""
        ...

    async def inspect_secret(self, key: ObjectKey) -> OneTimeSecret | ForeignSecret | None:
        """Inspect the Secret of this name: ours, a foreign one, or None."""
        ...

    async def delete_secret(self, key: ObjectKey, uid: str) -> Deletion:
        """Delete exactly this Secret, and return whether finalizers hold it."""
        ...

    async def read_keyring(self) -> tuple[Mapping[str, bytes], str] | None:
        """Return the keyring's data and resourceVersion, or None if there is none yet."""
        ...

    async def create_keyring(self, data: Mapping[str, bytes]) -> None:
        """Create the keyring. Raises AlreadyExistsError."""
        ...

    async def replace_keyring(self, data: Mapping[str, bytes], *, resource_version: str) -> None:
        """Replace the keys if the Secret is unchanged since it was read. Raises ConflictError."""
        ...
