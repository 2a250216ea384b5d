"""What is told of an object that is deleted and still stands."""

import pytest

from pharia_access.domain.deletions import being_deleted, foreign, named


@pytest.mark.parametrize(
    ("finalizers", "told"),
    [
        pytest.param((), "a finalizer", id="none that anybody named"),
        pytest.param(("x.example/hold",), "the finalizer x.example/hold", id="one"),
        pytest.param(("a/1", "a/2"), "the finalizers a/1, a/2", id="two"),
        pytest.param(("a/1", "a/2", "a/3", "a/4", "a/5"), "the finalizers a/1, a/2, a/3 and 2 more", id="many"),
        pytest.param(("foregroundDeletion", "a/1"), "the finalizer a/1", id="garbage collection's is none of theirs"),
        pytest.param(("orphan",), "the finalizer orphan", id="garbage collection's alone"),
    ],
)
def test_finalizers_are_named_and_the_rest_of_many_is_counted(finalizers: tuple[str, ...], told: str) -> None:
    assert named(finalizers) == told


def test_a_thousand_long_names_make_no_long_sentence() -> None:
    finalizers = tuple(f"{'x' * 253}/{'y' * 50}{number}" for number in range(1000))

    assert len(being_deleted(finalizers)) < 1200


@pytest.mark.parametrize(
    ("finalizers", "others"),
    [
        pytest.param(("foregroundDeletion", "orphan"), (), id="both of garbage collection"),
        pytest.param(("kubernetes.io/orphan", "orphan"), ("kubernetes.io/orphan",), id="one that looks like it"),
    ],
)
def test_what_garbage_collection_takes_off_nobody_else_need(
    finalizers: tuple[str, ...], others: tuple[str, ...]
) -> None:
    assert foreign(finalizers) == others
