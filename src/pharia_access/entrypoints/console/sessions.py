"""Signed-in browsers. In memory only: whoever ends the console signs everybody out."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pharia_access.services.administration.rotation import RotationPlan

__all__ = ["COOKIE", "Session", "Sessions"]

COOKIE: Final = "pharia_access_console"

_KEY_BYTES: Final = 32


@dataclass(slots=True, eq=False)
class Session:
    """A signed-in browser.

    Attributes:
        key: the value of its cookie.
        notice: what the next page says was done.
        awaited: by the UID of a token whose secret nobody confirmed as stored here, when it was shown; None: not yet.
        confirmed: the UIDs of tokens whose secret was stored here, and whose one-time Secret is gone.
        rotations: by the UID of a new token, the rotation that goes on once its secret is stored.
    """

    key: str
    notice: str = ""
    awaited: dict[str, datetime | None] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    rotations: dict[str, RotationPlan] = field(default_factory=dict)

    def take_notice(self) -> str:
        """What was done, once."""
        notice, self.notice = self.notice, ""
        return notice


class Sessions:
    """The sessions that are open."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}

    def open(self) -> Session:
        """Begin one, under a key of its own whatever cookie the browser sent."""
        session = Session(secrets.token_urlsafe(_KEY_BYTES))
        self._open[session.key] = session
        return session

    def find(self, cookie: str) -> Session | None:
        """The session of that cookie."""
        return self._open.get(cookie)

    def turn(self, session: Session) -> None:
        """Give it another key: browsers drop pages from their back/forward cache when a cookie changes."""
        self.close(session)
        session.key = secrets.token_urlsafe(_KEY_BYTES)
        self._open[session.key] = session

    def close(self, session: Session) -> None:
        """End it: a copied cookie is worth nothing from now on."""
        self._open.pop(session.key, None)
