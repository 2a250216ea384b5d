"""One replica whose parts are called by hand: a test says what is stored, what was seen, and what goes wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pharia_access.domain.api_values import OneTimeSecret
from pharia_access.domain.conditions import find
from pharia_access.domain.model import Credential, ObjectKey, Policy, Token, TokenSpec
from pharia_access.domain.token import TokenText
from pharia_access.errors import ApiError
from pharia_access.services.operator.requeue import RequeueAfter
from pharia_access.services.operator.resync import Resync
from pharia_access.services.operator.scopes import CATALOG, EVERYWHERE
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue
from tests.support.builders.domain_objects import CREDENTIAL, TEXT, TOKEN, a_credential, a_role, a_token
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.ports import FakeRecorder, seeded_entropy
from tests.support.fakes.replica import Replica
from tests.support.fakes.scripted_faults import Fault, Script
from tests.support.fakes.store import FakeStore
from tests.support.fakes.virtual_time import FakeClock

__all__ = ["ARGO", "SECRET", "OperatorHarness", "drained", "message", "reason"]

ARGO = {"argocd.argoproj.io/tracking-id": "app:access.pharia.ai/ApiToken:finance/ci"}
"""The mark of a token that Git declares."""

SECRET = ObjectKey(TOKEN.namespace, f"{TOKEN.name}-token")
"""The one-time Secret of the token `TOKEN`."""

MOST_TRIES = 9


@dataclass(slots=True)
class OperatorHarness:
    """There are a role and a credential that holds it. The replica has seen both, and leads."""

    clock: FakeClock
    max_tokens: int | None = None
    policy: Policy = field(default_factory=Policy)
    recorder: FakeRecorder = field(default_factory=FakeRecorder)
    store: FakeStore = field(init=False)
    credential: Credential = field(init=False)
    script: Script = field(init=False)
    replica: Replica = field(init=False)
    processes: int = 0

    def __post_init__(self) -> None:
        self.store = FakeStore(self.clock.now)
        self.store.roles["studio-user"] = a_role()
        self.credential = self.store.apply_credential(a_credential(max_tokens=self.max_tokens))
        self.restart()

    def restart(self) -> None:
        """Another process takes over: it has seen everything and queued nothing, and no call of it fails."""
        self.processes += 1
        self.script = Script()
        self.replica = Replica(
            cluster=FakeCluster(self.store, faults=self.script, page_size=2),
            clock=self.clock,
            policy=self.policy,
            entropy=seeded_entropy(self.processes),
            recorder=self.recorder,
        )
        self.look_around()

    def rival(self) -> "OperatorHarness":
        """Another leader on the same cluster, which has seen everything, with Events and faults of its own."""
        rival = OperatorHarness(self.clock, self.max_tokens, self.policy)
        rival.store, rival.credential, rival.processes = self.store, self.credential, self.processes + 100
        rival.restart()
        return rival

    def look_around(self) -> None:
        """All that is stored is seen; nothing is queued for it."""
        cache = self.replica.cache
        self.replica.leader_queue.is_leader = False
        for role in self.store.roles.values():
            cache.apply_role(role)
        for credential in self.store.credentials.values():
            cache.apply_credential(credential)
        for token in self.store.tokens.values():
            cache.apply_event(token)
        self.replica.leader_queue.is_leader = True

    # --- what people do

    def create(
        self,
        name: str = TOKEN.name,
        *,
        ttl: timedelta | None = None,
        expires_at: datetime | None = None,
        revoked: bool = False,
        annotations: Mapping[str, str] | None = None,
    ) -> Token:
        """Have a token under the credential; the replica has not seen it yet."""
        key = ObjectKey(CREDENTIAL.namespace, name)
        return self.store.apply_token(
            a_token(key, ttl=ttl, expires_at=expires_at, revoked=revoked, annotations=annotations)
        )

    def revoke(self, key: ObjectKey = TOKEN) -> None:
        """Set `spec.revoked`."""
        self.edit(lambda spec: replace(spec, revoked=True), key)

    def edit(self, change: Callable[[TokenSpec], TokenSpec], key: ObjectKey = TOKEN) -> None:
        """Change a token's spec."""
        self.store.edit_token(key, change)

    def replace_credential(self) -> Credential:
        """Delete the credential and create one of the same name; the replica sees only the new one."""
        self.store.delete_credential(CREDENTIAL)
        made = self.store.apply_credential(a_credential(max_tokens=self.max_tokens))
        self.replica.cache.apply_credential(made)
        return made

    def remove_credential(self) -> None:
        """Delete the credential; the replica sees it."""
        self.store.delete_credential(CREDENTIAL)
        self.replica.cache.remove_credential(CREDENTIAL)

    def leave_secret(
        self,
        uid: str = "secret-1",
        *,
        token_uid: str,
        token_name: str = TOKEN.name,
        immutable: bool = True,
        owner_uid: str | None = None,
        age: timedelta = timedelta(0),
        text: TokenText | None = TEXT,
    ) -> OneTimeSecret:
        """Have a Secret of our type under the name of the token's."""
        created = self.clock.now() - age
        secret = OneTimeSecret(SECRET, uid, created, immutable, token_uid, token_name, text)
        return self.store.put_secret(secret, owner_uid=owner_uid or token_uid)

    # --- what the operator does

    async def reconcile(self, key: ObjectKey = TOKEN) -> Token | None:
        """One reconcile of a token; returns what is stored then. Raises what the reconciler raises."""
        await self.replica.tokens.reconcile(key)
        return self.store.tokens.get(key)

    async def mint(self, name: str = TOKEN.name, *, ttl: timedelta | None = None) -> Token:
        """Have an active token, with all its writes done and forgotten."""
        token = self.create(name, ttl=ttl)
        minted = await self.reconcile(token.key)
        assert minted is not None
        assert minted.minted
        self.forget_calls()
        return minted

    async def persist(self, key: ObjectKey = TOKEN) -> Token | None:
        """Reconcile until the API server refuses nothing any more. Returns what is stored then."""
        for _ in range(MOST_TRIES):
            try:
                return await self.reconcile(key)
            except ApiError:
                continue
        message = f"{key} is not done after {MOST_TRIES} tries"
        raise AssertionError(message)

    async def turned_away(self, key: ObjectKey = TOKEN) -> float:
        """After how many seconds a reconcile asks to be repeated."""
        try:
            await self.replica.tokens.reconcile(key)
        except RequeueAfter as requeue:
            return requeue.seconds
        message = f"{key} needs no other look"
        raise AssertionError(message)

    async def list_all(self, cluster: FakeCluster | None = None) -> None:
        """One full list. Raises what the list raises."""
        resync = self.resync(cluster)
        for scope in (CATALOG, EVERYWHERE):
            await resync.run(scope)

    def resync(self, cluster: FakeCluster | None = None) -> Resync:
        """What lists, and remembers its last list."""
        replica = self.replica
        ports = replace(replica.ports(), cluster=cluster or replica.cluster)
        return Resync(ports, replica.cache)

    def fail(self, verb: str, *faults: Fault) -> None:
        """Have the next calls of this verb go wrong."""
        self.script.by_verb.extend((verb, fault) for fault in faults)

    # --- what came of it

    def forget_calls(self) -> None:
        """Count calls and Events from here on."""
        self.script.calls.clear()
        self.recorder.notices.clear()

    def calls(self) -> list[str]:
        """The verbs of all calls, in order."""
        return self.script.verbs()

    def writes(self) -> list[str]:
        """The verbs of all calls that may have changed something."""
        return [call.verb for call in self.script.calls if call.writes]

    def token(self, key: ObjectKey = TOKEN) -> Token:
        """A token as it is stored."""
        return self.store.tokens[key]

    def work(self, key: ObjectKey = TOKEN) -> WorkItem:
        """The work for a token."""
        return WorkItem("token", key)


def reason(item: Token | Credential, condition: str = "Ready") -> str | None:
    """The reason of a condition, None where there is no such condition."""
    found = find(item.status.conditions, condition)
    return None if found is None else found.reason


def message(item: Token | Credential, condition: str = "Ready") -> str:
    """What a condition tells a person."""
    found = find(item.status.conditions, condition)
    assert found is not None
    return found.message


async def drained(queue: WorkQueue) -> list[WorkItem]:
    """All that waits now, in the order in which it is taken."""
    taken = []
    while len(queue):
        work = await queue.get()
        taken.append(work)
        queue.done(work)
    return taken
