"""Real gateways in front of a service that tells what reached it, set up by the files that people are shown."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.processes import Process, free_port
from tools.debian_programs import find_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Gateway", "Passage", "caddy", "nginx"]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "gateways"
_VERIFIER = "pharia-access-verifier.pharia-access-system.svc.cluster.local:80"
_SERVICE = "reports.finance.svc.cluster.local:8080"

_NGINX = """\
daemon off;
pid {root}/nginx.pid;
error_log {root}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
{example}
}}
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """What came of a request: the gateway's answer, and the headers that the service saw if it was reached."""

    status: int
    challenge: str | None
    seen: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway on 127.0.0.1."""

    port: int

    def ask(self, *headers: tuple[str, str], path: str = "/reports") -> Passage:
        """Send a GET with these headers, in their order, one may come twice."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest("GET", path)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            body = answer.read()
            reached = answer.getheader("X-Reached") == "yes"
            seen = json.loads(body) if reached else None
            return Passage(answer.status, answer.getheader("WWW-Authenticate"), seen)
        finally:
            connection.close()


class _Service(BaseHTTPRequestHandler):
    """Tells the headers that reached it."""

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("X-Reached", "yes")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def nginx(root: Path, verifier: str) -> Iterator[Gateway]:
    """nginx by `examples/gateways/nginx.conf`; `verifier`: host and port. Raises MissingProgramError."""
    root.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with _service() as service:
        example = _example("nginx.conf", verifier, service)
        example = example.replace("listen 8080;", f"listen 127.0.0.1:{port};")
        (root / "nginx.conf").write_text(_NGINX.format(root=root, example=example))
        argv: list[str | Path] = [
            find_program("nginx"),
            "-p",
            root,
            "-c",
            root / "nginx.conf",
            "-e",
            root / "error.log",
        ]
        with _running(argv, root, port) as gateway:
            yield gateway


@contextmanager
def caddy(root: Path, verifier: str) -> Iterator[Gateway]:
    """Caddy by `examples/gateways/Caddyfile`."""
    root.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with _service() as service:
        example = _example("Caddyfile", verifier, service)
        example = example.replace("http://reports.example.com:8080", f"http://127.0.0.1:{port}")
        (root / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + example)
        argv: list[str | Path] = [
            find_program("caddy"),
            "run",
            "--config",
            root / "Caddyfile",
            "--adapter",
            "caddyfile",
        ]
        with _running(argv, root, port) as gateway:
            yield gateway


def _example(name: str, verifier: str, service: str) -> str:
    text = (EXAMPLES / name).read_text()
    assert _VERIFIER in text
    assert _SERVICE in text
    return text.replace(_VERIFIER, verifier).replace(_SERVICE, service)


@contextmanager
def _service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _running(argv: Sequence[str | Path], root: Path, port: int) -> Iterator[Gateway]:
    gateway = Gateway(port)
    env = {"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(root)}
    process = Process.start(argv, log=root / "gateway.log", cwd=root, env=env)
    try:
        process.wait_until(lambda: _answers(gateway), what="the gateway answers", timeout=20)
        yield gateway
    finally:
        process.stop()


def _answers(gateway: Gateway) -> bool:
    try:
        return gateway.ask().status > 0
    except (OSError, http.client.HTTPException):
        return False
