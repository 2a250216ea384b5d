"""The outcome of a deletion: an object with finalizers still exists, although the API server answers 200.

The object then has a `deletionTimestamp`, and is gone once its last finalizer is removed (Kubernetes, "Finalizers").
"""

from dataclasses import dataclass
from typing import Final

from pharia_access.domain.grammar import plural

__all__ = ["GONE", "NOT_THERE", "REMOVE_FINALIZERS", "Deletion", "Held", "being_deleted", "foreign", "named"]

_COLLECTORS: Final = frozenset({"foregroundDeletion", "orphan"})
"""Finalizers of Kubernetes' garbage collection, which adds and removes them itself."""

_MOST_NAMED: Final = 3

REMOVE_FINALIZERS: Final = "Have the controller that added the finalizer remove it, or remove it with an update."


@dataclass(frozen=True, slots=True)
class Held:
    """An object that was deleted but still exists, held by these finalizers as far as the answer names them."""

    finalizers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletion:
    """The outcome of a deletion.

    Attributes:
        found: whether that very object existed.
        held: the finalizers that hold it; None if it is gone.
    """

    found: bool
    held: Held | None = None


GONE: Final = Deletion(found=True)
NOT_THERE: Final = Deletion(found=False)


def foreign(finalizers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the finalizers that Kubernetes does not remove itself."""
    return tuple(name for name in finalizers if name not in _COLLECTORS)


def named(finalizers: tuple[str, ...]) -> str:
    """Name finalizers for a sentence: `the finalizer x.example/hold`; at most three, then how many more."""
    shown = foreign(finalizers) or finalizers
    if not shown:
        return "a finalizer"
    left = len(shown) - _MOST_NAMED
    names = ", ".join(shown[:_MOST_NAMED]) + (f" and {left} more" if left > 0 else "")
    return f"the {plural(len(shown), 'finalizer')} {names}"


def being_deleted(finalizers: tuple[str, ...]) -> str:
    """Say why an object that is being deleted still exists, and how to remove it."""
    if not foreign(finalizers):
        return "The object stays until Kubernetes has deleted its dependents."
    return f"The object stays, held by {named(finalizers)}. {REMOVE_FINALIZERS}"
