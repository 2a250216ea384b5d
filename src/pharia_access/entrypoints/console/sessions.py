"""Signed-in browsers. In memory only: whoever ends the console signs everybody out."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.services.administration.bulk import Outcome
from pharia_access.services.administration.live import LiveViews
from pharia_access.services.administration.live_kinds import LiveKind
from pharia_access.services.administration.rotation import RotationPlan
from pharia_access.services.administration.token_index import TokenIndex
from pharia_access.services.administration.token_survey import TokenSurvey
from pharia_access.services.ports import Clock

__all__ = ["COOKIE", "LINGERING_SECONDS", "Session", "Sessions"]

COOKIE: Final = "pharia_access_console"

LINGERING_SECONDS: Final = 10.0
"""How long a key is good after it turned: longer than a request is under way."""

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
        views: what its open pages look at; None before the first, and where pages are not live.
        survey: the long list of tokens that was looked at last, until something is done.
        outcomes: what became of each token that was last ended among several.
        indexes: rows of what is followed, as long as that is.
    """

    key: str
    notice: str = ""
    awaited: dict[str, datetime | None] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    rotations: dict[str, RotationPlan] = field(default_factory=dict)
    views: LiveViews | None = None
    survey: TokenSurvey | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    indexes: WeakKeyDictionary[LiveKind[TokenSummary], TokenIndex] = field(default_factory=WeakKeyDictionary)

    def take_notice(self) -> str:
        """What was done, once."""
        notice, self.notice = self.notice, ""
        return notice


class Sessions:
    """The sessions that are open.

    When a session's key turns, requests are under way that bear the key before: of other tabs, or of this one. That
    key is good for a moment longer, and for no new cookie.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Session] = {}
        self._turned: dict[str, tuple[Session, float]] = {}

    def open(self) -> Session:
        """Begin one, under a key of its own whatever cookie the browser sent."""
        session = Session(secrets.token_urlsafe(_KEY_BYTES))
        self._open[session.key] = session
        return session

    def find(self, cookie: str) -> Session | None:
        """The session of that cookie."""
        return self._open.get(cookie) or self._recent().get(cookie)

    def turn(self, session: Session, cookie: str) -> None:
        """Give it another key: browsers drop pages from their back/forward cache when a cookie changes.

        Who asked under a key that turned meanwhile gets the newest: two answers must not race for the last word.
        """
        if session.key != cookie:
            return
        del self._open[session.key]
        self._turned[session.key] = session, self._clock.monotonic() + LINGERING_SECONDS
        session.key = secrets.token_urlsafe(_KEY_BYTES)
        self._open[session.key] = session

    def close(self, session: Session) -> None:
        """End it and its streams: a copied cookie is worth nothing from now on, and none before it either."""
        self._open.pop(session.key, None)
        if session.views is not None:
            session.views.close()
        self._turned = {key: (each, until) for key, (each, until) in self._turned.items() if each is not session}

    def stop(self) -> None:
        """End all of them, with the console."""
        for session in self._open.values():
            if session.views is not None:
                session.views.close("stopped")
        self._open.clear()

    def _recent(self) -> dict[str, Session]:
        """Keys that turned a moment ago; those before them are forgotten."""
        now = self._clock.monotonic()
        self._turned = {key: (session, until) for key, (session, until) in self._turned.items() if now < until}
        return {key: session for key, (session, _) in self._turned.items()}
