"""Where a token's text goes: whole, once, and for its owner's eyes alone."""

from __future__ import annotations

import errno
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pyperclip
import pytest
from pytest_mock import MockerFixture

from pharia_access.domain.administration.own_secret import OwnSecret, SecretMark
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token import TokenText
from pharia_access.entrypoints.kubectl.failures import RefusedError
from pharia_access.entrypoints.kubectl.secret_destinations import destination_for
from pharia_access.entrypoints.kubectl.secret_output import SecretOutput
from pharia_access.services.administration.destinations import SecretDestination, SecretDestinationError
from tests.support.builders.domain_objects import NOW, TEXT, TOKEN

TOKEN_SUMMARY = TokenSummary(TOKEN, "uid", "invoice-bot", NOW, token_id=TEXT.token_id, ends=NOW)


class Secrets:
    """A person's own Secrets."""

    def __init__(self) -> None:
        self.stored: dict[ObjectKey, tuple[OwnSecret, TokenText]] = {}

    async def inspect_own(self, key: ObjectKey) -> OwnSecret | None:
        return self.stored[key][0] if key in self.stored else None

    async def create_own(self, key: ObjectKey, mark: SecretMark, text: TokenText | None) -> None:
        await self.overwrite_own(OwnSecret(key, "uid", "1"), mark, text)

    async def overwrite_own(self, secret: OwnSecret, mark: SecretMark, text: TokenText | None) -> None:
        if text is not None:
            self.stored[secret.key] = replace(secret, mark=mark), text


def a_sink(secrets: Secrets | None = None, **secret_output: Any) -> SecretDestination:  # noqa: ANN401 - what Where takes
    """The sink of these options, in the namespace finance."""
    return destination_for(SecretOutput(**secret_output), secrets or Secrets(), "finance", credential="invoice-bot")


async def test_standard_output_has_the_text_alone(capsys: pytest.CaptureFixture[str]) -> None:
    sink = a_sink()
    await sink.check()
    await sink.put(TOKEN_SUMMARY, TEXT)

    told = capsys.readouterr()
    assert told.out == f"{TEXT.reveal()}\n"
    assert told.err == "This is the only time it is shown: it cannot be read again.\n"


async def test_other_forms_of_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    await a_sink(output="env").put(TOKEN_SUMMARY, TEXT)
    env = capsys.readouterr().out
    await a_sink(output="json").put(TOKEN_SUMMARY, TEXT)
    body = json.loads(capsys.readouterr().out)

    assert env == f"AA_API_TOKEN={TEXT.reveal()}\n"
    assert body == {
        "name": "ci",
        "namespace": "finance",
        "tokenID": TEXT.token_id,
        "expiresAt": "2026-11-23T12:00:00Z",
        "token": TEXT.reveal(),
    }


async def test_an_output_that_takes_nothing_is_an_error_without_the_text(mocker: MockerFixture) -> None:
    mocker.patch("sys.stdout.write", side_effect=OSError(errno.EPIPE, "Broken pipe"))

    with pytest.raises(SecretDestinationError) as raised:
        await a_sink().put(TOKEN_SUMMARY, TEXT)

    assert str(raised.value) == "Could not write the secret to standard output: Broken pipe"


async def test_a_file_is_new_and_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "token"
    sink = a_sink(file=str(path))
    mask = os.umask(0)
    try:
        await sink.check()
        await sink.put(TOKEN_SUMMARY, TEXT)
    finally:
        os.umask(mask)

    assert path.read_text() == f"{TEXT.reveal()}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_file_that_exists_is_left_alone_even_if_it_came_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "token"
    sink = a_sink(file=str(path))
    await sink.check()
    path.write_text("mine")

    with pytest.raises(RefusedError, match="already exists and is not overwritten"):
        await sink.check()
    with pytest.raises(SecretDestinationError, match=r"Could not write the file .*: File exists"):
        await sink.put(TOKEN_SUMMARY, TEXT)

    assert path.read_text() == "mine"


async def test_a_link_is_not_followed(tmp_path: Path) -> None:
    path, target = tmp_path / "token", tmp_path / "elsewhere"
    path.symlink_to(target)

    with pytest.raises(SecretDestinationError, match="File exists"):
        await a_sink(file=str(path)).put(TOKEN_SUMMARY, TEXT)

    assert not target.exists()


async def test_a_folder_that_is_missing_is_told_before(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="is not writable"):
        await a_sink(file=str(tmp_path / "none" / "token")).check()


async def test_half_a_file_is_removed(tmp_path: Path, mocker: MockerFixture) -> None:
    path = tmp_path / "token"
    mocker.patch("os.fsync", side_effect=OSError(errno.ENOSPC, "No space left on device"))

    with pytest.raises(SecretDestinationError, match=r"Could not write the file .*: No space left on device"):
        await a_sink(file=str(path)).put(TOKEN_SUMMARY, TEXT)

    assert not path.exists()


@pytest.mark.parametrize(
    ("option", "name", "entry"), [("mine", "mine", "token"), ("mine/AA_API_TOKEN", "mine", "AA_API_TOKEN")]
)
async def test_a_secret_is_new_or_written_over(
    option: str, name: str, entry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets, key = Secrets(), ObjectKey("finance", name)
    for token in ("ci", "ci", "ci-2"):
        sink = a_sink(secrets, secret=option)
        await sink.check()
        await sink.put(replace(TOKEN_SUMMARY, key=ObjectKey("finance", token)), TEXT)

    secret, text = secrets.stored[key]
    assert (secret.mark, text) == (SecretMark("invoice-bot", "ci-2", entry), TEXT)
    assert capsys.readouterr().err.splitlines() == [
        f"The secret of ci is in Secret {name}, under {entry}.",
        f"The secret of ci is in Secret {name}, under {entry}.",
        f"The secret of ci-2 is in Secret {name}, under {entry} in place of ci.",
    ]


async def test_the_clipboard_takes_it(mocker: MockerFixture, capsys: pytest.CaptureFixture[str]) -> None:
    mocker.patch.object(pyperclip, "is_available", return_value=True)
    copied = mocker.patch.object(pyperclip, "copy")
    sink = a_sink(clipboard=True)
    await sink.check()
    await sink.put(TOKEN_SUMMARY, TEXT)

    copied.assert_called_once_with(TEXT.reveal())
    assert TEXT.reveal() not in "".join(capsys.readouterr())


async def test_where_there_is_no_clipboard_it_is_told_before(mocker: MockerFixture) -> None:
    mocker.patch.object(pyperclip, "is_available", return_value=False)

    with pytest.raises(RefusedError, match="No clipboard found"):
        await a_sink(clipboard=True).check()


async def test_a_clipboard_that_fails_repeats_nothing(mocker: MockerFixture) -> None:
    mocker.patch.object(pyperclip, "copy", side_effect=pyperclip.PyperclipException(TEXT.reveal()))

    with pytest.raises(SecretDestinationError) as raised:
        await a_sink(clipboard=True).put(TOKEN_SUMMARY, TEXT)

    assert str(raised.value) == "Could not copy the secret to the clipboard"
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)


def test_a_secret_goes_to_one_place() -> None:
    with pytest.raises(click.UsageError, match="A secret is handed over once"):
        SecretOutput(clipboard=True, file="x")
