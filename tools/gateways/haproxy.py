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

_CONFIG, _LUA = "haproxy.cfg", "haproxy-access.lua"
_SOCKET = "abns@pharia-access"


@contextmanager
def haproxy(
    root: Path,
    verifier: str,
    changes: Changes = MappingProxyType({}),
    *,
    service: str | None = None,
    any_host: bool = False,
) -> Iterator[Gateway]:
    """HAProxy by `examples/gateways/haproxy.cfg` and its Lua file, see `real_gateways.nginx`; changes of either.

    Raises MissingProgramError.
    """
    program = debian_programs.find_program("haproxy")
    port = free_port()
    with behind(service) as protected:
        own = {_SOCKET: f"{_SOCKET}-{port}"}  # else several would share one
        addresses = {
            **own,
            "bind :8080": f"bind 127.0.0.1:{port}",
            f"/etc/haproxy/{_LUA}": str(written(root / _LUA, example(_LUA, _of(_LUA, changes), own))),
            f"{VERIFIER}:80": verifier,
            f"{SERVICE}:8080": protected,
        }
        file = written(root / "haproxy.cfg", example(_CONFIG, _of(_CONFIG, changes), addresses))
        # In the foreground, and its access log with it.
        with running([program, "-db", "-f", file], root, port, log=ACCESS_LOG) as gateway:
            yield gateway


def _of(file: str, changes: Changes) -> Changes:
    """Those that change this file: a text that stands in neither is an error of the configuration's."""
    other = example(_LUA if file == _CONFIG else _CONFIG, {}, {})
    return {shown: own for shown, own in changes.items() if shown not in other}
