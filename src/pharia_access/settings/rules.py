"""Rules between settings, as data: the programs ask them here, and the chart asks the same ones.

tools/chart_values.py writes them down for the chart, whose helper `pharia-access.complaints` reads them. A sentence is
made once, from the names that its reader uses: variables in a program's log, keys of values.yaml at `helm upgrade`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pharia_access.domain.argon2id import OWASP_MINIMUM, Argon2Parameters, require_floor
from pharia_access.errors import HashError

__all__ = ["NoneOf", "NotMore", "ProofFloor", "Rule", "WholeSeconds", "complaints"]

Naming = Callable[[str], str]
"""What a field is called where the sentence is read."""

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class NotMore:
    """One duration is not more than another.

    Attributes:
        field: the one that may be too long.
        bound: the other.
        tenths: by how many tenths the first counts: 12 is 1.2 times.
        strict: it may not be as long either.
    """

    field: str
    bound: str
    tenths: int = 10
    strict: bool = False

    def sentence(self, name: Naming) -> str:
        """What is said where it does not hold."""
        times = "" if self.tenths == 10 else f" times {self.tenths / 10}"  # noqa: PLR2004 - ten tenths
        relation = "must be less than" if self.strict else "must not be more than"
        return f"{name(self.field)}{times} {relation} {name(self.bound)}: lower the one or raise the other"

    def holds(self, settings: object) -> bool:
        """Whether it does."""
        least, most = getattr(settings, self.field) * self.tenths, getattr(settings, self.bound) * 10
        return bool(least < most if self.strict else least <= most)

    def written(self, name: Naming) -> Mapping[str, Any]:
        """For the chart."""
        names = {"field": name(self.field), "bound": name(self.bound)}
        return {"kind": "notMore", **names, "tenths": self.tenths, "strict": self.strict}


@dataclass(frozen=True, slots=True)
class WholeSeconds:
    """A duration has no fraction of a second."""

    field: str

    def sentence(self, name: Naming) -> str:
        """What is said where it does not hold."""
        return f"{name(self.field)} must be whole seconds"

    def holds(self, settings: object) -> bool:
        """Whether it does."""
        return not getattr(settings, self.field) % _SECOND

    def written(self, name: Naming) -> Mapping[str, Any]:
        """For the chart."""
        return {"kind": "wholeSeconds", "field": name(self.field)}


@dataclass(frozen=True, slots=True)
class ProofFloor:
    """Memory (KiB) and passes of Argon2id together reach one of OWASP's minimums."""

    memory: str
    passes: str

    def sentence(self, name: Naming) -> str:
        """What is said where it does not hold."""
        return f"{name(self.memory)}, {name(self.passes)}: {_too_weak()}"

    def holds(self, settings: object) -> bool:
        """Whether it does."""
        memory, passes = getattr(settings, self.memory), getattr(settings, self.passes)
        return not _weakness(Argon2Parameters(memory_kib=memory, time_cost=passes))

    def written(self, name: Naming) -> Mapping[str, Any]:
        """For the chart."""
        minimums = [{"memory": least.memory_kib, "passes": least.time_cost} for least in OWASP_MINIMUM]
        return {"kind": "proofFloor", "memory": name(self.memory), "passes": name(self.passes), "minimums": minimums}


@dataclass(frozen=True, slots=True)
class NoneOf:
    """A name, or each of some, is none of those that are taken; capitals do not count.

    Attributes:
        taken: in lower case.
        what: what a name must not be, as the end of the sentence.
    """

    field: str
    taken: frozenset[str]
    what: str

    def sentence(self, name: Naming) -> str:
        """What is said where it does not hold."""
        return f"{name(self.field)} must not name {self.what}"

    def holds(self, settings: object) -> bool:
        """Whether it does."""
        value = getattr(settings, self.field)
        return self.taken.isdisjoint(map(str.lower, [value] if isinstance(value, str) else value))

    def written(self, name: Naming) -> Mapping[str, Any]:
        """For the chart."""
        return {"kind": "noneOf", "field": name(self.field), "taken": sorted(self.taken)}


Rule = NotMore | WholeSeconds | ProofFloor | NoneOf


def complaints(rules: Sequence[Rule], settings: object, name: Naming) -> Iterator[str]:
    """The sentence of each rule that does not hold, in their order."""
    return (rule.sentence(name) for rule in rules if not rule.holds(settings))


def _too_weak() -> str:
    return _weakness(Argon2Parameters(memory_kib=OWASP_MINIMUM[-1].memory_kib, time_cost=1))


def _weakness(parameters: Argon2Parameters) -> str:
    try:
        require_floor(parameters)
    except HashError as error:
        return str(error)
    return ""
