"""One moment a key, in order, in memory for as many keys as there are."""

from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.deadline_heap import DeadlineHeap

KEYS = [ObjectKey("finance", name) for name in "abc"]


def test_keys_that_are_set_anew_again_and_again_do_not_pile_up() -> None:
    moments = DeadlineHeap()
    for number in range(5000):
        moments.set(KEYS[0], number)
        moments.set(KEYS[1], number)
        moments.set(KEYS[1], None)

    assert len(moments._heap) < 100
    assert moments.pop_until(5000) == KEYS[0]
    assert moments.pop_until(5000) is None


def test_keys_that_come_and_go_leave_nothing_though_nobody_takes_what_is_due() -> None:
    moments = DeadlineHeap()
    for number in range(5000):
        key = ObjectKey("finance", str(number))
        moments.set(key, number)
        moments.set(key, None)

    assert len(moments._heap) < 100, "as on a standby, which may be one for months"


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.none() | st.integers(0, 9))), st.integers(0, 9))
def test_what_comes_off_is_what_was_set_last_and_is_due_in_order(
    calls: list[tuple[ObjectKey, int | None]], now: int
) -> None:
    moments, last = DeadlineHeap(), dict(calls)
    for key, due in calls:
        moments.set(key, due)

    off = []
    while (first := moments.pop_until(now)) is not None:
        off.append(first)

    due_now = {key: due for key, due in last.items() if due is not None and due <= now}
    assert sorted(off) == sorted(due_now)
    assert [due_now[key] for key in off] == sorted(due_now.values())
    assert len(moments) == len([due for due in last.values() if due is not None]) - len(off)
