"""How old the verifier's view is, part by part, and what time it is: a wrong answer to either accepts a dead token.

Seconds are boottime: a clock that only grows and does not stop while the machine sleeps.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

from pharia_access.domain.api_values import Kind

__all__ = ["Bounds", "Freshness", "MaxClock", "Part"]

_CONFIRM_SECONDS: Final = 2.0
"""How long a 403 must last to count: an API server that has just started answers 403 until it has read its roles."""
_START_DELAY_SECONDS: Final = 10.0
"""How long a part whose list fails delays the readiness of the others."""


class Part(NamedTuple):
    """A part of the view: one kind, everywhere or in one namespace."""

    kind: Kind
    namespace: str | None = None

    def __str__(self) -> str:
        """Return the name that metrics, `/readyz` and the log use."""
        return self.kind if self.namespace is None else f"{self.kind}/{self.namespace}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds.

    Attributes:
        view: the age of a part from which on no token that rests on it is accepted.
        contact: how long a part may be silent before an unknown ID may be that of a new token.
    """

    view: float
    contact: float = inf


@dataclass(slots=True)
class _State:
    """What is known of a part, in boottime."""

    complete_at: float = -inf
    """The last moment at which the part was complete."""
    alive_at: float = -inf
    """The last sign of life: a page of a list, the beginning of a watch, an event, or a bookmark."""
    failing_since: float = inf
    """The first failure, while the part was never complete."""
    denied_since: float = inf
    """The first 403 in a row."""
    lost: bool = False
    """The API server forbids the part: the right is gone, perhaps with the namespace."""


class Freshness:
    """Tells which namespaces' tokens the view can answer for.

    A token rests on the parts of its namespace, and on the parts without a namespace. So a namespace that is gone or
    forbidden does not affect the others.
    """

    def __init__(self, parts: Iterable[Part], bounds: Bounds) -> None:
        self._states = {part: _State() for part in parts}
        self._bounds = bounds
        named: set[str | None] = {part.namespace for part in self._states} - {None}
        self._rests_on = {
            namespace: [state for part, state in self._states.items() if part.namespace in {None, namespace}]
            for namespace in named or {None}
        }
        self._until = dict.fromkeys(self._rests_on, -inf)
        self._everywhere = -inf
        self._contact_until = -inf

    def is_fresh(self, namespace: str, now: float) -> bool:
        """Tell whether the namespace's tokens may be accepted. Every request asks."""
        return now <= self._until.get(namespace, self._everywhere)

    def is_fresh_anywhere(self, now: float) -> bool:
        """Tell whether the tokens of any namespace may be accepted."""
        return now <= max(self._until.values())

    def in_contact(self, now: float) -> bool:
        """Tell whether every part is complete and shows signs of life: then no token has an unknown ID."""
        if now > self._contact_until:  # which only grows while no part comes back
            bounds, connected = self._bounds, [state for state in self._states.values() if not state.lost]
            until = (min(state.alive_at + bounds.contact, state.complete_at + bounds.view) for state in connected)
            self._contact_until = min(until, default=-inf)
        return now <= self._contact_until

    def mark_fresh(self, part: Part, at: float) -> None:
        """Note that the part is complete up to that moment. The first time, only a full list can complete it."""
        self.alive(part, at)
        state = self._states[part]
        state.complete_at, state.failing_since = max(state.complete_at, at), inf
        self._judge(part)

    def alive(self, part: Part, at: float) -> None:
        """Note that the API server answers about the part."""
        state = self._states[part]
        state.alive_at, state.denied_since = max(state.alive_at, at), inf
        if state.lost:
            state.lost, self._contact_until = False, -inf

    def failed(self, part: Part, at: float) -> None:
        """Note that the part could not be read."""
        state = self._states[part]
        if state.complete_at == -inf:
            state.failing_since = min(state.failing_since, at)

    def denied(self, part: Part, at: float) -> bool:
        """Note that the API server answered 403. Return whether the part has just been lost."""
        self.failed(part, at)
        state = self._states[part]
        state.denied_since = min(state.denied_since, at)
        if state.lost or at - state.denied_since < _CONFIRM_SECONDS:
            return False
        state.lost, state.complete_at = True, -inf
        self._judge(part)
        return True

    def may_resume(self, part: Part, now: float) -> bool:
        """Tell whether a watch of the part may resume where it broke off.

        After a long break it may not: its first event would make the part fresh, though a later event revokes a token.
        """
        state = self._states[part]
        return not state.lost and now - state.alive_at <= min(self._bounds.contact, self._bounds.view)

    def is_lost(self, part: Part) -> bool:
        """Tell whether the API server forbids the part."""
        return self._states[part].lost

    def missing(self, now: float) -> tuple[Part, ...]:
        """Return the parts that readiness waits for: not listed yet, and neither lost nor failing for long."""
        return tuple(
            part
            for part, state in self._states.items()
            if state.complete_at == -inf and not state.lost and now - state.failing_since < _START_DELAY_SECONDS
        )

    def ages(self, now: float) -> dict[str, float]:
        """Return the seconds since each part was complete: infinite before its first list. Lost parts have no age."""
        return {str(part): now - state.complete_at for part, state in self._states.items() if not state.lost}

    def watched(self, now: float) -> dict[str, bool]:
        """Return each configured namespace, and whether its tokens may be accepted."""
        return {namespace: now <= until for namespace, until in self._until.items() if namespace is not None}

    def _judge(self, changed: Part) -> None:
        for namespace in self._rests_on if changed.namespace is None else (changed.namespace,):
            complete = min(state.complete_at for state in self._rests_on[namespace])
            self._until[namespace] = complete + self._bounds.view
        self._everywhere = self._until.get(None, -inf)


class MaxClock:
    """POSIX seconds: this machine's clock or the API server's, whichever is ahead.

    So a clock that is set back revives no token. A clock that is ahead refuses tokens too early, never too
    late. The API server's moment is its last `Date` header and the boottime since.
    """

    def __init__(self, wall: Callable[[], float], boottime: Callable[[], float]) -> None:
        self._wall = wall
        self._boottime = boottime
        self._server_ahead_of_boottime = -inf

    def set_server_time(self, moment: float) -> None:
        """Take the API server's time from an answer that just came."""
        self._server_ahead_of_boottime = moment - self._boottime()

    def offset(self) -> float:
        """Tell how far the API server's clock is ahead of this machine's; minus infinity if it is unknown."""
        return self._boottime() + self._server_ahead_of_boottime - self._wall()

    def at(self, boottime: float) -> float:
        """Return the time that counts, at this very moment of boottime: callers have read that clock already."""
        here, there = self._wall(), boottime + self._server_ahead_of_boottime
        return here if here > there else there  # noqa: FURB136 - at every check, and a third of the time of max()
