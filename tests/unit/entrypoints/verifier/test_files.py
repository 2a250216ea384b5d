"""Mounted files that change under a running process."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.keyring import Keyring
from pharia_access.entrypoints.verifier.files import WatchedFiles, read_keyring
from pharia_access.errors import KeyringError

if TYPE_CHECKING:
    from pathlib import Path


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


def test_a_mounted_keyring_is_read(tmp_path: Path) -> None:
    keyring = fresh()
    mount(tmp_path / "keyring", "1", keyring.to_data())

    assert read_keyring(tmp_path / "keyring") == keyring


def test_where_nothing_is_mounted_there_is_no_keyring(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert read_keyring(tmp_path / "missing") is None
    assert read_keyring(tmp_path / "empty") is None


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


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount(tmp_path / "keyring", "1", fresh().to_data())
    monkeypatch.setattr("pathlib.Path.open", _denied)

    with pytest.raises(KeyringError, match="cannot be read: Permission denied"):
        read_keyring(tmp_path / "keyring")


def _denied(*_: object, **__: object) -> None:
    raise PermissionError(13, os.strerror(13))


def test_a_turned_link_is_a_change_and_an_untouched_folder_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "keyring"
    files = WatchedFiles([folder])
    mount(folder, "1", fresh().to_data())

    assert [files.changed(), files.changed()] == [True, False]
    mount(folder, "2", fresh().to_data())
    assert [files.changed(), files.changed()] == [True, False]


def test_single_files_are_watched_too_also_when_they_come_and_go(tmp_path: Path) -> None:
    file = tmp_path / "tls.crt"
    files = WatchedFiles([file])

    file.write_text("one")
    assert files.changed()
    file.unlink()
    assert files.changed()
    assert not files.changed()


def test_a_folder_that_cannot_be_listed_counts_as_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = WatchedFiles([tmp_path])
    monkeypatch.setattr("pathlib.Path.iterdir", _denied)

    assert not files.changed()
