"""Gateways as processes: what stands behind one, where it logs, and when it answers."""

from __future__ import annotations

import http.client
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tools.control_plane.processes import Process
from tools.gateways.protected_service import Gateway
from tools.gateways.witness import witness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["ACCESS_LOG", "SERVICE", "VERIFIER", "behind", "running"]

ACCESS_LOG: Final = "access.log"
"""Where each gateway writes its access log, in its folder."""
VERIFIER: Final = "pharia-access-verifier.pharia-access-system.svc.cluster.local"
"""The verifier's host in every example."""
SERVICE: Final = "reports.finance.svc.cluster.local"
"""The host of what is protected, in every example."""


@contextmanager
def behind(service: str | None) -> Iterator[str]:
    """Host and port of the service, which is started if there is none."""
    if service is not None:
        yield service
        return
    with witness() as started:
        yield started.address


@contextmanager
def running(argv: Sequence[str | Path], root: Path, port: int, *, log: str = "gateway.log") -> Iterator[Gateway]:
    """A gateway that answers on its port; ended with the block. `log`: the file of what it prints, in its folder."""
    gateway = Gateway(port)
    env = {"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(root)}
    process = Process.start(argv, log=root / log, cwd=root, env=env)
    try:
        process.wait_until(lambda: _answers(gateway), what="the gateway answers", timeout=20)
        yield gateway
    finally:
        process.stop()


def _answers(gateway: Gateway) -> bool:
    """Whether it has its routes: Traefik answers 404 until then. The path is one that the verifier has too."""
    try:
        return gateway.ask(path="/whoami").status != http.client.NOT_FOUND
    except (OSError, http.client.HTTPException):
        return False
