"""Brings one WorkloadToken to what its spec asks for: gather, decide, apply, and again until nothing is left to do."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.lifecycle.workload.conditions import notices, told
from pharia_access.domain.lifecycle.workload.decisions import (
    Answers,
    AskServer,
    CollectSecret,
    Create,
    Deliver,
    DropChild,
    InSync,
    Observed,
    Sight,
    WriteStatus,
)
from pharia_access.domain.lifecycle.workload.refusals import Refusal
from pharia_access.domain.lifecycle.workload.workload_rules import abandoned, decide, delivered, renumbered, taken_on
from pharia_access.domain.model import ObjectKey, Reason, Token
from pharia_access.domain.workload import WorkloadStatus, WorkloadToken
from pharia_access.errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.requeue import RequeueAfter
from pharia_access.services.operator.workloads.collecting import Collecting
from pharia_access.services.operator.workloads.delivery import Delivery, Outcome
from pharia_access.services.operator.workloads.index import WorkloadIndex
from pharia_access.services.operator.workloads.surroundings import Surroundings
from pharia_access.services.rate_limiter import RateLimiter

__all__ = ["WorkloadReconciler"]

MOST_ROUNDS: Final = 16
"""A rotation takes nine at most: ask, number, create, record, deliver, record, collect, drop, in sync."""

REFUSED_RETRY_SECONDS: Final = 10.0
"""When something that a person must change is tried again, at the earliest; where many are, a namespace's share."""


Step = AskServer | WriteStatus | Create | Deliver | CollectSecret | DropChild


@dataclass(slots=True)
class _Round:
    """What is known of one WorkloadToken while it is reconciled."""

    workload: WorkloadToken
    children: dict[str, Token]
    answers: Answers | None = None


