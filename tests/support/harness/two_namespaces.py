"""An operator of two namespaces, and ways in which one of them fails."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError, InvalidError, ResourceExpiredError, UnavailableError
from tests.support.builders.domain_objects import CREDENTIAL
from tests.support.fakes.scripted_faults import Call, Fault
from tests.support.fakes.virtual_time import FakeClock
from tests.support.harness.live_operator_harness import LiveOperatorHarness

__all__ = [
    "BOTH",
    "BROKEN",
    "CREDENTIAL_THERE",
    "DOOMED",
    "FINANCE",
    "FORBIDDEN",
    "REFUSED",
    "Trouble",
    "calls_there",
    "hanging",
    "listing",
    "on",
    "taking",
    "there",
]

FINANCE, DOOMED = CREDENTIAL.namespace, "doomed"
BOTH = (FINANCE, DOOMED)
CREDENTIAL_THERE = ObjectKey(DOOMED, CREDENTIAL.name)
FORBIDDEN = ForbiddenError("403")
BROKEN = [
    pytest.param(UnavailableError("500"), id="500"),
    pytest.param(UnavailableError("no answer in time"), id="no answer"),
    pytest.param(ResourceExpiredError("410"), id="410"),
    pytest.param(InvalidError("400"), id="400"),
    pytest.param(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"), id="undecodable"),
    pytest.param(TypeError("no"), id="what nobody foresaw"),
]
REFUSED = [pytest.param(FORBIDDEN, id="403"), *BROKEN]


class Trouble:
    """Calls about these places fail, or those among them that `only` says; places are namespaces, or `roles`."""

    def __init__(self, error: Exception, *places: str, only: Callable[[Call], bool] = lambda _: True) -> None:
        self.error, self.places, self.only = error, set(places), only

    def __call__(self, call: Call) -> Fault | None:
        place = "roles" if call.verb == "list_roles" else call.target.partition("/")[0]
        return Fault(before=self.error) if place in self.places and self.only(call) else None


def listing(call: Call) -> bool:
    return call.verb.startswith(("list", "try"))


def on(clock: FakeClock, trouble: Trouble) -> LiveOperatorHarness:
    """An operator of two namespaces, with a credential and a token in each."""
    live = LiveOperatorHarness(clock, trouble, namespaces=BOTH)
    live.create("ci")
    live.create_in(DOOMED, "there")
    return live


def there(live: LiveOperatorHarness, name: str = "there") -> str | None:
    return live.store.tokens[ObjectKey(DOOMED, name)].status.phase


def calls_there(live: LiveOperatorHarness, since: float) -> int:
    return sum(at >= since and call.target.startswith(DOOMED) for at, call in live.diary.entries)


def hanging(verbs: str) -> Callable[[Call], Awaitable[None]]:
    """Calls that begin so are not answered."""

    async def turn(call: Call) -> None:
        if call.verb.startswith(verbs):
            await asyncio.sleep(10_000)

    return turn


def taking(seconds: float, verb: str | None = None) -> Callable[[Call], Awaitable[None]]:
    """Each half of such a call, or of any, takes so long."""

    async def wait(call: Call) -> None:
        if verb in {None, call.verb}:
            await asyncio.sleep(seconds)

    return wait
