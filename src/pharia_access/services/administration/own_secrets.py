"""A token's text, written into a Secret of the person's own: a new one, or one that this command wrote before."""

from typing import TYPE_CHECKING, Final, Protocol

from pharia_access.domain.administration.next_steps import NameOtherSecret
from pharia_access.domain.administration.own_secret import OwnSecret, SecretMark, SecretTarget, write_blocker
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token import TokenText
from pharia_access.errors import AlreadyExistsError, ApiError, ConflictError, ForbiddenError
from pharia_access.services.administration.plans import BlockedError

if TYPE_CHECKING:
    from pharia_access.domain.administration.summaries import TokenSummary

__all__ = ["OwnSecretDestination", "OwnSecrets", "require_writable", "write"]

_MOST_TRIES: Final = 3


class OwnSecrets(Protocol):
    """Secrets with the rights of whoever asks. Without a `text` a write is only tried, by a dry run."""

    async def inspect_own(self, key: ObjectKey) -> OwnSecret | None:
        """Read what has that name, without its data. Raises ForbiddenError."""
        ...

    async def create_own(self, key: ObjectKey, mark: SecretMark, text: TokenText | None) -> None:
        """Create the Secret. Raises AlreadyExistsError, ForbiddenError."""
        ...

    async def overwrite_own(self, secret: OwnSecret, mark: SecretMark, text: TokenText | None) -> None:
        """Write the text into that very Secret as it was read. Raises ConflictError, ForbiddenError."""
        ...


class OwnSecretDestination:
    """The Secret as a place for a token's text. Answers `destinations.SecretDestination`.

    Attributes:
        target: the Secret.
        before: the token that it held before; empty as long as none was overwritten.
    """

    def __init__(self, secrets: OwnSecrets, target: SecretTarget) -> None:
        self.target = target
        self.before = ""
        self._secrets = secrets

    async def check(self) -> None:
        """Raise AccessError if it cannot take a token."""
        await require_writable(self._secrets, self.target)

    async def put(self, token: "TokenSummary", text: TokenText) -> None:
        """Write it there, or raise AccessError."""
        before = await write(self._secrets, self.target, token.key.name, text)
        self.before = "" if before == token.key.name else before

    @property
    def told(self) -> str:
        """Where the secret is, as the end of a sentence."""
        instead = f" in place of {self.before}" if self.before else ""
        return f"is in Secret {self.target.key.name}, under {self.target.entry}{instead}"


async def require_writable(secrets: OwnSecrets, target: SecretTarget) -> None:
    """Try to write, without writing. Raises BlockedError, ForbiddenError, NotFoundError."""
    await _write(secrets, target, "", None)


async def write(secrets: OwnSecrets, target: SecretTarget, token: str, text: TokenText) -> str:
    """Write the text of that token. Return the token that the Secret held before; empty for a new Secret.

    Raises BlockedError if the Secret is not ours to overwrite, and ConflictError if others keep changing it.
    """
    return await _write(secrets, target, token, text)


async def _write(secrets: OwnSecrets, target: SecretTarget, token: str, text: TokenText | None) -> str:
    """Look, decide, write; again if somebody wrote in between."""
    failed: ApiError | None = None
    for _ in range(_MOST_TRIES):
        found = await _inspect(secrets, target.key)
        try:
            return await _write_once(secrets, target, found, SecretMark(target.credential, token, target.entry), text)
        except (AlreadyExistsError, ConflictError) as error:
            failed = error
    if isinstance(failed, AlreadyExistsError):  # and whoever asks may not read it
        msg = f'A Secret "{target.key.name}" already exists and is not overwritten'
        raise BlockedError(msg, NameOtherSecret()) from failed
    raise failed or ConflictError


async def _write_once(
    secrets: OwnSecrets, target: SecretTarget, found: OwnSecret | None, mark: SecretMark, text: TokenText | None
) -> str:
    if found is None:
        await secrets.create_own(target.key, mark, text)
        return ""
    if blocker := write_blocker(found, target):
        raise BlockedError(blocker.why, *blocker.next_steps)
    await secrets.overwrite_own(found, mark, text)
    return found.mark.token if found.mark else ""


async def _inspect(secrets: OwnSecrets, key: ObjectKey) -> OwnSecret | None:
    """Whoever may not read Secrets can still create one."""
    try:
        return await secrets.inspect_own(key)
    except ForbiddenError:
        return None
