"""How old the verifier's view is, part by part, and what time it is: the two things that a stale answer would hang on.

Seconds are boottime: a clock that only grows and does not stop while the machine sleeps.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

from pharia_access.domain.api_values import Kind

__all__ = ["Bounds", "Freshness", "MaxClock", "Part"]

_CONFIRM_SECONDS: Final = 2.0
"""How long a 403 must last to count: an API server that has just started gives some before it knows its roles."""
_START_DELAY_SECONDS: Final = 10.0
"""How long a part that fails to be listed holds up the start of the others."""


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
        view: how old a part may be before nothing that rests on it is accepted.
        contact: how long a part may be silent before an ID that nobody knows may be a new one.
    """

    view: float
    contact: float = inf


@dataclass(slots=True)
class _State:
    """What is known of a part, in boottime."""

    complete_at: float = -inf
    """The last moment that all of it was known."""
    alive_at: float = -inf
    """The last sign of life: a list that begins or goes on, a watch that begins, an event, a bookmark."""
    failing_since: float = inf
    """The first failure, while it was never complete."""
    denied_since: float = inf
    """The first 403 in a row."""
    lost: bool = False
    """The API server says that we may not know: the right is gone, perhaps with the namespace."""


class Freshness:
    """Knows what the view can be trusted for.

    A token rests on the parts of its namespace, and on those of no namespace. So each namespace is judged for itself:
    one that is gone or forbidden takes nothing from the others.
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
        """Whether what is known of that namespace is young enough to accept by. Every request asks."""
        return now <= self._until.get(namespace, self._everywhere)

    def is_fresh_anywhere(self, now: float) -> bool:
        """Whether there is a namespace whose tokens can be accepted."""
        return now <= max(self._until.values())

    def in_contact(self, now: float) -> bool:
        """Whether each part that should be connected is known and has shown life: then an unknown ID is of no token."""
        if now > self._contact_until:  # which only grows while no part comes back
            bounds, connected = self._bounds, [state for state in self._states.values() if not state.lost]
            until = (min(state.alive_at + bounds.contact, state.complete_at + bounds.view) for state in connected)
            self._contact_until = min(until, default=-inf)
        return now <= self._contact_until

    def mark_fresh(self, part: Part, at: float) -> None:
        """The part was complete up to that moment. Only a list can make it so at first."""
        self.alive(part, at)
        state = self._states[part]
        state.complete_at, state.failing_since = max(state.complete_at, at), inf
        self._judge(part)

    def alive(self, part: Part, at: float) -> None:
        """The API server answers about the part."""
        state = self._states[part]
        state.alive_at, state.denied_since = max(state.alive_at, at), inf
        if state.lost:
            state.lost, self._contact_until = False, -inf

    def failed(self, part: Part, at: float) -> None:
        """The part could not be read."""
        state = self._states[part]
        if state.complete_at == -inf:
            state.failing_since = min(state.failing_since, at)

    def denied(self, part: Part, at: float) -> bool:
        """The API server answered 403. Whether that has just cost us the part: nothing rests on it from now on."""
        self.failed(part, at)
        state = self._states[part]
        state.denied_since = min(state.denied_since, at)
        if state.lost or at - state.denied_since < _CONFIRM_SECONDS:
            return False
        state.lost, state.complete_at = True, -inf
        self._judge(part)
        return True

    def may_resume(self, part: Part, now: float) -> bool:
        """Whether a watch of the part may go on where it broke off, with what happened since still to come.

        Else its first event would make all of it new, though the one that revokes a token may be the last.
        """
        state = self._states[part]
        return not state.lost and now - state.alive_at <= min(self._bounds.contact, self._bounds.view)

    def is_lost(self, part: Part) -> bool:
        """Whether the API server says that we may not read the part."""
        return self._states[part].lost

    def missing(self, now: float) -> tuple[Part, ...]:
        """The parts that a start waits for: not listed yet, and neither lost nor failing for long."""
        return tuple(
            part
            for part, state in self._states.items()
            if state.complete_at == -inf and not state.lost and now - state.failing_since < _START_DELAY_SECONDS
        )

    def ages(self, now: float) -> dict[str, float]:
        """Seconds since each part was last complete; infinite before its first list. Those that are lost have none."""
        return {str(part): now - state.complete_at for part, state in self._states.items() if not state.lost}

    def watched(self, now: float) -> dict[str, bool]:
        """Each namespace that is named to us, and whether its tokens can be accepted."""
        return {namespace: now <= until for namespace, until in self._until.items() if namespace is not None}

    def _judge(self, changed: Part) -> None:
        for namespace in self._rests_on if changed.namespace is None else (changed.namespace,):
            complete = min(state.complete_at for state in self._rests_on[namespace])
            self._until[namespace] = complete + self._bounds.view
        self._everywhere = self._until.get(None, -inf)


class MaxClock:
    """POSIX seconds: this machine's clock or the API server's, whichever is ahead.

    So a clock that is set back revives no token, and one that is wrong the other way refuses too early, never too
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
