"""The parts of a token and of its credential that the rules of a verdict read."""

from typing import Protocol

__all__ = ["CredentialFacts", "TokenFacts"]


class TokenFacts(Protocol):
    """The part of a minted token that the rules read: of `IssuedToken`, and of `usability.Facts`."""

    @property
    def credential_uid(self) -> str:
        """The UID of the credential that the token belongs to."""
        ...

    @property
    def issued_at(self) -> float:
        """POSIX seconds."""
        ...

    @property
    def ends_at(self) -> float:
        """The end that counts, in POSIX seconds."""
        ...

    @property
    def revoked(self) -> bool:
        """Whether `spec.revoked` is true."""
        ...

    @property
    def deleting(self) -> bool:
        """Whether the object is being deleted."""
        ...


class CredentialFacts(Protocol):
    """The part of a credential that the rules read, for the verifier, the operator and the command line."""

    @property
    def uid(self) -> str:
        """Which of that name."""
        ...

    @property
    def suspended(self) -> bool:
        """Whether `spec.suspended` is true."""
        ...

    @property
    def deleting(self) -> bool:
        """Whether the object is being deleted."""
        ...
