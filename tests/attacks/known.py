"""Findings that are not mended yet: what they reach is expected. An entry is taken out together with its mend.

The sequences of `tests/attacks/directed.py` that name one must then reach nothing, and generated ones must not either.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.attacks.play import Outcome

__all__ = ["FOUND", "NOT_YET_MENDED", "unexpected"]

NOT_YET_MENDED: Final[dict[str, str]] = {}
"""By finding: the sentences that tell of it, as the beginning of a regular expression."""
FOUND: Final[dict[str, str]] = {}
"""What this suite has found itself, in the same form."""


def unexpected(outcome: Outcome) -> list[str]:
    """What was reached, but for what is known."""
    known = [re.compile(pattern) for pattern in (*NOT_YET_MENDED.values(), *FOUND.values())]
    return [sentence for sentence in outcome.sentences if not any(one.match(sentence) for one in known)]
