"""Sequences as somebody would think of them: each finding, word for word, and what held when it was tried.

Each names what stands in its way. `tests/integration/test_attack_guards.py` takes that away, and the goal is reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tests.attacks.moves import ABSENT, FINALIZER, RESTORED, In, Move, Target, Verb
from tests.attacks.people import BOSS, ELSEWHERE, READER, WEAK
from tests.attacks.play import Play, Until
from tests.support.resources import ONE_TIME_TOKEN

__all__ = ["DIRECTED", "Directed", "directed"]


@dataclass(frozen=True, slots=True)
class Directed:
    """A sequence, and the goal that it is after.

    Attributes:
        finding: where it was reached once, such as `attacks.md 1`; empty where it never was.
        guard: the policy, or the beginning of what the rule of a schema says, that refuses it, if one alone does.
        refused: the number of the step that it refuses.
    """

    play: Play
    goal: str
    finding: str = ""
    guard: str = ""
    refused: int = 0


def _token(name: str) -> Target:
    return Target("ApiToken", name)


def _credential(name: str) -> Target:
    return Target("ApiCredential", name)


def _spec(verb: Verb, target: Target, field: str, value: Any) -> Move:  # noqa: ANN401 - JSON
    return Move(verb, target, ("spec", *field.split(".")), value)


_LABEL: Final = ("metadata", "labels", RESTORED)
_WRITES: Final = (Verb.MERGE, Verb.JSON, Verb.REPLACE, Verb.APPLY)


def _one(
    name: str, who: str, *moves: Move, goal: str, finding: str = "", guard: str = "", refused: int = 0
) -> Directed:
    return Directed(Play(name, tuple((who, move) for move in moves)), goal, finding, guard, refused)


def _findings() -> list[Directed]:
    live, bomb, restored = "a live token", _token("bomb"), _token("restored")
    found = [
        _one(
            "a planted token is let go by who has lost the right",
            "lapsed",
            _spec(Verb.MERGE, bomb, "expiresAt", In(24 * 80)),
            goal=live,
            finding="attacks.md 1",
        ),
        _one(
            "a planted token is let go by who never had it",
            "editor",
            _spec(Verb.MERGE, bomb, "expiresAt", In(2)),
            goal=live,
            finding="attacks.md 2",
        ),
        _one(
            "the mark of a restore is put on what waits",
            "token-updater",
            Move(Verb.MERGE, _token("waiting"), _LABEL, "x"),
            goal="another's mint held up",
            finding="attacks.md 9",
        ),
        Directed(
            Play(
                "a finalizer holds a delivery past its window",
                (
                    ("minter", Move(Verb.CREATE, _token("new"), ("spec", "delivery"), ABSENT)),
                    Until("new", "Available"),
                    (
                        "minter",
                        Move(Verb.MERGE, Target("Secret", "new-token"), ("metadata", "finalizers"), [FINALIZER]),
                    ),
                    Until("new", "Withdrawn"),
                ),
            ),
            "a delivery that outlives its word",
            "attacks.md 7",
        ),
        _one(
            "a finalizer holds the delivery of what is revoked then",
            "editor",
            Move(Verb.JSON, Target("Secret", "own-token"), ("metadata", "finalizers"), [FINALIZER]),
            _spec(Verb.MERGE, _token("own"), "revoked", value=True),
            goal="a delivery that outlives its word",
            finding="attacks.md 7",
        ),
        _one(
            "a finalizer holds a token that is deleted",
            "editor",
            Move(Verb.MERGE, _token("own"), ("metadata", "finalizers"), [FINALIZER]),
            Move(Verb.DELETE, _token("own")),
            goal="an ended token said to be usable",
            finding="faults.md 11",
        ),
    ]
    for verb in (Verb.MERGE, Verb.JSON, Verb.REPLACE):
        move = Move(verb, restored, _LABEL, ABSENT)
        found.append(
            _one(f"the mark of a restore is taken off, {verb}", "editor", move, goal=live, finding="attacks.md 2")
        )
    return found


def _roles() -> list[Directed]:
    both, weak = [READER, BOSS], _credential(WEAK)
    ways = [
        _one(f"a second role, {verb}", "minter", _spec(verb, weak, "roles", both), goal="a role") for verb in _WRITES
    ]
    new = Move(Verb.CREATE, _credential("new"), ("spec", "roles"), [BOSS])
    return [
        *ways,
        _one("a role by a merge", "editor", _spec(Verb.MERGE, weak, "roles", both), goal="a role", guard="bind-roles"),
        _one("a role on a new credential", "minter", new, goal="a role"),
        _one(
            "a role that no namespace may hold", "owner", _spec(Verb.MERGE, weak, "roles", [ELSEWHERE]), goal="a role"
        ),
        _one(
            "a role taken away and put back",
            "unbound",
            _spec(Verb.MERGE, weak, "roles", ["attack-bindable"]),
            _spec(Verb.MERGE, weak, "roles", both),
            goal="a role",
        ),
        _one(
            "a role of the catalog is opened",
            "owner",
            Move(Verb.MERGE, Target("ApiRole", ELSEWHERE), ("spec", "allowedNamespaces"), ["*"]),
            goal="a write beyond one's rights",
        ),
    ]


def _tokens() -> list[Directed]:
    live, longer, dead = "a live token", "a longer life", "a dead token accepted"
    own, strong = _token("own"), ("spec", "credentialRef", "name")
    ways = [
        _one(
            f"a token is asked for without the right, {verb}",
            who,
            Move(verb, _token("new"), strong, "strong"),
            goal=live,
        )
        for verb in (Verb.CREATE, Verb.APPLY)
        for who in ("token-maker", "editor", "lapsed", "minter")
    ]
    return [
        *ways,
        _one(
            "a token is created without the right",
            "editor",
            Move(Verb.CREATE, _token("new"), strong, "strong"),
            goal=live,
            guard="mint-tokens",
        ),
        _one(
            "a token that waits is moved",
            "minter",
            Move(Verb.CREATE, _token("new"), _LABEL, "x"),
            Move(Verb.MERGE, _token("new"), strong, "strong"),
            Move(Verb.MERGE, _token("new"), _LABEL, ABSENT),
            goal=live,
            guard="credentialRef cannot be changed",
            refused=1,
        ),
        *(
            _one(f"a token is moved, {verb}", "editor", Move(verb, own, strong, "strong"), goal="a role")
            for verb in _WRITES
        ),
        _one(
            "a revocation is taken back", "editor", _spec(Verb.MERGE, _token("revoked"), "revoked", ABSENT), goal=dead
        ),
        _one(
            "a revocation is said to be none",
            "editor",
            _spec(Verb.MERGE, _token("revoked"), "revoked", value=False),
            goal=dead,
            guard="revocation is permanent",
        ),
        _one(
            "an end is postponed",
            "editor",
            _spec(Verb.MERGE, _token("expired"), "expiresAt", In(9)),
            goal=dead,
            guard="expiresAt cannot be postponed",
        ),
        _one(
            "an end is taken away",
            "editor",
            _spec(Verb.MERGE, _token("expired"), "expiresAt", ABSENT),
            goal=dead,
            guard="expiresAt cannot be removed",
        ),
        _one("a life is made longer", "editor", _spec(Verb.MERGE, own, "ttl", "8784h"), goal=longer),
        _one(
            "an end is brought forward, then postponed by way of a zone",
            "editor",
            _spec(Verb.MERGE, own, "expiresAt", "2099-01-01T00:00:00Z"),
            _spec(Verb.MERGE, own, "expiresAt", "2099-01-01T00:00:00-14:00"),
            goal=longer,
        ),
        _one(
            "a credential is deleted, its tokens kept, and made again",
            "owner",
            Move(Verb.DELETE, _credential("strong"), value="Orphan"),
            Move(Verb.CREATE, _credential("strong")),
            goal=dead,
        ),
    ]


def _others() -> list[Directed]:
    forged = Target("Secret", "new")
    written = Move(Verb.MERGE, _token("waiting"), ("status", "phase"), "Active", "status")
    opaque = Target("Secret", "db")
    return [
        _one("a status is written", "status-writer", written, goal="a write beyond one's rights", guard="write-status"),
        _one("every right, and a status", "owner", written, goal="a write beyond one's rights"),
        *(
            _one(
                f"a one-time Secret is made by hand, {verb}", who, Move(verb, forged), goal="a forged delivery", guard=g
            )
            for verb, who, g in (
                (Verb.CREATE, "editor", "reserve-one-time-secrets"),
                (Verb.CREATE, "owner", ""),
                (Verb.APPLY, "editor", ""),
            )
        ),
        _one(
            "a Secret becomes one",
            "editor",
            Move(Verb.MERGE, opaque, ("type",), ONE_TIME_TOKEN),
            goal="a forged delivery",
        ),
        _one("Secrets are looked at", "token-maker", Move(Verb.LIST, opaque), Move(Verb.GET, opaque), goal="a text"),
        _one(
            "a token that names somebody's Secret",
            "minter",
            Move(Verb.CREATE, _token("new"), ("spec", "delivery", "secretName"), "db"),
            Move(Verb.GET, _token("new")),
            goal="a text",
        ),
        _one(
            "the operator's account looks at a Secret",
            "operator",
            Move(Verb.DELETE, opaque),
            goal="a write beyond one's rights",
            guard="restrain-operator-secrets",
        ),
        _one(
            "the operator's account lets a restored token go",
            "operator",
            Move(Verb.MERGE, _token("restored"), _LABEL, ABSENT),
            goal="a live token",
            guard="restrain-operator-resources",
        ),
    ]


DIRECTED: Final[tuple[Directed, ...]] = (*_findings(), *_roles(), *_tokens(), *_others())
"""All of them."""


def directed(guard: str) -> Directed:
    """The one that this guard refuses."""
    return next(one for one in DIRECTED if one.guard == guard)
