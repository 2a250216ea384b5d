"""Rights in the whole cluster that are taken back."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.api import Api

__all__ = ["lent_rights"]


@contextmanager
def lent_rights(admin: Api) -> Iterator[None]:
    """Delete each ClusterRoleBinding that was created inside the block and still stands at its end."""
    before = _bindings(admin)
    yield
    for name in _bindings(admin) - before:
        admin.delete({"kind": "ClusterRoleBinding", "metadata": {"name": name}})


def _bindings(admin: Api) -> set[str]:
    reply = admin.find("ClusterRoleBinding", None)
    assert reply.ok, reply.message
    return {item["metadata"]["name"] for item in reply.body["items"]}
