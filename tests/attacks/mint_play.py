"""Plays one sequence: each move is sent, its answer held against the model, and so is what became of every token."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.mint_model import VERBS, Field, State, Subject, may_edit
from tests.attacks.mint_moves import Cell, Hand
from tests.attacks.mint_namespace import MintNamespace
from tests.attacks.mint_people import BOSS, READER, Person, person
from tests.attacks.mint_workloads import WORKLOAD_FIELDS, edited_workload, made_workload, may_edit_workload
from tests.attacks.moves import RESTORED
from tests.support.operators.writes import WAYS
from tools.control_plane.api import APPLY
from tools.control_plane.resources import ONE_TIME_TOKEN, WORKLOAD_TOKEN, api_credential, api_token, secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.control_plane.api import Api
    from tools.control_plane.replies import Reply

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
    mint_namespace, result = MintNamespace.furnished(admin, namespace, hand), Played(hand)
    try:
        _moves(mint_namespace, result)
        if not result.violations:
            _end(mint_namespace, result)
    finally:
        mint_namespace.left()
    return result


def _moves(mint_namespace: MintNamespace, result: Played) -> None:
    for part in (result.hand.before, None, result.hand.after):
        if part is None:
            mint_namespace.take_the_right_away()
            continue
        for cell in part:
            _try(mint_namespace, result, cell)
            if result.violations:
                return


def _end(mint_namespace: MintNamespace, result: Played) -> None:
    if result.hand.number % _RESUMES == 0:
        asleep = api_credential(mint_namespace.namespace, "asleep")
        keeper = mint_namespace.admin.as_user(person("keeper").user)
        assert keeper.patch(asleep, {"spec": {"suspended": False}}).ok
        for subject in mint_namespace.subjects.values():
            subject.resumed()
    mint_namespace.barrier()
    result.violations += mint_namespace.surprises()


def _try(mint_namespace: MintNamespace, result: Played, cell: Cell) -> None:
    who = person(cell.person)
    answer = _answered(mint_namespace, cell, who, mint_namespace.admin.as_user(who.user))
    if answer is None:
        return
    reply, expected = answer
    result.reached.add(cell)
    result.log.append(f"{cell} -> {reply.status} {reply.message[:120]}")
    if reply.ok is not expected:
        result.violations.append(f"{cell}: {'refused' if expected else 'let through'} ({reply.status})")


def _answered(mint_namespace: MintNamespace, cell: Cell, who: Person, api: Api) -> tuple[Reply, bool] | None:
    """What was answered, and whether the model says that it goes through; None where no such token is there."""
    if not cell.state:
        return _OTHER[cell.field](mint_namespace, cell, who, api)
    subject = mint_namespace.a_subject(cell.state)
    if subject is None:
        return None
    if cell.verb == "status":
        return _forged(mint_namespace, subject, api), False
    if cell.verb == "delete":
        return _deleted(mint_namespace, subject, who, api)
    return _edited(mint_namespace, cell, subject, who, api)


def _edited(mint_namespace: MintNamespace, cell: Cell, subject: Subject, who: Person, api: Api) -> tuple[Reply, bool]:
    what = Field(cell.field)
    expected = may_edit(who, subject, what, cell.verb)

    def write() -> Reply:
        stored = mint_namespace.stored(subject.name)
        owners = stored["metadata"].get("ownerReferences", [])
        change = subject.change(what, cell.verb, owners=owners, owner=mint_namespace.owner)
        reply = WAYS[cell.verb](api, stored, change)
        if reply.status == HTTPStatus.CONFLICT:
            mint_namespace.forget(subject.name)
        return reply

    reply = _insisting(write)
    if reply.ok:
        subject.edited(what, cell.verb)
        mint_namespace.remember(reply.body)
    return reply, expected


def _insisting(write: Callable[[], Reply]) -> Reply:
    """Again where the operator wrote in between."""
    reply = write()
    for _ in range(_TRIES):
        if reply.status != HTTPStatus.CONFLICT:
            break
        reply = write()
    return reply


def _deleted(mint_namespace: MintNamespace, subject: Subject, who: Person, api: Api) -> tuple[Reply, bool]:
    reply = api.delete(api_token(mint_namespace.namespace, subject.name))
    if reply.ok:
        subject.deleted()
        mint_namespace.forget(subject.name)
    return reply, who.may("delete", "apitokens")


def _forged(mint_namespace: MintNamespace, subject: Subject, api: Api) -> Reply:
    """A status with a hash of one's own text would be a token that nobody minted."""
    status = {**_FORGED, "credential": {"name": subject.credential, "uid": "7b0e"}}
    return api.patch(api_token(mint_namespace.namespace, subject.name), {"status": status}, subresource="status")


