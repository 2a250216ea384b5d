"""What an attacker is after, as predicates over what is there afterwards: none looks at how it was done.

Each says in sentences how it was reached; an empty answer means that it was not. `sources` are the findings and faults
that reached it once. The tables of docs/explanation/threat-model.md name the goal that tries each line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from tests.attacks.attackers import BOSS, ELSEWHERE
from tests.attacks.evidence import Evidence, Step
from tests.attacks.furnished_namespaces import CREDENTIALS, DEAD, SLEEPING, WAITING
from tests.attacks.moves import RESTORED
from tools.control_plane.resources import ONE_TIME_TOKEN, WORKLOAD_TOKEN
from tools.control_plane.workspace import condition, instant

__all__ = ["GOALS", "Goal", "reached"]

Json = dict[str, Any]

_LONGEST: Final = timedelta(hours=8784)
"""The cluster's maximum, by default."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One of them, by the name that the threat model uses."""

    name: str
    sentences: Callable[[Evidence], Iterator[str]]
    sources: tuple[str, ...] = ()


def reached(evidence: Evidence) -> dict[str, list[str]]:
    """The goals that were reached, each with how."""
    found = {goal.name: list(goal.sentences(evidence)) for goal in GOALS}
    return {name: sentences for name, sentences in found.items() if sentences}


def _live_token(evidence: Evidence) -> Iterator[str]:
    """A good text of a token that was not minted before, and that nobody with the right has asked for."""
    for token_id, identity in evidence.identities.items():
        name, credential = _name(evidence, token_id), identity["credential"]["name"]
        asked = name in WAITING and _same(evidence, token_id)
        if evidence.before_of(token_id) is None and not asked and not _any_mints(evidence, credential):
            yield f"{name} was minted under {credential}, and none of them may mint there"


def _role(evidence: Evidence) -> Iterator[str]:
    """More roles than the credential had, but for those that somebody might bind."""
    for token_id, identity in evidence.identities.items():
        credential = identity["credential"]["name"]
        given = set(identity["roles"]) - set(CREDENTIALS.get(credential, {"roles": []})["roles"])
        gained = [role for role in given if not any(one.may_bind(role) for one in evidence.people)]
        gained += [role for role in given if role == ELSEWHERE]
        if gained or (identity["permissions"] and BOSS not in identity["roles"]):
            yield f"{_name(evidence, token_id)} has {gained or identity['permissions']}, which nobody gave"


def _text(evidence: Evidence) -> Iterator[str]:
    """A token's text, or somebody's Secret, in an answer to one who may not read Secrets, or about something else."""
    for step in evidence.steps:
        if step.move.target.kind == "Secret" and step.person.reads_secrets:
            continue
        yield from (f"{_name(evidence, token_id)} shows in: {step}" for token_id in evidence.shown(step))
        if evidence.place.bait.is_in(str(step.reply.body)):
            yield f"somebody's Secret shows in: {step}"


def _longer_life(evidence: Evidence) -> Iterator[str]:
    """Accepted, and longer than was fixed at its mint or before the first move."""
    for token_id, identity in evidence.identities.items():
        before, name = evidence.before_of(token_id), _name(evidence, token_id)
        end = instant(identity["expiresAt"])
        if before is not None and end > _end(before):
            yield f"{name} ends {end}, was to end {_end(before)}"
        if before is None and name in WAITING and _same(evidence, token_id) and end > evidence.at + timedelta(hours=25):
            yield f"{name} ends {end}, asked for 24 h"
        if end > evidence.at + _LONGEST:
            yield f"{name} ends {end}, and no token may live so long"


def _dead_token(evidence: Evidence) -> Iterator[str]:
    """Accepted after its end: whoever ended it, and whatever was said of it later."""
    ended = {evidence.place.texts[name].split("_")[1]: name for name in DEAD}
    ended |= dict.fromkeys(_ended_by(evidence), "ended by a move")
    yield from (f"{ended[one]}: {_name(evidence, one)}" for one in evidence.identities if one in ended)
    for token_id, identity in evidence.identities.items():
        token, credential = evidence.token_of(token_id), evidence.credentials.get(identity["credential"]["name"])
        if token is None or "deletionTimestamp" in token["metadata"]:
            yield f"{_name(evidence, token_id)} is gone, or leaving"
        if not _holds(credential, token):
            yield f"{_name(evidence, token_id)}: its credential is gone, leaving or another"
    sleeper = evidence.place.texts[SLEEPING].split("_")[1]
    asleep = evidence.credentials.get("asleep")
    if sleeper in evidence.identities and (asleep is None or asleep["spec"].get("suspended")):
        yield "the credential of the accepted token is suspended, or gone"
    yield from (f"{check}" for check in evidence.checks if check.accepted and check.dead)


def _held_up(evidence: Evidence) -> Iterator[str]:
    """A mint that comes late elsewhere, or what somebody asked for stopped by what is no right to stop it."""
    yield from (f"no mint {where} in time" for where, seconds in evidence.seconds.items() if seconds is None)
    for token in evidence.tokens.values():
        before = evidence.place.before.get(token["metadata"]["uid"])
        if before is None or before["metadata"]["name"] not in WAITING or token["spec"].get("revoked"):
            continue
        marked = RESTORED in token["metadata"].get("labels", {}) and not token.get("status", {}).get("hash")
        if marked and not _any_mints(evidence, token["spec"]["credentialRef"]["name"]):
            yield f"{before['metadata']['name']} is held as if it were restored"


def _over_the_limit(evidence: Evidence) -> Iterator[str]:
    """More good tokens than the credential allows."""
    counts = Counter(identity["credential"]["name"] for identity in evidence.identities.values())
    for name, count in counts.items():
        now = evidence.credentials.get(name, {"spec": {}})["spec"].get("tokenPolicy", {}).get("maxTokens")
        if now is not None and count > max(now, _most_before(name)):
            yield f"{count} good tokens under {name}, which allows {now}"


