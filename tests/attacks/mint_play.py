"""Plays one sequence: each move is sent, its answer held against the model, and so is what became of every token."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.mint_model import VERBS, Field, State, Subject, may_edit
from tests.attacks.mint_moves import Cell, Hand
from tests.attacks.mint_people import BOSS, READER, Person, person
from tests.attacks.mint_stage import Stage
from tests.attacks.moves import RESTORED
from tests.support.api import APPLY
from tests.support.resources import ONE_TIME_TOKEN, api_credential, api_token, secret
from tests.support.writes import WAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.api import Api, Reply

__all__ = ["Played", "played"]

Json = dict[str, Any]

_TRIES: Final = 8
"""How often a PUT is sent anew that lost against a write of the operator."""
_RESUMES: Final = 3
"""In every so manieth sequence the suspended credential is resumed at its end."""
_FORGED: Final[Json] = {
    "phase": "Active",
    "tokenID": "q7c3abcdefghijkl",
    "issuedAt": "2026-11-23T00:00:00Z",
    "expiresAt": "2027-01-31T00:00:00Z",
    "hash": f"$argon2id$v=19$m=19456,t=2,p=1${'s' * 22}${'h' * 43}",
}


@dataclass(slots=True)
class Played:
    """What came of a sequence."""

    hand: Hand
    log: list[str] = field(default_factory=list)
    reached: set[Cell] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)

    def told(self) -> str:
        """For whoever has to find out why."""
        return "\n".join([f"sequence {self.hand.number}", *self.log[-12:], *self.violations])


def played(admin: Api, namespace: str, hand: Hand) -> Played:
    """Play it in a fresh namespace; it ends at the first answer that the model does not give."""
    stage, result = Stage.furnished(admin, namespace, hand), Played(hand)
    try:
        _moves(stage, result)
        if not result.violations:
            _end(stage, result)
    finally:
        stage.left()
    return result


def _moves(stage: Stage, result: Played) -> None:
    for part in (result.hand.before, None, result.hand.after):
        if part is None:
            stage.take_the_right_away()
            continue
        for cell in part:
            _try(stage, result, cell)
            if result.violations:
                return


def _end(stage: Stage, result: Played) -> None:
    if result.hand.number % _RESUMES == 0:
        asleep = api_credential(stage.namespace, "asleep")
        keeper = stage.admin.as_user(person("keeper").user)
        assert keeper.patch(asleep, {"spec": {"suspended": False}}).ok
        for subject in stage.subjects.values():
            subject.resumed()
    stage.barrier()
    result.violations += stage.surprises()


def _try(stage: Stage, result: Played, cell: Cell) -> None:
    who = person(cell.person)
    answer = _answered(stage, cell, who, stage.admin.as_user(who.user))
    if answer is None:
        return
    reply, expected = answer
    result.reached.add(cell)
    result.log.append(f"{cell} -> {reply.status} {reply.message[:120]}")
    if reply.ok is not expected:
        result.violations.append(f"{cell}: {'refused' if expected else 'let through'} ({reply.status})")


def _answered(stage: Stage, cell: Cell, who: Person, api: Api) -> tuple[Reply, bool] | None:
    """What was answered, and whether the model says that it goes through; None where no such token is there."""
    if not cell.state:
        return _OTHER[cell.field](stage, cell, who, api)
    subject = stage.a_subject(cell.state)
    if subject is None:
        return None
    if cell.verb == "status":
        return _forged(stage, subject, api), False
    if cell.verb == "delete":
        return _deleted(stage, subject, who, api)
    return _edited(stage, cell, subject, who, api)


def _edited(stage: Stage, cell: Cell, subject: Subject, who: Person, api: Api) -> tuple[Reply, bool]:
    what = Field(cell.field)
    expected = may_edit(who, subject, what, cell.verb)

    def write() -> Reply:
        stored = stage.stored(subject.name)
        owners = stored["metadata"].get("ownerReferences", [])
        change = subject.change(what, cell.verb, owners=owners, owner=stage.owner)
        reply = WAYS[cell.verb](api, stored, change)
        if reply.status == HTTPStatus.CONFLICT:
            stage.forget(subject.name)
        return reply

    reply = _insisting(write)
    if reply.ok:
        subject.edited(what, cell.verb)
        stage.remember(reply.body)
    return reply, expected


def _insisting(write: Callable[[], Reply]) -> Reply:
    """Again where the operator wrote in between."""
    reply = write()
    for _ in range(_TRIES):
        if reply.status != HTTPStatus.CONFLICT:
            break
        reply = write()
    return reply


def _deleted(stage: Stage, subject: Subject, who: Person, api: Api) -> tuple[Reply, bool]:
    reply = api.delete(api_token(stage.namespace, subject.name))
    if reply.ok:
        subject.deleted()
        stage.forget(subject.name)
    return reply, who.may("delete", "apitokens")


def _forged(stage: Stage, subject: Subject, api: Api) -> Reply:
    """A status with a hash of one's own text would be a token that nobody minted."""
    status = {**_FORGED, "credential": {"name": subject.credential, "uid": "7b0e"}}
    return api.patch(api_token(stage.namespace, subject.name), {"status": status}, subresource="status")


def _created(stage: Stage, cell: Cell, who: Person, api: Api) -> tuple[Reply, bool]:
    name = f"made-{len(stage.subjects)}"
    token = api_token(stage.namespace, name, credentialRef={"name": "one"}, delivery={"window": "30m"})
    token["spec"] |= {"revoked": True} if cell.field == "revoked" else {}
    token["metadata"] |= {"labels": {RESTORED: "x"}} if cell.field == "marked" else {}
    if cell.verb == "create":
        reply = api.create(token)
    else:
        reply = api.patch(token, token, form=APPLY, fieldManager="somebody", force="true")
    if reply.ok:
        state = {"marked": State.RESTORED, "revoked": State.REVOKED}.get(cell.field, State.MINTED)
        subject = Subject.born(name, state, stage.end)
        subject.busy, subject.credential = cell.field == "plain", "one"
        stage.subjects[name] = subject
    verbs = {"create"} if cell.verb == "create" else {"create", "patch"}
    return reply, all(who.may(verb, "apitokens") for verb in verbs) and who.may_mint("one")


def _credential(stage: Stage, cell: Cell, who: Person, api: Api) -> tuple[Reply, bool]:
    spare = api_credential(stage.namespace, "spare")
    change: Json = {"roles": [READER, BOSS]} if cell.field == "roles" else {"description": f"{cell}"}
    reply = _insisting(lambda: WAYS[cell.verb](api, stage.admin.read(spare).body, {"spec": change}))
    if reply.ok and cell.field == "roles":
        assert stage.admin.patch(spare, {"spec": {"roles": [READER]}}).ok
    binds = cell.field != "roles" or who.may("bind", "apiroles", name=BOSS)
    return reply, who.may(VERBS[cell.verb], "apicredentials") and binds


def _secret(stage: Stage, cell: Cell, who: Person, api: Api) -> tuple[Reply, bool]:
    ours = cell.field == "one-time Secret"
    name = f"planted-{who.name}-{len(stage.subjects)}"
    reply = api.create(secret(stage.namespace, name, kind=ONE_TIME_TOKEN if ours else "Opaque"))
    return reply, who.may("create", "secrets", group="") and ours is (who.name == "operator")


_OTHER: Final[dict[str, Callable[[Stage, Cell, Person, Api], tuple[Reply, bool]]]] = {
    "plain": _created,
    "marked": _created,
    "revoked": _created,
    "roles": _credential,
    "note": _credential,
    "one-time Secret": _secret,
    "Secret": _secret,
}
