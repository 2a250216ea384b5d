"""Switches an admission policy off for a while, or a half of it: what it holds must then be reached."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.support.security.guards import BINDING, POLICY, Tampering, tampered
from tools.control_plane.api import JSON_PATCH
from tools.control_plane.installation import wait_for_policies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.replies import Reply

__all__ = ["SWITCHES", "Switch"]

Json = dict[str, Any]

_OPERATIONS: Final = "/spec/matchConstraints/resourceRules/0/operations"


@dataclass(frozen=True, slots=True)
class Switch:
    """A policy; `left`: the operations that it still judges, where it is not off as a whole.

    `people`: those whom it holds back, so that few sequences show it.
    """

    policy: str
    left: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.policy + (f" on {', '.join(self.left)} alone" if self.left else "")

    @contextmanager
    def off(self, control_plane: ControlPlane, admin: Api) -> Iterator[None]:
        """In force within the block; on again after it."""
        with self._fewer(admin) if self.left else tampered(admin, Tampering(BINDING, self.policy, None)):
            wait_for_policies(control_plane)
            yield
        wait_for_policies(control_plane)

    @contextmanager
    def _fewer(self, admin: Api) -> Iterator[None]:
        path = f"{POLICY}/{self.policy}.access.pharia.ai"
        rules = _must(admin.request("GET", path)).body["spec"]["matchConstraints"]["resourceRules"]
        _must(admin.request("PATCH", path, body=_replacing(self.left), form=JSON_PATCH))
        try:
            yield
        finally:
            _must(admin.request("PATCH", path, body=_replacing(rules[0]["operations"]), form=JSON_PATCH))


def _replacing(operations: object) -> list[Json]:
    return [{"op": "replace", "path": _OPERATIONS, "value": operations}]


def _must(reply: Reply) -> Reply:
    assert reply.ok, reply.message
    return reply


SWITCHES: Final = (
    Switch("mint-tokens"),
    Switch("mint-tokens", left=("CREATE",)),
    Switch("mint-tokens", left=("UPDATE",), people=("editor", "lapsed")),
    Switch("mint-workload-tokens", people=("editor", "lapsed")),
    Switch("mint-workload-tokens", left=("CREATE",), people=("editor", "lapsed")),
    Switch("bind-roles", people=("editor", "minter")),
    Switch("write-status", people=("status-writer", "owner")),
    Switch("restrain-operator-resources", people=("operator",)),
    Switch("restrain-operator-secrets", people=("operator",)),
    Switch("reserve-one-time-secrets", people=("editor",)),
    Switch("reserve-workload-secrets", people=("editor",)),
)
