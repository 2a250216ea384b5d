"""HAProxy by its example: Debian's, with the Lua file that asks the verifier."""

from __future__ import annotations

from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

from tools import debian_programs
from tools.control_plane.processes import free_port
from tools.gateways.examples import Changes, example, written
from tools.gateways.gateway_processes import ACCESS_LOG, SERVICE, VERIFIER, behind, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.gateways.protected_service import Gateway

__all__ = ["haproxy"]

_LUA = "haproxy-access.lua"
_SOCKET = "abns@pharia-access"


@contextmanager
def haproxy(
    root: Path,
    verifier: str,
    changes: Changes = MappingProxyType({}),
    *,
    service: str | None = None,
    any_host: bool = False,
    in_lua: Changes = MappingProxyType({}),
) -> Iterator[Gateway]:
    """HAProxy by `examples/gateways/haproxy.cfg`, see `real_gateways.nginx`; `in_lua`: changes of the other file.

    Raises MissingProgramError.
    """
    program = debian_programs.find_program("haproxy")
    port = free_port()
    with behind(service) as protected:
        own = {_SOCKET: f"{_SOCKET}-{port}"}  # else several would share one
        addresses = {
            **own,
            "bind :8080": f"bind 127.0.0.1:{port}",
            f"/etc/haproxy/{_LUA}": str(written(root / _LUA, example(_LUA, in_lua, own))),
            f"{VERIFIER}:80": verifier,
            f"{SERVICE}:8080": protected,
        }
        file = written(root / "haproxy.cfg", example("haproxy.cfg", changes, addresses))
        # In the foreground, and its access log with it.
        with running([program, "-db", "-f", file], root, port, log=ACCESS_LOG) as gateway:
            yield gateway
