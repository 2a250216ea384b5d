"""What happened in a run, as those saw it who took part: facts about tokens, and what verifiers answered.

Times are seconds of one clock. A change counts as possible from the moment it was sent, and as done from the moment
its answer came; where none came, and the audit log does not tell either, it may be done, or not, for ever.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum, auto

__all__ = [
    "CLOCKS_APART",
    "EVERYBODY",
    "LATE",
    "Answer",
    "Disturbance",
    "Fact",
    "FactKind",
    "History",
    "Kept",
    "Life",
    "Standing",
]

CLOCKS_APART = 3
"""Seconds by which the clock of a node may be wrong; an end by the clock may come so much too early."""

EVERYBODY = "*"

LATE = 0.5
"""Seconds: whoever takes longer for what is done at once has too busy a machine to keep the short bounds."""


class FactKind(Enum):
    """What a fact does to a token."""

    ENDED = auto()
    """Revoked, deleted, or its credential deleted: for good."""
    EXPIRED = auto()
    """Its end was brought forward to `ends_at`, which is later than the change."""
    HELD = auto()
    """Its credential was suspended."""
    RELEASED = auto()
    """Its credential was resumed."""


class Standing(Enum):
    """What a verifier must say of a token."""

    GOOD = auto()
    DEAD = auto()
    UNSURE = auto()
    """Something is on its way: both answers are right."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A change. `done` is infinite where no answer came; `was` is told where a run broke a promise.

    Attributes:
        ends_at: of an end by the clock: when it comes.
    """

    kind: FactKind
    sent: float
    done: float
    was: str
    ends_at: float | None = None

    def __str__(self) -> str:
        end = "" if self.ends_at is None else f" to {self.ends_at:.3f}"
        return f"{self.was}{end} sent {self.sent:.3f} done {self.done:.3f}"

    @property
    def possible_from(self) -> float:
        """From when on it may be in force: an end by the clock not much before it."""
        return self.sent if self.ends_at is None else max(self.sent, self.ends_at - 1 - CLOCKS_APART)

    def known_from(self, bound: float) -> float:
        """From when on everybody goes by it who hears of a change within `bound` seconds.

        An end by the clock needs no news when it comes, but clocks are apart; that it was brought forward is news.
        """
        heard = self.done + bound
        return heard if self.ends_at is None else max(heard, self.ends_at + min(bound, 1 + CLOCKS_APART))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verifier said of a token, and when it was asked. `status` 0: nothing.

    Attributes:
        ready: whether it said right before and right after that it is ready; asked only where it did not decide.
    """

    verifier: str
    asked: float
    answered: float
    status: int
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A fault. `whom`: a replica, or EVERYBODY."""

    began: float
    ended: float
    whom: str


@dataclass(slots=True)
class Life:
    """A token, from the reading of its secret on.

    Attributes:
        born: when somebody had read it.
        facts: about the token's object, and about its credential's; shared with whoever finds out more.
        keeper_facts: about its WorkloadToken. Its tokens end with it, when somebody collects them: never known when.
    """

    name: str
    uid: str
    text: str = field(repr=False)
    born: float
    facts: list[Fact]
    credential_facts: list[Fact]
    keeper_facts: list[Fact] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    @property
    def all_facts(self) -> list[Fact]:
        """In the order in which they were sent."""
        return sorted([*self.facts, *self.credential_facts, *self.keeper_facts], key=lambda fact: fact.sent)

    def standing(self, at: float, *, bound: float) -> Standing:
        """What is true at that moment, where a change may take `bound` seconds to be heard of."""
        if at < self.born + bound:
            return Standing.UNSURE
        facts = [fact for fact in self.all_facts if fact.possible_from <= at]
        return _ended(facts, at, bound) or _held(facts, at, bound) or Standing.GOOD


@dataclass(frozen=True, slots=True)
class Kept:
    """What a Secret of a WorkloadToken held when somebody read it; objects by UID."""

    keeper: str
    secret: str
    revision: int
    token_id: str


@dataclass(slots=True)
class History:
    """Everything of a run.

    Attributes:
        facts: by the UID of the object that they are about.
        token_ids: which IDs each token's status and Secret showed, by UID.
        kept: what the Secrets of WorkloadTokens held, in the order in which it was seen.
        children: UIDs of the tokens that a WorkloadToken made, by its UID and their name.
        keeper_facts: by the UID of a WorkloadToken.
    """

    lives: list[Life] = field(default_factory=list)
    facts: defaultdict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    token_ids: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    kept: dict[Kept, None] = field(default_factory=dict)
    children: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    keeper_facts: defaultdict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    disturbances: list[Disturbance] = field(default_factory=list)
    log: list[tuple[float, str]] = field(default_factory=list)
    _made: dict[str, float] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def note_made(self, uid: str, at: float) -> None:
        """An answer tells that there is a new token."""
        if uid not in self._seen:
            self._made[uid] = at

    def note_seen(self, uid: str, at: float) -> None:
        """A watch shows a token. If only long after the answer, the API server tells everybody late."""
        self._seen.add(uid)
        made = self._made.pop(uid, at)
        if at - made > LATE:
            self.note_late(EVERYBODY, made, at, "the API server told late")

    def note_late(self, whom: str, began: float, ended: float, what: str) -> None:
        """Somebody was slow whom no fault had touched: that is one as well, though nobody's."""
        self.disturbances.append(Disturbance(began, ended, whom))
        self.note(began, what)

    def note(self, at: float, what: str) -> None:
        """Write a step down, for whoever has to understand a run that broke."""
        self.log.append((at, what))

    def disturbed(self, whom: str, since: float, until: float) -> bool:
        """Whether a fault touched it in that time."""
        return any(
            fault.whom in {whom, EVERYBODY} and fault.began <= until and fault.ended >= since
            for fault in self.disturbances
        )


def _ended(facts: list[Fact], at: float, bound: float) -> Standing | None:
    ends = [fact for fact in facts if fact.kind in {FactKind.ENDED, FactKind.EXPIRED}]
    if any(at >= fact.known_from(bound) for fact in ends):
        return Standing.DEAD
    return Standing.UNSURE if ends else None


def _held(facts: list[Fact], at: float, bound: float) -> Standing | None:
    changes = [fact for fact in facts if fact.kind in {FactKind.HELD, FactKind.RELEASED}]
    if any(at < fact.done + bound for fact in changes):
        return Standing.UNSURE
    return Standing.DEAD if changes and changes[-1].kind is FactKind.HELD else None
