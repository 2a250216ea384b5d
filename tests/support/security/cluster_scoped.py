"""Objects of the whole cluster that are taken back: other files' tests show who may do what, and all roles."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.api import Api

__all__ = ["taken_back"]

_KINDS = ("ClusterRoleBinding", "ApiRole")


@contextmanager
def taken_back(admin: Api) -> Iterator[None]:
    """Delete each ClusterRoleBinding and ApiRole that was created inside the block and still stands at its end."""
    before = {kind: _names(admin, kind) for kind in _KINDS}
    yield
    for kind in _KINDS:
        for name in _names(admin, kind) - before[kind]:
            admin.delete({"kind": kind, "metadata": {"name": name}})


def _names(admin: Api, kind: str) -> set[str]:
    reply = admin.find(kind, None)
    if reply.status == HTTPStatus.NOT_FOUND:
        return set()  # no such kind: a test took the chart away
    assert reply.ok, reply.message
    return {item["metadata"]["name"] for item in reply.body["items"]}
