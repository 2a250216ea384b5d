"""Sequences as somebody would think of them: each finding, word for word, and what held when it was tried.

Each names what stands in its way. `tests/integration/test_attack_guards.py` takes that away, and the goal is reached.
"""

from __future__ import annotations

from typing import Final

from tests.attacks.findings import FINDINGS
from tests.attacks.held import OTHERS, ROLES, TOKENS
from tests.attacks.sequence import Directed

__all__ = ["DIRECTED", "directed"]

DIRECTED: Final[tuple[Directed, ...]] = (*FINDINGS, *ROLES, *TOKENS, *OTHERS)
"""All of them."""


def directed(guard: str) -> Directed:
    """The one that this guard refuses."""
    return next(found for found in DIRECTED if found.guard == guard)
