"""Small fakes of the other ports: they keep what they were told, and hash for real, but cheaply."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pharia_access.domain.api_values import EventMessage, Kind
from pharia_access.domain.argon2id import CHEAPEST, hash_token
from pharia_access.domain.guards import Guard, Look, Sighting
from pharia_access.domain.model import ObjectKey, Phase
from pharia_access.domain.token import TokenText

__all__ = ["CheapHasher", "FakeGuards", "FakeMetrics", "FakeRecorder", "seeded_entropy", "seen"]


@dataclass(slots=True)
class CheapHasher:
    """A real Argon2id hash, at the lowest cost there is. Keeps for which namespaces it was to be patient."""

    patient: list[str] = field(default_factory=list)

    async def hash_token(self, text: TokenText, *, namespace: str, patient: bool = False) -> str:
        if patient:
            self.patient.append(namespace)
        return hash_token(text, CHEAPEST)


@dataclass(slots=True)
class FakeGuards:
    """Two guards. A look shows `answers`, one after the other, then `rest`."""

    rest: Look | Exception = field(default_factory=lambda: Look((seen("roles"), seen("tokens"))))
    answers: list[Look | Exception] = field(default_factory=list)
    looks: int = 0

    def carried(self) -> tuple[Guard, ...]:
        return tuple(Guard(name, 2, {"of": name, "rules": "strict"}) for name in ("roles", "tokens"))

    async def look(self, sample: ObjectKey | None) -> Look:
        self.looks += 1
        answer = self.answers.pop(0) if self.answers else self.rest
        if isinstance(answer, Exception):
            raise answer
        return answer


def seen(guard: str, *, edition: int = 2, rules: str = "strict", loophole: str = "") -> Sighting:
    """A guard as a look shows it."""
    return Sighting(guard, guard, edition, {"of": guard, "rules": rules}, loophole=loophole)


@dataclass(slots=True)
class FakeRecorder:
    """Keeps the Events."""

    notices: list[EventMessage] = field(default_factory=list)

    def record(self, notice: EventMessage) -> None:
        self.notices.append(notice)

    def reasons(self) -> list[str]:
        """What was told, in order."""
        return [notice.reason for notice in self.notices]


@dataclass(slots=True)
class FakeMetrics:
    """Keeps the counts."""

    outcomes: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    mints: list[float] = field(default_factory=list)
    ended_deleted: int = 0
    rotations: Counter[tuple[str, str]] = field(default_factory=Counter)
    states: Mapping[str, int] = field(default_factory=dict)
    malformed_kinds: Counter[Kind] = field(default_factory=Counter)
    phases: Mapping[Phase, int] = field(default_factory=dict)
    expiring: Mapping[str, int] = field(default_factory=dict)
    depth: int = 0
    lists: int = 0
    leads: bool = False
    watched: dict[str, bool] = field(default_factory=dict)
    due: datetime | None = None
    offset: float | None = None
    guards_hold: dict[str, bool] = field(default_factory=dict)
    guards_held_at: datetime | None = None

    def reconciled(self, kind: Kind, outcome: str, seconds: float) -> None:
        self.outcomes[kind, outcome] += 1

    def minted(self, seconds: float) -> None:
        self.mints.append(seconds)

    def ended_token_deleted(self) -> None:
        self.ended_deleted += 1

    def rotated(self, why: str, outcome: str) -> None:
        self.rotations[why, outcome] += 1

    def workloads(self, counts: Mapping[str, int]) -> None:
        self.states = dict(counts)

    def malformed(self, kind: Kind) -> None:
        self.malformed_kinds[kind] += 1

    def queue(self, depth: int, oldest_seconds: float) -> None:
        self.depth = depth

    def tokens(self, counts: Mapping[Phase, int]) -> None:
        self.phases = dict(counts)

    def expiring_soon(self, counts: Mapping[str, int]) -> None:
        self.expiring = dict(counts)

    def listed(self, seconds: float) -> None:
        self.lists += 1

    def leading(self, *, leads: bool) -> None:
        self.leads = leads

    def namespace_watched(self, namespace: str, *, watched: bool) -> None:
        self.watched[namespace] = watched

    def guards(self, holding: Mapping[str, bool], held_at: datetime | None) -> None:
        self.guards_hold, self.guards_held_at = dict(holding), held_at

    def next_due(self, at: datetime | None) -> None:
        self.due = at

    def clock_offset(self, seconds: float) -> None:
        self.offset = seconds


def seeded_entropy(seed: int = 0) -> Callable[[int], bytes]:
    """Bytes that are the same in every run, and never repeat within one."""
    rng = random.Random(seed)  # noqa: S311 - a test must be repeatable
    return rng.randbytes
