"""The types of words that name something. What cannot be a name is refused before anything is sent.

A token's text is refused unprinted: whoever types it as a word, in an incident, would find it in the API server's audit
log. `holds_token` looks at every word, whatever it stands for; names are looked at more closely, by their type.
"""

from collections.abc import Callable
from typing import Any, Final

import click

from pharia_access.domain.administration.mentions import is_token_id
from pharia_access.domain.administration.names import LONGEST_NAME, is_entry, is_label, is_subdomain
from pharia_access.domain.administration.revocation_reason import LONGEST_REASON, is_reason
from pharia_access.domain.token import holds_digits, holds_token, may_be_of_token

__all__ = [
    "ACCOUNT",
    "NAME",
    "NAMESPACE",
    "REASON",
    "SECRET_KEY",
    "SELECTOR",
    "SERVICE_ACCOUNT",
    "TOKEN_ID",
    "refuse_tokens",
]

_REFUSED: Final = """\
This is a token's text: pipe it. Others on this machine see an argument, and the shell's history keeps it.
To find its token: kubectl access token whois --stdin <FILE
To revoke it: kubectl access token revoke --stdin <FILE"""
_MOST_SHOWN: Final = 16
_LETTERS: Final = "lower-case letters and digits, with - in between"


def refuse_tokens(words: list[str]) -> None:
    """Raise UsageError if a word holds a token's text, whole or cut off at its end; the error does not repeat it."""
    if any(map(holds_token, words)):
        raise click.UsageError(_REFUSED)


class _Word(click.ParamType[str]):
    """A word that must be so.

    Args:
        may_be_empty: which stands for what is there without it.
    """

    def __init__(self, fits: Callable[[str], bool], wanted: str, *, may_be_empty: bool = False) -> None:
        self.name = "name"
        self._fits = fits
        self._wanted = wanted
        self._may_be_empty = may_be_empty

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 - Click's
        """Take it as it is, or end with a usage error."""
        word = str(value)
        if self._fits(word) or (not word and (self._may_be_empty or (param is not None and param.default == ""))):
            return word
        if may_be_of_token(word):
            raise click.UsageError(_REFUSED)
        # A long one may be a piece of a token all the same, and is not repeated.
        msg = f"{word!r} is not" if len(word) <= _MOST_SHOWN else "this is not"
        return self.fail(f"{msg} {self._wanted}", param, ctx)


def _is_name(word: str) -> bool:
    return is_subdomain(word, longest=LONGEST_NAME)


def _is_selector(word: str) -> bool:
    """As far as it is looked at here. A label's value may have `_` and capitals."""
    return not (holds_token(word) or holds_digits(word))


def _is_key(word: str) -> bool:
    name, _, entry = word.partition("/")
    return is_subdomain(name) and is_entry(entry or "token") and not word.endswith("/")


def _is_account(word: str) -> bool:
    namespace, _, name = word.partition("/")
    return is_label(namespace) and is_subdomain(name)


NAME: Final = _Word(_is_name, f"a name: it has {_LETTERS} and dots too, at most {LONGEST_NAME}")
ACCOUNT: Final = _Word(is_subdomain, f"a ServiceAccount's name: it has {_LETTERS} and dots too")
NAMESPACE: Final = _Word(is_label, f"a namespace: its name has {_LETTERS}, at most {LONGEST_NAME}", may_be_empty=True)
SECRET_KEY: Final = _Word(
    _is_key,
    f"NAME or NAME/KEY of a Secret: the name has {_LETTERS} and dots too, the key letters, digits, -, _ and dots",
)
SERVICE_ACCOUNT: Final = _Word(_is_account, f"NAMESPACE/NAME of a ServiceAccount: both have {_LETTERS}")
SELECTOR: Final = _Word(_is_selector, "a selector", may_be_empty=True)
REASON: Final = _Word(is_reason, f"a reason: it is one line of at most {LONGEST_REASON} characters")
TOKEN_ID: Final = _Word(is_token_id, "a token's ID: it has 16 lower-case letters and digits, a to z and 2 to 7")
