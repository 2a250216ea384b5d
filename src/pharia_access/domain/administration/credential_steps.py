"""Next steps with a credential as a whole, or with who holds it."""

from dataclasses import dataclass

from pharia_access.domain.model import ObjectKey

__all__ = ["CreateAccount", "RaiseMaxTokens", "ResumeCredential", "SuspendCredential"]


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """Create this ServiceAccount."""

    account: ObjectKey


@dataclass(frozen=True, slots=True)
class RaiseMaxTokens:
    """Let this credential have so many active tokens."""

    credential: ObjectKey
    max_tokens: int


@dataclass(frozen=True, slots=True)
class ResumeCredential:
    """Resume this credential."""

    credential: ObjectKey


@dataclass(frozen=True, slots=True)
class SuspendCredential:
    """Suspend this credential, which stops all its tokens."""

    credential: ObjectKey
