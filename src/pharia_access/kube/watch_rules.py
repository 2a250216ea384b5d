"""When a watch counts as hung or cut short, and when the cluster went back: for the reflector and Kopf's watches."""

from typing import Final

__all__ = ["EARLY_SECONDS", "GRACE_SECONDS", "went_back"]

GRACE_SECONDS: Final = 15.0
"""Grace period after a watch's timeout before the watch counts as hung."""
EARLY_SECONDS: Final = 1.0
"""A watch that ends this long before its timeout was ended by something else, perhaps a server that stops."""


def went_back(ours: str, theirs: str) -> bool:
    """Whether the cluster is at an earlier resourceVersion than the one that a watch has reached."""
    return not (ours.isdecimal() and theirs.isdecimal() and int(theirs) >= int(ours))
