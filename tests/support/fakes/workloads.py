"""The port Workloads as one process sees it: in front of `StoredWorkloads`, through its connection."""

from collections.abc import AsyncIterator

from pharia_access.domain.api_values import Page
from pharia_access.domain.lifecycle.workload.decisions import Sight
from pharia_access.domain.model import ObjectKey, Token
from pharia_access.domain.token import TokenText
from pharia_access.domain.workload import WorkloadStatus, WorkloadToken
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.stored_workloads import StoredWorkloads

__all__ = ["FakeWorkloads"]


class FakeWorkloads:
    """Its calls wait, fail and crash as those of the process's cluster."""

    def __init__(self, cluster: FakeCluster, stored: StoredWorkloads | None = None) -> None:
        self._cluster = cluster
        self.stored = stored or StoredWorkloads(cluster.store)
        self.refusal = ""
        """What a dry run of an ApiToken's creation is answered."""

    async def workload_pages(self, *, namespace: str | None = None) -> AsyncIterator[Page[WorkloadToken]]:
        found = await self._cluster.call("list_workloads", namespace or "", self._all)
        chosen = tuple(each for each in found if namespace in {None, each.key.namespace})
        yield Page(self._cluster.store.version, chosen)

    async def read_workload(self, key: ObjectKey) -> WorkloadToken:
        return await self._cluster.call("read_workload", key, lambda: self.stored.read(key))

    async def write_workload_status(self, workload: WorkloadToken, status: WorkloadStatus) -> WorkloadToken:
        def write() -> WorkloadToken:
            return self.stored.write_status(workload, status)

        return await self._cluster.call("write_workload_status", workload.key, write)

    async def try_child(self, workload: WorkloadToken, name: str) -> str:
        return await self._cluster.call("try_child", name, lambda: self.refusal)

    async def create_child(self, workload: WorkloadToken, name: str) -> Token:
        return await self._cluster.call("create_child", name, lambda: self.stored.create_child(workload, name))

    async def look(self, workload: WorkloadToken, revision: int) -> Sight:
        return await self._cluster.call("look", workload.key, lambda: self.stored.look(workload, revision))

    async def create_kept(self, workload: WorkloadToken, revision: int, text: TokenText) -> None:
        def create() -> None:
            self.stored.create_kept(workload, revision, text)

        await self._cluster.call("create_kept", workload.key, create)

    async def replace_kept(self, workload: WorkloadToken, revision: int, text: TokenText) -> None:
        def replace() -> None:
            self.stored.replace_kept(workload, revision, text)

        await self._cluster.call("replace_kept", workload.key, replace)

    def _all(self) -> list[WorkloadToken]:
        return list(self._cluster.store.workloads.values())
