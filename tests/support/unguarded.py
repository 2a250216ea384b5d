"""A time without some admission policies: as before an upgrade, or where somebody took them away."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.support.guards import BINDING, Tampering, tampered
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.api import Api

__all__ = ["unguarded"]

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
