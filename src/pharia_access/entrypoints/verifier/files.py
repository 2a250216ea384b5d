"""Mounted files that change under a running process: the keyring, and TLS certificates.

The kubelet replaces all files of a mounted Secret at once, by turning a symbolic link. Whether they changed is seen by
looking, every few seconds: notifications do not cross every kind of volume.

A look that failed is not an answer: what was read last stays, and is read again at each look until that succeeds.
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
    """Is told how reading went."""

    def reloaded(self, source: str, *, successful: bool) -> None:
        """The last attempt to read that source succeeded, or not."""
        ...


class FollowedFiles:
    """Some files that are read anew when they change. A folder stands for its files.

    Args:
        source: what they are, for people: `keyring`.
        read: reads them, and has what was read used; whatever it raises leaves things as they were.
    """

    def __init__(
        self, source: str, paths: Iterable[Path], read: Callable[[], Awaitable[None]], *, metrics: ReloadMetrics
    ) -> None:
        self._source = source
        self._paths = tuple(paths)
        self._read = read
        self._metrics = metrics
        self._seen: _State | None = None
        self._problem: str | None = None

    async def look(self) -> None:
        """Read the files if they are not as when they were last read. Never raises what files may do wrong."""
        try:
            state = _look(self._paths)
            if state == self._seen:
                return
            await self._read()
        except Exception as error:  # noqa: BLE001 - whatever a file makes a library raise, it must not end the process
            self._failed(error)
            return
        # As it was before the reading: what changed meanwhile is seen at the next look.
        self._seen = state
        self._succeeded()

    def _failed(self, error: Exception) -> None:
        self._seen = None
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
    """Read a mounted keyring; None where there is none: no such folder, or one that was listed and is empty.

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
    """Of our own errors the text, which shows no value; of others' only what kind they are."""
    if isinstance(error, AccessError):
        return str(error)
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _look(paths: Iterable[Path]) -> _State:
    """What tells whether any file changed. Raises OSError where that cannot be told."""
    files = (file for path in paths for file in ([path] if _is_file(path) else _entries(path)))
    return tuple(_state(file) for file in files)


def _is_file(path: Path) -> bool:
    try:
        return not stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        return True


def _entries(folder: Path) -> list[Path]:
    """All in a folder by name, without the kubelet's own (`..data` and the like)."""
    return [folder, *sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))]


def _regular_files(folder: Path) -> list[Path]:
    """A folder's files; none where it is not there. An entry whose link leads nowhere is no answer: OSError."""
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
    # The time of the inode's change as well: a copy may keep the time of the content's.
    return (file.name, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_MOST_BYTES)
