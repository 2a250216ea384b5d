"""Checks of tokens that go on in the background while something else happens."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from tests.support.verifiers import RunningVerifier

__all__ = ["Checks"]


class Checks:
    """Asks for good and bad tokens all the time; counts the answers by what was expected."""

    def __init__(self, verifier: RunningVerifier, good: list[str], bad: list[str]) -> None:
        self._asked = [*((text, 200) for text in good), *((text, 401) for text in bad)]
        self._verifier = verifier
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.answers: Counter[tuple[int, int]] = Counter()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._end.is_set():
            for text, expected in self._asked:
                self.answers[expected, self._verifier.ask("/whoami", text).status] += 1
