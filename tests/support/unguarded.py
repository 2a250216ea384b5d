"""A time without one admission policy: as before an upgrade, or where somebody took it away."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.api import Api

__all__ = ["unguarded"]

_BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"


@contextmanager
def unguarded(admin: Api, policy: str, passes: Callable[[], bool]) -> Iterator[None]:
    """Without that policy until the block ends; `passes` tries what it refuses, as a dry run."""
    path = f"{_BINDINGS}/{policy}.access.pharia.ai"
    body = admin.request("GET", path).body
    assert admin.request("DELETE", path).ok
    try:
        wait_until(passes, what=f"{policy} is out of force")
        yield
    finally:
        for name in ("resourceVersion", "uid", "creationTimestamp", "managedFields", "generation"):
            body["metadata"].pop(name, None)
        assert admin.request("POST", _BINDINGS, body=body).ok
        wait_until(lambda: not passes(), what=f"{policy} is in force")
