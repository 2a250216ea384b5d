"""Oathkeeper by its example: the real one, where somebody built it."""

from __future__ import annotations

from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

from tools.control_plane.processes import free_port
from tools.gateways.examples import Changes, example, written
from tools.gateways.gateway_processes import SERVICE, VERIFIER, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.gateways.protected_service import Gateway

__all__ = ["oathkeeper"]

_RULES = "/etc/oathkeeper/rules.yaml"


@contextmanager
def oathkeeper(
    program: Path,
    root: Path,
    verifier: str,
    service: str,
    *,
    changes: Changes = MappingProxyType({}),
    in_rules: Changes = MappingProxyType({}),
) -> Iterator[Gateway]:
    """Oathkeeper by `examples/gateways/oathkeeper.yaml` and its rules.

    Args:
        program: where it is.
        root: a folder for it.
        verifier: host and port.
        service: host and port of what is protected.
        changes: texts of the example, and what stands there instead.
        in_rules: the same for its rules.
    """
    port = free_port()
    rules = written(root / "rules.yaml", example("oathkeeper-rules.yaml", in_rules, {f"{SERVICE}:8080": service}))
    addresses = {
        VERIFIER: verifier,
        "host: 0.0.0.0": "host: 127.0.0.1",
        "port: 4455": f"port: {port}",
        "port: 4456": f"port: {free_port()}",
        "port: 9000": f"port: {free_port()}",
        _RULES: str(rules),
    }
    file = written(root / "oathkeeper.yaml", example("oathkeeper.yaml", changes, addresses))
    with running([program, "serve", "--config", file, "--sqa-opt-out"], root, port) as gateway:
        yield gateway
