"""What the processes and the control plane leave behind: all that somebody may come to read one day, but Secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.processes import Process

__all__ = ["left_behind"]

_OURS = ("ApiToken", "ApiCredential", "ApiRole")


def left_behind(control_plane: ControlPlane, admin: Api, *processes: Process) -> dict[str, str]:
    """By where it is: logs of the control plane and of `processes`, the audit log, Events, Leases, our objects."""
    left = {
        "the audit log": control_plane.audit_log.read_text(encoding="utf-8"),
        "Events": json.dumps(admin.request("GET", "/api/v1/events").body),
        "Leases": json.dumps(admin.request("GET", "/apis/coordination.k8s.io/v1/leases").body),
    }
    for kind in _OURS:
        left[kind] = json.dumps(admin.find(kind, None).body)
    for program in (*control_plane.processes, *processes):
        left[program.log.name] = program.log_text()
    return left
