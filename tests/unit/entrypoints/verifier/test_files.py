"""Mounted files that change under a running process, and looks at them that fail."""

from __future__ import annotations

import errno
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
from pharia_access.errors import KeyringError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


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


def test_a_mounted_keyring_is_read(tmp_path: Path) -> None:
    keyring = fresh()
    mount(tmp_path / "keyring", "1", keyring.to_data())

    assert read_keyring(tmp_path / "keyring") == keyring


def test_where_nothing_is_mounted_there_is_no_keyring(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "optional").mkdir()
    mount(tmp_path / "optional", "1", {})

    assert read_keyring(tmp_path / "missing") is None
    assert read_keyring(tmp_path / "empty") is None
    assert read_keyring(tmp_path / "optional") is None


def test_a_broken_keyring_says_what_is_wrong_and_shows_nothing(tmp_path: Path) -> None:
    mount(tmp_path / "keyring", "1", {"current": b"k1", "k1": b"s3cret"})

    with pytest.raises(KeyringError, match="6 bytes, must have 32") as caught:
        read_keyring(tmp_path / "keyring")
    assert "s3cret" not in str(caught.value)


def test_a_folder_full_of_files_is_no_keyring(tmp_path: Path) -> None:
    for number in range(257):
        (tmp_path / f"k{number}").write_bytes(b"x" * 32)

    with pytest.raises(KeyringError, match="more than 256 files"):
        read_keyring(tmp_path)


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


KEY = b"\x01" * 32
FAULTS: dict[str, Callable[[Path], AbstractContextManager[None]]] = {
    "out of descriptors": lambda _: no_descriptors(),
    "listing: EMFILE": lambda _: refused("iterdir", errno.EMFILE),
    "listing: EACCES": lambda _: refused("iterdir", errno.EACCES),
    "listing: EIO": lambda _: refused("iterdir", errno.EIO),
    "opening: EACCES": lambda _: refused("open", errno.EACCES),
    "opening: ENOENT": lambda _: refused("open", errno.ENOENT),
    "opening: ESTALE": lambda _: refused("open", errno.ESTALE),
    "looking: EIO": lambda _: refused("stat", errno.EIO),
    "looking: ENOTCONN": lambda _: refused("stat", errno.ENOTCONN),
    "links that lead nowhere": half_turned,
    "a key cut short": lambda folder: damaged(folder, {"current": b"k1", "k1": KEY[:20]}),
    "an empty key": lambda folder: damaged(folder, {"current": b"k1", "k1": b""}),
    "current is empty": lambda folder: damaged(folder, {"current": b"", "k1": KEY}),
    "current is no text": lambda folder: damaged(folder, {"current": b"\xff\xfe", "k1": KEY}),
    "current is missing": lambda folder: damaged(folder, {"k1": KEY}),
    "no key": lambda folder: damaged(folder, {"current": b"k1"}),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_a_look_that_fails_changes_nothing_and_is_tried_again_until_it_works(
    tmp_path: Path, fault: Callable[[Path], AbstractContextManager[None]], caplog: pytest.LogCaptureFixture
) -> None:
    folder, before, after = tmp_path / "keyring", fresh(), fresh()
    mount(folder, "1", before.to_data())
    reader = Reader(folder)
    await reader.look()

    for name in folder.iterdir():
        if not name.name.startswith("."):
            name.unlink()
    mount(folder, "2", after.to_data())
    with fault(folder):
        await reader.look(3)
    during = list(reader.used)
    await reader.look(2)

    assert during == [before]
    assert reader.used == [before, after]
    assert reader.successes == [True, False, False, False, True]
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


async def test_another_problem_is_told_anew_and_the_end_of_it_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    mount(tmp_path, "1", fresh().to_data())
    reader = Reader(tmp_path)

    for number in (errno.EIO, errno.EACCES):
        with refused("iterdir", number):
            await reader.look(2)
    await reader.look(2)

    assert [vars(record).get("problem", record.getMessage()) for record in caplog.records] == [
        "Input/output error",
        "Permission denied",
        "the keyring can be used again",
    ]


async def test_what_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    first, second = fresh(), fresh()
    mount(tmp_path, "1", first.to_data())
    reader = Reader(tmp_path)
    read_truly = reader.read

    async def read_and_change() -> None:
        await read_truly()
        if len(reader.used) == 1:
            for name in first.keys:
                (tmp_path / name).unlink()
            mount(tmp_path, "2", second.to_data())

    reader.files = FollowedFiles("keyring", [tmp_path], read_and_change, metrics=reader)
    await reader.look(3)

    assert reader.used == [first, second]


async def test_a_bug_of_a_library_does_not_end_it_either(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    reader = Reader(tmp_path)

    async def broken() -> None:
        text = "s3cret"
        raise RuntimeError(text)

    await FollowedFiles("keyring", [tmp_path], broken, metrics=reader).look()

    assert reader.successes == [False]
    assert "s3cret" not in caplog.text


async def test_a_keyring_that_goes_is_believed_and_one_that_comes_is_used(tmp_path: Path) -> None:
    folder, keyring = tmp_path / "keyring", fresh()
    reader = Reader(folder)

    await reader.look(2)
    mount(folder, "1", keyring.to_data())
    await reader.look(2)
    for name in keyring.to_data():
        (folder / name).unlink()
    await reader.look(2)

    assert reader.used == [None, keyring, None]


@pytest.mark.parametrize("how", ["another inode", "the same size and time", "gone", "a right more"])
async def test_each_change_of_a_file_is_seen(tmp_path: Path, how: str) -> None:
    file, reads = tmp_path / "tls.crt", list[str]()
    file.write_text("one")

    async def read() -> None:
        reads.append(how)

    files = FollowedFiles("certificate", [file], read, metrics=Reader(tmp_path))
    files._source = "keyring"
    await files.look()
    before = file.stat()
    match how:
        case "another inode":
            (tmp_path / "new").write_text("one")
            (tmp_path / "new").rename(file)
        case "the same size and time":
            file.write_text("two")
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        case "gone":
            file.unlink()
        case _:
            file.chmod(0o640)
    await files.look()
    await files.look()

    assert reads == [how, how]
