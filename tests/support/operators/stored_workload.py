"""A WorkloadToken as the API server has it, and its Secret as the operator wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.control_plane.resources import kept_secret, workload_token

if TYPE_CHECKING:
    from tools.control_plane.api import Api

__all__ = ["stored_workload", "third_text"]

Json = dict[str, Any]


def stored_workload(admin: Api, namespace: str) -> Json:
    """Have one."""
    body = workload_token(namespace)
    assert admin.create(body).message == ""
    return admin.read(body).body


def third_text(operator: Api, workload: Json) -> Json:
    """Have the operator write its Secret, with the third text."""
    reply = operator.create(kept_secret(workload, 3, value="the-third"))
    assert reply.message == ""
    return reply.body