class WorkloadReconciler:
    """One call of `reconcile` at a time per key: the work queue sees to it.

    Args:
        in_sync: told when a WorkloadToken needs nothing until a moment (None: until something changes).
        retry_seconds: gives the share of a namespace whose requests are refused.
    """

    def __init__(  # noqa: PLR0913 - collaborators, by keyword
        self,
        ports: Ports,
        *,
        index: WorkloadIndex,
        around: Surroundings,
        collecting: Collecting,
        deletes: RateLimiter,
        in_sync: Callable[[WorkloadToken, datetime | None], None],
        forget: Callable[[ObjectKey], None],
        retry_seconds: Callable[[str], float],
    ) -> None:
        self._port, self._cluster = ports.workloads, ports.cluster
        self._recorder, self._metrics, self._clock = ports.recorder, ports.metrics, ports.clock
        self._delivery = Delivery(ports.workloads, ports.secrets)
        self._index = index
        self._around = around
        self._collecting = collecting
        self._deletes = deletes
        self._in_sync = in_sync
        self._forget = forget
        self._retry_seconds = retry_seconds

    async def reconcile(self, key: ObjectKey) -> None:
        """Do what the rules say. Raises leaves of ApiError, InvalidObjectError, RequeueAfter."""
        known, edited = self._index.get(key), self._index.take_edited(key)
        if known is not None and not edited and self._is_quiet(known):
            return
        try:
            workload = await self._port.read_workload(key)
        except NotFoundError:
            self._index.remove(key)
            self._forget(key)
            return
        self._index.keep(workload)
        if edited:
            self._around.saw(workload, await self._sight(workload))
        await self._bring_in_sync(_Round(workload, dict(self._index.children_of(workload))))

    def _is_quiet(self, workload: WorkloadToken) -> bool:
        """Whether by all that is known nothing is to be done; then not one request is made."""
        decision = decide(self._observe(_Round(workload, dict(self._index.children_of(workload)))), self._clock.now())
        if not isinstance(decision, InSync):
            return False
        self._in_sync(workload, decision.recheck_at)
        return True

    async def _sight(self, workload: WorkloadToken) -> Sight | None:
        current = workload.status.current
        return None if current is None or workload.deleting else await self._port.look(workload, current.revision)

    async def _bring_in_sync(self, at_work: _Round) -> None:
        for _ in range(MOST_ROUNDS):
            await self._read_children(at_work)
            observed = self._observe(at_work)
            decision = decide(observed, self._clock.now())
            if isinstance(decision, InSync):
                self._in_sync(at_work.workload, decision.recheck_at)
                self._come_back_if_refused(at_work)
                return
            await self._apply(at_work, observed, decision)
        raise RequeueAfter(REFUSED_RETRY_SECONDS)

    async def _apply(self, at_work: _Round, observed: Observed, decision: Step) -> None:
        match decision:
            case AskServer(name, revision):
                at_work.answers = await self._ask(at_work.workload, name, revision)
            case WriteStatus():
                await self._write(at_work, decision)
            case Create():
                await self._create(at_work, observed)
            case Deliver():
                await self._deliver(at_work, observed, decision)
            case CollectSecret(child):
                await self._collecting.take(child)
            case DropChild():
                await self._drop(at_work, decision)

    async def _read_children(self, at_work: _Round) -> None:
        """Read live the two by which something is made or given up: a cache may be late."""
        status = at_work.workload.status
        for listed in (status.current, status.pending):
            if listed is None or listed.uid is None:
                continue
            try:
                child = await self._cluster.read_token(ObjectKey(at_work.workload.key.namespace, listed.name))
            except NotFoundError:
                at_work.children.pop(listed.name, None)
                continue
            at_work.children[listed.name] = child

    def _observe(self, at_work: _Round) -> Observed:
        children = {name: self._collecting.foreseen(child) for name, child in at_work.children.items()}
        return replace(self._around.observe(at_work.workload, children), answers=at_work.answers)

    async def _ask(self, workload: WorkloadToken, name: str, revision: int) -> Answers:
        refusal = await self._port.try_child(workload, name)
        return Answers(refusal, await self._port.look(workload, revision))

    async def _write(self, at_work: _Round, decision: WriteStatus) -> None:
        before = at_work.workload
        at_work.workload = await self._port.write_workload_status(before, decision.status)
        self._index.keep(at_work.workload)
        self._count(before.status, at_work.workload.status)
        if before.status.revision != at_work.workload.status.revision:
            at_work.answers = None
        self._tell(decision.notices)

    def _count(self, before: WorkloadStatus, after: WorkloadStatus) -> None:
        """A number that was given came to its end: its token is in the Secret, or was given up."""
        pending, current = before.pending, after.current
        if pending is not None and after.pending is None:
            there = current is not None and current.revision == pending.revision
            self._metrics.rotated(pending.why, "delivered" if there else "given-up")

    def _tell(self, said: tuple[EventMessage, ...]) -> None:
        for notice in said:
            self._recorder.record(notice)

    async def _create(self, at_work: _Round, observed: Observed) -> None:
        workload, pending = at_work.workload, observed.workload.status.pending
        if pending is None:
            return
        try:
            child = await self._port.create_child(workload, pending.name)
        except AlreadyExistsError:
            child = await self._cluster.read_token(ObjectKey(workload.key.namespace, pending.name))
        except ForbiddenError as refused:
            await self._refused(
                at_work, Reason.NOT_DELEGATED, f"The operator may not create ApiToken {pending.name}: {refused}"
            )
            return
        if workload.controls(child.owners) and child.spec.credential_name == workload.spec.credential_name:
            at_work.children[child.key.name] = child
            await self._write(at_work, WriteStatus(taken_on(observed, child)))
        else:
            await self._write(at_work, WriteStatus(renumbered(observed)))

    async def _deliver(self, at_work: _Round, observed: Observed, decision: Deliver) -> None:
        name = at_work.workload.spec.secret.name
        try:
            outcome = await self._delivery.deliver(at_work.workload, decision)
        except (AlreadyExistsError, NotFoundError) as meanwhile:
            message = f"Secret {name} came or went while it was written"
            raise ConflictError(message) from meanwhile
        except (ForbiddenError, InvalidError) as refused:
            await self._refused(at_work, Reason.SECRET_REFUSED, f"The API server refuses Secret {name}: {refused}")
            return
        match outcome:
            case Outcome.THERE:
                await self._write(at_work, delivered(observed, decision.child, self._clock.now()))
                self._around.saw(at_work.workload, Sight.HELD)
            case Outcome.TEXT_GONE:
                await self._write(at_work, abandoned(observed, "its one-time Secret was taken before it was delivered"))
            case Outcome.CHANGED:
                message = f"{at_work.workload.key} changed while its token was delivered"
                raise ConflictError(message)
            case Outcome.FOREIGN:
                await self._refused(at_work, Reason.SECRET_CONFLICT, f"Secret {name} is somebody else's. Delete it")

    async def _drop(self, at_work: _Round, decision: DropChild) -> None:
        child = decision.child
        await self._deletes.wait(child.key.namespace)
        await self._cluster.delete_token(child.key, child.uid)
        at_work.children.pop(child.key.name, None)
        self._tell(decision.notices)

    async def _refused(self, at_work: _Round, reason: Reason, message: str) -> None:
        """Say what a person must change, and come back."""
        observed = self._observe(at_work)
        status = told(observed, Refusal(reason, f"{message}.", stalled=True), self._clock.now())
        if status != at_work.workload.status:
            await self._write(at_work, WriteStatus(status, notices(observed, status)))
        raise self._come_back(at_work.workload)

    def _come_back_if_refused(self, at_work: _Round) -> None:
        if at_work.answers is not None:
            raise self._come_back(at_work.workload)

    def _come_back(self, workload: WorkloadToken) -> RequeueAfter:
        return RequeueAfter(max(REFUSED_RETRY_SECONDS, self._retry_seconds(workload.key.namespace)))
