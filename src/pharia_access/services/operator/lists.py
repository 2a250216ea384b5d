"""When each scope is listed: at the start, when its watch begins anew, now and then, and after trouble until it works.

Each scope has a task of its own, which waits for no other: one that is refused, slow or broken delays nothing.
"""

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from pharia_access.domain.backoff import Backoff
from pharia_access.errors import ApiError, ClusterRolledBackError, ForbiddenError, UnavailableError, label_of
from pharia_access.services.operator.ports import Metrics
from pharia_access.services.operator.resync import Resync
from pharia_access.services.operator.scopes import Scope, Scopes
from pharia_access.services.ports import Clock

__all__ = ["Lists"]

log = logging.getLogger(__name__)

GATHER_SECONDS = 1.0
"""How long a list waits for whatever else may ask for one: watches begin anew together."""
RETRIES = Backoff(first=1.0, longest=30.0)
LOOK_SECONDS = 5.0
"""How often it is looked, at most, whether a scope may still be listed."""
REST_AFTER_LIST = 60
"""Of very many tokens lists come less often: each second of one is followed by 60 of rest, up to twice the interval."""
REST_IF_ASKED, MOST_REST_SECONDS = 5, 60.0
"""So many times as long as a list took, nobody can ask for another: a watch that ends at once asks again and again."""


