"""An authorizer beside RBAC: it allows one user everything, has no opinion of others, and can list nobody's rights."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["authorizer_of"]


@contextmanager
def authorizer_of(user: str, configuration: Path) -> Iterator[tuple[str, ...]]:
    """What an API server is told to ask it, until the block ends; `configuration`: a file that is written."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            review["status"] = {"allowed": review["spec"].get("user") == user}
            body = json.dumps(review).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the library's signature
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        configuration.write_text(json.dumps(_kubeconfig(url)), encoding="utf-8")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield (
                "--authorization-mode=Webhook",
                f"--authorization-webhook-config-file={configuration}",
                "--authorization-webhook-version=v1",
            )
        finally:
            server.shutdown()


def _kubeconfig(url: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "authorizer", "cluster": {"server": url}}],
        "users": [{"name": "api-server", "user": {}}],
        "contexts": [{"name": "it", "context": {"cluster": "authorizer", "user": "api-server"}}],
        "current-context": "it",
    }
