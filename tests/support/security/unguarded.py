"""A time without some admission policies: as before an upgrade, or where somebody took them away."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.support.security.guards import BINDING, Tampering, tampered
from tools.control_plane.api import Api
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import ONE_TIME_TOKEN, secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane

__all__ = ["HOLD", "OFF", "ON", "finalizers_let_pass", "unguarded"]

HOLD = "x.example/hold"
"""Somebody's finalizer."""
ON, OFF = {"metadata": {"finalizers": [HOLD]}}, {"metadata": {"finalizers": None}}
"""Merge patches that put it on an object, and take it off."""

_SECONDS = 30.0


@contextmanager
def unguarded(admin: Api, *policies: str, passes: Callable[[], bool]) -> Iterator[None]:
    """Without the bindings of these policies until the block ends; `passes` tries what they refuse, as a dry run."""
    names = ", ".join(policies)
    with ExitStack() as stack:
        for policy in policies:
            stack.enter_context(tampered(admin, Tampering(BINDING, policy, None)))
        wait_until(passes, what=f"{names} out of force", timeout=_SECONDS)
        yield
    wait_until(lambda: not passes(), what=f"{names} in force", timeout=_SECONDS)


@contextmanager
def finalizers_let_pass(control_plane: ControlPlane, pool: OperatorPool) -> Iterator[None]:
    """Finalizers get on one-time Secrets where the policy that refuses them was not there, or not yet.

    An operator that looks at its guards would mint nothing meanwhile.
    """
    admin, made = Api(control_plane.kubeconfig), secret("default", "held", kind=ONE_TIME_TOKEN)

    def passes() -> bool:
        return admin.create(made, dryRun="All").ok

    with unguarded(admin, "reserve-one-time-secrets", passes=passes), pool.without_guards():
        yield
