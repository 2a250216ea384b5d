"""The places that `maxTokens` gives: never more active tokens than that, and who asked first is served first.

Keeps books, and never waits. A WorkloadToken has one place for all its tokens. What is active, and who stands in line,
the cache knows: what we write reaches it at once.
Before a place is given, the tokens were counted live not long ago (`counting`); who must wait by the cache alone waits,
since the cache learns of every end, and `woken` names who is to be asked again.
"""

from collections import OrderedDict
from collections.abc import Callable
from math import inf
from typing import Final

from pharia_access.domain.model import Credential, ObjectKey, Phase, Token
from pharia_access.domain.workload import keeper_of
from pharia_access.services.operator.changes import TokenChange
from pharia_access.services.operator.deadline_heap import DeadlineHeap
from pharia_access.services.operator.token_index import TokenIndex

__all__ = ["COUNT_GOOD_SECONDS", "Places"]

COUNT_GOOD_SECONDS: Final = 5.0
"""How long a live count is good. Only another leader could mint meanwhile, and none begins within that: a Lease
(15 s) is taken over 5 s after its holder gave up renewing it (10 s), at the earliest."""


class Places:
    """Use from one event loop. Who is parked waits for a place, and nothing else looks at it again.

    Args:
        monotonic: gives seconds that only grow.
    """

    def __init__(self, tokens: TokenIndex, monotonic: Callable[[], float]) -> None:
        self._tokens = tokens
        self._monotonic = monotonic
        self._kept: dict[ObjectKey, set[ObjectKey]] = {}  # by credential: tokens that are minted just now
        self._parked: dict[ObjectKey, DeadlineHeap] = {}  # by credential, the oldest first
        self._parked_under: dict[ObjectKey, ObjectKey] = {}
        self._counted: OrderedDict[ObjectKey, tuple[float, str]] = OrderedDict()  # until when, and which of the name

    def must_wait(self, token: Token, credential: Credential) -> bool:
        """Whether by the cache all places are taken, or go to those who asked before."""
        most = credential.policy.max_tokens
        if most is None or token.minted or self._tokens.has_place(credential.key, keeper_of(token)):
            return False
        return self._before(credential.key, token.created.timestamp(), token.key) >= most

    def keep(self, token: Token, credential: Credential) -> None:
        """Give it a place while it is minted; it ends with `leave`."""
        self._kept.setdefault(credential.key, set()).add(token.key)

    def leave(self, token: ObjectKey, credential: ObjectKey) -> None:
        """It is no longer minted: its place is taken, or it stands in line again, or nobody has it (see `woken`)."""
        kept = self._kept.get(credential, set())
        kept.discard(token)
        if not kept:
            self._kept.pop(credential, None)

    def park(self, token: Token) -> None:
        """It must wait: have it named by `woken` when its turn comes."""
        credential = ObjectKey(token.key.namespace, token.spec.credential_name)
        self.unpark(token.key)
        self._parked_under[token.key] = credential
        self._parked.setdefault(credential, DeadlineHeap()).set(token.key, token.created.timestamp())

    def unpark(self, token: ObjectKey) -> None:
        """It is looked at anyway, or waits no longer."""
        credential = self._parked_under.pop(token, None)
        if credential is None:
            return
        parked = self._parked[credential]
        parked.set(token, None)
        if not parked:
            del self._parked[credential]

    def on_token_changed(self, change: TokenChange) -> None:
        """Unpark a token that waits no longer, or for another credential's place."""
        after = change.after
        if after is None or not after.waits or after.credential != self._parked_under.get(change.key):
            self.unpark(change.key)

    def woken(self, credential: Credential) -> list[ObjectKey]:
        """Who must wait no longer, the oldest first; each of them is named once. Ask after whatever frees a place."""
        parked, keys = self._parked.get(credential.key), []
        while parked and (first := parked.peek()) is not None and self._may_go(credential, *first):
            self.unpark(first[1])
            keys.append(first[1])
        return keys

    def counted(self, credential: Credential) -> None:
        """All its tokens were listed just now, and the cache knows what the list showed."""
        now = self._monotonic()
        self._counted[credential.key] = now + COUNT_GOOD_SECONDS, credential.uid
        self._counted.move_to_end(credential.key)
        while next(iter(self._counted.values()))[0] <= now:
            self._counted.popitem(last=False)

    def doubt(self, credential: ObjectKey) -> None:
        """Nobody knows whether one of its tokens was minted: only a count can tell."""
        self._counted.pop(credential, None)

    def is_counted(self, credential: Credential) -> bool:
        """Whether a count is still good."""
        until, uid = self._counted.get(credential.key, (-inf, ""))
        return until > self._monotonic() and uid == credential.uid

    def _may_go(self, credential: Credential, created: float, key: ObjectKey) -> bool:
        most, record = credential.policy.max_tokens, self._tokens.get(key)
        if most is None or (record is not None and self._tokens.has_place(credential.key, record.keeper)):
            return True
        return self._before(credential.key, created, key) < most

    def _before(self, credential: ObjectKey, created: float, key: ObjectKey) -> int:
        """How many have a place, or will have it before this one. Who is minted stands in line still, or is active."""
        before = self._tokens.taken_of(credential) + self._tokens.ahead_in_line(credential, created, key)
        for kept in self._kept.get(credential, ()):
            record = self._tokens.get(kept)
            in_line = record is not None and record.waits and (record.created, kept) < (created, key)
            is_active = record is not None and record.phase is Phase.ACTIVE
            before += kept != key and not (in_line or is_active)
        return before
