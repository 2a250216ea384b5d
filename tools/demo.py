"""The whole story of a token on a real API server: `python -m tools.demo`.

Starts a control plane of its own, installs the chart, and tells what a person would do, with the commands. Ends with
status 0 if everything went as told, else says what failed and where the logs are. Leaves no process behind.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT, wait_until_in_force
from tools.control_plane.operators import start_operator
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import ProcessError
from tools.demo_commands import path_of_reader
from tools.demo_gateway import DemoGateway, open_demo_gateway
from tools.demo_runner import DemoRunner, StoryError, wants_color
from tools.demo_story import tell_of_tokens
from tools.go_toolchain import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parent.parent
_OPERATOR = f"system:serviceaccount:{NAMESPACE}:{OPERATOR_ACCOUNT}"
_IMPATIENT = {"PHARIA_ACCESS_PROBE_FIRST": "1s", "PHARIA_ACCESS_PROBE_MAX": "1s"}
_INTERRUPTED = 130  # what a shell answers for a program that was interrupted


def main() -> int:
    """Tell the story; answer the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    root = Path(tempfile.mkdtemp(prefix="pharia-access-demo-"))
    story = DemoRunner(cwd=_ROOT, env=_environment(root), color=wants_color(sys.stdout))
    keep, began = True, time.monotonic()
    try:
        _tell(story, root)
        keep = False
    except (StoryError, ProcessError, BuildError) as error:
        story.fail(f"The demo failed: {error}")
        return 1
    except KeyboardInterrupt:
        keep = False
        story.fail("Interrupted; everything that was started has been ended.")
        return _INTERRUPTED
    finally:
        if keep:
            story.fail(f"Everything that was started has been ended. The logs are in {root}")
        else:
            shutil.rmtree(root)
    story.say(
        f"That was the whole story, in {time.monotonic() - began:.0f} s. Everything that was started has been ended. "
        "`make up` starts the same and leaves it running for you."
    )
    return 0


def _environment(root: Path) -> dict[str, str]:
    """The programs of this control plane, and nothing of whoever runs the demo."""
    home = root / "control-plane"
    return {"PATH": path_of_reader(home / "bin"), "HOME": str(home), "KUBECONFIG": str(home / "kubeconfig")}


def _tell(story: DemoRunner, root: Path) -> None:
    story.chapter("1. A Kubernetes API server")
    story.say(
        "etcd, kube-apiserver and kube-controller-manager start on this machine. They are the real ones, with RBAC on "
        "and Secrets encrypted at rest. There are no nodes, so no pods run."
    )
    with ControlPlane.start(root / "control-plane") as control_plane:
        story.run("kubectl version")
        _install(story, control_plane)
        with _operator(story, control_plane, root) as demo_gateway:
            tell_of_tokens(story, control_plane, demo_gateway, written=root)


def _install(story: DemoRunner, control_plane: ControlPlane) -> None:
    story.chapter("2. Installing")
    story.say(
        "The chart holds the three kinds, the admission policies, the RBAC rules and the operator. Without --wait, "
        "since its Deployment would wait for a node for ever."
    )
    story.run(
        f"helm install pharia-access charts/pharia-access --namespace {NAMESPACE} --create-namespace",
        expect="STATUS: deployed",
        trim=lambda said: said.partition("\nNOTES:")[0],
    )
    wait_until_in_force(control_plane)
    story.run(f"kubectl get deployments,serviceaccounts --namespace {NAMESPACE}", expect=OPERATOR_ACCOUNT)


@contextmanager
def _operator(story: DemoRunner, control_plane: ControlPlane, root: Path) -> Iterator[DemoGateway]:
    story.say(
        "So the operator runs beside the API server instead of in a pod, signed in as the chart's ServiceAccount: it "
        "has just the rights it would have in a cluster. It may not even read Secrets. (Here it looks every second "
        "whether a Secret was collected, so that you need not wait.)"
    )
    settings = " ".join(f"{name}={value}" for name, value in _IMPATIENT.items())
    story.show(f"{settings} pharia-access operator &")
    operator = start_operator(control_plane, root / "operator", _IMPATIENT)
    try:
        operator.wait_until_ready()
        story.checked("the operator is ready")
        story.run(f"kubectl auth can-i get secrets --all-namespaces --as={_OPERATOR}", expect="no", refused=True)
        with open_demo_gateway(story, control_plane, root) as demo_gateway:
            yield demo_gateway
    finally:
        operator.process.stop()


if __name__ == "__main__":
    sys.exit(main())
