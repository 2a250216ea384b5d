"""What an operator needs of the world, as protocols. `bootstrap` fills in real parts, tests use fakes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pharia_access.domain.api_values import EventMessage, Kind
from pharia_access.domain.guards import Guard, Look
from pharia_access.domain.model import ObjectKey, Phase
from pharia_access.domain.token import TokenText
from pharia_access.domain.workload import Why
from pharia_access.services.operator.workloads.ports import Workloads
from pharia_access.services.ports import Clock, Cluster, Entropy, Secrets

__all__ = ["Guards", "Hasher", "Metrics", "Ports", "Recorder"]


class Guards(Protocol):
    """The admission policies and the rules of our kinds."""

    def carried(self) -> tuple[Guard, ...]:
        """The guards of this release."""
        ...

    async def look(self, sample: ObjectKey | None) -> Look:
        """Read every guard, and try some with dry runs. `sample`: a token to try with."""
        ...


class Hasher(Protocol):
    """Argon2id off the event loop, bounded."""

    async def hash_token(self, text: TokenText, *, namespace: str, patient: bool = False) -> str:
        """Return the PHC string of a token's text. Namespaces take turns; `patient` callers leave room to others."""
        ...


class Recorder(Protocol):
    """Writes Events in the background: lost Events are counted, never waited for."""

    def record(self, notice: EventMessage) -> None:
        """Queue an Event."""
        ...


class Metrics(Protocol):
    """The services' metrics. Label values come from closed sets, but for namespaces."""

    def reconciled(self, kind: Kind, outcome: str, seconds: float) -> None:
        """One reconcile ended: done, malformed, fault, or the name of an error of ours."""
        ...

    def minted(self, seconds: float) -> None:
        """One token became Ready, so long after its object was created."""
        ...

    def rotated(self, why: Why, outcome: str) -> None:
        """A token of a WorkloadToken was delivered, or given up."""
        ...

    def workloads(self, counts: Mapping[str, int]) -> None:
        """How many WorkloadTokens are in each state."""
        ...

    def ended_token_deleted(self) -> None:
        """One token was deleted because it ended long ago."""
        ...

    def malformed(self, kind: Kind) -> None:
        """An object could not be understood."""
        ...

    def queue(self, depth: int, oldest_seconds: float) -> None:
        """How much waits, and how long the first has waited."""
        ...

    def tokens(self, counts: Mapping[Phase, int]) -> None:
        """How many tokens are in each phase."""
        ...

    def expiring_soon(self, counts: Mapping[str, int]) -> None:
        """How many tokens end soon and have no successor, in each namespace that has any."""
        ...

    def listed(self, seconds: float) -> None:
        """A full list ended and took so long."""
        ...

    def leading(self, *, leads: bool) -> None:
        """Whether this replica leads."""
        ...

    def namespace_watched(self, namespace: str, *, watched: bool) -> None:
        """Whether a namespace that the settings name can be listed and watched."""
        ...

    def guards(self, holding: Mapping[str, bool], held_at: datetime | None) -> None:
        """Which guards hold, and when all were last seen to hold."""
        ...

    def next_due(self, at: datetime | None) -> None:
        """When the schedule fires next."""
        ...

    def clock_offset(self, seconds: float) -> None:
        """How far the API server's clock is ahead of ours."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """All that an operator needs of the world, but for the Lease."""

    cluster: Cluster
    secrets: Secrets
    workloads: Workloads
    guards: Guards
    recorder: Recorder
    metrics: Metrics
    clock: Clock
    entropy: Entropy
    hasher: Hasher
