"""The demo's story, told in a cluster with real pods."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.operators.constant_checks import check
from tools.demo_commands import path_of_reader
from tools.demo_gateway import DemoGateway
from tools.demo_runner import DemoRunner
from tools.demo_story import tell_of_tokens

if TYPE_CHECKING:
    from tests.support.pods.release import Release

__all__ = ["tell_the_story"]

_ROOT = Path(__file__).resolve().parents[3]
_PATH = "/auth/nginx?role=studio-user"


def tell_the_story(release: Release) -> None:
    """Tell it in the namespace finance, and ask the verifier's Service. Raises StoryError."""
    control_plane, address = release.cluster.control_plane, release.address
    env = {
        "PATH": path_of_reader(control_plane.bin),
        "HOME": str(control_plane.root),
        "KUBECONFIG": str(control_plane.kubeconfig),
    }
    demo_gateway = DemoGateway(f"http://{address}{_PATH}", lambda text: (check(address, text, path=_PATH), []))
    tell_of_tokens(
        DemoRunner(cwd=_ROOT, env=env, color=False), control_plane, demo_gateway, written=release.cluster.root
    )
