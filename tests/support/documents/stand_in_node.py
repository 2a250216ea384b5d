"""A node in name only: pods are bound to it and said to be ready, and their logs are files of this machine.

The programs run beside the cluster, not in the pods; so `kubectl logs` shows what they really wrote, and
`kubectl rollout status` ends. Nothing can be executed in such a pod.
"""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from tools.control_plane.api import MERGE, Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["stand_in_node"]

_NAME: Final = "node-1"
_LABEL: Final = "app.kubernetes.io/component"
_PAUSE_SECONDS: Final = 0.3
_GONE_OR_CHANGED: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@contextmanager
def stand_in_node(control_plane: ControlPlane, logs: Callable[[str], Path | None]) -> Iterator[None]:
    """Let pods of the cluster be ready until the block ends; `logs`: where a component's program writes, if it runs."""
    with _kubelet(control_plane, logs) as port:
        _add_node(control_plane, port)
        ended = threading.Event()
        thread = threading.Thread(target=_run_pods, args=(Api(control_plane.kubeconfig), ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@contextmanager
def _kubelet(control_plane: ControlPlane, logs: Callable[[str], Path | None]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            component = "verifier" if "verifier" in self.path else "operator"
            path = logs(component)
            content = path.read_bytes() if path else b""
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(control_plane.pki.kubelet.certificate, control_plane.pki.kubelet.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _add_node(control_plane: ControlPlane, port: int) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": _NAME}}
    status = {
        "conditions": [{"type": "Ready", "status": "True", "reason": "StandIn"}],
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
    }
    control_plane.kubectl("apply", "--filename=-", stdin=json.dumps(node))
    patch = json.dumps({"status": status})
    control_plane.kubectl("patch", "node", _NAME, "--subresource=status", "--type=merge", f"--patch={patch}")


def _run_pods(api: Api, ended: threading.Event) -> None:
    while not ended.wait(_PAUSE_SECONDS):
        for pod in api.request("GET", "/api/v1/pods").body.get("items", []):
            if _LABEL in pod["metadata"].get("labels", {}):
                _run(api, pod)


def _run(api: Api, pod: dict[str, Any]) -> None:
    """Bind it, say that it is ready, or let it go."""
    name = pod["metadata"]["name"]
    path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{name}"
    if pod["metadata"].get("deletionTimestamp"):
        reply = api.request("DELETE", path, body={"gracePeriodSeconds": 0})
    elif not pod["spec"].get("nodeName"):
        target = {"apiVersion": "v1", "kind": "Node", "name": _NAME}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
        reply = api.request("POST", f"{path}/binding", body=binding)
    elif pod["status"].get("phase") != "Running":
        reply = api.request("PATCH", f"{path}/status", body={"status": _running(pod)}, form=MERGE)
    else:
        return
    assert reply.ok or reply.status in _GONE_OR_CHANGED, reply.message


def _running(pod: dict[str, Any]) -> dict[str, Any]:
    names = [container["name"] for container in pod["spec"]["containers"]]
    since = pod["metadata"]["creationTimestamp"]
    ready = {"ready": True, "started": True, "restartCount": 0, "image": "-", "imageID": "-"}
    return {
        "phase": "Running",
        "podIP": "10.1.0.1",
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": since} for kind in ("Ready", "Initialized")
        ],
        "containerStatuses": [{**ready, "name": name, "state": {"running": {"startedAt": since}}} for name in names],
    }
