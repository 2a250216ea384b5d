"""Whether a token's text got anywhere but into Secrets: logs, audit log, objects, Events."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.chaos.history import History

__all__ = ["shown_texts"]


def shown_texts(history: History, places: Mapping[str, str]) -> Iterator[str]:
    """Where the secret part of a text stands, as it is or in base64; the text itself is not told."""
    for life in history.lives:
        forms = (life.text.rpartition("_")[2], base64.b64encode(life.text.encode()).decode().rstrip("="))
        for place, content in places.items():
            if any(form in content for form in forms):
                yield f"{place} holds the text of {life.name} ({life.uid})"