def _still_delivered(evidence: Evidence) -> Iterator[str]:
    """Said to be withdrawn, and there to be read."""
    for token in evidence.tokens.values():
        delivery = token.get("status", {}).get("delivery", {})
        secret = evidence.secrets.get(delivery.get("secretName", ""))
        if delivery.get("state") != "Withdrawn" or secret is None or secret["type"] != ONE_TIME_TOKEN:
            continue
        if secret["metadata"]["uid"] == delivery.get("secretUID"):
            yield f"the Secret of {token['metadata']['name']} is said to be withdrawn, and can be read"


def _said_usable(evidence: Evidence) -> Iterator[str]:
    """An ApiToken that is being deleted says that it can be used."""
    for token in evidence.tokens.values():
        leaving = "deletionTimestamp" in token["metadata"]
        if leaving and condition(token, "Active").get("status") == "True":
            yield f"{token['metadata']['name']} is being deleted, and says Active=True"


def _forged_delivery(evidence: Evidence) -> Iterator[str]:
    """A Secret of the operator's types, with a token for somebody to read, that the operator has not made."""
    for step in evidence.steps:
        if step.reply.status == HTTPStatus.CREATED and step.reply.body.get("type") in {ONE_TIME_TOKEN, WORKLOAD_TOKEN}:
            yield f"{step}"


def _beyond_rights(evidence: Evidence) -> Iterator[str]:
    """A status written by hand, a role of the catalog changed, a Secret touched by who has no right to Secrets.

    Or a WorkloadToken under a credential, or a holder of one, by who may not mint under it.
    """
    for step in evidence.steps:
        kind = step.move.target.kind
        written = step.reply.ok and step.move.writes
        forbidden = step.move.subresource == "status" or kind == "ApiRole"
        if written and (forbidden or (kind == "Secret" and not step.person.reads_secrets)):
            yield f"{step}"
        if kind == "WorkloadToken" and step.reply.status == HTTPStatus.CREATED and not _mints_for(step):
            yield f"{step}"
        if written and "serviceAccounts" in step.move.field and not step.person.may_mint(step.move.target.name):
            yield f"{step}"


def _requirement(evidence: Evidence) -> Iterator[str]:
    """A check that asks for what the token lacks, and is answered 200."""
    yield from (f"{check}" for check in evidence.checks if check.accepted and check.unmet)


def _identity(evidence: Evidence) -> Iterator[str]:
    """Accepted without a good token's exact text, or as somebody else than its holder."""
    yield from (f"{check}" for check in evidence.checks if check.accepted and check.forged)


GOALS: Final = (
    Goal("a live token", _live_token, ("attacks.md 1", "attacks.md 2")),
    Goal("a role", _role),
    Goal("a text", _text),
    Goal("a longer life", _longer_life),
    Goal("a dead token accepted", _dead_token),
    Goal("another's mint held up", _held_up, ("attacks.md 3", "attacks.md 9")),
    Goal("more tokens than allowed", _over_the_limit),
    Goal("a delivery that outlives its word", _still_delivered, ("attacks.md 7",)),
    Goal("an ended token said to be usable", _said_usable, ("faults.md 11",)),
    Goal("a forged delivery", _forged_delivery),
    Goal("a write beyond one's rights", _beyond_rights),
    Goal("a requirement passed", _requirement, ("attacks.md 8",)),
    Goal("an identity without its token", _identity, ("faults.md 1",)),
)
"""All that can be judged after any sequence. Those that need a world of their own: tests/attacks/elsewhere.py."""


def _any_mints(evidence: Evidence, credential: str) -> bool:
    return any(one.may_mint(credential) for one in evidence.people)


def _mints_for(step: Step) -> bool:
    """Whether who made a WorkloadToken may mint under its credential."""
    return step.person.may_mint(step.reply.body["spec"]["credentialRef"]["name"])


def _name(evidence: Evidence, token_id: str) -> str:
    token = evidence.token_of(token_id) or evidence.before_of(token_id)
    return f"of ID {token_id}" if token is None else str(token["metadata"]["name"])


def _same(evidence: Evidence, token_id: str) -> bool:
    """Whether it is the very object that was there before."""
    token = evidence.token_of(token_id)
    return token is not None and token["metadata"]["uid"] in evidence.place.before


def _end(token: Json) -> Any:  # noqa: ANN401 - a datetime
    ends = [token["status"]["expiresAt"], token["spec"].get("expiresAt")]
    return min(instant(end) for end in ends if end is not None)


def _holds(credential: Json | None, token: Json | None) -> bool:
    """Whether it is the credential under which the token was minted, and stays."""
    if credential is None or token is None or "deletionTimestamp" in credential["metadata"]:
        return False
    return bool(credential["metadata"]["uid"] == token["status"]["credential"]["uid"])


def _ended_by(evidence: Evidence) -> set[str]:
    """IDs of the tokens that an answer showed to be revoked, leaving or over."""
    replies = [step.reply for step in evidence.steps if step.reply.ok]
    shown = [reply.body for reply in replies if reply.body.get("kind") == "ApiToken"]
    over = [one for one in shown if one["spec"].get("revoked") or "deletionTimestamp" in one["metadata"]]
    over += [one for one in shown if instant(one["spec"].get("expiresAt", "2200-01-01T00:00:00Z")) <= evidence.at]
    return {one["status"]["tokenID"] for one in over if "tokenID" in one.get("status", {})}


def _most_before(credential: str) -> int:
    policy: Json = CREDENTIALS.get(credential, {}).get("tokenPolicy", {})
    return int(policy.get("maxTokens", 0))
