"""Clients beside rotations: they ask verifiers, every 10 ms, with each text that was ever in a kept Secret."""

from __future__ import annotations

import base64
import http.client
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING

from pharia_access.domain.token import parse
from tools.control_plane.workspace import instant, now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

__all__ = ["KeptTokenReaders"]

EVERY_SECONDS = 0.01
A_MOMENT = timedelta(seconds=0.5)
"""A text is not asked with so shortly before its end: it would be over when the answer comes."""
KEPT = "access.pharia.ai/workload-token"


@dataclass(slots=True)
class KeptTokenReaders:
    """They read all kept Secrets of a namespace again and again.

    Attributes:
        verifiers: each is asked by a thread of its own. That one is not there, or does not decide, is no refusal: a
            gateway asks another.
    """

    workspace: Workspace
    verifiers: list[RunningVerifier]
    ends: dict[str, datetime] = field(default_factory=dict, repr=False)
    """Of each text, when it ends. Set an earlier end before a text is ended."""
    accepted: int = 0
    refused: list[str] = field(default_factory=list)
    undecided: int = 0
    failures: list[Exception] = field(default_factory=list)
    """What ended a thread before its time: then nothing is shown."""
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until the block ends."""
        works = [self._read, *(self._asking(place) for place in range(len(self.verifiers)))]
        threads = [threading.Thread(target=self._guarded, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join(30)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told by the test
            self.failures.append(error)

    def _read(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for secret in self.workspace.list("Secret", fieldSelector=f"type={KEPT}"):
                text = parse(base64.b64decode(next(iter(secret["data"].values()))))
                if text.reveal() not in self.ends:
                    found = self.workspace.list("ApiToken", fieldSelector=f"status.tokenID={text.token_id}")
                    self.ends[text.reveal()] = instant(found[0]["status"]["expiresAt"])

    def _asking(self, place: int) -> Callable[[], None]:
        def ask() -> None:
            for number in count():
                if self._over.wait(EVERY_SECONDS):
                    return
                good = [text for text, end in tuple(self.ends.items()) if end > now() + A_MOMENT]
                if good:
                    self._ask(place, good[number % len(good)])

        return ask

    def _ask(self, place: int, text: str) -> None:
        try:
            status = self.verifiers[place].ask("/auth/forward", text).status
        except (OSError, http.client.HTTPException):
            self.undecided += 1
            return
        if status == HTTPStatus.OK:
            self.accepted += 1
        elif status == HTTPStatus.SERVICE_UNAVAILABLE:
            self.undecided += 1
        elif self.ends[text] > now() + A_MOMENT:  # it may have been ended while it was asked
            self.refused.append(f"{parse(text.encode()).token_id} by verifier {place}: {status} at {now()}")
