"""Creates one token after the other in some namespaces, and waits for each, while something else happens."""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING, Self

from tools.control_plane.workspace import outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tools.control_plane.workspace import Workspace

__all__ = ["ConstantMints"]

_PAUSE_SECONDS = 0.2
_POLL_SECONDS = 0.05
_GIVEN_UP_SECONDS = 90.0


class ConstantMints:
    """Mints from the beginning of a `with` block to its end.

    Attributes:
        wrong: what became of tokens that were not minted: nothing within 90 s, or something else.
    """

    def __init__(self, places: Iterable[Workspace]) -> None:
        self.wrong: list[str] = []
        self._minted: dict[str, list[float]] = {}
        self._run = secrets.token_hex(3)
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._mint_on, args=(place,), daemon=True) for place in places]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(_GIVEN_UP_SECONDS + 10)

    def slowest(self) -> float:
        """How many seconds the slowest mint took since this was last asked."""
        seconds = [second for minted in self._minted.values() for second in minted]
        for minted in self._minted.values():
            minted.clear()
        return max(seconds, default=0.0)

    def go_on(self, count: int = 3, *, timeout: float = _GIVEN_UP_SECONDS) -> None:
        """Return when so many more tokens were minted in each place. Raises AssertionError."""
        before = {name: len(minted) for name, minted in self._minted.items()}
        deadline = time.monotonic() + timeout
        while any(len(self._minted[name]) < times + count for name, times in before.items()):
            assert not self.wrong, self.wrong
            assert time.monotonic() < deadline, f"no mints for {timeout:g} s in one of {sorted(before)}"
            time.sleep(_POLL_SECONDS)

    def _mint_on(self, place: Workspace) -> None:
        minted = self._minted.setdefault(place.namespace, [])
        number = 0
        while not self._ended.is_set():
            number += 1
            name, began = f"constant-{self._run}-{number}", time.monotonic()
            try:
                place.token(name)
                self._wait(place, name, began)
            except Exception as error:  # noqa: BLE001 - whatever stops this thread must be seen
                self.wrong.append(f"{place.namespace}/{name}: {error!r}")
                return
            minted.append(time.monotonic() - began)
            self._ended.wait(_PAUSE_SECONDS)

    @staticmethod
    def _wait(place: Workspace, name: str, began: float) -> None:
        while (found := outcome(place.read("ApiToken", name) or {})) != ("Active", "Issued"):
            assert time.monotonic() - began < _GIVEN_UP_SECONDS, f"it is {found}"
            time.sleep(_POLL_SECONDS)
