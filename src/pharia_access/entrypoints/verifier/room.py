"""How many connections are open, and who makes room: those that never showed a token that was accepted.

A connection costs its client nothing, so whoever wants to has thousands of them. Turning newcomers away would let
such a client keep everybody out. When all places are taken, the oldest connection without an accepted token is
closed, and the newcomer comes in; so it has as long to show a token as it takes to fill all these places anew.

Some places are never kept by those that showed one either: else whoever has one token could take them all for good.

Few handshakes of TLS go on at a time: OpenSSL keeps as much as 131,072 bytes of a message that is announced and never
ends, from whoever connects. Beyond, the oldest handshake makes room, not the oldest connection.
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


def _tell_nobody(_reason: Closed) -> None:
    """Where nobody counts."""


class Room:
    """The connections of one port.

    Args:
        places: how many connections may be open.
        handshakes: how many of them may be handshakes of TLS that go on.
        closed: is told why one was closed.
    """

    def __init__(
        self, places: int, *, handshakes: int = HANDSHAKES, closed: Callable[[Closed], None] = _tell_nobody
    ) -> None:
        self._places = places
        self._most_handshakes = handshakes
        self._kept_places = places - max(1, places // _ONE_IN)
        self._new: dict[Guest, None] = {}
        """Without an accepted token of late, the oldest first."""
        self._shaking: dict[Guest, None] = {}
        """Those of the new whose handshake goes on, the oldest first."""
        self._kept: set[Guest] = set()
        self.closed = closed

    def __len__(self) -> int:
        return len(self._new) + len(self._kept)

    def enter(self, guest: Guest, *, shakes_hands: bool = False) -> None:
        """Take a place; that of the oldest without an accepted token, if there is none.

        `shakes_hands`: its handshake begins, and goes on until `end_handshake`. It takes the place of the oldest
        handshake, if as many go on as may.
        """
        self._new[guest] = None
        if shakes_hands:
            self._shaking[guest] = None
        if len(self._shaking) > self._most_handshakes:
            self._turn_out(next(iter(self._shaking)))
        elif len(self) > self._places:
            self._turn_out(next(iter(self._new)))

    def end_handshake(self, guest: Guest) -> None:
        """It speaks from now on, or never did anything else."""
        self._shaking.pop(guest, None)

    def keep(self, guest: Guest) -> bool:
        """A token was accepted: whether the connection may be kept from now on. If not, it ends with this answer."""
        if guest in self._kept:
            return True
        if guest not in self._new:
            return False  # it was turned out
        if len(self._kept) >= self._kept_places:
            self.closed(Closed.NOT_KEPT)
            return False
        del self._new[guest]
        self._kept.add(guest)
        return True

    def keep_no_longer(self, guest: Guest) -> None:
        """No token was accepted for a while: it makes room again, after those that are there."""
        if guest in self._kept:
            self._kept.discard(guest)
            self._new[guest] = None

    def leave(self, guest: Guest) -> None:
        """It is closed."""
        self._new.pop(guest, None)
        self._shaking.pop(guest, None)
        self._kept.discard(guest)

    def _turn_out(self, guest: Guest) -> None:
        self.leave(guest)
        self.closed(Closed.CROWDED_OUT)
        guest.turn_out()
