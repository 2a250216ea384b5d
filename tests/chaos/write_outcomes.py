"""What the API server did, as its audit log tells it: so a write that got no answer is done, refused, or unknown still.

A log entry is written before its answer. What an API server did just before it was killed may lack one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.chaos.history import Fact, FactKind, History

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["POLICY", "complete"]

Json = dict[str, Any]

_OURS = {"group": "access.pharia.ai", "resources": ["apitokens", "apitokens/status", "apicredentials"]}
POLICY: Json = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "RequestResponse", "verbs": ["patch", "update", "delete"], "resources": [_OURS]},
        {"level": "Metadata"},
    ],
}
"""With the bodies of what changes our objects, never those of Secrets."""

_LATEST = 10.0
"""Seconds after it was sent at which a request may still be the one in question."""

_SAME_END = 0.5
"""Seconds: ends are whole ones, told by a clock that may be moved a little."""


class _Write(NamedTuple):
    """A change that was asked of the API server; moments on the run's clock."""

    kind: FactKind
    received: float
    answered: float
    status: int
    ends_at: float | None

    def may_be(self, fact: Fact) -> bool:
        """Whether this is the request in question. Of two ends by the clock that were sent, the date tells."""
        if fact.ends_at is not None and (self.ends_at is None or abs(self.ends_at - fact.ends_at) > _SAME_END):
            return False
        return self.kind is fact.kind and 0 <= self.received - fact.sent < _LATEST


def complete(history: History, events: Iterable[Json], *, ahead: float) -> None:
    """Put into the history what the audit log knows beyond it.

    Args:
        history: of the run.
        events: of its namespace.
        ahead: how far the wall clock is ahead of the run's clock.
    """
    writes: defaultdict[str, list[_Write]] = defaultdict(list)
    for event in events:
        if event["objectRef"].get("subresource") == "status":
            _note_token_id(history, event)
        elif (uid := _uid(event)) and (kind := _kind(event)) is not None:
            writes[uid].append(_write(event, kind, ahead))
    for uid, facts in history.facts.items():
        facts[:] = [known for fact in facts if (known := _known(fact, writes[uid])) is not None]


def _known(fact: Fact, writes: list[_Write]) -> Fact | None:
    """The fact with its end; None where it was refused."""
    if fact.done < inf:
        return fact
    theirs = (write for write in writes if write.may_be(fact))
    write = min(theirs, key=lambda write: write.received, default=None)
    if write is None or write.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return fact  # it may have got as far as etcd
    if write.status >= HTTPStatus.BAD_REQUEST:
        return None
    return replace(fact, done=write.answered)


def _write(event: Json, kind: FactKind, ahead: float) -> _Write:
    received, answered = _moment(event["requestReceivedTimestamp"]), _moment(event["stageTimestamp"])
    end = event["requestObject"].get("spec", {}).get("expiresAt")
    ends_at = None if end is None else _moment(end) - ahead
    return _Write(kind, received - ahead, answered - ahead, event["responseStatus"]["code"], ends_at)


def _note_token_id(history: History, event: Json) -> None:
    """IDs that a status showed for a moment too short for any watch."""
    written = event.get("responseObject", {})
    token_id = written.get("status", {}).get("tokenID") if written.get("kind") == "ApiToken" else None
    if token_id is not None:
        history.token_ids[written["metadata"]["uid"]].add(token_id)


def _uid(event: Json) -> str:
    """The UID that people named in what they sent."""
    sent = event.get("requestObject", {})
    uid: str = sent.get("preconditions", sent.get("metadata", {})).get("uid", "")
    return uid


def _kind(event: Json) -> FactKind | None:
    if event["verb"] == "delete":
        return FactKind.ENDED
    match event["requestObject"].get("spec"):
        case {"revoked": True}:
            return FactKind.ENDED
        case {"expiresAt": _}:
            return FactKind.EXPIRED
        case {"suspended": suspended}:
            return FactKind.HELD if suspended else FactKind.RELEASED
        case _:
            return None


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
