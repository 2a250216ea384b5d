"""What an operator process runs against: a watcher in the place of Kopf, and an API server with a Lease."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pharia_access.services.operator.scopes import EVERYWHERE
from tests.support.fakes.hostile_api import ReceivedRequest, reply

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FakeWatcher", "Json", "PlayedApi"]

Json = dict[str, Any]


@dataclass
class FakeWatcher:
    """Stands for Kopf."""

    begun: Callable[[str], None]
    alive: bool = False
    ended: Callable[[], None] | None = None

    def start(self, ended: Callable[[], None]) -> None:
        self.alive, self.ended = True, ended
        self.begun(EVERYWHERE)

    def try_now(self, scope: str) -> None:
        """Nothing of it was refused."""

    def stop(self) -> None:
        self.alive = False

    def break_down(self) -> None:
        self.alive = False
        assert self.ended is not None
        self.ended()


@dataclass
class PlayedApi:
    """An API server with nothing in it but the Lease; `lists` says whether it answers lists."""

    lists: bool = True
    version: str = "9"
    lease: Json | None = None
    holders: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def __call__(self, request: ReceivedRequest) -> bytes:
        if "/leases" in request.path:
            return self._lease(request)
        if "/events" in request.path:
            self.events.append(json.loads(request.body)["reason"])
            return reply(201, {})
        if "/secrets" in request.path:
            return _status(404, "NotFound")
        if not self.lists:
            return reply(500, b"")
        return reply(200, {"metadata": {"resourceVersion": self.version}, "items": []})

    def give_lease_to(self, holder: str) -> None:
        """Another one wrote it."""
        assert self.lease is not None
        self.lease = {
            "metadata": {"resourceVersion": "another"},
            "spec": {**self.lease["spec"], "holderIdentity": holder},
        }

    def _lease(self, request: ReceivedRequest) -> bytes:
        if request.method == "GET":
            return _status(404, "NotFound") if self.lease is None else reply(200, self.lease)
        written = json.loads(request.body)
        read = written["metadata"].get("resourceVersion")
        if self.lease is not None and read != self.lease["metadata"]["resourceVersion"]:
            return _status(409, "Conflict")
        self.holders.append(written["spec"]["holderIdentity"])
        self.lease = {"metadata": {"resourceVersion": str(len(self.holders))}, "spec": written["spec"]}
        return reply(200, self.lease)


def _status(code: int, reason: str) -> bytes:
    return reply(code, {"kind": "Status", "code": code, "reason": reason, "message": "no"})
