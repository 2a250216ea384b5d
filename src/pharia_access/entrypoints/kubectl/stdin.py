"""Texts that are typed or piped: a token's, or any text that mentions one. Never a word of the command line."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from pharia_access.domain.administration.mentions import MOST_READ, mentioned_ids
from pharia_access.domain.token import MAX_BYTES, TokenText, parse
from pharia_access.entrypoints.kubectl import printing

__all__ = ["read_mentions", "read_text", "require_stdin", "stdin_option"]

F = TypeVar("F", bound=Callable[..., Any])


def stdin_option(*aliases: str, help: str) -> Callable[[F], F]:  # noqa: A002 - Click's word
    """`--stdin`, and what it was called before."""
    return click.option("--stdin", *aliases, "stdin", is_flag=True, help=help)


def require_stdin(*, given: bool) -> None:
    """Raise UsageError where standard input is piped and nobody said that it holds the token."""
    if not given and not sys.stdin.isatty():
        msg = "Pipe the token's text, and give --stdin"
        raise click.UsageError(msg)


def read_text() -> TokenText:
    """A token's text from standard input: from a terminal unseen, as a password. Raises TokenFormatError."""
    return parse(_read("Token", MAX_BYTES * 4).strip())


def read_mentions() -> tuple[str, ...]:
    """The IDs of the tokens that standard input mentions, whatever else it says; the text itself is dropped."""
    return mentioned_ids(_read("Token, or a line that holds one", MOST_READ))


def _read(question: str, longest: int) -> str:
    if sys.stdin.isatty():
        return printing.ask_unseen(question)
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")  # a log may hold any bytes
    return sys.stdin.read(longest)
