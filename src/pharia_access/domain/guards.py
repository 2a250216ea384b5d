"""Whether the guards of roles, minting and statuses hold: the bound admission policies, and the rules of the CRDs.

A policy may exist and not hold: its binding may only warn, or its rules may differ. So the policies of the cluster are
compared with those of this release. Whoever may edit the guards has all rights; this check finds mistakes, not attacks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

__all__ = ["Guard", "GuardFault", "Look", "Sighting", "faults_of"]

_MISSING: Final = "it is missing"


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard of this release.

    Attributes:
        name: its short name, such as `bind-roles`.
        edition: a whole number that grows whenever a release changes its rules.
        parts: a digest of each part of its rules.
        likeness: what all editions of a guard share; identifies a guard that has no name.
        companion: for a guard that earlier releases did not have: one that came or changed with it. Where the cluster
            has an earlier edition of that one, this one is not missing but still to come.
    """

    name: str
    edition: int
    parts: Mapping[str, str]
    likeness: str = ""
    companion: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A policy with its bindings, or a CRD, as the API server has it.

    Attributes:
        name: the name of the object; an administrator may have chosen it.
        guard: the guard that its label names; empty without a label.
        edition: the edition that its label names; 0 without a label.
        parts: as those of a `Guard`.
        likeness: the same.
        loophole: why requests pass it, whatever its rules say; empty if they do not.
    """

    name: str
    guard: str
    edition: int
    parts: Mapping[str, str]
    likeness: str = ""
    loophole: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """The result of one check of the API server.

    Attributes:
        sightings: every policy, and our CRDs.
        admitted: guards that admitted a dry run that they must refuse.
        refused: guards that refused a dry run with our message.
    """

    sightings: tuple[Sighting, ...] = ()
    admitted: frozenset[str] = field(default_factory=frozenset)
    refused: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class GuardFault:
    """A guard that does not hold, and why. `older`: the guard is intact, but of an earlier release, or came later."""

    guard: str
    why: str
    older: bool = False


def faults_of(guards: Iterable[Guard], look: Look) -> tuple[GuardFault, ...]:
    """Return every guard that does not hold, in the order of `guards`."""
    guards = tuple(guards)
    found = (_fault(guard, look) for guard in guards)
    faults = [fault for fault in found if fault is not None]
    older = {fault.guard for fault in faults if fault.older}
    to_come = {guard.name for guard in guards if guard.companion in older}
    return tuple(replace(it, older=True) if it.why == _MISSING and it.guard in to_come else it for it in faults)


def _fault(guard: Guard, look: Look) -> GuardFault | None:
    """Judge by the dry run first. One intact copy of the guard is enough."""
    if guard.name in look.admitted:
        return GuardFault(guard.name, "it admitted a request that it must refuse")
    weak = [_weakness(guard, seen) for seen in look.sightings if _stands_for(guard, seen)]
    if not weak:
        return None if guard.name in look.refused else GuardFault(guard.name, _MISSING)
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
        why = f"{seen.name} has edition {seen.edition}, but this operator needs edition {guard.edition}"
        return GuardFault(guard.name, why, older=True)
    names = sorted(guard.parts.keys() | seen.parts.keys())
    others = [name for name in names if guard.parts.get(name) != seen.parts.get(name)]
    return GuardFault(guard.name, f"{seen.name} differs from edition {guard.edition} in {', '.join(others)}")