@dataclass(slots=True, eq=False)
class _Plan:
    """What is planned for a scope. `due` is in seconds of the clock's `monotonic`."""

    scope: Scope
    due: float = -math.inf
    took: float = 0.0
    ended: float = -math.inf
    asked: bool = True
    suspect: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Lists:
    """`fill` once, then `keep` for ever.

    Args:
        interval: between two lists of a scope, give or take a tenth, while this replica leads.
        on_round: awaited when each scope was listed again, or is known to be lost.
        on_back: called with the name of a scope that is listed again after trouble.
    """

    def __init__(  # noqa: PLR0913 - collaborators, by keyword
        self,
        *,
        scopes: Scopes,
        resync: Resync,
        clock: Clock,
        metrics: Metrics,
        interval: timedelta,
        on_round: Callable[[], Awaitable[None]],
    ) -> None:
        self._scopes, self._resync = scopes, resync
        self._clock, self._metrics = clock, metrics
        self._interval = interval.total_seconds()
        self._on_round = on_round
        self.on_back: Callable[[str], None] = lambda _: None
        self._plans = {scope.name: _Plan(scope) for scope in scopes}
        self._round: set[str] = set()
        self._round_took = 0.0
        self._by_the_clock = False
        self._changed = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self.has_synced = False
        """Whether this replica has seen what there is, but for scopes that are lost."""

    async def fill(self) -> None:
        """List each scope for the first time, until a start need wait for none any longer."""
        keeping = self._start()
        while not self._note_progress():
            changed = asyncio.create_task(self._changed.wait())
            done, _ = await asyncio.wait({keeping, changed}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            self._changed.clear()
            if keeping in done:
                await keeping

    async def keep(self, *, by_the_clock: bool) -> None:
        """Go on for ever. Raises ClusterRolledBackError. `by_the_clock`: list also when nobody asked for it."""
        self._by_the_clock = by_the_clock
        keeping = self._start()
        for plan in self._plans.values():
            plan.wake.set()
        await asyncio.shield(keeping)

    def stop(self) -> None:
        """End what `fill` and `keep` began."""
        if self._keeping is not None:
            self._keeping.cancel()

    def request_resync(self, name: str) -> None:
        """Something may have changed in a scope of which no event will tell."""
        self._plans[name].asked = True
        self._plans[name].wake.set()

    def watch_refused(self, name: str) -> None:
        """The watch of a scope was refused, or ended: no events come."""
        self._scopes.is_watched(name, watched=False)
        self.look_soon(name)

    def watch_goes_on(self, name: str) -> None:
        """That watch goes on."""
        self._scopes.is_watched(name, watched=True)

    def look_soon(self, name: str) -> None:
        """Something was refused in a scope: see whether it is lost."""
        self._plans[name].suspect = True
        self._plans[name].wake.set()

    def _start(self) -> asyncio.Task[None]:
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep_all())
        return self._keeping

    async def _keep_all(self) -> None:
        tasks = [asyncio.create_task(self._keep(plan)) for plan in self._plans.values()]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _keep(self, plan: _Plan) -> None:
        while True:
            await self._until_wanted(plan)
            if plan.asked or plan.due <= self._clock.monotonic():
                await self._list_until_done(plan)
            else:
                await self._look(plan)

    async def _until_wanted(self, plan: _Plan) -> None:
        while not (plan.asked or plan.suspect):
            plan.wake.clear()
            nap = max(0.0, plan.due - self._clock.monotonic()) if self._by_the_clock else None
            try:
                async with asyncio.timeout(nap):
                    await plan.wake.wait()
            except TimeoutError:
                return
        if plan.asked and plan.scope.listed:
            rested = self._clock.monotonic() - plan.ended
            await self._clock.sleep(max(GATHER_SECONDS, min(plan.took * REST_IF_ASKED, MOST_REST_SECONDS) - rested))

    async def _look(self, plan: _Plan) -> None:
        """Where work or a watch was refused: if the scope may not be listed either, it is lost."""
        plan.suspect = False
        try:
            await self._resync.look(plan.scope.name)
        except ForbiddenError as error:
            await self._failed(plan, error)
            plan.asked = True
            await self._clock.sleep(RETRIES.first)
        except ApiError:
            await self._clock.sleep(LOOK_SECONDS)
        else:
            await self._clock.sleep(LOOK_SECONDS)

    async def _list_until_done(self, plan: _Plan) -> None:
        for failures in count(1):
            plan.asked = plan.suspect = False
            try:
                took = await self._list(plan.scope)
            except ApiError as error:
                await self._failed(plan, error)
                await self._rest(plan, RETRIES.after(failures))
            else:
                await self._succeeded(plan, took)
                return

    async def _list(self, scope: Scope) -> float:
        """One list; where the last was refused, two small ones come first. Raises the leaves of ApiError."""
        self._scopes.trying(scope)
        try:
            if scope.denied or scope.suspected:
                await self._resync.look(scope.name)
                self._scopes.may_be_listed(scope)
            return await self._resync.run(scope.name)
        except (ApiError, ClusterRolledBackError):
            raise
        except Exception as error:
            # Whatever an answer held: it concerns this scope alone.
            message = f"the list of {scope.name} cannot be understood: {label_of(type(error))}"
            raise UnavailableError(message) from error

    async def _rest(self, plan: _Plan, seconds: float) -> None:
        """Wait, but no longer than a second once a watch of the scope has begun: then a list will work too."""
        await self._clock.sleep(RETRIES.first)
        plan.wake.clear()
        if plan.asked:
            return
        try:
            async with asyncio.timeout(seconds - RETRIES.first):
                while not plan.asked:
                    plan.wake.clear()
                    await plan.wake.wait()
        except TimeoutError:
            return

    def _note_progress(self) -> bool:
        self.has_synced = self.has_synced or self._scopes.started
        return self.has_synced

    async def _failed(self, plan: _Plan, error: ApiError) -> None:
        self._scopes.was_not_listed(plan.scope, error)
        self._note_progress()
        self._changed.set()
        # A round waits for a scope no longer than a start does: what comes with it is the others' too.
        if plan.scope.start_may_proceed(self._clock.monotonic()) and self._through(plan):
            await self._on_round()

    async def _succeeded(self, plan: _Plan, took: float) -> None:
        was_lost = plan.scope.failing
        self._scopes.was_listed(plan.scope)
        spread = random.uniform(0.9, 1.1)  # noqa: S311 - so that neither replicas nor scopes list together
        rest = min(took * REST_AFTER_LIST, 2 * self._interval)
        plan.took, plan.ended = took, self._clock.monotonic()
        plan.due = plan.ended + max(self._interval * spread, rest)
        self._note_progress()
        self._changed.set()
        if was_lost:
            self.on_back(plan.scope.name)
        self._round_took += took
        if self._through(plan):
            await self._on_round()

    def _through(self, plan: _Plan) -> bool:
        """Note that this round no longer waits for a scope; whether the round is over by that."""
        self._round.add(plan.scope.name)
        if len(self._round) < len(self._plans) or self._scopes.all_denied:
            return False
        self._metrics.listed(self._round_took)
        self._round.clear()
        self._round_took = 0.0
        return True
