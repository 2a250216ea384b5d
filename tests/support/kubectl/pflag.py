"""How kubectl reads options: pflag's rules (v1.0.10, flag.go: parseLongArg, parseSingleShortArg), put into Python.

Only what kubectl uses: long and short options, some of which are booleans and take a value by a sign alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Flag", "PflagError", "Read", "read"]

_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_FALSE = {"0", "f", "F", "false", "FALSE", "False"}


class PflagError(Exception):
    """The command line is refused."""


@dataclass(frozen=True, slots=True)
class Flag:
    """An option by its long name; `boolean` has NoOptDefVal "true"."""

    name: str
    boolean: bool = False


@dataclass(slots=True)
class Read:
    """What was understood: the options that were given, and the other words."""

    values: dict[str, str | bool] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


def read(args: list[str], shorthands: Mapping[str, Flag]) -> Read:
    """Read a command line. Raises PflagError."""
    formal = {flag.name: flag for flag in shorthands.values()}
    done, left = Read(), list(args)
    while left:
        word = left.pop(0)
        if len(word) < 2 or word[0] != "-":
            done.words.append(word)
        elif word == "--":
            done.words += left
            break
        elif word.startswith("--"):
            _long(word[2:], left, formal, done)
        else:
            letters = word[1:]
            while letters:
                letters = _short(letters, left, shorthands, done)
    return done


def _long(name: str, left: list[str], formal: Mapping[str, Flag], done: Read) -> None:
    if name[0] in "-=":
        raise PflagError(name)
    name, sign, value = name.partition("=")
    if name not in formal:
        raise PflagError(name)
    flag = formal[name]
    if sign:
        _set(flag, value, done)
    elif flag.boolean:
        _set(flag, "true", done)
    else:
        _set(flag, _next(left), done)


def _short(letters: str, left: list[str], shorthands: Mapping[str, Flag], done: Read) -> str:
    if letters[0] not in shorthands:
        raise PflagError(letters)
    flag, rest = shorthands[letters[0]], letters[1:]
    if len(letters) > 2 and letters[1] == "=":
        _set(flag, letters[2:], done)
        return ""
    if flag.boolean:
        _set(flag, "true", done)
        return rest
    _set(flag, rest or _next(left), done)
    return ""


def _next(left: list[str]) -> str:
    if not left:
        msg = "a value is missing"
        raise PflagError(msg)
    return left.pop(0)


def _set(flag: Flag, value: str, done: Read) -> None:
    if not flag.boolean:
        done.values[flag.name] = value
        return
    if value not in _TRUE | _FALSE:
        raise PflagError(value)
    done.values[flag.name] = value in _TRUE
