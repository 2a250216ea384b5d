"""What wakes what: what each change of the cache enqueues or schedules, on the leader and on a standby alike."""

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.lifecycle import token_rules
from pharia_access.domain.lifecycle.decisions import InSync, Observed, RemoveOwner, WriteStatus
from pharia_access.domain.model import Credential, ObjectKey, Phase, Policy, Token
from pharia_access.services.operator.changes import TokenChange
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.leader_queue import LeaderQueue
from pharia_access.services.operator.life_log import log_deletion
from pharia_access.services.operator.places import Places
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.probes import Probes
from pharia_access.services.operator.schedule import Schedule
from pharia_access.services.operator.token_index import TokenRecord

__all__ = ["COALESCE_SECONDS", "EventHandlers"]

COALESCE_SECONDS = 2.0
"""How long a credential's counts may gather before they are written."""


class EventHandlers:
    """The ResourceEventHandler of the cluster cache."""

    def __init__(  # noqa: PLR0913 - collaborators, by keyword
        self,
        ports: Ports,
        *,
        cache: ClusterCache,
        places: Places,
        queue: LeaderQueue,
        schedule: Schedule,
        probes: Probes,
        policy: Policy,
    ) -> None:
        self._clock, self._metrics = ports.clock, ports.metrics
        self._cache = cache
        self._places = places
        self._queue = queue
        self._schedule = schedule
        self._probes = probes
        self._policy = policy

    # --- tokens

    def on_token_changed(self, change: TokenChange) -> None:
        """Count its credential again, and wake who waits for its place. One that went leaves nothing behind."""
        if change.after is None:
            self._queue.forget_token(change.key)
            self._schedule.set(change.key, None)
            self._probes.watch(change.key, None)
        self._places.on_token_changed(change)
        self._count_again(change)
        self._wake_replaced(change)
        if change.before is not None and change.before.holds_place:
            self.wake_waiting(change.before.credential)
        if change.after is None and change.before is not None:
            self._delete_open_secret(change.key, change.before)
            if self._queue.is_leader:
                log_deletion(change.key, change.before)

    def on_token_observed(self, token: Token, change: TokenChange | None, *, listed: bool) -> None:
        """Do the same, and enqueue the token if it needs something now; else schedule it for when it will."""
        if change is not None:
            self.on_token_changed(change)
        observed = self._observe(token)
        decision = token_rules.decide(observed, self._clock.now())
        if isinstance(decision, InSync | RemoveOwner):  # the latter takes minutes for many: what falls due is due
            self.mark_in_sync(token, decision)
        if isinstance(decision, InSync):
            if not observed.slot_free and TokenRecord.of(token).waits:
                self._places.park(token)
            return
        if self._queue.is_leader and isinstance(decision, WriteStatus):
            self._cache.keep_recent(token)
        self._queue.enqueue_token(token.key, low_priority=listed, ahead=token.deleting or token.spec.revoked)

    def on_token_written_too_late(self, token: Token) -> None:
        """Delete the one-time Secret that the deleted token recorded last (orphaning delete)."""
        self._delete_open_secret(token.key, TokenRecord.of(token))

    def mark_in_sync(self, token: Token, decision: InSync | RemoveOwner) -> None:
        """Schedule a token that needs nothing until that moment, and have its one-time Secret probed."""
        if not self._cache.is_deleted_in_flight(token):
            self._queue.forget_token(token.key)
            self._schedule.set(token.key, decision.recheck_at)
            self._probes.watch(token.key, TokenRecord.of(token).open_secret)

    def on_secret_collected(self, token: ObjectKey, uid: str) -> None:
        """We took the one-time Secret away as its reader: the token's status shall say so at once."""
        self._probes.note_missing(token, uid)
        self._queue.enqueue_token(token, low_priority=False)

    def wake_waiting(self, credential: ObjectKey) -> None:
        """Enqueue the tokens whose turn it is, where a credential may have a free place."""
        known = self._cache.credentials.get(credential)
        for key in () if known is None else self._places.woken(known):
            self._queue.enqueue_token(key)

    # --- credentials and roles

    def on_credential_changed(self, before: Credential | None, after: Credential, *, listed: bool) -> None:
        """Enqueue the tokens that it concerns, who may have a place now, and the credential if people changed it.

        Its counts change with each mint: of its WorkloadTokens that asks only those that may wait for a place.
        """
        if phases := after.concerns(before):
            self._enqueue_tokens_of(after.key, *phases)
        self.wake_waiting(after.key)
        self._enqueue_workloads_of(after.key, unready_only=not phases)
        if before is None or before.generation != after.generation or before.uid != after.uid:
            self._queue.enqueue_credential(after.key, low_priority=listed, ahead=after.deleting)

    def on_credential_listed(self, key: ObjectKey) -> None:
        """Enqueue the credential: its status is judged again."""
        self._queue.enqueue_credential(key)

    def on_credential_deleted(self, key: ObjectKey) -> None:
        """Enqueue all its tokens: they are dead, and go."""
        self._enqueue_tokens_of(key)
        self._enqueue_workloads_of(key)

    def on_role_changed(self, name: str) -> None:
        """Enqueue the credentials that name the role: their statuses may change."""
        if self._queue.is_leader:
            for key in self._cache.credentials_with(name):
                self._queue.enqueue_credential(key)

    # --- objects that cannot be decoded

    def on_invalid_object(self, invalid: InvalidObject) -> None:
        """Count it, and enqueue it so that its status can say so. A role has no status."""
        self._metrics.malformed(invalid.kind)
        if invalid.kind == "ApiCredential":
            self._queue.enqueue_credential(invalid.key)
            self._enqueue_workloads_of(invalid.key)
        elif invalid.kind == "WorkloadToken":
            self._queue.enqueue_workload(invalid.key)
        elif invalid.kind == "ApiToken" and self._queue.is_leader:
            self._queue.enqueue_token(invalid.key)

    # ---

    def _observe(self, token: Token) -> Observed:
        key = ObjectKey(token.key.namespace, token.spec.credential_name)
        credential = self._cache.credentials.get(key)
        return Observed(
            token,
            credential,
            self._policy,
            credential_invalid=credential is None and self._cache.invalid_object("ApiCredential", key) is not None,
            slot_free=credential is None or not self._places.must_wait(token, credential),
            succeeded=self._cache.tokens.is_succeeded(token),
        )

    def _enqueue_tokens_of(self, credential: ObjectKey, *phases: Phase) -> None:
        for key in self._cache.tokens.of_credential(credential, *phases):
            self._queue.enqueue_token(key)

    def _enqueue_workloads_of(self, credential: ObjectKey, *, unready_only: bool = False) -> None:
        for key in self._cache.workloads.of_credential(credential, unready_only=unready_only):
            self._queue.enqueue_workload(key)

    def _count_again(self, change: TokenChange) -> None:
        records = (change.before, change.after)
        old, new = (None if record is None else (record.credential, record.phase) for record in records)
        for place in {old, new} if self._queue.is_leader and old != new else ():
            if place is not None and place[0] in self._cache.credentials:
                self._queue.enqueue_credential_after(place[0], COALESCE_SECONDS)

    def _wake_replaced(self, change: TokenChange) -> None:
        """Enqueue the token that this one replaces since now, or no longer: it is warned of its end, or is not."""
        old, new = ("" if record is None else record.replaces for record in (change.before, change.after))
        for name in {old, new} - {""} if old != new else ():
            replaced = ObjectKey(change.key.namespace, name)
            if self._cache.tokens.is_warned_amiss(replaced):
                self._queue.enqueue_token(replaced)

    def _delete_open_secret(self, token: ObjectKey, record: TokenRecord) -> None:
        if record.open_secret is not None:
            name, uid = record.open_secret
            self._queue.enqueue_secret(ObjectKey(token.namespace, name), uid)
