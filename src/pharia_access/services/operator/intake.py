"""From what was seen to what must be looked at: keeps the view, asks the rules, and queues a key or schedules it.

Runs on every replica. A standby keeps view, schedule, and which tokens want something, to act on them first.
"""

from collections import deque

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.lifecycle import token_rules
from pharia_access.domain.lifecycle.decisions import InSync, Observed, RemoveOwner, WriteStatus
from pharia_access.domain.model import Credential, ObjectKey, Phase, Policy, Token
from pharia_access.domain.permissions import Role
from pharia_access.services.operator.cluster_cache import ClusterCache, TokenRecord, is_newer
from pharia_access.services.operator.in_flight_events import InFlightEvents
from pharia_access.services.operator.places import Places
from pharia_access.services.operator.probes import Probes
from pharia_access.services.operator.schedule import Schedule
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue
from pharia_access.services.ports import Ports

__all__ = ["Intake"]

COALESCE_SECONDS = 2.0
"""How long a credential's counts may gather before they are written."""

MOST_FRESH = 2000
"""How many tokens are kept whole until they are worked on: about 5 KiB each."""


class Intake:
    """Takes in objects from events, lists and our own writes alike."""

    def __init__(  # noqa: PLR0913 - collaborators, by keyword
        self,
        ports: Ports,
        *,
        view: ClusterCache,
        places: Places,
        queue: WorkQueue,
        schedule: Schedule,
        probes: Probes,
        policy: Policy,
    ) -> None:
        self._clock, self._metrics = ports.clock, ports.metrics
        self._view = view
        self._places = places
        self._queue = queue
        self._schedule = schedule
        self._probes = probes
        self._policy = policy
        self._malformed: dict[WorkItem, InvalidObject] = {}
        self._meanwhile = InFlightEvents(queue)
        self._fresh: dict[ObjectKey, Token] = {}
        self._undone: dict[ObjectKey, None] = {}
        self._left: deque[WorkItem] = deque(maxlen=1000)  # Secrets of tokens that went; no list finds those
        self.acting = False
        """Whether this replica leads: only then is work queued."""

    def take_over(self) -> None:
        """Lead from now on, and first of all do what the last leader left: mints before all the rest."""
        self.acting = True
        for key in self._undone:
            self._queue.add(WorkItem("token", key), bulk=not self._view.is_pending(key))
        self._undone.clear()
        for work in (
            *(WorkItem("credential", key) for key in self._view.credential_keys),
            *self._malformed,
            *self._left,
        ):
            self._queue.add(work, bulk=True)
        self._left.clear()

    def token_seen(self, token: Token, *, bulk: bool = False) -> None:
        """A token as some answer or event showed it; what is older than the view is dropped."""
        if not self._meanwhile.hold(token):
            self._take_in(token, bulk=bulk)

    def heard_meanwhile(self, key: ObjectKey) -> None:
        """A token is no longer worked on: take in what an event showed of it in that time."""
        if (token := self._meanwhile.release(key)) is not None:
            self._take_in(token)

    def _take_in(self, token: Token, *, bulk: bool = False) -> None:
        if not self._view.knows(token.key, token.resource_version):
            self.token_written(token)
            self.follow(token, bulk=bulk)

    def token_written(self, token: Token) -> None:
        """A token as our own write left it: whoever wrote it looks on by itself."""
        if self._meanwhile.is_gone(token):
            self._take_away(token.key, TokenRecord.of(token))
            return
        if self._view.knows(token.key, token.resource_version):
            return
        self._malformed.pop(WorkItem("token", token.key), None)
        self._fresh.pop(token.key, None)
        before = self._view.put_token(token)
        self._tell_others(token.key, before, self._view.token(token.key))

    def follow(self, token: Token, *, bulk: bool = False) -> None:
        """Queue a token that needs something; note when the others need to be looked at again."""
        holder = ObjectKey(token.key.namespace, token.spec.credential_name)
        credential = self._view.credential(holder)
        malformed = credential is None and WorkItem("credential", holder) in self._malformed
        must_wait = credential is not None and self._places.must_wait(token, credential)
        observed = Observed(token, credential, self._policy, credential_malformed=malformed, slot_free=not must_wait)
        decision = token_rules.decide(observed, self._clock.now())
        if isinstance(decision, InSync | RemoveOwner):  # the latter takes minutes for many: what falls due is due
            self.settled(token, decision)
        if isinstance(decision, InSync):
            if must_wait and TokenRecord.of(token).waits:
                self._places.park(token)
            return
        if self.acting and isinstance(decision, WriteStatus) and len(self._fresh) < MOST_FRESH:
            self._fresh[token.key] = token
        self.ask(token.key, bulk=bulk, ahead=token.deleting or token.spec.revoked)

    def fresh(self, key: ObjectKey) -> Token | None:
        """A token as just seen, once, which spares its reader a read.

        Only where a status is to be written, which is a compare-and-set: if the token is no longer so, that costs a
        retry, with a read. What creates a Secret or deletes a token asks for a read first.
        """
        return self._fresh.pop(key, None)

    def settled(self, token: Token, decision: InSync | RemoveOwner) -> None:
        """A token needs nothing until that moment."""
        if not self._meanwhile.is_gone(token):
            self._undone.pop(token.key, None)
            self._schedule.set(token.key, decision.recheck_at)
            self._probes.watch(token.key, TokenRecord.of(token).open_secret)

    def token_listed(self, token: Token) -> None:
        """A token from a full list: judged anew, also where nothing about it changed."""
        if self._view.is_past(token.key, token.uid, token.resource_version):
            return
        self.token_written(token)
        self.follow(token, bulk=True)

    def token_gone(self, key: ObjectKey, uid: str | None = None) -> None:
        """A token was deleted (None: whichever had the name). A Secret that outlived it goes too (orphaning delete)."""
        self._view.note_gone(uid)
        self._meanwhile.note_gone(key, uid)
        known = self._view.token(key)
        if known is not None and uid not in {None, known.uid}:
            return
        before = self._view.drop_token(key)
        self._malformed.pop(WorkItem("token", key), None)
        self._fresh.pop(key, None)
        self._undone.pop(key, None)
        self._schedule.set(key, None)
        self._probes.watch(key, None)
        self._tell_others(key, before, None)
        if before is not None:
            self._take_away(key, before)

    def credential_seen(self, credential: Credential, *, bulk: bool = False) -> None:
        """A credential as some answer or event showed it. The news of its deletion may have overtaken an answer."""
        known = self._view.credential(credential.key)
        if known is not None and not is_newer(credential.resource_version, known.resource_version):
            return
        if self._view.is_gone(credential.uid):
            return
        self._malformed.pop(WorkItem("credential", credential.key), None)
        before = self._view.put_credential(credential)
        if phases := credential.concerns(before):
            self._add_tokens(credential.key, *phases)
        self.ask_who_may_go(credential.key)
        changed = before is None or before.generation != credential.generation or before.uid != credential.uid
        if self.acting and changed:
            self._queue.add(WorkItem("credential", credential.key), bulk=bulk, ahead=credential.deleting)

    def credential_listed(self, credential: Credential) -> None:
        """A credential from a full list: its status is judged anew, also where nothing about it changed."""
        self.credential_seen(credential, bulk=True)
        if self.acting:
            self._queue.add(WorkItem("credential", credential.key), bulk=True)

    def credential_gone(self, key: ObjectKey, uid: str | None = None) -> None:
        """A credential was deleted (None: whichever had the name): its tokens are dead, and go."""
        self._malformed.pop(WorkItem("credential", key), None)
        known = self._view.credential(key)
        self._view.note_gone(uid if uid is not None or known is None else known.uid)
        if known is not None and uid not in {None, known.uid}:
            return
        self._view.drop_credential(key)
        self._add_tokens(key)

    def role_seen(self, role: Role) -> None:
        """A role came or changed: its holders' statuses may change."""
        if self._view.put_role(role) != role:
            self._add_holders(role.name)

    def role_gone(self, name: str) -> None:
        """A role left the catalog."""
        self._view.drop_role(name)
        self._add_holders(name)

    def malformed_seen(self, malformed: InvalidObject) -> None:
        """An object nobody understands: counted, and looked at once so that its status can say so."""
        self._metrics.malformed(malformed.kind)
        if malformed.kind == "ApiRole":  # has no status
            return
        work = WorkItem("token" if malformed.kind == "ApiToken" else "credential", malformed.key)
        self._malformed[work] = malformed
        if work.kind == "token":
            self._tell_others(work.key, *self._view.bar_token(work.key))
        if self.acting:
            self._queue.add(work, bulk=True)

    def malformed(self, work: WorkItem) -> InvalidObject | None:
        """What was last seen of an object that cannot be understood."""
        return self._malformed.get(work)

    def _take_away(self, key: ObjectKey, gone: TokenRecord) -> None:
        if gone.open_secret is not None:
            secret = WorkItem("secret", ObjectKey(key.namespace, gone.open_secret[0]), gone.open_secret[1])
            (self._queue.add if self.acting else self._left.append)(secret)

    def ask(self, key: ObjectKey, *, bulk: bool = True, ahead: bool = False) -> None:
        """Have a token looked at: its moment or its turn has come, or what it depends on has changed."""
        if self.acting:
            self._queue.add(WorkItem("token", key), bulk=bulk, ahead=ahead)
        else:
            self._undone[key] = None

    def ask_who_may_go(self, credential: ObjectKey) -> None:
        """A credential has a free place, perhaps: who waits for it is asked again."""
        known = self._view.credential(credential)
        for key in () if known is None else self._places.woken(known):
            self.ask(key)

    def _tell_others(self, key: ObjectKey, before: TokenRecord | None, after: TokenRecord | None) -> None:
        """A token ended or got stuck, perhaps, that was active or came first."""
        self._places.changed(key, after)
        self._recount(before, after)
        if before is not None and before.holds_place:
            self.ask_who_may_go(before.credential)

    def _recount(self, before: TokenRecord | None, after: TokenRecord | None) -> None:
        old, new = (None if one is None else (one.credential, one.phase) for one in (before, after))
        for place in {old, new} if self.acting and old != new else ():
            if place is not None and self._view.credential(place[0]) is not None:
                # In bulk: where many tokens end at once, after them, and so once for each credential.
                self._queue.add_after(WorkItem("credential", place[0]), COALESCE_SECONDS, bulk=True)

    def _add_tokens(self, credential: ObjectKey, *phases: Phase) -> None:
        for key in self._view.tokens_of(credential, *phases):
            self.ask(key)

    def _add_holders(self, role: str) -> None:
        for key in self._view.holders_of(role) if self.acting else ():
            self._queue.add(WorkItem("credential", key), bulk=True)
