"""Files mounted as the kubelet does it, a reader that follows them, and what may go wrong with them."""

from __future__ import annotations

import os
import resource
import secrets
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.keyring import Keyring
from pharia_access.entrypoints.verifier.files import FollowedFiles, read_keyring

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Reader", "damaged", "fresh", "half_turned", "mount", "no_descriptors", "refused"]


def mount(folder: Path, generation: str, data: dict[str, bytes]) -> None:
    """Write files as the kubelet does: a new folder, links to it, one link turned."""
    real = folder / f"..{generation}"
    real.mkdir(parents=True)
    for name, value in data.items():
        (real / name).write_bytes(value)
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    (folder / "..new").symlink_to(real.name)
    (folder / "..new").rename(folder / "..data")


def fresh() -> Keyring:
    return Keyring.fresh(secrets.token_bytes, datetime(2026, 1, 1, tzinfo=UTC))


class Reader:
    """Follows a keyring's folder, and remembers what it used and how each look went."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.used: list[Keyring | None] = []
        self.successes: list[bool] = []
        self.files = FollowedFiles("keyring", [folder], self.read, metrics=self)

    async def read(self) -> None:
        self.used.append(read_keyring(self.folder))

    def reloaded(self, source: str, *, successful: bool) -> None:
        assert source == "keyring"
        self.successes.append(successful)

    async def look(self, times: int = 1) -> None:
        for _ in range(times):
            await self.files.look()


# --- what goes wrong at a look: each begins with a keyring in use, and another one already mounted


@contextmanager
def refused(target: str, number: int) -> Iterator[None]:
    """A method of Path fails as the system would have it."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"pathlib.Path.{target}", fail)
        yield


@contextmanager
def no_descriptors() -> Iterator[None]:
    """No file can be opened: the real thing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    try:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (max(int(one.name) for one in Path("/proc/self/fd").iterdir()) + 1, hard)
        )
        with suppress(OSError):
            while True:
                held.append(os.open("/", os.O_RDONLY))
        yield
    finally:
        for one in held:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def damaged(folder: Path, data: dict[str, bytes]) -> Iterator[None]:
    """Other files are mounted for a while."""
    kept = (folder / "..data").readlink()
    mount(folder, secrets.token_hex(4), data)
    yield
    (folder / "..back").symlink_to(kept)
    (folder / "..back").rename(folder / "..data")
    for entry in folder.iterdir():
        if not entry.exists():
            entry.unlink()


@contextmanager
def half_turned(folder: Path) -> Iterator[None]:
    """The kubelet has turned the link, and the names that were there lead nowhere."""
    with damaged(folder, {}):
        yield
