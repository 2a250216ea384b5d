"""An API server of our kinds for Kopf's watches, and the stores that they feed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pharia_access.domain.api_values import Kind
from pharia_access.entrypoints.operator.cache_store import CacheStore, WatchStore
from pharia_access.services.operator.scopes import EVERYWHERE
from pharia_access.services.operator.work_queue import WorkItem
from pharia_access.settings.operator import OperatorSettings
from tests.support.builders.stored_objects import stored_credential, stored_role, stored_token
from tests.support.builders.stored_workloads import stored_workload
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.hostile_api import ReceivedRequest, reply
from tests.support.fakes.replica import Replica
from tests.support.fakes.store import FakeStore
from tests.support.fakes.virtual_time import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable


Json = dict[str, Any]
__all__ = ["GROUP", "OBJECTS", "VERSION", "Health", "Post", "a_kind", "nobody", "served"]


def _nothing(*_: object) -> None:
    """Nobody listens."""


@dataclass
class Health:
    """Who is told how the watches of a scope go; nobody but for what a test gives."""

    request_resync: Callable[[str], None] = field(default=_nothing)
    watch_refused: Callable[[str], None] = field(default=_nothing)
    watch_goes_on: Callable[[str], None] = field(default=_nothing)


def key_of(body: Json) -> tuple[str, ...]:
    """The namespace, if any, and the name."""
    metadata = body["metadata"]
    return (*filter(None, [metadata.get("namespace")]), metadata["name"])


class Post:
    """The stores of a replica, which fill its cache."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.replica = Replica(cluster=FakeCluster(FakeStore(clock.now)), clock=clock)
        self.replica.leader_queue.is_leader = True
        self.cache = self.replica.cache
        self.health = Health()

    def store_of(self, kind: Kind, scope: str) -> WatchStore:
        window = OperatorSettings().default_window
        return CacheStore(kind, scope, cache=self.cache, health=self.health, window=window)

    def tell(self, event: Json) -> None:
        """As a watch does."""
        body = event["object"]
        store = self.store_of(body["kind"], EVERYWHERE)
        if event["type"] == "DELETED":
            store.drop("/".join(key_of(body)), body["metadata"]["uid"])
        else:
            store.put(body)

    @property
    def waiting(self) -> set[WorkItem]:
        return set(self.replica.queue._waiting)


GROUP, VERSION = "access.pharia.ai", "v1alpha1"
OBJECTS = {
    "apiroles": stored_role(),
    "apicredentials": stored_credential(),
    "apitokens": stored_token(),
    "workloadtokens": stored_workload(),
}
DISCOVERY: Json = {
    "/api": {"versions": ["v1"]},
    "/apis": {
        "groups": [
            {"name": name, "versions": [{"version": version}], "preferredVersion": {"version": version}}
            for name, version in ((GROUP, VERSION), ("apiextensions.k8s.io", "v1"))
        ]
    },
    "/api/v1": ["namespaces"],
    "/apis/apiextensions.k8s.io/v1": ["customresourcedefinitions"],
    f"/apis/{GROUP}/{VERSION}": list(OBJECTS),
}


def served(request: ReceivedRequest) -> bytes | None:
    """What Kopf asks for: which kinds there are, lists, and then watches in which an object of each kind comes."""
    last = request.path.rpartition("/")[2]
    if "watch" in request.query:
        from_the_list = request.query["resourceVersion"] == ["9"]
        return reply(200, {"type": "ADDED", "object": OBJECTS[last]}) if from_the_list else None
    if last in OBJECTS:
        nothing = request.query.get("fieldSelector") == ["metadata.name=-"]
        items = [] if nothing else [OBJECTS[last]] * 1000
        return reply(200, {"metadata": {"resourceVersion": "9"}, "items": items})
    answer = DISCOVERY.get(request.path, {})
    if isinstance(answer, list):
        answer = {"resources": [a_kind(plural) for plural in answer]}
    return reply(200, answer)


def a_kind(plural: str) -> Json:
    kind = stored["kind"] if (stored := OBJECTS.get(plural)) else plural.title()
    namespaced = plural in {"apicredentials", "apitokens", "workloadtokens"}
    return {"name": plural, "singularName": "", "kind": kind, "namespaced": namespaced, "verbs": ["list", "watch"]}


def nobody() -> None:
    """Nobody waits for the end."""
