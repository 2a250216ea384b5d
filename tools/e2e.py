"""The tests with real pods: `python -m tools.e2e [OPTION OF PYTEST]...`.

Brings together what a node and Argo CD need, builds the image, and runs tests/e2e in a network namespace of its own
(tools/network_namespace.py), where a one-node cluster starts. Where that cannot be, says why, and is no failure.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tools.build_argocd import ensure_argo_cd
from tools.build_control_plane import ensure_binaries
from tools.control_plane_programs import CONTROL_PLANE, NODE
from tools.debian_programs import MissingProgramError, find_program, unpacked
from tools.go_toolchain import BuildError
from tools.image import ImageError, build_images
from tools.kubernetes_versions import NEWEST, chosen
from tools.network_namespace import cgroup_hierarchies, run_in_network_namespace
from tools.policy_enforcer import ensure_policy_enforcer

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parent.parent
_SECONDS = 2700
_SECONDS_OF_A_TEST = 900
_NEEDED = ("apt-get", "dpkg", "unshare", "mount", "ip", "git")


def main(options: list[str]) -> int:
    """Prepare and run; answer the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    obstacle = _obstacle()
    if obstacle:
        print(f"e2e: skipped, since {obstacle}. With Docker, `make kind` starts a cluster with real pods.")
        return 0
    archives = Path(tempfile.mkdtemp(prefix="pharia-access-e2e-"))
    try:
        return _run(archives, options)
    except (BuildError, ImageError, MissingProgramError) as error:
        print(f"e2e: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(archives)


def _obstacle() -> str:
    """Why there can be no node on this machine; empty if there can."""
    if sys.platform != "linux":
        return "a node needs Linux"
    if os.geteuid() != 0:
        return "a node needs root, and you are not"
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing:
        return f"this machine lacks {', '.join(missing)}, as Debian has them"
    if not any(point.endswith("/memory") for point in cgroup_hierarchies()):
        return "this machine has no cgroup v1, which is what these tests were tried with"
    return ""


def _run(archives: Path, options: list[str]) -> int:
    if chosen() != NEWEST:
        message = f"real pods run on Kubernetes {NEWEST} only, since kubelet is built for that; leave KUBERNETES out"
        raise BuildError(message)
    ensure_binaries({**CONTROL_PLANE, **NODE})
    ensure_policy_enforcer()
    ensure_argo_cd()
    find_program("wrk")  # in the namespace, nothing can be fetched
    over_usr = unpacked("node") / "root" / "usr"
    build_images(archives, over_usr=over_usr)
    tests = [sys.executable, "-m", "pytest", "tests/e2e", f"--archives={archives}", f"--timeout={_SECONDS_OF_A_TEST}"]
    return run_in_network_namespace([*tests, *options], over_usr=over_usr, timeout=_SECONDS)


if __name__ == "__main__":
    os.chdir(_ROOT)
    sys.exit(main(sys.argv[1:]))
