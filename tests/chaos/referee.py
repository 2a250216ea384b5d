"""Whether the promises were kept: from what happened to sentences about what should not have."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from tests.chaos.history import Answer, FactKind, History, Life, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Bounds", "violations"]

_NO = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds after which a verifier must know of a change.

    Attributes:
        at_once: one that nothing has gone wrong with lately.
        cut_off: any that answers at all.
        recovery: for how long after a fault the second counts.
    """

    at_once: float
    cut_off: float
    recovery: float


def violations(history: History, bounds: Bounds) -> list[str]:
    """Every broken promise."""
    return [
        *_minted_twice(history),
        *_made_twice(history),
        *_two_for_one(history),
        *_fallen(history),
        *(told for life in history.lives for told in _wrong_answers(life, history, bounds)),
    ]


def _minted_twice(history: History) -> Iterator[str]:
    for uid, token_ids in history.token_ids.items():
        if len(token_ids) > 1:
            yield f"the token {uid} was minted {len(token_ids)} times: {', '.join(sorted(token_ids))}"


def _made_twice(history: History) -> Iterator[str]:
    """Of a WorkloadToken. One that a person ended before it was recorded may be made again."""
    for (_, name), uids in history.children.items():
        left = {uid for uid in uids if not any(fact.kind is FactKind.ENDED for fact in history.facts[uid])}
        if len(left) > 1:
            yield f"{name} was made {len(left)} times: {', '.join(sorted(left))}"


def _two_for_one(history: History) -> Iterator[str]:
    numbers: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    tokens: defaultdict[str, set[int]] = defaultdict(set)
    for kept in history.kept:
        numbers[kept.keeper, kept.revision].add(kept.token_id)
        tokens[kept.token_id].add(kept.revision)
    yield from (
        f"revision {number} was the tokens {sorted(ids)}" for (_, number), ids in numbers.items() if len(ids) > 1
    )
    yield from (f"token {token} was the revisions {sorted(them)}" for token, them in tokens.items() if len(them) > 1)


def _fallen(history: History) -> Iterator[str]:
    """Within one Secret. After somebody deleted it, there is another one."""
    last: dict[str, int] = {}
    for kept in history.kept:
        if kept.revision < last.get(kept.secret, 0):
            yield f"the Secret {kept.secret} fell from revision {last[kept.secret]} to {kept.revision}"
        last[kept.secret] = kept.revision


def _wrong_answers(life: Life, history: History, bounds: Bounds) -> Iterator[str]:
    for answer in life.answers:
        disturbed = history.disturbed(answer.verifier, answer.asked - bounds.recovery, answer.answered)
        bound = bounds.cut_off if disturbed else bounds.at_once
        if answer.status == HTTPStatus.OK and life.standing(answer.asked, bound=bound) is Standing.DEAD:
            yield _told(life, answer, "accepted although it was dead")
        elif answer.status in _NO and _good_throughout(life, answer, bound):
            yield _told(life, answer, "refused although it was good")
        elif answer.status == HTTPStatus.SERVICE_UNAVAILABLE and answer.ready:
            yield _told(life, answer, "not decided on although the verifier was ready")


def _good_throughout(life: Life, answer: Answer, bound: float) -> bool:
    """Nothing may have begun before the answer came."""
    began_meanwhile = any(answer.asked <= fact.possible_from <= answer.answered for fact in life.all_facts)
    moments = (answer.asked, answer.answered)
    return not began_meanwhile and all(life.standing(at, bound=bound) is Standing.GOOD for at in moments)


def _told(life: Life, answer: Answer, what: str) -> str:
    facts = "; ".join(map(str, life.all_facts))
    return (
        f"{life.name} ({life.uid}) was {what}, by {answer.verifier}, asked {answer.asked:.3f}"
        f" answered {answer.answered:.3f}: {facts or 'nothing had happened to it'}; collected {life.born:.3f}"
    )
