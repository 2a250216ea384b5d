"""Gives each piece of work to whom it is for, and tells people of objects that cannot be understood."""

from pharia_access.domain.api_values import InvalidObject, Kind
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.credential_reconciler import CredentialReconciler
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.token_reconciler import TokenReconciler
from pharia_access.services.operator.withdrawals import Withdrawals
from pharia_access.services.operator.work_queue import WorkItem
from pharia_access.services.operator.workloads.keeper import WorkloadKeeper

__all__ = ["Dispatch", "kind_of"]


def kind_of(work: WorkItem) -> Kind:
    """Return the kind that the work is about; a one-time Secret counts as its token."""
    match work.kind:
        case "credential":
            return "ApiCredential"
        case "workload":
            return "WorkloadToken"
        case "token" | "secret":
            return "ApiToken"


class Dispatch:
    """Use from one event loop."""

    def __init__(  # noqa: PLR0913 - collaborators, by keyword
        self,
        ports: Ports,
        cache: ClusterCache,
        *,
        tokens: TokenReconciler,
        credentials: CredentialReconciler,
        workloads: WorkloadKeeper,
        withdrawals: Withdrawals,
    ) -> None:
        self._cluster, self._clock = ports.cluster, ports.clock
        self._cache = cache
        self._tokens = tokens
        self._credentials = credentials
        self._workloads = workloads
        self._withdrawals = withdrawals

    async def do(self, work: WorkItem) -> None:
        """Do a piece of work. Raises what its reconciler raises."""
        match work.kind:
            case "token":
                await self._tokens.reconcile(work.key)
            case "credential":
                await self._credentials.reconcile(work.key, live=self._invalid_object(work) is not None)
            case "workload":
                await self._workloads.reconcile(work.key)
            case "secret":
                await self._withdrawals.delete_orphan(work.key, work.uid)

    async def report_invalid(self, work: WorkItem) -> None:
        """Write into the object's status why it is invalid. Raises whatever such an object makes a library raise."""
        invalid = self._invalid_object(work)
        if invalid is not None:
            await self._cluster.write_invalid_status(invalid, now=self._clock.now())

    def _invalid_object(self, work: WorkItem) -> InvalidObject | None:
        return None if work.kind == "secret" else self._cache.invalid_object(kind_of(work), work.key)
