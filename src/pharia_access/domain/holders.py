"""ServiceAccounts that hold a credential: how the token of a pod names the credential, and whose uses are kept."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

__all__ = ["AUDIENCE_PREFIX", "MOST_HOLDERS", "BoundObjects", "audience_of", "superseded_use"]

AUDIENCE_PREFIX: Final = "pharia-access/"
"""What the audience begins with; the name of the credential follows."""
MOST_HOLDERS: Final = 16
"""How many ServiceAccounts hold a credential at most, and how many times of last use it keeps."""


class BoundObjects(StrEnum):
    """Whether the pod that a token is bound to must still be there."""

    IGNORED = "ignored"
    """The token counts until its own end."""
    LIVE = "live"
    """The API server is asked, once a minute while the token is used."""


def audience_of(credential: str) -> str:
    """Return the audience that a pod's projected token must have, for a credential of its namespace."""
    return AUDIENCE_PREFIX + credential


def superseded_use(name: str, *, last_used: Mapping[str, float], holders: Collection[str]) -> str:
    """Return whose time of last use makes room for `name`'s: the oldest of a former holder; empty where there is room.

    Args:
        name: a ServiceAccount that uses the credential now.
        last_used: the times that are kept, by name.
        holders: who holds the credential now.
    """
    if name in last_used or len(last_used) < MOST_HOLDERS:
        return ""
    former = last_used.keys() - holders
    return min(former, key=lambda other: (last_used[other], other), default="")
