"""The findings, word for word: each was reached once."""

from __future__ import annotations

from typing import Final

from tests.attacks.moves import ABSENT, FINALIZER, In, Move, Target, Verb
from tests.attacks.play import Play, Until
from tests.attacks.sequence import MARK, Directed, one, spec, token

__all__ = ["FINDINGS"]

_LIVE: Final = "a live token"
_BOMB: Final = token("bomb")

FINDINGS: Final[tuple[Directed, ...]] = (
    one(
        "a planted token is let go by who has lost the right",
        "lapsed",
        spec(Verb.MERGE, _BOMB, "expiresAt", In(24 * 80)),
        goal=_LIVE,
        finding="attacks.md 1",
    ),
    one(
        "a planted token is let go by who never had it",
        "editor",
        spec(Verb.MERGE, _BOMB, "expiresAt", In(2)),
        goal=_LIVE,
        finding="attacks.md 2",
    ),
    one(
        "the mark of a restore is put on what waits",
        "token-updater",
        Move(Verb.MERGE, token("waiting"), MARK, "x"),
        goal="another's mint held up",
        finding="attacks.md 9",
    ),
    Directed(
        Play(
            "a finalizer holds a delivery past its window",
            (
                ("minter", Move(Verb.CREATE, token("new"), ("spec", "delivery"), ABSENT)),
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
    one(
        "a finalizer holds the delivery of what is revoked then",
        "editor",
        Move(Verb.JSON, Target("Secret", "own-token"), ("metadata", "finalizers"), [FINALIZER]),
        spec(Verb.MERGE, token("own"), "revoked", value=True),
        goal="a delivery that outlives its word",
        finding="attacks.md 7",
    ),
    one(
        "a finalizer holds a token that is deleted",
        "editor",
        Move(Verb.MERGE, token("own"), ("metadata", "finalizers"), [FINALIZER]),
        Move(Verb.DELETE, token("own")),
        goal="an ended token said to be usable",
        finding="faults.md 11",
    ),
    *(
        one(
            f"the mark of a restore is taken off, {verb}",
            "editor",
            Move(verb, token("restored"), MARK, ABSENT),
            goal=_LIVE,
            finding="attacks.md 2",
        )
        for verb in (Verb.MERGE, Verb.JSON, Verb.REPLACE)
    ),
)
"""All of them."""
