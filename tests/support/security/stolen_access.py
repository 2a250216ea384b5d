"""The access of somebody who has stolen the token of a process, and one thing that they try with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.control_plane.api import Api
    from tools.control_plane.replies import Reply

__all__ = ["Attempt", "StolenAccess", "fails", "succeeds"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StolenAccess:
    """The stolen access, and what is there: `foreign` is somebody's Secret, `waiting` a token that is not minted."""

    api: Api
    namespace: str
    foreign: Json
    issued: Json
    waiting: Json
    credential: Json
    role: Json
    workload: Json
    """A WorkloadToken, under `credential`, whose Secret holds its second token."""

    @property
    def delivered(self) -> Json:
        """The one-time Secret of `issued`."""
        return {"kind": "Secret", "metadata": {"name": "ci-token", "namespace": self.namespace}}

    def status(self, obj: Json, **status: object) -> Reply:
        """Write a part of a status."""
        return self.api.patch(obj, {"status": status}, subresource="status")

    def look(self, obj: Json) -> Reply:
        """Ask for a deletion that waits for dependents, as a dry run: the answer would be the object."""
        return self.api.delete(obj, propagationPolicy="Foreground", dryRun="All")

    def get(self, resource: str) -> Reply:
        """List something of Kubernetes."""
        return self.api.request("GET", f"/api/v1/namespaces/{self.namespace}/{resource}")

    def post(self, path: str, body: Json) -> Reply:
        """Create something; nothing is kept of it."""
        return self.api.request("POST", path, body=body, query={"dryRun": "All"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of the table: `succeeds`, and then how, or why not."""

    what: str
    succeeds: bool
    why: str
    request: Callable[[StolenAccess], Reply]


def succeeds(what: str, how: str, request: Callable[[StolenAccess], Reply]) -> Attempt:
    return Attempt(what, succeeds=True, why=how, request=request)


def fails(what: str, why: str, request: Callable[[StolenAccess], Reply]) -> Attempt:
    return Attempt(what, succeeds=False, why=why, request=request)
