"""Which pages a test follows as their reader, in which order, and with what the reader has before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["ELSEWHERE", "FOLLOWED", "NOT_YET", "Followed"]

_ROLES = "kubectl apply -f examples/01-roles.yaml"
_FINANCE = "kubectl apply -f examples/"
_USE = "kubectl config set-context --current --namespace "


@dataclass(frozen=True, slots=True)
class Followed:
    """A page and its reader.

    Attributes:
        page: a path in the project.
        given: commands of an administrator that make what the page takes for granted.
        replaced: words of the page that the reader replaces by names of their own.
        empty: whether the reader begins with a cluster in which nothing is installed.
    """

    page: str
    given: tuple[str, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    empty: bool = False


FOLLOWED: Final = (
    Followed("README.md", empty=True),
    Followed("docs/tutorial/first-token.md"),
)
"""In this order, on one control plane."""

ELSEWHERE: Final = {
    "docs/tutorial/kubectl-access.md": "tests/integration/test_transcript.py",
    "docs/how-to/restore-a-backup.md": "tests/integration/test_restore_guide.py",
}
"""Pages that a test of their own follows, and that test."""

NOT_YET: Final[frozenset[str]] = frozenset()
"""Pages that nobody follows yet. A page leaves this set and never comes back; a new page is followed."""
