"""Where a token's text goes: once, to where it was asked for, and nowhere else.

Each sink is checked before a token is made for it, so that a secret is not minted for a place that cannot take it.
"""

import json
import os
import sys
from pathlib import Path
from typing import Final, Protocol

import click
import pyperclip

from pharia_access.bootstrap.person import Desk
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.summaries import TokenSummary
from pharia_access.domain.token import TokenText
from pharia_access.entrypoints.kubectl.where import Where
from pharia_access.entrypoints.kubectl.work.render import moment
from pharia_access.entrypoints.kubectl.work.terminal import RefusedError, say

__all__ = ["MANY", "Sink", "sink_for"]

MANY: Final = frozenset({"lines", "rows"})
"""Forms for many tokens: the name before the text, and the namespace before the name."""

_ONCE: Final = "This is the only time it is shown: it cannot be read again."


class Sink(Protocol):
    """A place for a token's text."""

    async def check(self) -> None:
        """Raise RefusedError if it cannot take one."""
        ...

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        """Put it there, whole, or raise OSError or AccessError."""
        ...


def sink_for(where: Where, desk: Desk) -> Sink:
    """The one that was chosen."""
    if where.clipboard:
        return _Clipboard()
    if where.file:
        return _File(Path(where.file))
    if where.secret:
        name, _, entry = where.secret.partition("/")
        return _Secret(desk, ObjectKey(desk.namespace, name), entry or "token")
    return _Output(where.output)


class _Output:
    """Standard output: the text alone, or `env`, or `json`; of many, a line each."""

    def __init__(self, form: str) -> None:
        self._form = form

    async def check(self) -> None:
        """Always takes one."""

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        sys.stdout.write(f"{self._written(token, text)}\n")
        sys.stdout.flush()  # a reader that is gone is noticed here, before the Secret is deleted
        if self._form not in MANY:
            say(_ONCE)

    def _written(self, token: TokenSummary, text: TokenText) -> str:
        match self._form:
            case "env":
                return f"AA_API_TOKEN={text.reveal()}"
            case "json":
                known = {"name": token.key.name, "namespace": token.key.namespace, "tokenID": token.token_id}
                return json.dumps({**known, "expiresAt": moment(token.ends), "token": text.reveal()})
            case "lines":
                return f"{token.key.name}\t{text.reveal()}"
            case "rows":
                return f"{token.key.namespace}\t{token.key.name}\t{text.reveal()}"
            case _:
                return text.reveal()


class _Clipboard:
    """What the system pastes from."""

    async def check(self) -> None:
        if not pyperclip.is_available():
            msg = "There is no clipboard here: leave out --copy, or install xclip or wl-clipboard"
            raise RefusedError(msg)

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        try:
            pyperclip.copy(text.reveal())
        except pyperclip.PyperclipException:
            failed = True
        else:
            failed = False
        if failed:  # outside of `except`: the library's error may quote what was to be copied
            msg = "The clipboard did not take it"
            raise OSError(msg)
        say(f"The secret of {token.key.name} is in the clipboard. {_ONCE}")


class _File:
    """A new file that only its owner reads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def check(self) -> None:
        if self._path.exists():
            msg = f"{self._path} exists, and is not overwritten: name another file"
            raise RefusedError(msg)
        if not os.access(self._path.parent, os.W_OK):
            msg = f"{self._path.parent} cannot be written to: name another file"
            raise RefusedError(msg)

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{text.reveal()}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        say(f"The secret of {token.key.name} is in {click.format_filename(self._path)}. {_ONCE}")


class _Secret:
    """A new Secret of the person's own."""

    def __init__(self, desk: Desk, key: ObjectKey, entry: str) -> None:
        self._desk = desk
        self._key = key
        self._entry = entry

    async def check(self) -> None:
        if await self._desk.secrets.exists(self._key):
            msg = f"A Secret {self._key.name} is there already, and is not overwritten: name another"
            raise RefusedError(msg)

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        await self._desk.secrets.store(self._key, self._entry, text)
        say(f"The secret of {token.key.name} is in Secret {self._key.name}, under {self._entry}.")
