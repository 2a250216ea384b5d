"""A workload's token through rotations, while a client asks all the time: no text that was ever there is refused."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING

from tests.support.operators.workload_places import WorkloadPlace
from tools.control_plane.workspace import instant, now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

ROTATIONS = 8
EVERY_SECONDS = 0.01
A_MOMENT = timedelta(seconds=0.5)
"""A text is not asked with so shortly before its end: it would be over when the answer comes."""


@dataclass(slots=True)
class Client:
    """Reads the Secret again and again, and asks with each text that was ever in it, every 10 ms."""

    place: WorkloadPlace
    verifier: RunningVerifier
    ends: dict[str, datetime] = field(default_factory=dict)
    """Of each text, when it ends."""
    asked: int = 0
    refused: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until the block ends."""
        threads = [threading.Thread(target=work) for work in (self._read, self._ask)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join(30)

    def _read(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            text = self.place.text()
            if text.reveal() not in self.ends:
                found = self.place.workspace.list("ApiToken", fieldSelector=f"status.tokenID={text.token_id}")
                self.ends[text.reveal()] = instant(found[0]["status"]["expiresAt"])

    def _ask(self) -> None:
        for number in count():
            if self._over.wait(EVERY_SECONDS):
                return
            good = [text for text, end in tuple(self.ends.items()) if end > now() + A_MOMENT]
            if not good:
                continue
            which = number % len(good)
            self.asked += 1
            if self.verifier.ask("/auth/forward", good[which]).status != HTTPStatus.OK:
                self.refused.append(f"text {which} of {len(good)} at request {self.asked}")


def test_no_text_that_was_ever_in_the_secret_is_refused_through_rotations_and_a_restart(
    workspace: Workspace, verifier: RunningVerifier, pool: OperatorPool
) -> None:
    pool.shared()
    place = WorkloadPlace(workspace)
    place.ready(ttl="14s", renewBefore="7s")
    client = Client(place, verifier)

    with client.at_work():
        place.until_revision(ROTATIONS // 2)
        place.edit(rotate="now")
        pool.renew()  # in the middle of it
        place.until_revision(ROTATIONS)

    assert len(client.ends) >= ROTATIONS
    assert client.asked > 100 * ROTATIONS
    assert client.refused == []


def test_after_a_restore_what_verifiers_refuse_is_replaced_without_a_hand(
    workspace: Workspace, pool: OperatorPool
) -> None:
    pool.shared()
    place = WorkloadPlace(workspace)
    issued = instant(place.ready()["status"]["current"]["issuedAt"])
    later = issued + timedelta(seconds=1)

    with pool.alone({"PHARIA_ACCESS_REFUSE_ISSUED_BEFORE": later.strftime("%FT%TZ")}):
        replaced = place.until_revision(2)

    assert replaced["status"]["current"]["name"] == "app-2"
