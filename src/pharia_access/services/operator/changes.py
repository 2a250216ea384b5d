"""What the cluster cache tells its handlers. After the ResourceEventHandler of client-go."""

from dataclasses import dataclass
from typing import Protocol

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.model import Credential, ObjectKey, Token
from pharia_access.services.operator.token_index import TokenRecord

__all__ = ["ResourceEventHandler", "TokenChange"]


@dataclass(frozen=True, slots=True)
class TokenChange:
    """What the cache knew of a token, and what it knows now. None: no such token."""

    key: ObjectKey
    before: TokenRecord | None
    after: TokenRecord | None


class ResourceEventHandler(Protocol):
    """Who hears of the changes, each after the cache has it."""

    def on_token_changed(self, change: TokenChange) -> None:
        """Our own write changed a token, or the token is gone or invalid."""
        ...

    def on_token_observed(self, token: Token, change: TokenChange | None, *, listed: bool) -> None:
        """A watch showed a new state of a token; or a list showed any, where no change means that it was known."""
        ...

    def on_token_written_too_late(self, token: Token) -> None:
        """Our write of a token was answered after the news of its deletion."""
        ...

    def on_credential_changed(self, before: Credential | None, after: Credential, *, listed: bool) -> None:
        """A credential came or changed."""
        ...

    def on_credential_listed(self, key: ObjectKey) -> None:
        """A full list showed a credential, changed or not."""
        ...

    def on_credential_deleted(self, key: ObjectKey) -> None:
        """A credential went."""
        ...

    def on_role_changed(self, name: str) -> None:
        """A role came, changed or went."""
        ...

    def on_invalid_object(self, invalid: InvalidObject) -> None:
        """An object cannot be decoded."""
        ...
