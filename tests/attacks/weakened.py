"""Runs `pharia-access` without one of its rules: `python weakened.py RULE ARGUMENT...`.

What such a process lets through shows that it is this rule which stops it otherwise.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pharia_access.domain import verdict
from pharia_access.domain.lifecycle import token_rules

__all__ = ["main", "without"]


def without(rule: str) -> tuple[str | Path, ...]:
    """The program that lacks this rule, as `start_operator` and `start_verifier` take it."""
    return (sys.executable, Path(__file__), rule)


def main(rule: str, arguments: list[str]) -> int:
    """Be the program; its exit status. Raises LookupError where there is no such rule."""
    _take_out(rule)
    from pharia_access.entrypoints.main import main as program  # noqa: PLC0415 - reads the rules when it is loaded

    return program(arguments)


def _take_out(rule: str) -> None:
    modules: tuple[Any, ...] = (token_rules, verdict)
    if not any(rule == one.__name__ for module in modules for one in module.RULES):
        message = f"there is no rule {rule}"
        raise LookupError(message)
    for module in modules:
        module.RULES = tuple(one for one in module.RULES if one.__name__ != rule)
    if rule == "_expired":
        _never_look_again()


def _never_look_again() -> None:
    """An answer that took long is given only if it holds then, by a look at the end that stands behind the rule."""
    from pharia_access.services.verifier.verifier import Verifier  # noqa: PLC0415 - reads the rules when it is loaded

    setattr(Verifier, "still_holds", lambda _verifier, _accepted: True)  # noqa: B010 - a method that a type keeps


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
