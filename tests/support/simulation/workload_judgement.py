"""What must hold of a WorkloadToken, in each step of a run and at its end. Each violation is a sentence."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from pharia_access.domain.lifetime import expiry
from pharia_access.domain.model import Phase, Token
from pharia_access.domain.workload import WORKLOAD_LABEL
from tests.support.fakes.store import FakeStore
from tests.support.fakes.stored_workloads import KeptWrite, StoredWorkloads
from tests.support.simulation.workload_people import APP, children

__all__ = ["WorkloadReferee"]

MOST_LIVE = 5
_OVER = {Phase.EXPIRED, Phase.REVOKED, Phase.FAILED}


@dataclass(slots=True)
class WorkloadReferee:
    """Sees every step. `ended`: UIDs of what people ended."""

    store: FakeStore
    workloads: StoredWorkloads
    ended: set[str]
    found: dict[str, None] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """UIDs by token ID."""

    def look(self, now: datetime) -> None:
        """Once more, after each step."""
        for token in children(self.store):
            if token.status.token_id is not None:
                self.ids[token.status.token_id] = token.uid
        live = [token.key.name for token in children(self.store) if _is_live(token, now)]
        if len(live) > MOST_LIVE:
            self.found[f"{len(live)} are live"] = None
        for kept in () if self._came_too_late() else self.store.kept.values():
            uid = self.ids.get(kept.token_id)
            if uid not in self.ended and not any(token.uid == uid for token in self.store.tokens.values()):
                self.found[f"the Secret holds revision {kept.revision}, whose token was ended by no person"] = None

    def _came_too_late(self) -> bool:
        """Whether a leader that stood still wrote a dead text where a person had deleted the Secret: decision 0060."""
        last = self.workloads.writes[-1:]
        return any(write.anew and not _was_good(write) for write in last)

    def violations(self, now: datetime, *, asked_at: int = 0) -> Iterator[str]:
        """All that is wrong, at the end. `asked_at`: the last number that had been given when somebody last asked."""
        current = self.store.workloads[APP].status.current
        if current is not None and asked_at and current.revision <= asked_at:
            yield f"nobody heard who asked after revision {asked_at}"
        yield from self.found
        yield from self._dead_texts()
        yield from self._falling_revisions()
        yield from self._numbers_given_twice()
        yield from self._one_token_each()
        yield from self._unsettled(now)

    def _dead_texts(self) -> Iterator[str]:
        for write in self.workloads.writes:
            uid = self.ids.get(write.token_id)
            if uid not in self.ended and not _was_good(write) and not write.anew:
                yield f"revision {write.revision} was dead when it was written"

    def _falling_revisions(self) -> Iterator[str]:
        """Each replacement has a later one. Where a person deleted the Secret, there is nothing to compare with."""
        for before, write in pairwise(self.workloads.writes):
            if not write.anew and write.revision <= before.revision:
                yield f"the Secret's revisions fell from {before.revision} to {write.revision}"

    def _numbers_given_twice(self) -> Iterator[str]:
        """One that a person deleted before it was recorded may be made again."""
        made = Counter(
            change.object.key.name
            for change in self.store.changes
            if change.type == "ADDED" and isinstance(change.object, Token) and WORKLOAD_LABEL in change.object.labels
            if change.object.uid not in self.ended
        )
        yield from (f"{name} was made {times} times" for name, times in made.items() if times > 1)

    def _one_token_each(self) -> Iterator[str]:
        """Each number in the Secret is one token's, and each token's is one number."""
        pairs = {(write.revision, write.token_id) for write in self.workloads.writes}
        numbers, tokens = Counter(number for number, _ in pairs), Counter(token for _, token in pairs)
        yield from (f"revision {number} was {times} tokens" for number, times in numbers.items() if times > 1)
        yield from (f"one token was {times} revisions" for times in tokens.values() if times > 1)

    def _unsettled(self, now: datetime) -> Iterator[str]:
        status, kept = self.store.workloads[APP].status, self.store.kept.get(APP)
        current = status.current
        if kept is None or current is None or kept.revision != current.revision:
            yield f"at the end the Secret holds {kept}, the status says {current}"
            return
        child = next((token for token in children(self.store) if token.uid == current.uid), None)
        if child is None or not _is_live(child, now) or child.status.token_id != kept.token_id:
            yield "at the end the token in the Secret is not good"
        listed = {each.uid for each in (current, status.pending, *status.replaced) if each is not None}
        for token in children(self.store):
            if _is_live(token, now) and token.uid not in listed:
                yield f"{token.key.name} is live, and on no list"
        if status.pending is None and self.store.secrets:
            yield f"a one-time Secret was left: {[key.name for key in self.store.secrets]}"


def _is_live(token: Token, now: datetime) -> bool:
    end = expiry(token)
    over = token.deleting or token.spec.revoked or token.status.phase in _OVER
    return not over and (end is None or end > now)


def _was_good(write: KeptWrite) -> bool:
    return write.child is not None and _is_live(write.child, write.at)
