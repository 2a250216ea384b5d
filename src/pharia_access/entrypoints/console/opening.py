"""The once-only key that opens a session, and the file that leads the browser to it.

The key is the fragment of a link, which no browser sends in a request line or a Referer; a program is started with the
file's name only, so that no process list has the key either.
"""

import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Final

from pharia_access.domain.token_bucket import TokenBucket
from pharia_access.errors import AccessError
from pharia_access.services.ports import Clock

__all__ = ["KEY_SECONDS", "OnceKey", "OpeningFile"]

KEY_SECONDS: Final = 60.0
"""How long the key may wait for its browser."""

_KEY_BYTES: Final = 32
_FAILURES_A_MINUTE: Final = 5
_FILE: Final = "open.html"


class OnceKey:
    """A key that opens once, and only within its time."""

    def __init__(self, clock: Clock) -> None:
        self.text = secrets.token_urlsafe(_KEY_BYTES)
        self._clock = clock
        self._made = clock.monotonic()
        self._used = False
        self._failures = TokenBucket(_FAILURES_A_MINUTE / 60, burst=_FAILURES_A_MINUTE)

    @property
    def used(self) -> bool:
        """Whether it opened a session."""
        return self._used

    @property
    def over(self) -> bool:
        """Whether it opens nothing more."""
        return self._used or self._clock.monotonic() - self._made >= KEY_SECONDS

    def use(self, text: str) -> bool:
        """Whether this text opens a session; it does so once."""
        if self.over or self._failures.wait_seconds(self._clock.monotonic()):
            return False
        if not secrets.compare_digest(text.encode(), self.text.encode()):
            self._failures.reserve(self._clock.monotonic())
            return False
        self._used = True
        return True


class OpeningFile:
    """A page in a folder that only its owner enters."""

    def __init__(self, html: str) -> None:
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="kubectl-access-console-"))
            self.path = self._folder / _FILE
            self.path.touch(mode=0o600)
            self.path.write_text(html, encoding="utf-8")
        except OSError as error:
            msg = f"There is no place for the page that opens the browser: {error.strerror}"
            raise AccessError(msg, "Let TMPDIR name a folder that you may write in, or give --no-browser.") from error

    def remove(self) -> None:
        """Remove it with its folder."""
        shutil.rmtree(self._folder, ignore_errors=True)
