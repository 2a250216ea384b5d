"""What becomes of an object that is deleted: with finalizers it goes on standing, although the API server says 200.

Its `deletionTimestamp` is set then, and it goes when the last finalizer does (Kubernetes, "Finalizers").
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["GONE", "NOT_THERE", "Deletion", "Held", "being_deleted", "foreign", "named"]

_COLLECTORS: Final = frozenset({"foregroundDeletion", "orphan"})
"""Finalizers of Kubernetes' garbage collection: it sets them as it deletes, and takes them off by itself."""

_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Held:
    """An object that is deleted and still stands: by these finalizers, as far as the answer told."""

    finalizers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a deletion came to.

    Attributes:
        found: whether that very object was there.
        held: by what it still stands; None where it is gone.
    """

    found: bool
    held: Held | None = None


GONE: Final = Deletion(found=True)
NOT_THERE: Final = Deletion(found=False)


def foreign(finalizers: tuple[str, ...]) -> tuple[str, ...]:
    """Those that somebody else has to take off."""
    return tuple(name for name in finalizers if name not in _COLLECTORS)


def named(finalizers: tuple[str, ...]) -> str:
    """Finalizers in a sentence: `the finalizer x.example/hold`; of many the first three and how many more."""
    shown = foreign(finalizers) or finalizers
    if not shown:
        return "a finalizer"
    left = len(shown) - _MOST_NAMED
    names = ", ".join(shown[:_MOST_NAMED]) + (f" and {left} more" if left > 0 else "")
    return f"the finalizer{'s' if len(shown) > 1 else ''} {names}"


def being_deleted(finalizers: tuple[str, ...]) -> str:
    """Why an object that is being deleted still stands, and who can mend it."""
    if not foreign(finalizers):
        return "It stands until Kubernetes has deleted what it owns."
    return f"It stands until {named(finalizers)} is taken off: by who set it, or by hand, with the verb update."
