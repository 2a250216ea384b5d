"""Mounted files that change under a running process: the keyring, and TLS certificates.

The kubelet replaces all files of a mounted Secret at once, by turning a symbolic link. Whether they changed is seen by
looking, every few seconds: notifications do not cross every kind of volume.
"""

from collections.abc import Iterable
from pathlib import Path

from pharia_access.domain.keyring import Keyring
from pharia_access.errors import KeyringError

__all__ = ["WatchedFiles", "read_keyring"]

_MOST_BYTES = 4096
_MOST_KEYS = 256


class WatchedFiles:
    """Tells whether any of some files changed since the last time it was asked. A folder stands for its files."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)
        self._seen = self._look()

    def changed(self) -> bool:
        """Whether there is another file, or another content, than last time."""
        before, self._seen = self._seen, self._look()
        return self._seen != before

    def _look(self) -> tuple[tuple[object, ...], ...]:
        files = (file for path in self._paths for file in _files(path))
        return tuple(_state(file) for file in files)


def read_keyring(folder: Path) -> Keyring | None:
    """Read a mounted keyring; None where there is none.

    Raises:
        KeyringError: what is wrong with it, without any of its values.
    """
    files = _files(folder) if folder.is_dir() else []
    if not files:
        return None
    if len(files) > _MOST_KEYS:
        msg = f"the keyring's folder {folder} holds more than {_MOST_KEYS} files"
        raise KeyringError(msg)
    try:
        return Keyring.parse({file.name: _content(file) for file in files})
    except OSError as error:
        msg = f"the keyring in {folder} cannot be read: {error.strerror}"
        raise KeyringError(msg) from error


def _files(path: Path) -> list[Path]:
    """A folder's files by name, without the kubelet's own (`..data` and the like)."""
    try:
        if not path.is_dir():
            return [path]
        return sorted(file for file in path.iterdir() if not file.name.startswith(".") and file.is_file())
    except OSError:
        return []


def _state(file: Path) -> tuple[object, ...]:
    try:
        status = file.stat()
    except OSError:
        return (file.name, None)
    return (file.name, status.st_ino, status.st_size, status.st_mtime_ns)


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_MOST_BYTES)
