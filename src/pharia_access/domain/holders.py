"""ServiceAccounts that hold a credential: how the token of a pod names the credential."""

from typing import Final

__all__ = ["AUDIENCE_PREFIX", "audience_of"]

AUDIENCE_PREFIX: Final = "pharia-access/"
"""What the audience begins with; the name of the credential follows."""


def audience_of(credential: str) -> str:
    """Return the audience that a pod's projected token must have, for a credential of its namespace."""
    return AUDIENCE_PREFIX + credential
