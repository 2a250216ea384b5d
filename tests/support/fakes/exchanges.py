"""One exchange with an API server: what a call sends, and what it makes of the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from pharia_access.kube.client import Connection, connect
from pharia_access.kube.gateway import KubeCluster
from tests.support.builders.domain_objects import WINDOW
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

__all__ = ["asked", "body", "exchanged", "line", "status"]

T = TypeVar("T")


def status(code: int, reason: str) -> bytes:
    return reply(code, {"kind": "Status", "code": code, "reason": reason, "message": "no"})


async def exchanged(
    tmp_path: Path, act: Callable[[Connection], Awaitable[T]], *answers: bytes
) -> tuple[T, list[ReceivedRequest]]:
    """What came of it, and what was sent; the server answers in this order."""
    left = list(answers)
    async with (
        hostile_api(lambda _: left.pop(0)) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        return await act(connection), api.requests


async def asked(
    tmp_path: Path, act: Callable[[KubeCluster], Awaitable[T]], *answers: bytes
) -> tuple[T, list[ReceivedRequest]]:
    return await exchanged(tmp_path, lambda c: act(KubeCluster(c, default_window=WINDOW)), *answers)


def line(request: ReceivedRequest) -> tuple[str, str]:
    return request.method, request.path


def body(request: ReceivedRequest) -> Any:  # noqa: ANN401 - JSON
    return json.loads(request.body)
