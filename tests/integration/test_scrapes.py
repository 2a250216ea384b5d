"""Prometheus scrapes a protected service with a token in a file, by the page's configuration."""

from __future__ import annotations

import json
import urllib.request
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest

from tests.support.gateways.programs import entered
from tools.control_plane.processes import Process, free_port, wait_until
from tools.debian_programs import MissingProgramError, find_program
from tools.gateways import real_gateways
from tools.gateways.examples import example, written
from tools.gateways.protected_service import server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.gateways.verifier_thread import VerifierThread

SECONDS = 30


class Metrics(BaseHTTPRequestHandler):
    """A service that tells one number, and is not told the token."""

    def do_GET(self) -> None:
        assert "Authorization" not in self.headers
        body = b"reports_total 7\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway_port(checking: VerifierThread, tmp_path: Path) -> Iterator[int]:
    with server(Metrics) as service, ExitStack() as stack:
        yield entered(stack, real_gateways.haproxy(tmp_path / "haproxy", checking.address, service=service)).port


def scraped(port: int) -> tuple[str, str]:
    """How the last scrape went, and what was wrong."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/targets", timeout=5) as answer:
        (target,) = json.load(answer)["data"]["activeTargets"]
    return target["health"], target["lastError"]


def answers(port: int) -> bool:
    try:
        return scraped(port)[0] != "unknown"
    except (OSError, ValueError):
        return False


def test_a_token_in_a_file_is_used_until_it_ends_and_its_successor_without_a_reload(
    gateway_port: int, checking: VerifierThread, tmp_path: Path
) -> None:
    try:
        program = find_program("prometheus")
    except MissingProgramError as error:
        pytest.skip(str(error))
    first, port = checking.issue("first"), free_port()
    file = written(tmp_path / "token", f"{first}\n")
    places = {"/etc/prometheus/access/token": str(file), "reports.example.com:8080": f"127.0.0.1:{gateway_port}"}
    config = "global: {scrape_interval: 1s, scrape_timeout: 1s}\n" + example("prometheus.yaml", {}, places)
    written(tmp_path / "prometheus.yml", config)
    argv: list[str | Path] = [
        program,
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = Process.start(argv, log=tmp_path / "prometheus.log", cwd=tmp_path, env={"HOME": str(tmp_path)})
    try:
        process.wait_until(lambda: answers(port), what="Prometheus scraped once", timeout=SECONDS)
        wait_until(lambda: scraped(port) == ("up", ""), what="it is up", timeout=SECONDS)
        checking.revoke(first)
        wait_until(lambda: scraped(port)[0] == "down", what="it is down", timeout=SECONDS)
        assert "401" in scraped(port)[1]
        file.write_text(checking.issue("second"))
        wait_until(lambda: scraped(port) == ("up", ""), what="it is up again", timeout=SECONDS)
    finally:
        process.stop()
    assert first not in (tmp_path / "prometheus.log").read_text()
