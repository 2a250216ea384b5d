"""Turns: who has much waits for itself alone."""

from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.turns import Turns

STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40)


def of(*items: str) -> Turns[str]:
    """Items whose first letter is their namespace."""
    turns: Turns[str] = Turns()
    for item in items:
        turns.append(item[0], item)
    return turns


def drained(turns: Turns[str]) -> list[str]:
    return list(iter(turns.take, None))


def test_each_namespace_has_its_turn_and_serves_who_came_first() -> None:
    assert drained(of("a1", "a2", "a3", "b1", "c1", "b2")) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_a_namespace_that_may_not_is_passed_over_and_keeps_its_turn() -> None:
    turns = of("a1", "b1")

    assert turns.take(may=lambda namespace: namespace != "a") == "b1"
    assert turns.take(may=lambda _: False) is None
    assert drained(turns) == ["a1"]


def test_what_no_longer_waits_is_dropped() -> None:
    turns = of("a1", "a2", "b1")

    assert turns.take(waits=lambda item: item == "b1") == "b1"
    assert len(turns) == 0


def test_the_last_of_the_longest_gives_way() -> None:
    turns = of("a1", "b1", "b2", "b3", "a2")

    assert [turns.shorten_the_longest() for _ in range(3)] == ["b3", "a2", "b2"]
    assert [turns.shorten_the_longest() for _ in range(3)] == ["a1", "b1", None]


def test_who_gives_way_is_counted_no_more() -> None:
    turns, lengths = of("a1", "b1", "b2", "b3", "a2"), []

    while turns.shorten_the_longest() is not None:
        lengths.append(len(turns))

    assert lengths == [4, 3, 2, 1, 0]


@given(steps=STEPS)
def test_nothing_is_lost_or_made_up_and_nobody_waits_longer_than_a_round(steps: list[tuple[str, bool]]) -> None:
    turns, waiting = Turns[str](), dict.fromkeys("abc", 0)
    passed_over = dict.fromkeys("abc", 0)
    for namespace, adds in steps:
        if adds:
            turns.append(namespace, namespace)
            waiting[namespace] += 1
            continue
        taken = turns.take()
        assert (taken is None) is not any(waiting.values())
        for other in waiting:
            passed_over[other] = 0 if other == taken or not waiting[other] else passed_over[other] + 1
        if taken is not None:
            waiting[taken] -= 1
        assert max(passed_over.values()) <= 2
        assert len(turns) == sum(waiting.values())


def test_what_goes_ahead_goes_before_the_others_of_its_namespace_and_of_no_other() -> None:
    turns = of("a1", "a2", "b1", "c1")
    turns.append("a", "a3", ahead=True)

    assert drained(turns) == ["a3", "b1", "c1", "a1", "a2"]


def test_of_what_goes_ahead_who_came_first_is_first_and_every_second_one_is_of_the_others() -> None:
    turns = of("a1", "a2", "a3")
    for item in ("a4", "a5", "a6", "a7"):
        turns.append("a", item, ahead=True)

    assert drained(turns) == ["a4", "a1", "a5", "a2", "a6", "a3", "a7"]


def test_what_goes_ahead_gives_way_last() -> None:
    turns = of("a1", "a2")
    turns.append("a", "a3", ahead=True)

    assert [turns.shorten_the_longest() for _ in range(4)] == ["a2", "a1", "a3", None]


@given(items=st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40))
def test_going_ahead_changes_no_namespaces_turn_and_loses_nothing(items: list[tuple[str, bool]]) -> None:
    plain, hurried = Turns[str](), Turns[str]()
    for number, (namespace, ahead) in enumerate(items):
        plain.append(namespace, f"{namespace}{number}")
        hurried.append(namespace, f"{namespace}{number}", ahead=ahead)

    first, second = drained(plain), drained(hurried)

    assert [item[0] for item in first] == [item[0] for item in second]
    assert sorted(first) == sorted(second)
