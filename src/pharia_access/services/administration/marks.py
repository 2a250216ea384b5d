"""A mark of the facts that a person was shown: what they confirm is carried out only while those are the facts."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from pharia_access.domain.administration.stored import Json, Stored
from pharia_access.domain.administration.summaries import TokenSummary

__all__ = ["facts_mark", "said_by_people"]


def said_by_people(body: Json) -> list[Any]:
    """What people write of an object: statuses, which the operator writes, are not among it."""
    metadata = body["metadata"]
    return [body["spec"], *(metadata.get(name) for name in ("uid", "labels", "annotations", "deletionTimestamp"))]


def facts_mark(stored: Iterable[Stored[Any]], tokens: Iterable[TokenSummary] = (), *words: str) -> str:
    """The mark of these objects as people wrote them, of the tokens that are named, and of what else was said.

    That a token was used meanwhile is no change: it happens all the time.
    """
    named = sorted([token.uid, token.key.name, str(token.active)] for token in tokens)
    facts = [[said_by_people(each.body) for each in stored], named, words]
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
