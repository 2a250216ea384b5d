"""Where a token's text goes: once, to where it was asked for, and nowhere else.

Each place is checked before a token is made for it, so that a secret is not minted for a place that cannot take it.
"""

import json
import os
from pathlib import Path
from typing import Final

import pyperclip

from pharia_access.domain.administration.own_secret import SecretTarget
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token import TokenText
from pharia_access.entrypoints.kubectl import printing
from pharia_access.entrypoints.kubectl.moments import moment
from pharia_access.entrypoints.kubectl.own_secret_destination import OwnSecretDestination
from pharia_access.entrypoints.kubectl.prompts import RefusedError, print_lines
from pharia_access.entrypoints.kubectl.secret_output import SecretOutput
from pharia_access.services.administration.destinations import SecretDestination, SecretDestinationError
from pharia_access.services.administration.own_secrets import OwnSecrets

__all__ = ["MANY", "destination_for"]

MANY: Final = frozenset({"lines", "rows"})
"""Forms for many tokens: the name before the text, and the namespace before the name."""

_ONCE: Final = "This is the only time it is shown: it cannot be read again."


def destination_for(
    secret_output: SecretOutput, secrets: OwnSecrets, namespace: str, *, credential: str
) -> SecretDestination:
    """The one that was chosen, for a token of that credential."""
    if secret_output.clipboard:
        return _Clipboard()
    if secret_output.file:
        return _File(Path(secret_output.file))
    if secret_output.secret:
        name, _, entry = secret_output.secret.partition("/")
        return OwnSecretDestination(secrets, SecretTarget(ObjectKey(namespace, name), entry or "token", credential))
    return _Output(secret_output.output)


class _Output:
    """Standard output: the text alone, or `env`, or `json`; of many, a line each."""

    def __init__(self, form: str) -> None:
        self._form = form

    async def check(self) -> None:
        """Always takes one."""

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        try:
            # Flushed: a reader that is gone is noticed here, before the Secret is deleted.
            printing.write_cells(*self._written(token, text))
        except OSError as error:
            msg = f"Could not write the secret to standard output: {error.strerror}"
            raise SecretDestinationError(msg) from error
        if self._form not in MANY:
            print_lines(_ONCE)

    def _written(self, token: TokenSummary, text: TokenText) -> tuple[str, ...]:
        match self._form:
            case "env":
                return (f"AA_API_TOKEN={text.reveal()}",)
            case "json":
                known = {"name": token.key.name, "namespace": token.key.namespace, "tokenID": token.token_id}
                return (json.dumps({**known, "expiresAt": moment(token.ends), "token": text.reveal()}),)
            case "lines":
                return token.key.name, text.reveal()
            case "rows":
                return token.key.namespace, token.key.name, text.reveal()
            case _:
                return (text.reveal(),)


class _Clipboard:
    """What the system pastes from."""

    async def check(self) -> None:
        if not pyperclip.is_available():
            msg = "No clipboard found"
            raise RefusedError(msg, "Leave out --copy, or install xclip or wl-clipboard.")

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        try:
            pyperclip.copy(text.reveal())
        except pyperclip.PyperclipException:
            failed = True
        else:
            failed = False
        if failed:  # outside of `except`: the library's error may quote what was to be copied
            msg = "Could not copy the secret to the clipboard"
            raise SecretDestinationError(msg)
        print_lines(f"The secret of {token.key.name} is in the clipboard. {_ONCE}")


class _File:
    """A new file that only its owner reads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def check(self) -> None:
        if self._path.exists():
            msg = f"The file {self._path} already exists and is not overwritten"
            raise RefusedError(msg, "Choose another file.")
        if not os.access(self._path.parent, os.W_OK):
            msg = f"The folder {self._path.parent} is not writable"
            raise RefusedError(msg, "Choose another file.")

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        try:
            self._write(f"{text.reveal()}\n")
        except OSError as error:
            msg = f"Could not write the file {self._path}: {error.strerror}"
            raise SecretDestinationError(msg) from error
        print_lines(f"The secret of {token.key.name} is in {self._path}. {_ONCE}")

    def _write(self, line: str) -> None:
        """All of it, or nothing; a file that somebody else made meanwhile is left alone."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
