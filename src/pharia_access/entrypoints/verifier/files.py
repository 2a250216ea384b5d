"""Follow mounted files that change under a running process: the keyring, and TLS certificates.

The kubelet replaces all files of a mounted Secret at once, by swapping a symbolic link. The process polls the files
every few seconds, since notifications do not cross every kind of volume.

Where a poll fails, the last content stays in use, and each further poll reads the files again until one succeeds.
"""

import logging
import stat
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Protocol

from pharia_access.domain.keyring import Keyring
from pharia_access.errors import AccessError, KeyringError

__all__ = ["FollowedFiles", "ReloadMetrics", "read_keyring"]

log = logging.getLogger(__name__)

_MOST_BYTES = 4096
_MOST_KEYS = 256

_State = tuple[tuple[object, ...], ...]


class ReloadMetrics(Protocol):
    """Counts reloads."""

    def reloaded(self, source: str, *, successful: bool) -> None:
        """Note whether the last attempt to read the source succeeded."""
        ...


class FollowedFiles:
    """Some files, which `look` reads again when they change. A folder stands for its files.

    Args:
        source: the name of the files for people, such as `keyring`.
        read: reads the files and applies them. Where it raises, nothing changes.
    """

    def __init__(
        self, source: str, paths: Iterable[Path], read: Callable[[], Awaitable[None]], *, metrics: ReloadMetrics
    ) -> None:
        self._source = source
        self._paths = tuple(paths)
        self._read = read
        self._metrics = metrics
        self._last_state: _State | None = None
        self._problem: str | None = None

    async def look(self) -> None:
        """Read the files if they changed since the last reading. Never raises."""
        try:
            state = _look(self._paths)
            if state == self._last_state:
                return
            await self._read()
        except Exception as error:  # noqa: BLE001 - whatever a file makes a library raise, it must not end the process
            self._failed(error)
            return
        # The state from before the reading: the next look sees a change in the meantime.
        self._last_state = state
        self._succeeded()

    def _failed(self, error: Exception) -> None:
        self._last_state = None
        self._metrics.reloaded(self._source, successful=False)
        problem = _problem(error)
        if problem != self._problem:
            log.warning("the %s cannot be used; the last one stays", self._source, extra={"problem": problem})
        self._problem = problem

    def _succeeded(self) -> None:
        self._metrics.reloaded(self._source, successful=True)
        if self._problem is not None:
            log.info("the %s can be used again", self._source)
        self._problem = None


def read_keyring(folder: Path) -> Keyring | None:
    """Read a mounted keyring. Return None where the folder is absent or empty.

    Raises:
        KeyringError: what is wrong with it, without any of its values.
    """
    try:
        files = _regular_files(folder)
        if not files:
            return None
        if len(files) > _MOST_KEYS:
            msg = f"the keyring's folder {folder} holds more than {_MOST_KEYS} files"
            raise KeyringError(msg)
        return Keyring.parse({file.name: _content(file) for file in files})
    except OSError as error:
        msg = f"the keyring in {folder} cannot be read: {error.strerror}"
        raise KeyringError(msg) from error


def _problem(error: Exception) -> str:
    """Describe the error: the text of our own errors, which contains no value, and the kind of any other error."""
    if isinstance(error, AccessError):
        return str(error)
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _look(paths: Iterable[Path]) -> _State:
    """Return a state that differs where any file changed. Raises OSError where a file cannot be examined."""
    files = (file for path in paths for file in ([path] if _is_file(path) else _entries(path)))
    return tuple(_state(file) for file in files)


def _is_file(path: Path) -> bool:
    try:
        return not stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        return True


def _entries(folder: Path) -> list[Path]:
    """List a folder by name, without the kubelet's own entries (`..data` and the like)."""
    return [folder, *sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))]


def _regular_files(folder: Path) -> list[Path]:
    """List a folder's files; none where the folder is absent. Raises OSError for a dangling link."""
    try:
        entries = _entries(folder)[1:]
    except FileNotFoundError:
        return []
    return [entry for entry in entries if stat.S_ISREG(entry.stat().st_mode)]


def _state(file: Path) -> tuple[object, ...]:
    try:
        status = file.stat()
    except FileNotFoundError:
        return (file.name, None)
    # The time of the inode's change as well: a copy may keep the modification time.
    return (file.name, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_MOST_BYTES)