def _created(mint_namespace: MintNamespace, cell: Cell, who: Person, api: Api) -> tuple[Reply, bool]:
    name = f"made-{len(mint_namespace.subjects)}"
    token = api_token(mint_namespace.namespace, name, credentialRef={"name": "one"}, delivery={"window": "30m"})
    token["spec"] |= {"revoked": True} if cell.field == "revoked" else {}
    token["metadata"] |= {"labels": {RESTORED: "x"}} if cell.field == "marked" else {}
    if cell.verb == "create":
        reply = api.create(token)
    else:
        reply = api.patch(token, token, form=APPLY, fieldManager="somebody", force="true")
    if reply.ok:
        state = {"marked": State.RESTORED, "revoked": State.REVOKED}.get(cell.field, State.MINTED)
        subject = Subject.born(name, state, mint_namespace.end)
        subject.busy, subject.credential = cell.field == "plain", "one"
        mint_namespace.subjects[name] = subject
    verbs = {"create"} if cell.verb == "create" else {"create", "patch"}
    return reply, all(who.may(verb, "apitokens") for verb in verbs) and who.may_mint("one")


def _credential(mint_namespace: MintNamespace, cell: Cell, who: Person, api: Api) -> tuple[Reply, bool]:
    spare = api_credential(mint_namespace.namespace, "spare")
    change: Json = {"roles": [READER, BOSS]} if cell.field == "roles" else {"description": f"{cell}"}
    reply = _insisting(lambda: WAYS[cell.verb](api, mint_namespace.admin.read(spare).body, {"spec": change}))
    if reply.ok and cell.field == "roles":
        assert mint_namespace.admin.patch(spare, {"spec": {"roles": [READER]}}).ok
    binds = cell.field != "roles" or who.may("bind", "apiroles", name=BOSS)
    return reply, who.may(VERBS[cell.verb], "apicredentials") and binds


def _secret(mint_namespace: MintNamespace, cell: Cell, who: Person, api: Api) -> tuple[Reply, bool]:
    kind = {"one-time Secret": ONE_TIME_TOKEN, "workload Secret": WORKLOAD_TOKEN}.get(cell.field, "Opaque")
    name = f"planted-{who.name}-{len(mint_namespace.subjects)}"
    reply = api.create(secret(mint_namespace.namespace, name, kind=kind))
    made = kind == (
        ONE_TIME_TOKEN if who.name == "operator" else "Opaque"
    )  # and of the other type none without an owner
    return reply, who.may("create", "secrets", group="") and made


def _workload(mint_namespace: MintNamespace, cell: Cell, who: Person, api: Api) -> tuple[Reply, bool]:
    """Create one, or change the one that is there; what came of it is taken back."""
    if cell.field == "workload":
        return made_workload(mint_namespace, cell.verb, who, api)
    return _insisting(lambda: edited_workload(mint_namespace, cell.verb, cell.field, api)), may_edit_workload(
        who, cell.verb, cell.field
    )


_OTHER: Final[dict[str, Callable[[MintNamespace, Cell, Person, Api], tuple[Reply, bool]]]] = {
    "plain": _created,
    "marked": _created,
    "revoked": _created,
    "roles": _credential,
    "note": _credential,
    "one-time Secret": _secret,
    "workload Secret": _secret,
    "workload": _workload,
    **dict.fromkeys(WORKLOAD_FIELDS, _workload),
    "Secret": _secret,
}
