"""What Kubernetes takes as a name (RFC 1123), so that an impossible one is refused before anybody is asked."""

import re
from typing import Final

__all__ = ["LONGEST_NAME", "derived", "is_entry", "is_label", "is_subdomain"]

LONGEST_NAME: Final = 63
"""Characters in a name of our kinds."""

_LONGEST_SUBDOMAIN: Final = 253
_LONGEST_BASE: Final = 57
_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_ENTRY: Final = re.compile("[-._a-zA-Z0-9]+")


def is_label(text: str) -> bool:
    """Whether it may name a namespace: lower-case letters, digits and dashes, at most 63."""
    return len(text) <= LONGEST_NAME and re.fullmatch(_LABEL, text) is not None


def is_subdomain(text: str, *, longest: int = _LONGEST_SUBDOMAIN) -> bool:
    """Whether it may name an object: labels with dots between them."""
    return len(text) <= longest and _SUBDOMAIN.fullmatch(text) is not None


def is_entry(text: str) -> bool:
    """Whether it may be a key in a Secret: a file's name that leads nowhere else."""
    return len(text) <= _LONGEST_SUBDOMAIN and _ENTRY.fullmatch(text) is not None and not _leads_away(text)


def derived(base: str, letters: str) -> str:
    """The base with five letters at its end, which may name an object of ours: cut where it would be too long."""
    return f"{base[:_LONGEST_BASE].rstrip('-.')}-{letters}"


def _leads_away(text: str) -> bool:
    return text == "." or text.startswith("..")
