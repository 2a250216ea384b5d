"""A control plane that takes restricted pods only where a release is installed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.control_plane.plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["restricted_control_plane"]


@contextmanager
def restricted_control_plane(root: Path) -> Iterator[ControlPlane]:
    """Start one with the namespaces `pharia-access-system` and `finance`, and nothing installed."""
    with ControlPlane.start(root) as started:
        started.kubectl("create", "namespace", "pharia-access-system")
        enforce = "pod-security.kubernetes.io/enforce=restricted"
        started.kubectl("label", "namespace", "pharia-access-system", enforce)
        started.kubectl("create", "namespace", "finance")
        yield started
