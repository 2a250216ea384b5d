"""What a `FakeStore` keeps of the past, for those who watch it and for the referee."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pharia_access.domain.api_values import OneTimeSecret
from pharia_access.domain.model import Credential, Token
from pharia_access.domain.workload import WorkloadToken

__all__ = ["Change", "Kept", "Removal", "Withdrawal", "Written"]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the watch."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: Token | Credential | WorkloadToken


@dataclass(frozen=True, slots=True)
class Kept:
    """A Secret that a WorkloadToken keeps."""

    owner: str
    revision: int
    token_id: str


@dataclass(frozen=True, slots=True)
class Written:
    """A token's status as it once was, with what was true at that moment."""

    token: Token
    secret_there: bool


@dataclass(frozen=True, slots=True)
class Removal:
    """A token that the operator deleted, with the credential that had the name of its own at that moment."""

    token: Token
    credential: Credential | None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A Secret that the operator deleted, with what was true at that moment."""

    secret: OneTimeSecret
    token: Token | None
    credential_uids: frozenset[str]
    at: datetime
