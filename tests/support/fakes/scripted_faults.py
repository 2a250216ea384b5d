"""What can go wrong at a call of the API server, and scripts of it."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pharia_access.errors import ConflictError, ResourceExpiredError, UnavailableError

__all__ = ["Call", "Crash", "Fault", "Faults", "RandomFaults", "Script", "failing", "no_faults"]


class Crash(BaseException):
    """The process ends here: no handler may catch it, and nothing it holds in memory survives."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its verb is the name of the port's method."""

    verb: str
    target: str = ""

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return not self.verb.startswith(("read", "inspect", "look", "list", "try"))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is raised before the call took effect, or after it did: then its answer is lost."""

    before: BaseException | None = None
    after: BaseException | None = None


Faults = Callable[[Call], Fault | None]


def no_faults(_call: Call) -> Fault | None:
    """All goes well."""
    return None


@dataclass(slots=True)
class Script:
    """Faults by the number of the call, from 0, or by its verb (each once, in this order)."""

    by_number: dict[int, Fault] = field(default_factory=dict)
    by_verb: list[tuple[str, Fault]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> Fault | None:
        number = len(self.calls)
        self.calls.append(call)
        scripted = next((entry for entry in self.by_verb if entry[0] == call.verb), None)
        if scripted is not None:
            self.by_verb.remove(scripted)
            return scripted[1]
        return self.by_number.pop(number, None)

    def verbs(self) -> list[str]:
        """What was called, in order."""
        return [call.verb for call in self.calls]


def failing(verb: str, *errors: Exception) -> Script:
    """The next calls of this verb raise these, and take no effect."""
    return Script(by_verb=[(verb, Fault(before=error)) for error in errors])


@dataclass(slots=True)
class RandomFaults:
    """A share of all calls goes wrong, in every way that such a call can."""

    rng: random.Random
    rate: float

    def __call__(self, call: Call) -> Fault | None:
        return self.rng.choice(tuple(_faults_of(call))) if self.rng.random() < self.rate else None


def _faults_of(call: Call) -> Iterable[Fault]:
    yield Fault(before=UnavailableError("500"))
    yield Fault(before=UnavailableError("429", retry_after=1.0))
    yield Fault(before=Crash())
    yield Fault(after=Crash())
    if call.verb.startswith("list"):
        yield Fault(before=ResourceExpiredError("410"))
    if call.writes:
        yield Fault(after=UnavailableError("timeout"))
        yield Fault(after=UnavailableError("500"))
    if call.verb.startswith(("write", "set", "replace")):
        yield Fault(before=ConflictError("409"))
