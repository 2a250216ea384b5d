"""Requests to the etcd of a control plane, by its JSON gateway, on its Unix socket."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane

__all__ = ["ask_etcd", "compact"]

_SECONDS = 30
_CHUNK = 65536


def ask_etcd(control_plane: ControlPlane, path: str, body: dict[str, object]) -> dict[str, Any]:
    """One request; raises OSError where etcd refuses it."""
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.0\r\nHost: etcd\r\nContent-Length: {len(content)}\r\n\r\n".encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(str(control_plane.root / "etcd.sock"))
        connection.sendall(head + content)
        answer = b"".join(iter(lambda: connection.recv(_CHUNK), b""))
    first, _, rest = answer.partition(b"\r\n\r\n")
    if b" 200 " not in first.split(b"\r\n")[0]:
        message = f"etcd refused {path}: {first.splitlines()[0]!r}"
        raise OSError(message)
    parsed: dict[str, Any] = json.loads(rest)
    return parsed


def compact(control_plane: ControlPlane) -> None:
    """Forget everything before now."""
    revision = int(ask_etcd(control_plane, "/v3/kv/range", {"key": "Lw=="})["header"]["revision"])  # of "/"
    ask_etcd(control_plane, "/v3/kv/compaction", {"revision": revision, "physical": True})
