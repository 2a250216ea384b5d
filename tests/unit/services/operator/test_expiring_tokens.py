"""Which tokens end soon and have no successor: what the gauge counts, by namespace."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.lifecycle.token_status import active_status
from pharia_access.domain.model import REPLACES, ObjectKey, Phase, Token
from pharia_access.services.operator.token_index import TokenIndex
from tests.support.builders.domain_objects import NOW, a_minted_token, a_token

OLD, NEW, THIRD = (ObjectKey("finance", name) for name in ("old", "new", "third"))
ELSEWHERE = ObjectKey("sales", "old")
LATER = NOW + timedelta(days=20)


def a_minted(key: ObjectKey, *, soon: bool, replaces: str = "", days: int = 0) -> Token:
    """One that is active. `days`: how many days after the first of all it was created."""
    labels = {REPLACES: replaces} if replaces else {}
    token = a_minted_token(a_token(key, uid=f"{key.name}-uid", created=NOW + timedelta(days=days), labels=labels))
    return replace(token, status=active_status(token, soon=soon, now=LATER))


def the_count(*tokens: Token) -> dict[str, int]:
    index = TokenIndex()
    for token in tokens:
        index.put(token)
    return dict(index.expiring_soon())


def ended(token: Token, phase: Phase) -> Token:
    return replace(token, status=replace(token.status, phase=phase))


EXPIRING = a_minted(OLD, soon=True)
SUCCESSOR = a_minted(NEW, soon=False, replaces="old", days=1)


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param([a_minted(OLD, soon=False)], {}, id="one that lives on"),
        pytest.param([EXPIRING], {"finance": 1}, id="one that ends soon"),
        pytest.param([EXPIRING, a_minted(ELSEWHERE, soon=True)], {"finance": 1, "sales": 1}, id="one in each of two"),
        pytest.param([replace(EXPIRING, deleting=True)], {}, id="one that is being deleted"),
        pytest.param([ended(EXPIRING, Phase.EXPIRED)], {}, id="one that has ended"),
        pytest.param([ended(EXPIRING, Phase.REVOKED)], {}, id="one that was revoked"),
        pytest.param([EXPIRING, SUCCESSOR], {}, id="one with a successor"),
        pytest.param([SUCCESSOR, EXPIRING], {}, id="one whose successor was seen first"),
        pytest.param(
            [EXPIRING, a_minted(NEW, soon=True, replaces="old", days=1)],
            {"finance": 1},
            id="a successor that ends soon itself counts alone",
        ),
        pytest.param(
            [EXPIRING, a_token(NEW, created=LATER, labels={REPLACES: "old"})],
            {"finance": 1},
            id="a successor that was not minted yet",
        ),
        pytest.param([EXPIRING, ended(SUCCESSOR, Phase.REVOKED)], {"finance": 1}, id="a successor that was revoked"),
        pytest.param([EXPIRING, replace(SUCCESSOR, deleting=True)], {"finance": 1}, id="a successor that goes"),
        pytest.param(
            [a_minted(ELSEWHERE, soon=True), SUCCESSOR], {"sales": 1}, id="a successor in another namespace is none"
        ),
        pytest.param(
            [a_minted(OLD, soon=True, days=2), SUCCESSOR],
            {"finance": 1},
            id="a token that was created again under the name of one that was replaced",
        ),
        pytest.param(
            [a_minted(OLD, soon=True, replaces="old")], {"finance": 1}, id="a token is no successor of itself"
        ),
        pytest.param(
            [a_minted(OLD, soon=True, replaces="new"), a_minted(NEW, soon=True, replaces="old")],
            {"finance": 2},
            id="two that name each other",
        ),
    ],
)
def test_what_ends_soon_without_a_successor_is_counted(tokens: list[Token], expected: dict[str, int]) -> None:
    assert the_count(*tokens) == expected


def test_it_counts_again_once_its_successor_is_gone() -> None:
    index = TokenIndex()
    for token in (EXPIRING, SUCCESSOR):
        index.put(token)

    index.remove(NEW)

    assert index.expiring_soon() == {"finance": 1}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([OLD, NEW, THIRD, ELSEWHERE]),
            st.booleans(),
            st.sampled_from(["", "old", "new"]),
            st.integers(0, 2),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_the_count_is_that_of_what_is_there(steps: list[tuple[ObjectKey, bool, str, int, bool]]) -> None:
    index, there = TokenIndex(), dict[ObjectKey, Token]()
    for key, soon, replaces, days, goes in steps:
        if goes:
            index.remove(key)
            there.pop(key, None)
            continue
        there[key] = a_minted(key, soon=soon, replaces=replaces, days=days)
        index.put(there[key])

    assert index.expiring_soon() == Counter(key.namespace for key in there if counts(key, there))


def counts(key: ObjectKey, there: dict[ObjectKey, Token]) -> bool:
    """What the gauge is said to count, by looking at every token."""
    token = there[key]
    succeeded = any(
        other.key.namespace == key.namespace
        and other.labels.get(REPLACES) == key.name
        and other.created > token.created
        for other in there.values()
    )
    return any(condition.type == "ExpiringSoon" for condition in token.status.conditions) and not succeeded
