"""Requests to the etcd of a control plane, by its JSON gateway, on its Unix socket."""

from __future__ import annotations

import base64
import json
import shutil
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["ask_etcd", "back_up_data", "compact", "filled", "restore_data", "wait_until_it_answers"]

_SECONDS = 30
_CHUNK = 65536
_LARGE = base64.b64encode(bytes(1_400_000)).decode()  # etcd takes no request over 1.5 MiB
_MOST = 400


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


def wait_until_it_answers(control_plane: ControlPlane) -> None:
    """Wait until it listens and has elected itself, after a start. Raises ProcessError."""

    def answers() -> bool:
        try:
            ask_etcd(control_plane, "/v3/kv/range", {"key": _key("/")})
        except OSError:
            return False
        return True

    wait_until(answers, what="etcd answers")


def compact(control_plane: ControlPlane) -> None:
    """Forget everything before now."""
    revision = int(ask_etcd(control_plane, "/v3/kv/range", {"key": "Lw=="})["header"]["revision"])  # of "/"
    ask_etcd(control_plane, "/v3/kv/compaction", {"revision": revision, "physical": True})


def back_up_data(control_plane: ControlPlane) -> Path:
    """Copy the data of now; etcd is away for a moment. Raises ProcessError."""
    copy = control_plane.root / "etcd-backup"
    control_plane.stop_etcd()
    shutil.copytree(control_plane.root / "etcd", copy)
    control_plane.start_etcd()
    wait_until_it_answers(control_plane)
    return copy


def restore_data(control_plane: ControlPlane, copy: Path) -> None:
    """Put the data of a copy in the place of today's, while nobody serves them: the cluster goes back in time.

    Raises ProcessError.
    """
    control_plane.stop_api_server()
    control_plane.stop_etcd()
    shutil.rmtree(control_plane.root / "etcd")
    shutil.copytree(copy, control_plane.root / "etcd")
    control_plane.start_etcd()
    wait_until_it_answers(control_plane)
    control_plane.start_api_server()


@contextmanager
def filled(control_plane: ControlPlane) -> Iterator[None]:
    """Use etcd's quota up, so that it takes no write; then do what its guide tells an administrator to do.

    Raises OSError where 400 large values do not do it: give it a small quota.
    """
    try:
        _fill(control_plane)
        yield
    finally:
        ask_etcd(control_plane, "/v3/kv/deleterange", {"key": _key("filling/"), "range_end": _key("filling0")})
        compact(control_plane)
        ask_etcd(control_plane, "/v3/maintenance/defragment", {})
        for alarm in _alarms(control_plane):
            ask_etcd(control_plane, "/v3/maintenance/alarm", {"action": "DEACTIVATE", **alarm})


def _fill(control_plane: ControlPlane) -> None:
    for number in range(_MOST):
        try:
            ask_etcd(control_plane, "/v3/kv/put", {"key": _key(f"filling/{number}"), "value": _LARGE})
        except OSError:
            if any(alarm["alarm"] == "NOSPACE" for alarm in _alarms(control_plane)):
                return
            raise
    message = f"etcd has space for {_MOST} values of 1.4 MB"
    raise OSError(message)


def _alarms(control_plane: ControlPlane) -> list[dict[str, Any]]:
    alarms: list[dict[str, Any]] = ask_etcd(control_plane, "/v3/maintenance/alarm", {"action": "GET"}).get("alarms", [])
    return alarms


def _key(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
