"""A token's text, typed or piped: never a word of the command line, where others would see it."""

import sys

from pharia_access.domain.token import MAX_BYTES, TokenText, parse
from pharia_access.entrypoints.kubectl import printing

__all__ = ["read_text"]


def read_text() -> TokenText:
    """A token's text from standard input: from a terminal unseen, as a password. Raises TokenFormatError."""
    if sys.stdin.isatty():
        return parse(printing.ask_unseen("Token").strip())
    return parse(sys.stdin.read(MAX_BYTES * 4).strip())
