"""The model: what becomes of each token, who may change what of it, and so which mint is legitimate.

Knows nothing of the policies' expressions nor of the operator's rules. A mint is legitimate where everything that
let it go was done by somebody who had the right to mint under its credential at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.moves import RESTORED

if TYPE_CHECKING:
    from tests.attacks.mint_people import Person

__all__ = ["BIRTH", "FIELDS", "HOLD", "VERBS", "Field", "State", "Subject", "may_edit"]

Json = dict[str, Any]

HOLD: Final = "mint-model.example/hold"


class State(StrEnum):
    """What a token is, as far as a mint is concerned."""

    WAITING = "waiting"
    CONFLICT = "conflict"
    RESTORED = "restored"
    FAILED = "failed"
    EXPIRED = "expired"
    REVOKED = "revoked"
    MINTED = "minted"
    LEAVING = "leaving"


class Field(StrEnum):
    """What of a token is written."""

    DESCRIPTION = "description"
    END = "expiresAt"
    REVOKED = "revoked"
    MARK = "restore mark"
    ANNOTATION = "annotation"
    OWNER = "owner reference"
    FINALIZER = "finalizer"


FIELDS: Final = tuple(Field)
VERBS: Final = {
    "replace": "update",
    "merge patch": "patch",
    "JSON patch": "patch",
    "server-side apply": "patch",
}
"""The ways of writing a change, and the verb of RBAC that each needs."""
_HARMLESS: Final = {Field.OWNER, Field.FINALIZER, Field.REVOKED}
BIRTH: Final[dict[State, str]] = {
    State.WAITING: "asleep",
    State.CONFLICT: "one",
    State.RESTORED: "one",
    State.FAILED: "brief",
    State.EXPIRED: "one",
    State.REVOKED: "asleep",
    State.MINTED: "one",
    State.LEAVING: "asleep",
}
"""Under which credential a token of each state is made."""


@dataclass(slots=True)
class Subject:
    """One token. `facts`: the states that it is in; the first one of the order below counts."""

    name: str
    credential: str
    facts: set[State]
    end: int
    edits: int = 0
    present: set[Field] = field(default_factory=set)
    gone: bool = False
    busy: bool = False
    """Whether the operator is about to mint it, so that nobody can say what it is."""

    @classmethod
    def born(cls, name: str, state: State, end: int) -> Subject:
        """A token that was made to be in that state."""
        subject = cls(name, BIRTH[state], {state}, end)
        subject.present |= {Field.MARK} if state is State.RESTORED else set()
        subject.present |= {Field.FINALIZER} if state is State.LEAVING else set()
        return subject

    @property
    def state(self) -> State:
        """The one that decides."""
        order = (State.LEAVING, State.REVOKED, State.MINTED, State.FAILED, State.EXPIRED)
        fact = next((state for state in order if state in self.facts), None)
        if fact is None:
            fact = State.RESTORED if Field.MARK in self.present else None
        return fact or (State.CONFLICT if State.CONFLICT in self.facts else State.WAITING)

    @property
    def phase(self) -> str:
        """What its status says once all is done; empty where nobody asks."""
        if self.gone or self.state is State.LEAVING:
            return ""
        if self.busy:
            return "Active"
        return {
            State.REVOKED: "Revoked",
            State.MINTED: "Active",
            State.FAILED: "Failed",
            State.EXPIRED: "Expired",
        }.get(self.state, "Pending")

    def change(self, what: Field, verb: str, *, owners: list[Json], owner: Json) -> Json:
        """The merge patch that this edit is: it always changes something, as far as the verb can.

        `owners`: those that are there; `owner`: one that comes or goes.
        """
        self.edits += 1
        text = f"edit-{self.edits}"
        gone = what in self.present and verb != "server-side apply"
        others = [one for one in owners if one["uid"] != owner["uid"]]
        with_it = owners if len(others) < len(owners) else [*others, owner]  # another order would be a change
        changes: dict[Field, Json] = {
            Field.DESCRIPTION: {"spec": {"description": text}},
            Field.END: {"spec": {"expiresAt": _moment(self.end - self.edits)}},
            Field.REVOKED: {"spec": {"revoked": True}},
            Field.MARK: {"metadata": {"labels": {RESTORED: None if gone else text}}},
            Field.ANNOTATION: {"metadata": {"annotations": {"example.com/note": text}}},
            Field.OWNER: {"metadata": {"ownerReferences": others if gone else with_it}},
            Field.FINALIZER: {"metadata": {"finalizers": None if gone else [HOLD]}},
        }
        return changes[what]

    def edited(self, what: Field, verb: str) -> None:
        """It was changed so."""
        if what is Field.REVOKED:
            self.facts.add(State.REVOKED)
        if what not in {Field.MARK, Field.OWNER, Field.FINALIZER}:
            return
        if what in self.present and verb != "server-side apply":
            self.present.discard(what)
            self.gone |= what is Field.FINALIZER and State.LEAVING in self.facts
        else:
            self.present.add(what)
        self.busy = self.state is State.WAITING and self.credential == "one"

    def deleted(self) -> None:
        """Somebody deleted it."""
        self.gone = Field.FINALIZER not in self.present
        self.facts.add(State.LEAVING)

    def resumed(self) -> None:
        """Its credential mints again."""
        self.busy |= self.state is State.WAITING and not self.gone


def may_edit(person: Person, subject: Subject, what: Field, verb: str) -> bool:
    """Whether somebody may write that."""
    if not person.may(VERBS[verb], "apitokens"):
        return False
    applied = verb == "server-side apply"
    if what is Field.OWNER:
        same = applied and Field.OWNER in subject.present
        return same or (person.may("delete", "apitokens") and person.name != "operator")
    if person.name == "operator":
        return _changes_nothing(subject, what, applied=applied)
    if what in _HARMLESS or subject.state in {State.LEAVING, State.REVOKED, State.MINTED}:
        return True
    return person.may_mint(subject.credential)


def _changes_nothing(subject: Subject, what: Field, *, applied: bool) -> bool:
    if what is Field.FINALIZER:
        return applied and Field.FINALIZER in subject.present
    return what is Field.REVOKED and State.REVOKED in subject.facts


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%FT%TZ")
