"""Bound the open connections. Connections that never showed an accepted token make room for new ones.

A connection costs its client nothing, so a client may open thousands. A verifier that refused new connections would
let such a client keep everybody out. So when all places are taken, the oldest connection without an accepted token
closes, and the new one comes in. A new connection can show a token until the others have filled all these places anew.

Some places are free even of connections with an accepted token: else one token could take all places for good.

Few TLS handshakes go on at a time: OpenSSL keeps up to 131,072 bytes of an announced message that never ends, for any
client. Beyond the bound, the oldest handshake makes room, not the oldest connection.
"""

from collections.abc import Callable
from typing import Final, Protocol

from pharia_access.entrypoints.verifier.limits import HANDSHAKES, Closed

__all__ = ["Guest", "Room"]

_ONE_IN: Final = 16
"""Places for those that have yet to show a token."""


class Guest(Protocol):
    """A connection."""

    def turn_out(self) -> None:
        """Close at once."""


def _count_nothing(_reason: Closed) -> None:
    """Count nothing."""


class Room:
    """The connections of one port.

    Args:
        places: how many connections may be open.
        handshakes: how many of them may be TLS handshakes.
        closed: counts closed connections, by reason.
    """

    def __init__(
        self, places: int, *, handshakes: int = HANDSHAKES, closed: Callable[[Closed], None] = _count_nothing
    ) -> None:
        self._places = places
        self._most_handshakes = handshakes
        self._kept_places = places - max(1, places // _ONE_IN)
        self._new: dict[Guest, None] = {}
        """Connections without a recently accepted token, the oldest first."""
        self._shaking: dict[Guest, None] = {}
        """New connections whose handshake goes on, the oldest first."""
        self._kept: set[Guest] = set()
        self.closed = closed

    def __len__(self) -> int:
        return len(self._new) + len(self._kept)

    def enter(self, guest: Guest, *, shakes_hands: bool = False) -> None:
        """Take a place. Where none is free, the oldest connection without an accepted token loses its place.

        `shakes_hands`: the handshake goes on until `end_handshake`. Where too many go on, the oldest handshake loses
        its place.
        """
        self._new[guest] = None
        if shakes_hands:
            self._shaking[guest] = None
        if len(self._shaking) > self._most_handshakes:
            self._turn_out(next(iter(self._shaking)))
        elif len(self) > self._places:
            self._turn_out(next(iter(self._new)))

    def end_handshake(self, guest: Guest) -> None:
        """Note that a handshake has ended, or that there is none."""
        self._shaking.pop(guest, None)

    def keep(self, guest: Guest) -> bool:
        """Keep a connection that showed an accepted token. On False, the connection must end with this answer."""
        if guest in self._kept:
            return True
        if guest not in self._new:
            return False  # the connection has lost its place
        if len(self._kept) >= self._kept_places:
            self.closed(Closed.NOT_KEPT)
            return False
        del self._new[guest]
        self._kept.add(guest)
        return True

    def keep_no_longer(self, guest: Guest) -> None:
        """Let a connection without a recently accepted token make room again, after the others."""
        if guest in self._kept:
            self._kept.discard(guest)
            self._new[guest] = None

    def leave(self, guest: Guest) -> None:
        """Free the place of a closed connection."""
        self._new.pop(guest, None)
        self._shaking.pop(guest, None)
        self._kept.discard(guest)

    def _turn_out(self, guest: Guest) -> None:
        self.leave(guest)
        self.closed(Closed.CROWDED_OUT)
        guest.turn_out()
