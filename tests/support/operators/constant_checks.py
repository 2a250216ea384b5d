"""Asks a verifier about the same tokens, all the time, while something else happens; every answer is counted.

Each question has a connection of its own, so that each may lead to any pod behind a Service.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEAD", "GOOD", "ConstantChecks", "answers", "check", "wait_until_known"]

GOOD, DEAD = HTTPStatus.OK, HTTPStatus.UNAUTHORIZED

_THREADS = 4
_IN_A_ROW = 20
_PAUSE_SECONDS = 0.01
_PATIENCE_SECONDS = 30  # a late answer is judged, too
_AT_MOST_SECONDS = 900  # then the questions end, whatever else happens


def check(address: str, text: str, *, path: str = "/auth/nginx", timeout: float = 5) -> int:
    """The status of one answer. Raises OSError or HTTPException where there is none."""
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {text}"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def answers(address: str, text: str, status: int) -> bool:
    """Whether that is the answer; none is not."""
    try:
        return check(address, text) == status
    except (OSError, http.client.HTTPException):
        return False


def wait_until_known(address: str, text: str, status: int) -> None:
    """Wait until whoever may answer there answers so: many times in a row, each time over another connection."""
    wait_until(
        lambda: all(answers(address, text, status) for _ in range(_IN_A_ROW)),
        what=f"every pod answers {status}",
    )


class ConstantChecks:
    """Asks from the beginning of a `with` block to its end."""

    def __init__(self, address: str, expected: Mapping[str, int]) -> None:
        """`expected`: tokens, and the status that each must get."""
        self.answers: Counter[tuple[int, str]] = Counter()
        self._asked: Counter[str] = Counter()
        self._address = address
        self._expected = dict(expected)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, args=(share,), daemon=True) for share in range(_THREADS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(10)

    @property
    def wrong(self) -> dict[tuple[int, str], int]:
        """How often something else came than expected: (expected status, what came)."""
        return {pair: times for pair, times in self.answers.items() if pair[1] != str(int(pair[0]))}

    def count(self, status: int) -> int:
        """How often this status was expected, and came."""
        return self.answers[status, str(int(status))]

    def forget(self, text: str) -> None:
        """Ask no more about this token; answers that are on their way do not count."""
        with self._lock:
            del self._expected[text]

    def expect(self, text: str, status: int) -> None:
        """Ask about this token too."""
        with self._lock:
            self._expected[text] = status

    def move(self, address: str) -> None:
        """Ask there from now on."""
        self._address = address

    def ask_all_again(self) -> None:
        """Return when each question has been asked once more, counted from now."""
        with self._lock:
            before = {text: self._asked[text] for text in self._expected}
        wait_until(
            lambda: all(self._asked[text] > times for text, times in before.items()),
            what="every question is asked again",
            timeout=180,
        )

    def _ask_on(self, share: int) -> None:
        """Threads begin at different questions, so that each question's turn comes soon."""
        deadline = time.monotonic() + _AT_MOST_SECONDS
        while not self._ended.is_set() and time.monotonic() < deadline:
            with self._lock:
                questions = list(self._expected.items())
            first = len(questions) * share // _THREADS
            for text, status in questions[first:] + questions[:first]:
                self._ask(text, status)
                self._ended.wait(_PAUSE_SECONDS)

    def _ask(self, text: str, status: int) -> None:
        with self._lock:
            self._asked[text] += 1
        try:
            came = str(check(self._address, text, timeout=_PATIENCE_SECONDS))
        except (OSError, http.client.HTTPException) as error:
            came = repr(error)
        with self._lock:
            if self._expected.get(text) == status:
                self.answers[status, came] += 1
