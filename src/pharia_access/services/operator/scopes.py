"""What is listed, watched and judged for itself: each watched namespace, or all as one, and the catalog of roles.

What is wrong with one of them changes nothing for the others. Work in a namespace that may not be listed is held until
it was listed again: of what happened there meanwhile nobody told us, so nothing is judged, deleted or tried.
"""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pharia_access.domain.token_bucket import TokenBucket
from pharia_access.errors import ApiError, ForbiddenError, label_of
from pharia_access.services.operator.ports import Metrics
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue
from pharia_access.services.ports import Clock

__all__ = ["CATALOG", "EVERYWHERE", "Scope", "Scopes"]

log = logging.getLogger(__name__)

EVERYWHERE: Final = "*"
"""The scope of all namespaces as one, where none is named. No namespace can be called so."""
CATALOG: Final = "apiroles/*"
"""The scope of the roles. No namespace can be called so."""

START_TIMEOUT_SECONDS: Final = 10.0
"""How long a start waits for a scope that is neither listed nor refused."""
CONFIRM_SECONDS: Final = 2.0
"""How long a 403 must last to count: an API server that has just started gives some before it knows its roles."""
REFUSED_PER_SECOND: Final = 5.0
"""How much of the work that was refused in a namespace is tried again there in a second, at most."""


@dataclass(slots=True, eq=False)
class Scope:
    """One of them, as far as this replica has got with it.

    Attributes:
        began: when the first try to list it began, in seconds of the clock's `monotonic`; None before.
        listed: whether it was ever listed since this replica started.
        denied: whether it may not be listed: its work is held.
        failing: whether its last list failed, for whatever reason.
        deaf: whether its watch is refused or has ended.
    """

    name: str
    began: float | None = None
    listed: bool = False
    denied: bool = False
    failing: bool = False
    unwatched: bool = False
    held: dict[WorkItem, None] = field(default_factory=dict)
    reported: bool = True
    denied_since: float = math.inf

    @property
    def suspected(self) -> bool:
        """Whether it was answered 403 just now, and may be denied: its work is held so long."""
        return self.denied_since < math.inf

    @property
    def watched(self) -> bool:
        """Whether all is well with it."""
        return self.listed and self.is_current

    @property
    def is_current(self) -> bool:
        """Whether we hear what happens there, so that the view is as it is."""
        return not (self.failing or self.unwatched)

    def start_may_proceed(self, now: float) -> bool:
        """Whether a start need not wait for it any longer."""
        return self.listed or self.denied or (self.began is not None and now - self.began >= START_TIMEOUT_SECONDS)


class Scopes:
    """All scopes of an operator.

    Args:
        namespaces: the only ones that are watched; none stands for all, as one.
    """

    def __init__(self, namespaces: tuple[str, ...], *, queue: WorkQueue, clock: Clock, metrics: Metrics) -> None:
        self._queue, self._clock, self._metrics = queue, clock, metrics
        self._named = bool(namespaces)
        self.catalog = Scope(CATALOG)
        self._stranger = Scope("", listed=True)
        self._namespaces = {name: Scope(name) for name in namespaces or (EVERYWHERE,)}
        self._refused: dict[str, TokenBucket] = {}

    def __iter__(self) -> Iterator[Scope]:
        yield self.catalog
        yield from self._namespaces.values()

    def of(self, namespace: str) -> Scope:
        """The scope that a namespace is in. One that is not watched is in none of ours: a stranger, always well."""
        return self._namespaces.get(namespace if self._named else EVERYWHERE, self._stranger)

    def called(self, name: str) -> Scope:
        """The scope of that name."""
        return self.catalog if name == CATALOG else self._namespaces[name]

    @property
    def started(self) -> bool:
        """Whether a start need wait no longer: some namespace was listed, and nothing else is worth the wait."""
        now = self._clock.monotonic()
        return all(scope.start_may_proceed(now) for scope in self) and any(
            scope.listed for scope in self._namespaces.values()
        )

    @property
    def all_denied(self) -> bool:
        """Whether no namespace may be listed."""
        return all(scope.denied for scope in self._namespaces.values())

    def missing(self) -> list[str]:
        """What keeps a replica from its work, or from standing by for it: that no namespace can be watched."""
        lost = [scope.name for scope in self._namespaces.values() if scope.denied or scope.unwatched]
        return [f"no namespace can be watched: {', '.join(lost)}"] if len(lost) == len(self._namespaces) else []

    def hold(self, work: WorkItem) -> bool:
        """Whether this work must wait until its scope was listed; if so, it is kept, and queued again then.

        A credential's status tells of roles and counts tokens, so these must have been listed once.
        """
        scope = self.of(work.key.namespace)
        if scope.denied or scope.suspected or (work.kind == "credential" and not scope.listed):
            scope.held[work] = None
            return True
        if work.kind == "credential" and not self.catalog.listed:
            self.catalog.held[work] = None
            return True
        return False

    def refused(self, namespace: str) -> float:
        """Work in a namespace was refused: in how many seconds it may be tried again.

        A right that lacks is refused to each token alike: of 50,000, only some are tried in a second.
        """
        now = self._clock.monotonic()
        bucket = self._refused.setdefault(namespace, TokenBucket(REFUSED_PER_SECOND))
        bucket.reserve(now)
        return bucket.wait_seconds(now)

    # --- what became of a scope

    def trying(self, scope: Scope) -> None:
        """It is about to be listed."""
        if scope.began is None:
            scope.began = self._clock.monotonic()

    def was_listed(self, scope: Scope) -> None:
        """A list of it has ended: what was held goes on."""
        scope.listed, scope.failing, scope.denied, scope.denied_since = True, False, False, math.inf
        for namespace in [one for one in self._refused if self.of(one) is scope]:
            del self._refused[namespace]
        self._release(scope)
        self._report(scope)

    def may_be_listed(self, scope: Scope) -> None:
        """It was looked at, and not refused. Where that was in doubt only, work goes on; a loss is over with a list."""
        if not scope.denied:
            scope.denied_since = math.inf
            self._release(scope)

    def was_not_listed(self, scope: Scope, error: ApiError) -> None:
        """A list of it has failed. Once it is refused, only a list that ends undoes that."""
        scope.failing = True
        now = self._clock.monotonic()
        scope.denied_since = min(scope.denied_since, now) if isinstance(error, ForbiddenError) else math.inf
        scope.denied = scope.denied or now - scope.denied_since >= CONFIRM_SECONDS
        self._report(scope, error)

    def _release(self, scope: Scope) -> None:
        held, scope.held = scope.held, {}
        for work in held:
            self._queue.add(work, low_priority=True)

    def is_watched(self, name: str, *, watched: bool) -> None:
        """The watch of the scope of that name was refused or has ended, or goes on."""
        scope = self.called(name)
        scope.unwatched = not watched
        self._report(scope)

    def report_all(self) -> None:
        """Tell the metrics of each namespace that is named."""
        for scope in self._namespaces.values() if self._named else ():
            self._metrics.namespace_watched(scope.name, watched=scope.watched)

    def _report(self, scope: Scope, error: ApiError | None = None) -> None:
        """Say once that a scope is lost, and once that it is back."""
        self.report_all()
        if scope.is_current is scope.reported:
            return
        scope.reported = scope.is_current
        what = "the catalog of roles" if scope is self.catalog else "a namespace"
        if scope.is_current:
            log.info("%s is watched again", what, extra={"namespace": scope.name})
            return
        problem = {} if error is None else {"error": label_of(type(error)), "problem": str(error)}
        log.warning("%s cannot be watched", what, extra={"namespace": scope.name, **problem})
