"""Whether what guards roles, minting and statuses holds: the admission policies as bound, and the kinds' rules.

A policy that is there need not hold: its binding may only warn, or its rules be others. So what was seen is compared
with what this release carries. Who may edit the guards has all rights; this finds mistakes, not enemies.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Guard", "GuardFault", "Look", "Sighting", "faults_of"]


@dataclass(frozen=True, slots=True)
class Guard:
    """One that this release carries.

    Attributes:
        name: in short, such as `bind-roles`.
        edition: a whole number that grows whenever a release changes its rules.
        parts: what its rules consist of, a digest each.
        likeness: what editions of one guard have in common, where nothing says which guard it is.
    """

    name: str
    edition: int
    parts: Mapping[str, str]
    likeness: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A policy with its bindings, or a kind, as the API server has it.

    Attributes:
        name: its own; an administrator may have chosen it.
        guard: which guard it says it is; empty where nothing says so.
        edition: its mark; 0 where it has none.
        parts: as those of a `Guard`.
        likeness: the same.
        loophole: what lets requests past it, whatever its rules say; empty where nothing does.
    """

    name: str
    guard: str
    edition: int
    parts: Mapping[str, str]
    likeness: str = ""
    loophole: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the API server showed.

    Attributes:
        sightings: every policy and every kind of ours.
        admitted: guards that let a dry run pass which they must refuse.
        refused: guards that refused one, in our words.
    """

    sightings: tuple[Sighting, ...] = ()
    admitted: frozenset[str] = field(default_factory=frozenset)
    refused: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class GuardFault:
    """A guard that does not hold, and why. `older`: it is whole, but of an earlier release."""

    guard: str
    why: str
    older: bool = False


def faults_of(guards: Iterable[Guard], look: Look) -> tuple[GuardFault, ...]:
    """Every guard that does not hold, in the order of `guards`."""
    found = (_fault(guard, look) for guard in guards)
    return tuple(fault for fault in found if fault is not None)


def _fault(guard: Guard, look: Look) -> GuardFault | None:
    """What a dry run shows counts first. One of those that stand for the guard is enough."""
    if guard.name in look.admitted:
        return GuardFault(guard.name, "it let pass what it must refuse")
    weak = [_weakness(guard, seen) for seen in look.sightings if _stands_for(guard, seen)]
    if not weak:
        return None if guard.name in look.refused else GuardFault(guard.name, "it is not there")
    whole = [fault for fault in weak if fault is not None]
    if len(whole) < len(weak):
        return None
    return next((fault for fault in whole if fault.older), whole[0])


def _stands_for(guard: Guard, seen: Sighting) -> bool:
    if seen.guard == guard.name or seen.parts == guard.parts:
        return True
    return not seen.guard and bool(guard.likeness) and seen.likeness == guard.likeness


def _weakness(guard: Guard, seen: Sighting) -> GuardFault | None:
    if seen.loophole:
        return GuardFault(guard.name, f"{seen.name}: {seen.loophole}")
    if seen.parts == guard.parts or seen.edition > guard.edition:
        return None
    if seen.edition < guard.edition:
        why = f"{seen.name} is of edition {seen.edition}, and this operator needs {guard.edition}"
        return GuardFault(guard.name, why, older=True)
    names = sorted(guard.parts.keys() | seen.parts.keys())
    others = [name for name in names if guard.parts.get(name) != seen.parts.get(name)]
    return GuardFault(guard.name, f"{seen.name} differs from edition {guard.edition} in {', '.join(others)}")
